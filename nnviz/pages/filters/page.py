"""Filters: the weights of a layer, and what one of them does to the picture."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nnviz.analysis.layer.filters import FilterBank, filter_bank, nearest_with_filters, stages
from nnviz.components.raster import Panel, Place, raster
from nnviz.figures import histograms
from nnviz.figures.colour import symmetric
from nnviz.figures.tiles import as_tiles, fold
from nnviz.figures.words import number
from nnviz.shell import address, controls
from nnviz.shell.markdown import escape_markdown
from nnviz.shell.markup import html
from nnviz.shell.page import Page, Reading, caption, head, link, small
from nnviz.shell.session import Session
from nnviz.views import chart, scales

SORTS = {"number": "By number", "norm": "By norm", "excited": "By this picture"}


def render(session: Session) -> None:
    """Draw the page."""
    known = stages(session.layer)
    options = [layer for layer in session.network.layers if stages(layer)]
    if not known:
        with head(PAGE, lambda: controls.study(session, options, count=0)):
            pass
        _without(session)
        return
    stage = address.choice("stage", known, known[0])
    bank = filter_bank(session.network, session.layer.name, stage)
    unit, name, count = session.unit, _key(session, stage), len(bank.weights)
    if name != "unit":
        unit, _ = address.whole(name, 0, 0, count - 1)
    with head(PAGE, lambda: controls.study(session, options, "filter", count=count, unit=unit, name=name)):
        if len(known) > 1:
            controls.switch("Stage", "stage", known, stage)
    channel, _ = address.whole("channel", 0, 0, bank.weights.shape[3] - 1)
    left, right = st.columns([4, 3], gap="large")
    with left:
        _grid(session, bank, stage, unit, channel)
    with right:
        _detail(session, bank, stage, unit, channel)


def _key(session: Session, stage: str) -> str:
    """Where the address keeps the filter: the inner stage of two has others than the layer has units."""
    return "inner" if stage == "depthwise" and len(stages(session.layer)) == 2 else "unit"


def _without(session: Session) -> None:
    layer = session.layer
    near = nearest_with_filters(session.network, layer.name)
    words = f"{layer.name} ({layer.description}) has no filters: it learns no weights that slide or connect."
    caption(words)
    if near is not None:
        st.button(f"Show the nearest that has some: {escape_markdown(near)}", on_click=lambda: controls.go_to(near))


def _tiles(bank: FilterBank, channel: int) -> np.ndarray:
    """The filters as pictures (filters, rows, columns): of one channel, or their channels folded."""
    if bank.kind in ("mix", "vector"):
        return np.stack([fold(weights) for weights in bank.weights.reshape(len(bank.weights), -1)])
    return bank.weights[..., channel]


def _excitement(session: Session, bank: FilterBank, stage: str) -> np.ndarray | None:
    """The strongest value of each filter's own output on this picture; None for the inner stage of two."""
    if _key(session, stage) != "unit":
        return None
    values = session.activations
    return values.reshape(-1, values.shape[-1]).max(axis=0)


def _grid(session: Session, bank: FilterBank, stage: str, unit: int, channel: int) -> None:
    excited = _excitement(session, bank, stage)
    sorts = tuple(SORTS) if excited is not None else ("number", "norm")
    sort = address.choice("sort", sorts, "number")
    tiles = _tiles(bank, channel)
    low, high = symmetric(bank.weights)
    strength = {"norm": bank.norms, "excited": excited}.get(sort)
    with st.container(horizontal=True, vertical_alignment="center"):
        controls.switch("Order", "sort", sorts, sort, titles=SORTS)
        shown = scales.paged(strength, unit, len(tiles))
        link("dossier")
    where = np.flatnonzero(shown == unit)
    width = tiles.shape[2] * tiles.shape[1]
    panel = Panel(
        tiles[shown],
        "diverging",
        (low, high),
        labels=[str(index) for index in shown],
        names=[f"filter {index}" for index in shown],
        units=bank.weights.shape[3] if bank.kind in ("mix", "vector") and bank.weights.shape[3] < width else 0,
        most=224,
        pick="tile",
    )
    many = bank.weights.shape[3] > 1 and bank.kind in ("kernel", "picture")
    raster(
        [panel],
        key="filters",
        alt=f"{len(shown)} of {len(bank.weights)} filters of {session.layer.name}, blue negative, orange positive",
        picked=Place(0, int(where[0]), 0, 0) if len(where) else None,
        height=0.58,
        least=56,
        on_pick=lambda place: address.write(**{_key(session, stage): int(shown[place.tile])}),
    )
    if many:
        controls.slider(f"Input channel (of {bank.reads})", "channel", channel, 0, bank.weights.shape[3] - 1)


