"""Network: the whole net at a glance, live on this picture, and how one unit is wired into it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from nnviz.analysis.network import targets
from nnviz.analysis.network.blocks import Block, of_trace, rest
from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.influence import answer_layer, inputs_of, leads_to, outputs_of
from nnviz.analysis.network.layers import LayerInfo
from nnviz.components.raster import Line, Panel, Place, raster
from nnviz.figures.tiles import as_tiles, folded_shape, in_rows
from nnviz.figures.words import number, shortened
from nnviz.pages.network import blocks, hand
from nnviz.shell import address, controls
from nnviz.shell.markup import html
from nnviz.shell.page import ON_WALL, Page, Reading, caption, head, small
from nnviz.shell.session import Session
from nnviz.views import answer, layer_configuration, scales

COLUMNS = 8
TILES, WALL_TILES = 5, 12
"""Maps of a layer that are shown, the strongest: as many as are large enough to be seen."""
MOST_LETTERS = 12
"""Letters of a layer's name, so that all columns stand in one row."""
LAYERS = (
    "Each column is what a layer makes of the picture, computed now, its strongest maps: click one to see its wires."
)
BLOCKS = "Each map is what a block of layers makes of the picture, computed now."
LINES = 8
"""The strongest inputs and outputs that are drawn."""


