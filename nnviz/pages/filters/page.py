"""Filters: the weights of a layer, and what one of them does to the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from nnviz.analysis.layer.filters import FilterBank, filter_bank, nearest_with_filters, stages
from nnviz.components.raster import Panel, Place, raster
from nnviz.figures import histograms
from nnviz.figures.colour import symmetric
from nnviz.figures.tiles import as_tiles, fold
from nnviz.figures.words import number, span, standing
from nnviz.shell import address, controls
from nnviz.shell.markdown import escape_markdown
from nnviz.shell.markup import html
from nnviz.shell.page import Page, Reading, caption, head, small
from nnviz.shell.session import Session
from nnviz.views import chart, layer_configuration, scales

SORTS = {"number": "By number", "norm": "By norm", "excited": "By this picture"}
IN_COLOUR = "rgb"
LARGE = 25
"""Tiles on one screen that are as fine as a picture: with more they would be too small to be read."""


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
    channel = _channel(session, bank)
    left, right = st.columns(2, gap="large")
    with left:
        _grid(session, bank, stage, unit, channel)
    with right:
        _detail(session, bank, stage, unit, channel)


def _channel(session: Session, bank: FilterBank) -> int | None:
    """The input channel that is shown; None for red, green and blue together."""
    last = bank.weights.shape[3] - 1
    if not _coloured(session, bank):
        return address.whole("channel", 0, 0, last)[0]
    chosen = address.choice("channel", (IN_COLOUR, *map(str, range(last + 1))), IN_COLOUR)
    return None if chosen == IN_COLOUR else int(chosen)


def _coloured(session: Session, bank: FilterBank) -> bool:
    """Whether a filter reads the red, green and blue of the picture itself."""
    read = bank.kind in ("kernel", "picture") and bank.weights.shape[3] == session.network.image_shape[2] == 3
    return read and scales.is_input(session.network, bank.reads)


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


def _tiles(session: Session, bank: FilterBank, channel: int | None) -> np.ndarray:
    """The filters as pictures (filters, rows, columns): of one channel, their channels folded, or in colours."""
    if bank.kind in ("mix", "vector"):
        return np.stack([fold(weights) for weights in bank.weights.reshape(len(bank.weights), -1)])
    if channel is None:
        # Red first on the screen, whatever the network takes first.
        return bank.weights[..., ::-1] if session.network.input.order == "bgr" else bank.weights
    return bank.weights[..., channel]


def _answers(session: Session, bank: FilterBank, stage: str) -> np.ndarray | None:
    """What each filter makes of this picture, (values, filters); None for the inner stage of two."""
    if _key(session, stage) != "unit":
        return None
    return session.activations.reshape(-1, session.activations.shape[-1])


def _excitement(session: Session, bank: FilterBank, stage: str) -> np.ndarray | None:
    """The strongest value of each filter's own output on this picture; None for the inner stage of two."""
    answers = _answers(session, bank, stage)
    return None if answers is None else answers.max(axis=0)


def _grid(session: Session, bank: FilterBank, stage: str, unit: int, channel: int | None) -> None:
    excited = _excitement(session, bank, stage)
    sorts = tuple(name for name in SORTS if name != "excited" or excited is not None)
    sort = address.choice("sort", sorts, "number")
    strength = {"number": None, "norm": bank.norms, "excited": excited}[sort]
    tiles = _tiles(session, bank, channel)
    low, high = symmetric(bank.weights)
    many = bank.weights.shape[3] > 1 and bank.kind in ("kernel", "picture")
    with st.container(horizontal=True, vertical_alignment="center", key="filters-choices"):
        controls.switch("Order", "sort", sorts, sort, titles=SORTS)
        shown = scales.paged(strength, unit, len(tiles), scales.PER_PAGE if max(tiles.shape[1:3]) <= 16 else LARGE)
        if _coloured(session, bank):
            names = ("Blue", "Green", "Red") if session.network.input.order == "bgr" else ("Red", "Green", "Blue")
            titles = {IN_COLOUR: "In colour"} | {str(at): name for at, name in enumerate(names)}
            controls.switch(
                "Input channel", "channel", tuple(titles), IN_COLOUR if channel is None else str(channel), titles=titles
            )
        elif many:
            more: dict[str, Any] = {"format": f"input channel %d of {bank.weights.shape[3]}"}
            controls.slider(
                f"Input channel (of {bank.reads})",
                "channel",
                channel or 0,
                0,
                bank.weights.shape[3] - 1,
                label_visibility="collapsed",
                **more,
            )
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
        say_zero=True,
    )
    colours = "red, green and blue around grey" if channel is None else "blue negative, orange positive"
    raster(
        [panel],
        key="filters",
        alt=f"{len(shown)} of {len(bank.weights)} filters of {session.layer.name}, {colours}",
        picked=Place(0, int(where[0]), 0, 0) if len(where) else None,
        height=0.735,
        least=56,
        on_pick=lambda place: address.write(**{_key(session, stage): int(shown[place.tile])}),
    )