def _detail(session: Session, bank: FilterBank, stage: str, unit: int, channel: int) -> None:
    shape = "x".join(map(str, bank.weights.shape[1:]))
    low, high = symmetric(bank.weights)
    words = f"{session.layer.description}; {len(bank.weights)} filters of {shape} weights. "
    words += f"Colours run from \u2212{high:.3g} to {high:.3g} over the layer."
    small(html("<b>{}</b>: {}", session.layer.name, words))
    tiles = _tiles(bank, channel)
    folded = bank.kind in ("mix", "vector")
    panels = [
        Panel(
            tiles[[unit]],
            "diverging",
            (low, high),
            title=f"filter {unit}",
            note=f"channel {channel} of {bank.weights.shape[3]}" if bank.weights.shape[3] > 1 and not folded else "",
            units=bank.weights.shape[3] if folded else 0,
            unit=f"weight of {bank.reads}",
            numbers=True,
            most=336,
            cell=64,
            scale=1.6,
        )
    ]
    reads = _read_map(session, bank, bank.channel_read(unit, channel))
    if reads is not None:
        panels.insert(0, reads)
    written = _written_map(session, bank, stage, unit)
    if written is not None:
        panels.append(written)
    raster(
        panels,
        key="filter",
        alt=f"What filter {unit} reads, its weights, and the map that it makes",
        height=0.4,
        wide=True,
    )
    caption(_sentence(session, bank, stage, unit))
    groups = {"weights": bank.weights}
    if bank.bias is not None:
        groups["biases"] = bank.bias
    chart.plot(histograms(groups, height=230), "weights")


def _read_map(session: Session, bank: FilterBank, channel: int) -> Panel | None:
    """The channel that the filter reads, where it is a picture."""
    if bank.kind == "vector":
        return None
    name = bank.reads
    if name == session.network.layers[0].name and session.trace.activations[name].ndim < 3:
        return scales.picture_panel(session, title="reads", note="the input", most=196)
    colour, ranges = scales.colour_scale(session, name, "layer")
    # A layer of steps is one tile, whose columns are the channels.
    channel = 0 if bank.kind == "mix" or session.trace.activations[name].ndim == 2 else channel
    title = "reads" if bank.kind != "mix" else "reads all maps"
    comma = ", " if len(name) <= 10 else "\n"
    note = f"{name}{comma}channel {channel}" if bank.kind != "mix" else f"{name}{comma}here channel 0"
    return Panel(
        as_tiles(session.trace.activations[name])[[channel]],
        colour,
        ranges[[channel]],
        title=title,
        note=note,
        most=196,
    )


def _written_map(session: Session, bank: FilterBank, stage: str, unit: int) -> Panel | None:
    """The map that the filter makes."""
    if session.activations.ndim != 3 or _key(session, stage) != "unit":
        return None
    colour, ranges = scales.colour_scale(session, session.layer.name, "layer")
    tile = as_tiles(session.activations)[[unit]]
    return Panel(tile, colour, ranges[[unit]], title="makes", note=f"map {unit}", most=196, say_zero=True)


def _sentence(session: Session, bank: FilterBank, stage: str, unit: int) -> str:
    weights = bank.weights[unit]
    rank = int((bank.norms > bank.norms[unit]).sum()) + 1
    text = (
        f"Filter {unit} has norm {number(bank.norms[unit], beside=bank.norms)} (number {rank} of {len(bank.weights)})"
    )
    if bank.bias is not None:
        text += f" and bias {number(bank.bias[unit], sign=True)}"
    excited = _excitement(session, bank, stage)
    if excited is None:
        return f"{text}; {np.mean(weights > 0):.0%} of its weights are positive."
    place = int((excited > excited[unit]).sum()) + 1
    strongest = f"{number(excited[unit], beside=excited)}, number {place} of {len(excited)} in this layer"
    return f"{text}; on this picture it answers with {strongest}."


PAGE = Page(
    "Filters",
    ":material/apps:",
    "filters",
    "Convolve",
    render,
    reading=(
        Reading("Early vision in InceptionV1", "Olah et al. 2020", "https://distill.pub/2020/circuits/early-vision/"),
        Reading(
            "ImageNet classification",
            "Krizhevsky et al. 2012",
            "https://papers.nips.cc/paper/2012/hash/c399862d3b9d6b76c8436e924a68c45b-Abstract.html",
        ),
    ),
)
