"""Network: the whole net on a stage, live on the picture that one draws, from all of it to one map of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from nnviz.analysis.data import digits, photographs
from nnviz.analysis.image.decode import decode
from nnviz.analysis.image.images import fit
from nnviz.analysis.network.blocks import Block, of_trace
from nnviz.analysis.network.influence import answer_layer
from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.receptive import receptive_fields
from nnviz.analysis.network.trace import shown_to, trace
from nnviz.analysis.search.patches import box
from nnviz.components.stage import ANSWER, Answer, Choice, Heard, Pick, Wall, Wire, Zoom, stage
from nnviz.figures.tiles import fold
from nnviz.figures.words import number, probability
from nnviz.pages.network import blocks
from nnviz.pages.network.in_browser import browser_net
from nnviz.pages.network.walls import MOST, Place, changing, places, walls
from nnviz.pages.network.wires import wires
from nnviz.shell import address, caches, controls, library
from nnviz.shell.markup import html
from nnviz.shell.page import ENTRIES, ON_WALL, Page, Reading, caption, head, link, small
from nnviz.shell.session import Session
from nnviz.views import answer, drawing, layer_configuration, own_network
from nnviz.views import places as answered_places

_ZOOMS: tuple[Zoom, ...] = ("net", "layer", "map")
_CAMERA = "camera"
_FIRST = (3, 2, 1, 18, 4, 8, 11, 0, 61, 7)
"""The first test digit of each class."""
_CLASSES, _NAMED = 10, 6
"""Bars of the answer; of classes with names, which stand above theirs."""
_SIDE = 56
"""Pixels of a photograph to choose."""
_OPENS, _ANOTHER, _FRAME = "arithmetic asked for", "another picture chosen", "what the camera sees"


def render(session: Session) -> None:
    """Draw the page."""
    if st.session_state.pop(_ANOTHER, False):
        st.rerun()  # the page is a fragment, and the sidebar has the picture too
    if st.session_state.pop(_OPENS, False) and not st.session_state.get(ON_WALL):
        st.switch_page(st.session_state[ENTRIES][arithmetic_of(session.layer)])
    session = _filmed(session)
    found = of_trace(session.network, session.trace)
    block = blocks.opened(found)
    noun = "map" if session.activations.ndim == 3 else "unit"
    on_wall = bool(st.session_state.get(ON_WALL))
    with head(PAGE, lambda: controls.study(session, controls.informative_layers(session.network.layers), noun)):
        if not on_wall:
            small(_invitation(session))
    shown = places(session, found, block)
    standing = walls(session, shown, block)
    at = _wall_under_study(session, standing)
    own = wires(session, standing, at) if session.picture.name != _CAMERA else []
    with st.container(key="stage"):
        _stage(session, shown, standing, at, own, block)
    text = _sentence(session, standing, at, own, found, block)
    if on_wall:
        caption(text)
        return
    words, brings = st.columns([4, 1], gap="medium", vertical_alignment="top")
    with words:
        caption(text)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if block:
                blocks.steps(found, block)
            if session.network.output.kind in ("classes", "labels"):
                link("saliency", "Which pixels decided?")
            layer_configuration.popover(session.layer)
            small(_facts(session, len(standing), found), width="content")
        if not session.network.output.placed and (told := answer.read_as(session)):
            small(told)
    with brings:
        own_network.drop()
    if session.network.output.placed:
        answered_places.draw(session, "says", height=0.24)


def _invitation(session: Session) -> str:
    if digits.read_by(session.network):
        return "A network reads your digit. Draw one; point at anything to see what feeds it."
    what = "picture" if session.network.input.kind == "picture" else "numbers"
    return f"A network reads your {what}. Bring one; point at anything to see what feeds it."


def _stage(
    session: Session,
    shown: Sequence[Place],
    standing: list[Wall],
    at: int | None,
    own: list[Wire],
    block: Block | None,
) -> None:
    reads_digits = session.network.input.kind == "picture" and digits.read_by(session.network)
    on_wall = bool(st.session_state.get(ON_WALL))
    last = answer_layer(session.network)
    picked = None
    if at == ANSWER:
        picked = (ANSWER, session.unit + (session.network.graph.output_head == "binary"))
    elif at is not None:
        picked = (at, int(np.flatnonzero(standing[at].units == session.unit)[0]))
    stage(
        standing,
        _pixels(session),
        _answer(session),
        Heard(lambda pick: _picked(pick, standing), _chose, _drew, _film),
        key="network",
        alt=f"All layers of {session.network.name} with their activations on this picture, and what it says",
        network=f"{session.key} {block.name if block else ''}",
        title=session.picture.title,
        name=session.picture.name,
        draws=reads_digits and not on_wall,
        films=session.network.input.kind == "picture" and not on_wall,
        drawn=session.picture.name == library.UPLOAD,
        choices=() if on_wall else _choices(session, reads_digits),
        picked=picked,
        zoom=_zoom() if at is not None and at >= 0 else "net",
        wires=own,
        seen=None if at is None or at < 0 else _seen(session),
        # Of the layer that answers it has no wires: those of a unit there are those of its score.
        net=None if any(wall.layer == last for wall in standing) else browser_net(session),
        inside=block is not None,
        stands=on_wall,
        height=0.72 if on_wall else 0.66,
    )


def _zoom() -> Zoom:
    found = address.read().get("zoom", "net")
    return next((each for each in _ZOOMS if each == found), "net")


def _picked(pick: Pick, standing: Sequence[Wall]) -> None:
    if pick.target is not None:
        address.write(target=pick.target)
    elif pick.leave:
        address.write(block=None)
    elif pick.block:
        address.write(block=pick.block, layer=pick.layer, unit=pick.unit, row=None, column=None, zoom=None)
    else:
        zoom = None if pick.zoom == "net" else "map" if pick.zoom == "cell" else pick.zoom
        address.write(layer=pick.layer, unit=pick.unit, row=pick.row, column=pick.column, zoom=zoom)
        st.session_state[_OPENS] = pick.zoom == "cell"


def _chose(name: str) -> None:
    address.write(image=name)
    st.session_state[_ANOTHER] = True


def _drew(pixels: np.ndarray) -> None:
    drawing.keep(pixels)
    st.session_state[_ANOTHER] = True


def _film(content: bytes, kept: bool) -> None:
    if kept:
        library.keep_upload(content, "camera.jpg")
        address.write(image=library.UPLOAD)
        st.session_state[_ANOTHER] = True
    else:
        st.session_state[_FRAME] = decode(content, "camera.jpg").pixels


def _filmed(session: Session) -> Session:
    """What the camera sees in place of the picture, where it is on. Nothing of it is kept: the next comes at once."""
    pixels = st.session_state.pop(_FRAME, None)
    if pixels is None:
        return session
    picture = library.Picture(_CAMERA, "the camera", pixels)
    fitted = shown_to(session.network, pixels)
    return replace(session, picture=picture, fitted=fitted, trace=trace(session.network, fitted))


def arithmetic_of(layer: LayerInfo) -> str:
    """The page that has the arithmetic of one cell of a layer."""
    if layer.convolution:
        return "convolution"
    if "Pooling" in layer.kind:
        return "pooling"
    return "neuron" if layer.parameters else "maps"


def _wall_under_study(session: Session, standing: Sequence[Wall]) -> int | None:
    at = next((index for index, wall in enumerate(standing) if wall.layer == session.layer.name), None)
    if at is None and session.layer.name == answer_layer(session.network):
        return ANSWER
    return at if at is not None and session.unit in standing[at].units else None


def _pixels(session: Session) -> np.ndarray:
    """The picture 0..255; what is long and thin, as a vector is, folded."""
    tile = session.fitted_tile[0]
    rows, columns = tile.shape[:2]
    return fold(tile.reshape(-1)) if tile.ndim == 2 and max(rows, columns) > 8 * min(rows, columns) else tile


def _choices(session: Session, reads_digits: bool) -> list[Choice]:
    if session.network.input.kind != "picture":
        return []
    if reads_digits:
        return [
            Choice(f"test-{index}", f"test digit {index}, a {name}", digits.digit(index)[0])
            for name, index in enumerate(_FIRST)
        ]
    entries = photographs.gallery()
    squares = caches.thumbnails.made("photographs of the stage", lambda: [_square(entry.name) for entry in entries])
    return [Choice(entry.name, entry.title, square) for entry, square in zip(entries, squares, strict=True)]


def _square(name: str) -> np.ndarray:
    """The middle square of a photograph, small."""
    return fit(photographs.photograph(name), (_SIDE, _SIDE, 3), (1.0,) * 3, (0.0,) * 3).pixels


def _seen(session: Session) -> tuple[int, int, int, int] | None:
    """What the strongest cell of the unit sees of the picture, or the cell under study: (top, left, bottom, right)."""
    values = session.activations
    if values.ndim != 3 or session.network.input.kind != "picture":
        return None
    field = receptive_fields(session.network.graph, {n: a.shape for n, a in session.trace.activations.items()}).get(
        session.layer.name
    )
    one = np.abs(values[..., session.unit])
    if field is None or not one.any():
        return None
    row, column = session.cell or np.unravel_index(int(one.argmax()), one.shape)
    size: tuple[int, int] = session.fitted_tile.shape[1:3]
    top, left, rows, columns = box(field, (int(row), int(column)), size)
    return top, left, top + rows, left + columns


def _answer(session: Session) -> Answer:
    network, trace, output = session.network, session.trace, session.network.output
    heading, says, verdict = answer.large(session)
    order = np.arange(trace.logits.size)
    if output.placed or output.kind == "number":
        order = order[:0]
    else:
        most = _CLASSES if max(map(len, network.classes), default=0) <= 3 else _NAMED
        order = order if order.size <= most else np.argsort(-trace.logits, kind="stable")[:most]
    shares = output.shares and order.size > 0
    return Answer(
        heading,
        says,
        verdict,
        names=[network.classes[index] for index in order],
        texts=[
            probability(trace.probabilities[i]) if shares else answer.value(network, float(trace.probabilities[i]))
            for i in order
        ],
        shares=[float(trace.probabilities[index]) for index in order] if shares else None,
        order=order.tolist(),
        all=trace.probabilities.astype(float).ravel().tolist() if shares else [],
        colour=answer.ink(network),
        best=int(np.flatnonzero(order == trace.winner)[0])
        if output.kind == "classes" and trace.winner in order
        else None,
        marked=session.target,
    )


def _facts(session: Session, shown: int, found: Sequence[Block]) -> str:
    text = f"{len(session.network.layers)} layers, {session.network.parameters:,} parameters"
    more = len(changing(session)) - MOST
    left = f", {shown} shown, around {session.layer.name}" if more > 0 and not found else ""
    return html(
        "<b>{}</b>: {}{}. <b>{}</b>: {}", session.name, text, left, session.layer.name, session.layer.description
    )


def _sentence(
    session: Session,
    standing: Sequence[Wall],
    at: int | None,
    own: Sequence[Wire],
    found: tuple[Block, ...],
    block: Block | None,
) -> str:
    if at is None and block:
        return f"{block.name} has {len(block.layers)} layers: pick a map to see its wires."
    if at is None and found:
        return blocks.sentence(session, found)
    into = [wire for wire in own if wire.side == "from"]
    source = ""
    if into:
        best = max(into, key=lambda wire: abs(wire.value))
        if best.wall >= 0:
            wall = standing[best.wall]
            source = f"{'map' if wall.maps[0].size > 1 else 'unit'} {wall.units[best.index]} of {wall.layer}"
    return sentence(session.layer, session.activations, session.unit, bool(own), source)


def sentence(layer: LayerInfo, activations: np.ndarray, unit: int, wired: bool, source: str) -> str:
    """The caption of a unit and its wires. Its one number is the unit's own strongest value.

    Args:
        layer: whose unit.
        activations: of the layer, the units last.
        unit: which.
        wired: whether any line leads to or from it.
        source: from where its thickest line comes, in words; "" where from the picture, or from nowhere.
    """
    if layer.index == 0:
        return "This is the picture as the network gets it: pick a map or a neuron to see how it is wired in."
    what, values = "Map" if activations.ndim == 3 else "Unit", activations[..., unit]
    name = f"{what} {unit} of {layer.name}"
    if not values.any():
        return f"{name} is silent on this picture: nothing flows through it."
    strongest = float(values.flat[int(np.abs(values).argmax())])
    text = f"{name} is {number(strongest, beside=activations)}{' at its strongest' if values.size > 1 else ''}"
    if not wired:
        return f"{text}."
    lead = f"its thickest line comes from {source}; " if source else ""
    return f"{text}: {lead}orange lines add, blue ones take away."


PAGE = Page(
    "Network",
    ":material/hub:",
    "network",
    "See",
    render,
    reading=(
        Reading("CNN Explainer", "Wang et al. 2020", "https://poloclub.github.io/cnn-explainer/"),
        Reading("Gradient-based learning", "LeCun et al. 1998", "http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf"),
    ),
    heading="nnviz",
)
