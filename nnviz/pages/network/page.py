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
from nnviz.figures.tiles import as_tiles, folded_shape
from nnviz.figures.words import number
from nnviz.pages.network import blocks
from nnviz.shell import address
from nnviz.shell.markup import html
from nnviz.shell.page import Page, Reading, caption, head, link, small
from nnviz.shell.session import Session
from nnviz.views import answer, own_network, scales

COLUMNS = 8
TILES = 12
MOST_LETTERS = 12
"""Letters of a layer's name that stand in one line, so that all columns stand in one row."""
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
    with head(PAGE):
        size = f"{len(session.network.layers)} layers, {session.network.parameters:,} parameters"
        small(
            html("<b>{}</b>: {}{}", session.name, size, "" if found else _left_out(session)),
            width="content" if block else "stretch",
        )
        if block:
            blocks.steps(found, block)
    if found and not block:
        blocks.draw(session, found)
        text = blocks.sentence(session, found)
    else:
        text = _layers(session, blocks.within(session, found, block, COLUMNS) if block else _window(session), block)
    words, bars = st.columns([3, 2], gap="large")
    with words:
        caption(text)
        _links(session)
        own_network.drop()
    with bars:
        answer.says(session)


def _layers(session: Session, layers: list[LayerInfo], block: Block | None) -> str:
    """The layers side by side, with the wires of the unit under study; returns the sentence about them."""
    columns = [_column(session, layer) for layer in layers]
    at = next((index for index, layer in enumerate(layers) if layer.name == session.layer.name), None)
    lines = _lines(session, columns, at)
    raster(
        [_panel(session, column, block) for column in columns],
        key="network",
        alt=f"All layers of {session.network.name} with their activations on this picture",
        picked=None if at is None else columns[at].place(at, session.unit),
        lines=lines,
        height=0.62,
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
        width = 1 if values.size <= 12 else folded_shape(values.size)[1]
        return Column(layer, np.arange(values.size), True, width)
    strength = np.abs(as_tiles(values)).max(axis=(1, 2))
    shown = np.sort(np.argsort(-strength, kind="stable")[:TILES])
    if layer.name == session.layer.name and session.unit < len(strength) and session.unit not in shown:
        shown[-1] = session.unit
        shown.sort()
    return Column(layer, shown, False, 0)


def _panel(session: Session, column: Column, block: Block | None) -> Panel:
    layer, values = column.layer, session.trace.activations[column.layer.name]
    colour, ranges = scales.colour_scale(session, layer.name, "layer")
    shape = "x".join(map(str, values.shape))
    # Within a block its name is said once, by the page, and what is left of a name takes two lines, as a long one does.
    title = rest(block, layer.name) if block else layer.name
    if block or len(title) > MOST_LETTERS:
        start, _, more = title[1:].partition("_")
        title = title[:1] + start
        shape = f"{more}\n{shape}"
    if layer.index == 0:
        return scales.picture_panel(session, title=title, note=shape, most=196, scale=1.6, pick="tile")
    if column.vector:
        tiles = values.reshape(1, -1, 1) if column.width == 1 else as_tiles(values)
        last = layer.name == answer_layer(session.network)
        return Panel(
            tiles,
            colour,
            ranges,
            title=title,
            note=f"{shape}\n{layer.parameters:,}" if layer.parameters else shape,
            units=values.size,
            names=list(session.network.classes[-values.size :]) if last and not session.network.output.placed else [],
            pick="cell",
            scale=8 if column.width == 1 else 5,
            most=420,
            cell=40,
            numbers=values.size <= 12,
        )
    notes = [shape, f"{layer.parameters:,} params" if layer.parameters else ""]
    if len(column.shown) < len(as_tiles(values)):
        notes.append(f"{len(column.shown)} strongest")
    return Panel(
        as_tiles(values)[column.shown],
        colour,
        ranges[column.shown],
        title=title,
        note="\n".join(filter(None, notes)),
        names=[f"map {index}" for index in column.shown],
        most=112,
        columns=2,
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
    layer, values = session.layer, session.activations
    if layer.index == 0:
        return "This is the picture as the network gets it: pick a map or a neuron to see how it is wired in."
    strength = float(values[..., session.unit].max())
    what = "Map" if values.ndim == 3 else "Unit"
    text = f"{what} {session.unit} of {layer.name} ({layer.description}) is {number(strength, beside=values)}"
    text += " at its strongest" if values.ndim == 3 else ""
    if not values[..., session.unit].any():
        return f"{text}; it is silent on this picture, so nothing flows through it."
    if not lines:
        return f"{text}."
    into = [line for line in lines if line.sign == "from"]
    if into:
        best = max(into, key=lambda line: abs(line.value))
        source = columns[best.start.panel]
        text += f"; most comes from {source.layer.name}"
        text += f" {source.unit(best.start)}" if source.layer.index else ""
        text += f" ({number(best.value, sign=True, beside=[line.value for line in into])})"
    return f"{text}. Orange lines add, blue lines take away."


def _links(session: Session) -> None:
    """From the unit under study to its pages: the address keeps it."""
    with st.container(horizontal=True, gap="small"):
        for slug in ("filters", "maps", "dossier", "decision", "saliency"):
            link(slug)


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
