"""MLP or CNN: the same digit in the bundled MLP and CNN, moved, and with its pixels shuffled.

The page is about these networks whatever network is chosen: only they were trained alike and measured.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import streamlit as st

from nnviz.analysis.data.shift_accuracy import ShiftAccuracy, shift_accuracy
from nnviz.analysis.image.images import Fitted, Transform
from nnviz.analysis.image.shuffle import permutation
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Trace
from nnviz.components.raster import Line, Panel, Place, raster
from nnviz.figures.curves import accuracy_curves
from nnviz.figures.words import probability
from nnviz.pages.mlp_vs_cnn.nets import (
    INK,
    PLAIN,
    SHORT,
    SHUFFLED,
    about_shift,
    about_shuffle,
    bar,
    heading,
    table,
    verdict,
)
from nnviz.shell import address, library
from nnviz.shell.controls import knob, switch
from nnviz.shell.markup import write_html
from nnviz.shell.page import Page, Reading, caption, head, small
from nnviz.shell.session import MOST_SHIFT, Session
from nnviz.views import answer, chart

VIEWS = {"shift": "Shift it", "shuffle": "Shuffle its pixels"}


def render(session: Session) -> None:
    """Draw the page."""
    view = address.choice("view", tuple(VIEWS), "shift")
    session, why = _of_digits(session)
    if view == "shift" and not {"dx", "dy"} & set(address.read()):
        session = replace(session, transform=replace(session.transform, shift=(_telling(session), 0)))
    with head(PAGE):
        switch("View", "view", tuple(VIEWS), view, titles=VIEWS)
        if view == "shift":
            for name, label, value in zip(
                ("dx", "dy"), ("Shift right", "Shift down"), session.transform.shift, strict=True
            ):
                _slider(label, name, value)
    (_shift if view == "shift" else _shuffle)(session, shift_accuracy())
    if why:
        small(why)


def _of_digits(session: Session) -> tuple[Session, str]:
    """With a digit in the place of a photograph that ships, and that in a sentence."""
    if library.fits(session.picture.name, library.bundled_network(PLAIN[0])):
        return session, ""
    digit = library.picture(library.DEFAULT_IMAGE)
    return replace(session, picture=digit), f"Digits only: {digit.title} for {session.picture.title}."


def _slider(label: str, name: str, value: int) -> None:
    """The sidebar's slider once more; style.css hides that one here, as only this fragment is drawn again."""

    def write() -> None:
        # Both: an address that names neither opens at the shift that tells most.
        address.write(**{each: st.session_state[f"mlp-vs-cnn-{each}"] for each in ("dx", "dy")})

    knob(label, f"mlp-vs-cnn-{name}", value, -MOST_SHIFT, MOST_SHIFT, write, step=1)


def _telling(session: Session) -> int:
    """Pixels to the right by which this picture shows the point: the first at which the CNN alone is right, or, where
    its class is not known, both disagree; `USUAL` where there is none."""
    for step in range(1, MOST_SHIFT + 1):
        both = _read(session, PLAIN, replace(session.transform, shift=(step, 0), shuffle=None))
        mlp, cnn = (network.classes[trace.winner] for network, _, trace in both.values())
        if mlp != cnn and session.picture.label in (None, cnn):
            return step
    return USUAL


USUAL = 4
"""A shift by which the MLP loses many digits and the CNN hardly any."""


def _read(session: Session, names: tuple[str, ...], transform: Transform) -> dict[str, tuple[Network, Fitted, Trace]]:
    """What each network makes of the picture."""
    found = {}
    for name in names:
        network = library.bundled_network(name)
        fitted = library.fitted(network, session.picture, transform)
        found[name] = (
            network,
            fitted,
            library.traced(network, library.bundled_key(name), fitted.digest, fitted),
        )
    return found


def _shift(session: Session, found: ShiftAccuracy) -> None:
    both = _read(session, PLAIN, replace(session.transform, shuffle=None))
    picture, *answers = st.columns([3, 5, 5], gap="medium")
    fitted = both[PLAIN[0]][1]
    with picture:
        _picture(fitted)
    most = max(network.parameters for network, _, _ in both.values())
    for place, name in zip(answers, PLAIN, strict=True):
        network, _, trace = both[name]
        with place:
            kind = "two convolutions, then dense" if name == PLAIN[1] else "dense layers only"
            heading(name, kind)
            _answer(name, network, trace, 5)
            size = bar(network.parameters, most, "#6b7280", f"{network.parameters:,} parameters")
            write_html('<div class="nn-size">{}</div>', size)
    dx, dy = session.transform.shift
    lines = {
        "shift right (pixels), not down": {SHORT[name]: counts / found.digits for name, counts in found.right.items()},
        "shift down (pixels), not right": {SHORT[name]: counts / found.digits for name, counts in found.down.items()},
    }
    chart.plot(accuracy_curves(found.shifts, lines, current=(dx, dy)), "accuracy-shift")
    label = session.picture.label
    verdicts = {name: verdict(network, trace, label) for name, (network, _, trace) in both.items()}
    caption(about_shift(found, (dx, dy), verdicts))
    small(
        f"n = {found.digits:,}, measured. In training the MLP met shifts of up to {found.trained[PLAIN[0]]:.1f} "
        f"pixels, the CNN of up to {found.trained[PLAIN[1]]:.1f}.{_aside(session, True)}"
    )


