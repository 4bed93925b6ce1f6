"""The map: test digits where a layer has them, in the plane or in space, and how well the classes come apart."""

from __future__ import annotations

import re

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.analysis.embedding import umap, vectors
from nnviz.analysis.embedding.embedding import NEIGHBOURS, Embedding
from nnviz.analysis.image.images import Transform
from nnviz.components.scatter import Points, scatter
from nnviz.figures.depth import depth_curves
from nnviz.pages.data import results
from nnviz.pages.data.opening import number_of, open_digit
from nnviz.shell import address, controls
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import caption, small
from nnviz.shell.session import Session
from nnviz.views import answer, chart

AXES = {"2": "2-D", "3": "3-D"}
MARKS = {"points": "Points", "digits": "Digits"}
COLOURS = (
    *("#332288", "#88ccee", "#44aa99", "#117733", "#999933"),
    *("#ddcc77", "#661100", "#cc6677", "#882255", "#aa4499"),
)
"""Paul Tol's ten for qualitative data, apart for the colour-blind too."""


def settings() -> None:
    """The method, the axes, and what stands for a digit."""
    controls.switch("Method", "reduce", tuple(results.METHODS), method(), titles=results.METHODS, hide=False)
    controls.switch("Axes", "axes", tuple(AXES), str(axes()), titles=AXES, hide=False)
    marks = address.choice("marks", tuple(MARKS), "points")
    controls.switch("Marks", "marks", tuple(MARKS), marks, titles=MARKS, hide=False)


def method() -> str:
    return address.choice("reduce", tuple(results.METHODS), "pca")


def _reduced() -> str:
    """The method that is drawn: PCA where UMAP is not installed."""
    return "pca" if method() == "umap" and umap.missing() else method()


def axes() -> int:
    return int(address.choice("axes", tuple(AXES), "2"))


def render(session: Session) -> None:
    """Draw the view."""
    found, few = results.embeddings(session)
    mine = found.get(results.layer_of(session))
    shaped, final = None, True
    if mine is not None and _reduced() != "pca":
        shaped, final = results.shape(session, mine, axes(), _reduced())
    else:
        results.no_shape()
    drawn = mine or few
    places = shaped if shaped is not None or drawn is None else drawn.coordinates[:, : axes()]
    left, right = st.columns([0.67, 0.33], gap="medium")
    with left:
        if places is not None:
            _cloud(session, drawn, places, shaped is None)
    with right:
        _legend()
        _depths(session, found)
    caption(_sentence(session, found, mine, few))
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="data-said"):
        # Where there is no choice, a count is that of another network.
        chosen = ("reduce", "axes", "marks", *[results.COUNT] * (len(results.counts(session)) > 1))
        said = [*address.unknown(*chosen), _notes(session, mine, shaped is None, final)]
        small(" ".join(said))
        results.bars(results.DEPTH, results.SHAPE, redraw=1.0)


def _legend() -> None:
    """Which colour is which digit."""
    marks = [html('<span><i style="--nn-class:{}"></i>{}</span>', colour, at) for at, colour in enumerate(COLOURS)]
    write_html('<div class="nn-legend nn-classes" role="note">{}</div>', Markup().join(marks))


def _cloud(session: Session, mine: Embedding | None, places: np.ndarray, principal: bool) -> None:
    numbers, images, labels = results.chosen(session)
    if len(places) != len(numbers):
        numbers, images, labels = results.few(session)
    at, other = _own(session, mine, principal, numbers)
    scatter(
        Points(
            places,
            labels,
            [str(digit) for digit in range(10)],
            COLOURS,
            images,
            [f"test digit {number}, a {label}" for number, label in zip(numbers, labels, strict=True)],
        ),
        key="data-map",
        alt=f"{len(numbers):,} test digits where {session.layer.name} has them, coloured by class",
        picked=at,
        other=other,
        height=0.69,
        turn=turn(),
        on_turn=lambda yaw, pitch: address.write(turn=f"{yaw},{pitch}"),
        small_pictures=address.choice("marks", tuple(MARKS), "points") == "digits",
        on_pick=lambda index: open_digit(int(numbers[index])),
    )


