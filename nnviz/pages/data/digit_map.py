"""The map: test digits where a layer has them, in the plane or in space, and how well the classes come apart."""

from __future__ import annotations

import re

import numpy as np
import streamlit as st

from nnviz.analysis.data.confusion import Answers
from nnviz.analysis.embedding import umap, vectors
from nnviz.analysis.embedding.embedding import NEIGHBOURS, Embedding
from nnviz.analysis.image.images import Transform
from nnviz.components.scatter import Curve, Line, Points, Subject, scatter
from nnviz.figures.answers import ANSWER
from nnviz.figures.colour import NEUTRAL
from nnviz.figures.words import shortened, with_article
from nnviz.pages.data import journey, results
from nnviz.pages.data.journey import Journey
from nnviz.pages.data.opening import number_of, open_digit
from nnviz.shell import address, controls
from nnviz.shell.page import caption, small
from nnviz.shell.session import Session
from nnviz.views import answer

AXES = {"2": "2-D", "3": "3-D"}
MARKS = {"points": "Points", "digits": "Digits"}
COLOURS = (
    *("#332288", "#88ccee", "#44aa99", "#117733", "#999933"),
    *("#ddcc77", "#661100", "#cc6677", "#882255", "#aa4499"),
)
"""Paul Tol's ten for qualitative data, apart for the colour-blind too."""
LISTED, LONGEST, THUMBNAIL = 20, 14, 56
"""Misread digits that can be chosen beside the map; letters of a layer's name; pixels a side of the picture in it."""


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
    found, few, read = results.embeddings(session)
    mine = found.get(results.layer_of(session))
    shaped: dict[str, np.ndarray] = {}
    final = True
    if mine is not None and _reduced() != "pca":
        shaped, final = results.shapes(session, found, axes(), _reduced())
    else:
        results.no_shape()
    principal = results.layer_of(session) not in shaped
    if mine is not None or few is not None:
        _cloud(session, found, few, {} if principal else shaped, read)
    caption(_sentence(session, found, mine, few) + _followed(session))
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="data-said"):
        # Where there is no choice, a count is that of another network.
        chosen = ("reduce", "axes", "marks", *[results.COUNT] * (len(results.counts(session)) > 1))
        said = [*address.unknown(*chosen), _notes(session, mine, principal, final)]
        small(" ".join(said))
        results.bars(results.DEPTH, results.SHAPE, redraw=1.0)


def _cloud(
    session: Session,
    found: dict[str, Embedding],
    few: Embedding | None,
    shaped: dict[str, np.ndarray],
    read: Answers | None,
) -> None:
    numbers, images, labels = results.chosen(session)
    own = results.layer_of(session)
    maps, places = (shaped, {}) if shaped else journey.principal(session, found, axes())
    if few is not None and own not in found:
        numbers, images, labels = results.few(session)
        maps, read = {own: few.coordinates[:, : axes()]}, None
    way = journey.journey(session, maps, places)
    titles = [f"test digit {number}, a {label}" for number, label in zip(numbers, labels, strict=True)]
    marked, told = _misread(session, read)
    if read is not None:
        for index, _ in marked:
            titles[index] += f", read as {read.said[index]}"
    scatter(
        Points(
            way.maps, labels, [str(digit) for digit in range(10)], COLOURS, images, titles, marked, told, listed=LISTED
        ),
        _curve(session, found, way),
        Subject(_thumbnail(session), _among(session, numbers), way.own, following()),
        key="data-map",
        alt=f"{len(numbers):,} test digits where {session.layer.name} has them, coloured by class",
        height=0.71,
        turn=turn(),
        on_turn=lambda yaw, pitch: address.write(turn=f"{yaw},{pitch}"),
        small_pictures=address.choice("marks", tuple(MARKS), "points") == "digits",
        on_pick=lambda index, follow: _pick(int(numbers[index]), follow),
        on_follow=lambda on: address.write(follow=on),
        on_rest=lambda stop, since: _rest(session, stop, since),
    )


def following() -> bool:
    """Whether the picture under study is followed: all others stand back."""
    return address.read().get("follow") == "1"


def _pick(number: int, follow: bool) -> None:
    open_digit(number)
    address.write(follow=follow)


def _rest(session: Session, stop: int, since: int) -> None:
    """The layer where it came to rest is the one under study, unless another was chosen since it set out."""
    names = journey.stops(session)
    chosen = address.read().get("layer", names[since])
    if names[stop] != results.layer_of(session) and chosen in (names[since], session.layer.name):
        controls.go_to(names[stop])


def _misread(session: Session, read: Answers | None) -> tuple[list[tuple[int, str]], str]:
    """The digits that are read wrongly, the surest first, and what is said of them."""
    if read is None:
        return [], ""
    wrong = read.mistakes()
    marked = [(int(index), f"{read.labels[index]}\u2192{read.said[index]}") for index in wrong]
    count, name = f"{len(read.said):,}", session.name
    if not marked:
        return [], f"{name} reads all {count} rightly."
    which = "" if len(marked) <= LISTED else f", the surest {LISTED} of them here"
    return marked, f"Ringed: {len(marked):,} of {count} that {name} reads wrongly{which}. Pick one to follow it."


def _curve(session: Session, found: dict[str, Embedding], way: Journey) -> Curve:
    """How well the classes come apart, layer by layer."""
    names = journey.stops(session)
    space = [found[name].space.accuracy if name in found else None for name in names]
    plane = [found[name].plane.accuracy if name in found else None for name in names]
    lines = [Line("by the whole vector", ANSWER, space), Line("by two PCA axes", NEUTRAL, plane, dash=True)]
    heading = f"Digits whose {NEIGHBOURS} nearest tell their class"
    return Curve(heading, names, shortened(names, LONGEST), lines, way.at, way.now)


def _thumbnail(session: Session) -> np.ndarray:
    """The picture as the network takes it, small and in colours: (rows, columns, 3) uint8."""
    pixels = session.fitted.pixels
    pixels = pixels[:: -(-pixels.shape[0] // THUMBNAIL), :: -(-pixels.shape[1] // THUMBNAIL)]
    return np.broadcast_to(pixels[:, :, :3], (*pixels.shape[:2], 3)).round().astype(np.uint8)


def turn() -> tuple[int, int] | None:
    """From where the address looks at three axes, in degrees: about the upright axis, and tipped."""
    found = re.fullmatch(r"(-?\d{1,3}),(-?\d{1,2})", address.read().get("turn", ""))
    return None if found is None else (int(found[1]), int(found[2]))


def _among(session: Session, numbers: np.ndarray) -> int | None:
    """The point of the picture under study, where it is one of these digits and stands as it is."""
    number = number_of(session.picture.name)
    plain = session.transform == Transform(shuffle=session.network.shuffle)
    return int(np.flatnonzero(numbers == number)[0]) if plain and number is not None and number in numbers else None


def _followed(session: Session) -> str:
    """Of the picture, while it is followed, what it is read as."""
    if not following() or session.network.output.kind != "classes":
        return ""
    label, said = session.picture.label, session.class_name(session.trace.winner)
    return f" Followed: {session.picture.title if label is None else with_article(label)}, read as {said}."


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
    text = f"Each point is a test digit (every {step}th). Point at it to see it, click to follow it, zoom in on it."
    if axes() == 3:
        text = "Each point is a test digit. Drag or use the arrow keys to turn, click to follow one, zoom in on it."
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
    own = vectors.as_vector(session.trace.activations[results.layer_of(session)])
    if _among(session, numbers) is None and (not principal or mine.place(own) is None):
        text += f" {session.picture.title.capitalize()} is not among them."
    return text