def _shuffle(session: Session, found: ShiftAccuracy) -> None:
    plain = replace(session.transform, shuffle=None)
    read = _read(session, PLAIN, plain) | _read(session, SHUFFLED, replace(plain, shuffle=found.seed))
    pictures, *answers = st.columns([8, 3, 3], gap="medium")
    with pictures:
        _torn(read[PLAIN[0]][1], read[SHUFFLED[0]][1], found.seed)
    for place, names, title in zip(answers, (PLAIN, SHUFFLED), ("plain", "shuffled"), strict=True):
        with place:
            for name in names:
                heading(name, title)
                _answer(name, *read[name][::2], 4)
    write_html("{}", table(found, {name: network.parameters for name, (network, _, _) in read.items()}))
    caption(about_shuffle(found))
    small(
        f"One net each, measured on {found.digits:,} test digits. All pixels are moved by one permutation "
        f"(seed {found.seed}); each net on shuffled pixels is trained as its twin, turned and shifted before the "
        f"shuffle.{_aside(session, False)}"
    )


def _picture(fitted: Fitted) -> None:
    raster(
        [Panel(fitted.pixels[None, :, :, 0], "grey", (0, 255), title="Both get this picture", most=420, pick="cell")],
        key="mlp-vs-cnn-shift",
        alt="The shifted picture, as both networks get it",
        height=0.3,
        least=120,
    )


def _torn(plain: Fitted, mixed: Fitted, seed: int) -> None:
    """Both pictures, and where one pixel and its neighbours go."""
    rows, columns = plain.pixels.shape[:2]
    brightest = int(plain.pixels.argmax()) + 1
    number, _ = address.whole("pixel", brightest, 1, rows * columns)
    row, column = divmod(number - 1, columns)
    order = permutation(rows * columns, seed)
    marks, lines = [], []
    for r in range(max(row - 1, 0), min(row + 2, rows)):
        for c in range(max(column - 1, 0), min(column + 2, columns)):
            colour: Literal["mark", "picked"] = "picked" if (r, c) == (row, column) else "mark"
            new = int(np.flatnonzero(order == r * columns + c)[0])
            start, end = Place(0, 0, r, c), Place(1, 0, new // columns, new % columns, colour=colour)
            marks.append(end)
            if colour == "mark":
                marks.append(start)
            lines.append(Line(start, end, plain=True))
    raster(
        [
            Panel(fitted.pixels[None, :, :, 0], "grey", (0, 255), title=title, most=448, pick="cell")
            for fitted, title in ((plain, "The digit"), (mixed, "The same pixels, shuffled"))
        ],
        key="mlp-vs-cnn-shuffle",
        alt="The digit, the same digit with its pixels shuffled, and where a pixel and its neighbours go",
        picked=Place(0, 0, row, column),
        marks=marks,
        lines=lines,
        height=0.4,
        least=84,
        on_pick=lambda place: address.write(pixel=_number(place, order, columns)),
    )


def _number(place: Place, order: np.ndarray, columns: int) -> int:
    """The picked pixel by its place in the plain picture, counted from one as the Flatten page does."""
    at = (place.row or 0) * columns + (place.column or 0)
    return int(order[at] if place.panel == 1 else at) + 1


def _answer(name: str, network: Network, trace: Trace, count: int) -> None:
    order = np.argsort(-trace.logits, kind="stable")[:count]
    numbers = [probability(float(trace.probabilities[index])) for index in order]
    answer.bars([network.classes[index] for index in order], trace.probabilities[order], numbers, colour=INK[name])


def _aside(session: Session, shift: bool) -> str:
    """What a viewer may wonder at: another network chosen, or a picture that was more than shifted."""
    text = ""
    if session.network.name not in PLAIN:
        text += " These are the bundled digit nets, whatever network is chosen."
    transform = session.transform
    if shift and replace(transform, shift=(0, 0), shuffle=None) != Transform():
        text += " The digits measured were only shifted, not turned, noisy or inverted."
    if shift and transform.shuffle is not None:
        text += " The picture is shown without its shuffle."
    return text


PAGE = Page(
    "MLP or CNN?",
    ":material/compare:",
    "mlp-vs-cnn",
    "Flatten",
    render,
    reading=(
        Reading("Why CNNs generalize so poorly", "Azulay and Weiss 2019", "https://arxiv.org/abs/1805.12177"),
        Reading(
            "Deep Learning, 9", "Goodfellow et al. 2016", "https://www.deeplearningbook.org/contents/convnets.html"
        ),
    ),
)