def turn() -> tuple[int, int] | None:
    """From where the address looks at three axes, in degrees: about the upright axis, and tipped."""
    found = re.fullmatch(r"(-?\d{1,3}),(-?\d{1,2})", address.read().get("turn", ""))
    return None if found is None else (int(found[1]), int(found[2]))


def _own(
    session: Session, mine: Embedding | None, principal: bool, numbers: np.ndarray
) -> tuple[int | None, np.ndarray | None]:
    """The chosen picture: its point, or where it would stand; neither where that is not known."""
    number = number_of(session.picture.name)
    plain = session.transform == Transform(shuffle=session.network.shuffle)
    if number is not None and plain and number in numbers:
        return int(np.flatnonzero(numbers == number)[0]), None
    if mine is None or not principal:
        return None, None
    place = mine.place(vectors.as_vector(session.trace.activations[results.layer_of(session)]))
    return None, None if place is None else place[: axes()]


def _depths(session: Session, found: dict[str, Embedding]) -> None:
    """How well the classes come apart, layer by layer."""
    names = vectors.depths(session.network)
    lines = {
        "by the whole vector": [found[name].space.accuracy if name in found else None for name in names],
        "by two PCA axes": [found[name].plane.accuracy if name in found else None for name in names],
    }
    small(f"Digits whose {NEIGHBOURS} nearest tell their class")
    chart.plot(depth_curves(names, lines, now=results.layer_of(session)), "data-depth")


def _sentence(session: Session, found: dict[str, Embedding], mine: Embedding | None, few: Embedding | None) -> str:
    layer = session.layer.name
    count = f"{len(results.chosen(session)[0]):,}"
    if mine is None:
        so_far = "" if few is None else f": the first {len(few.coordinates)} of them"
        return f"{count} test digits on their way through {session.name} to {layer}{so_far}."
    text = f"In {layer} the {NEIGHBOURS} nearest of a digit tell its class for {answer.percent(mine.space.accuracy)}"
    text += f" of {count}"
    first = session.network.layers[0].name
    if first in found and first != results.layer_of(session):
        was, now = found[first].space.accuracy, mine.space.accuracy
        text += f", by the pixels alone for {answer.percent(was)}: "
        text += "the classes come apart with depth" if now > was + 0.005 else "they come apart no further here"
    elif first in found:
        names = [name for name in vectors.depths(session.network) if name in found]
        text += f" by the pixels alone; in {names[-1]} for {answer.percent(found[names[-1]].space.accuracy)}"
    return text + "."


def _notes(session: Session, mine: Embedding | None, principal: bool, final: bool) -> str:
    numbers = results.chosen(session)[0]
    step = int(numbers[1] - numbers[0])
    text = "Each point is a test digit" + f" (every {step}th)." + " Point at it to see it, click to open it."
    if axes() == 3:
        text = "Each point is a test digit. Drag or use the arrow keys to turn, click to open one."
    if mine is None:
        return text
    if method() == "umap" and umap.missing():
        text = umap.missing().replace("`", "") + " These are the principal components."
    if principal:
        shown = float(mine.explained[: axes()].sum())
        which = "These" if final else f"Until {results.METHODS[method()]} has begun, the principal components: these"
        text += f" {which} {axes()} axes show {answer.percent(shown)} of the variance."
    elif final:
        text += f" {results.METHODS[method()]} keeps neighbours together; distances between clusters mean little."
    text += f" Silhouette {mine.space.silhouette:.2f}".replace("-", "\u2212")
    text += f" by all {len(mine.mean):,} numbers."
    full = session.trace.activations[session.layer.name].size
    if full > vectors.EXACT and len(mine.mean) == vectors.HASHED:
        text = text.replace(f"all {len(mine.mean):,} numbers", f"{full:,} numbers hashed to {len(mine.mean):,}")
    at, other = _own(session, mine, principal, numbers)
    if at is None and other is None:
        text += f" {session.picture.title.capitalize()} is not among them."
    return text