def _detail(session: Session, bank: FilterBank, stage: str, unit: int, channel: int | None) -> None:
    low, high = symmetric(bank.weights)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        small(html("<b>{}</b>: {}", session.layer.name, session.layer.description), width="content")
        layer_configuration.popover(session.layer)
    tiles = _tiles(session, bank, channel)
    folded = bank.kind in ("mix", "vector")
    one = "in colour" if channel is None else f"channel {channel} of {bank.weights.shape[3]}"
    panels = [
        Panel(
            tiles[[unit]],
            "diverging",
            (low, high),
            title=f"filter {unit}",
            note=one if bank.weights.shape[3] > 1 and not folded else "",
            units=bank.weights.shape[3] if folded else 0,
            unit=f"weight of {bank.reads}",
            numbers=channel is not None,
            most=420,
            cell=96 if max(tiles.shape[1:3]) <= 3 else 64,
            scale=1.6,
        )
    ]
    reads = _read_map(session, bank, None if channel is None else bank.channel_read(unit, channel))
    if reads is not None:
        panels.insert(0, reads)
    written = _written_map(session, bank, stage, unit)
    if written is not None:
        panels.append(written)
    raster(
        panels,
        key="filter",
        alt=f"What filter {unit} reads, its weights, and the map that it makes",
        height=0.42,
        wide=True,
    )
    caption(sentence(bank, unit, _answers(session, bank, stage), session.layer.name))
    shape = "x".join(map(str, bank.weights.shape[1:]))
    facts = f"{len(bank.weights)} filters of {shape} weights, {span(low, high)}; this one's norm is "
    facts += number(bank.norms[unit], beside=bank.norms)
    if bank.bias is not None:
        facts += f", its bias {number(bank.bias[unit], sign=True)}"
    small(f"{facts}.")
    groups = {"weights": bank.weights}
    if bank.bias is not None:
        groups["biases"] = bank.bias
    chart.plot(histograms(groups, height=230), "weights")


def _read_map(session: Session, bank: FilterBank, channel: int | None) -> Panel | None:
    """The channel that the filter reads, where it is a picture; the picture where that is None."""
    if bank.kind == "vector":
        return None
    if channel is None:
        return scales.picture_panel(session, title="reads", note="the picture", most=224)
    name = bank.reads
    if name == session.network.layers[0].name and session.trace.activations[name].ndim < 3:
        return scales.picture_panel(session, title="reads", note="the input", most=224)
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
        most=224,
    )


def _written_map(session: Session, bank: FilterBank, stage: str, unit: int) -> Panel | None:
    """The map that the filter makes."""
    if session.activations.ndim != 3 or _key(session, stage) != "unit":
        return None
    colour, ranges = scales.colour_scale(session, session.layer.name, "layer")
    tile = as_tiles(session.activations)[[unit]]
    return Panel(tile, colour, ranges[[unit]], title="makes", note=f"map {unit}", most=224, say_zero=True)


def sentence(bank: FilterBank, unit: int, answers: np.ndarray | None, layer: str) -> str:
    """The caption: the one number is what a filter answers with, or where it is not known its norm.

    Args:
        bank: the filters.
        unit: which of them.
        answers: (values, filters) of all of them on the picture, or None.
        layer: whose filters they are.
    """
    if answers is None:
        told, among = number(bank.norms[unit], beside=bank.norms), bank.norms
        text = f"The weights of filter {unit} have norm {told}"
    else:
        if not answers[:, unit].any():
            return f"Filter {unit} is silent on this picture: nowhere does it find what it looks for."
        among = answers.max(axis=0)
        text = f"Filter {unit} answers with {number(among[unit], beside=answers)}"
        text += " at its highest" if len(answers) > 1 else " to this picture"
    return f"{text}, {standing(among, unit)} in {layer}." if among.size > 1 else f"{text}."


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