@dataclass(frozen=True, eq=False)
class Column:
    """One layer's column: which of its units are shown, and how they fold."""

    layer: LayerInfo
    shown: np.ndarray
    vector: bool
    width: int

    def place(self, panel: int, unit: int) -> Place | None:
        """Where a unit stands, or None where it is not shown."""
        if self.vector:
            return Place(panel, 0, unit // self.width, unit % self.width)
        where = np.flatnonzero(self.shown == unit)
        return Place(panel, int(where[0]), None, None) if len(where) else None

    def unit(self, place: Place) -> int:
        if self.vector:
            return (place.row or 0) * self.width + (place.column or 0)
        return int(self.shown[place.tile])


def render(session: Session) -> None:
    """Draw the page."""
    found = of_trace(session.network, session.trace)
    block = blocks.opened(found)
    noun = "map" if session.activations.ndim == 3 else "unit"
    with head(PAGE, lambda: controls.study(session, controls.informative_layers(session.network.layers), noun)):
        pass
    if st.session_state.get(ON_WALL):
        text = _body(session, found, block)
        words, bars = st.columns([3, 2], gap="large")
        with words:
            caption(text)
        with bars:
            answer.says(session)
        return
    left, right = st.columns([1, 4], gap="large")
    with left:
        hand.draw(session)
    with right:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if block:
                blocks.steps(found, block)
            size = f"{len(session.network.layers)} layers, {session.network.parameters:,} parameters"
            more = f". {BLOCKS}" if found and not block else f"{'' if found else _left_out(session)}. {LAYERS}"
            small(html("<b>{}</b>: {}{}", session.name, size, more), width="content")
        caption(_body(session, found, block))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            small(html("<b>{}</b>: {}", session.layer.name, session.layer.description), width="content")
            layer_configuration.popover(session.layer)


def _body(session: Session, found: tuple[Block, ...], block: Block | None) -> str:
    """All layers, or all blocks, or those of one block; returns the sentence about them."""
    if found and not block:
        blocks.draw(session, found)
        return blocks.sentence(session, found)
    return _layers(session, blocks.within(session, found, block, COLUMNS) if block else _window(session), block)


def _layers(session: Session, layers: list[LayerInfo], block: Block | None) -> str:
    """The layers side by side, with the wires of the unit under study; returns the sentence about them."""
    columns = [_column(session, layer) for layer in layers]
    at = next((index for index, layer in enumerate(layers) if layer.name == session.layer.name), None)
    lines = _lines(session, columns, at)
    # Within a block its name is said once, by the page.
    titles = shortened([rest(block, layer.name) if block else layer.name for layer in layers], MOST_LETTERS)
    raster(
        [_panel(session, column, title) for column, title in zip(columns, titles, strict=True)],
        key="network",
        alt=f"All layers of {session.network.name} with their activations on this picture",
        picked=None if at is None else columns[at].place(at, session.unit),
        lines=lines,
        height=0.6,
        least=24,
        wide=True,
        swipe=True,
        on_pick=lambda place: address.write(
            layer=columns[place.panel].layer.name, unit=columns[place.panel].unit(place), row=None, column=None
        ),
    )
    if at is None and block:
        return f"{block.name} reads {layers[0].name} and has {len(block.layers)} layers: pick a map to see its wires."
    return _sentence(session, columns, lines)


def _changing(session: Session) -> list[LayerInfo]:
    """The layers that change something to look at, and the one under study."""
    return [layer for layer in session.network.layers if not layer.pointwise or layer.name == session.layer.name]


def _left_out(session: Session) -> str:
    """That there are more layers than have a column; else nothing."""
    more = len(_changing(session)) - COLUMNS
    return f"; {COLUMNS} are shown, around {session.layer.name}" if more > 0 else ""


def _window(session: Session) -> list[LayerInfo]:
    """The layers that have a column: not more than there is room for, around the one under study."""
    kept = _changing(session)
    if len(kept) <= COLUMNS:
        return kept
    at = next(index for index, layer in enumerate(kept) if layer.name == session.layer.name)
    start = min(max(at - COLUMNS // 2, 0), len(kept) - COLUMNS)
    return kept[start : start + COLUMNS]


def _column(session: Session, layer: LayerInfo) -> Column:
    values = session.trace.activations[layer.name]
    if values.ndim == 1:
        # The picture as a vector is still a picture; any other vector is drawn as what it is: long.
        width = folded_shape(values.size)[1] if scales.is_input(session.network, layer.name) else slender(values.size)
        return Column(layer, np.arange(values.size), True, width)
    strength = np.abs(as_tiles(values)).max(axis=(1, 2))
    most = WALL_TILES if st.session_state.get(ON_WALL) else TILES
    shown = np.sort(np.argsort(-strength, kind="stable")[:most])
    if layer.name == session.layer.name and session.unit < len(strength) and session.unit not in shown:
        shown[-1] = session.unit
        shown.sort()
    return Column(layer, shown, False, 0)


def slender(length: int) -> int:
    """Columns of a vector that is drawn some seven times as high as wide, without a rest where that can be."""
    if length <= 12:
        return 1
    near = max(round((length / 7) ** 0.5), 1)
    return next((near + by for by in (0, 1, -1, 2, -2) if near + by > 0 and length % (near + by) == 0), near)


def _panel(session: Session, column: Column, title: str) -> Panel:
    layer, values = column.layer, session.trace.activations[column.layer.name]
    colour, ranges = scales.colour_scale(session, layer.name, "layer")
    shape = "x".join(map(str, values.shape))
    if layer.index == 0:
        return scales.picture_panel(session, title=title, note=shape, most=196, scale=1.3, pick="tile")
    if column.vector:
        last = layer.name == answer_layer(session.network)
        return Panel(
            in_rows(values, column.width),
            colour,
            ranges,
            title=title,
            note=shape,
            units=values.size,
            unit=f"{layer.name}: unit",
            names=list(session.network.classes[-values.size :]) if last and not session.network.output.placed else [],
            pick="cell",
            scale=6.4,
            most=448 if scales.is_input(session.network, layer.name) else 680,
            cell=44,
            numbers=values.size <= 12,
        )
    return Panel(
        as_tiles(values)[column.shown],
        colour,
        ranges[column.shown],
        title=title,
        note=shape,
        names=[f"{layer.name}, map {index}" for index in column.shown],
        most=128,
        columns=2 if st.session_state.get(ON_WALL) else 1,
        pick="tile",
        say_zero=True,
    )


def _lines(session: Session, columns: list[Column], at: int | None) -> list[Line]:
    """The strongest inputs and outputs of the unit under study, in the nearest columns that it is wired to."""
    here = columns[at].place(at, session.unit) if at else None
    if at is None or here is None:
        return []
    image, unit, layer, lines = session.trace.image, session.unit, session.layer.name, list[Line]()
    answer = answer_layer(session.network)
    target = targets.unit_score(session.network, layer, unit, answer)
    # In a net with branches the column next to it may stand in another branch.
    lead = (index for index in reversed(range(at)) if leads_to(session.network, columns[index].layer.name, layer))
    before = next(lead, None)
    if before is not None:
        source = columns[before]
        for other, value in _strongest(inputs_of(session.network, image, source.layer.name, target)):
            start = source.place(before, other) if source.layer.index else Place(before, 0)
            if start is not None:
                lines.append(Line(start, here, value, sign="from"))
    follow = (i for i in range(at + 1, len(columns)) if leads_to(session.network, layer, columns[i].layer.name))
    after = next(follow, None)
    if after is not None:
        sink = columns[after]
        whole = sink.layer.name == answer and not session.network.output.placed
        name = LOGITS if whole else sink.layer.name
        effects = outputs_of(session.network, image, layer, unit, name)
        # One sigmoid output is one unit for two classes: the second's logit is its own.
        effects = effects[1:] if name == LOGITS and session.network.graph.output_head == "binary" else effects
        for other, value in _strongest(effects):
            end = sink.place(after, other)
            if end is not None:
                lines.append(Line(here, end, value, sign="to"))
    return lines


def _strongest(values: np.ndarray) -> list[tuple[int, float]]:
    order = np.argsort(-np.abs(values), kind="stable")[:LINES]
    return [(int(index), float(values[index])) for index in order if values[index] != 0]


def _sentence(session: Session, columns: list[Column], lines: list[Line]) -> str:
    into = [line for line in lines if line.sign == "from"]
    source = ""
    if into:
        best = max(into, key=lambda line: abs(line.value))
        column = columns[best.start.panel]
        if column.layer.index:
            source = f"{'unit' if column.vector else 'map'} {column.unit(best.start)} of {column.layer.name}"
    return sentence(session.layer, session.activations, session.unit, bool(lines), source)


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
)
