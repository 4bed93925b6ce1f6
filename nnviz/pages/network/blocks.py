"""The blocks of a deep network on the Network page: all of them at a glance, and which one is open."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from nnviz.analysis.network.blocks import Block
from nnviz.analysis.network.layers import LayerInfo
from nnviz.components.raster import Panel, Place, raster
from nnviz.figures.tiles import as_tiles, folded_shape
from nnviz.figures.words import shortened
from nnviz.shell import address
from nnviz.shell.page import ON_WALL, inform
from nnviz.shell.session import Session
from nnviz.views import answer, scales

ROW, WALL_ROW = 7, 10
"""Blocks beside each other, on the page and on a wall, which has no other column."""
MOST_LETTERS = 9


def opened(found: tuple[Block, ...]) -> Block | None:
    """The block that the address opens; one that is not there is said."""
    name = address.read().get("block")
    if name is None:
        return None
    block = next((each for each in found if each.name == name), None)
    if block is None:
        which = "so all blocks are shown" if found else "and it is shown whole"
        inform(f"There is no block {name[:40]!r} in this network, {which}.")
    return block


def steps(found: tuple[Block, ...], block: Block) -> None:
    """To the block before, to all of them, and to the next."""
    at = found.index(block)
    _step("Block before", "arrow_back", "block-back", found[at - 1] if at > 1 else None)
    st.button("All blocks", icon=":material/view_module:", key="block-all", on_click=lambda: address.write(block=None))
    _step("Next block", "arrow_forward", "block-on", found[at + 1] if at + 1 < len(found) else None)


def _step(label: str, icon: str, key: str, block: Block | None) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=key,
        disabled=block is None,
        on_click=None if block is None else lambda: enter(block),
    )


def enter(block: Block, unit: int | None = None) -> None:
    """Open a block at the layer that is shown of it, and at one of its maps."""
    address.write(block=block.name, layer=shown_of(block).name, unit=unit, row=None, column=None, page=None)


def shown_of(block: Block) -> LayerInfo:
    """The layer that stands for a block: the last with maps, else the last."""
    return next((layer for layer in reversed(block.layers) if layer.spatial), block.last)


def within(session: Session, found: tuple[Block, ...], block: Block, most: int) -> list[LayerInfo]:
    """What a block reads, and its layers; of more than `most` those that change most, and the one under study."""
    at = found.index(block)
    before = [shown_of(found[at - 1])] if at else []
    always = {*(layer.name for layer in before), block.last.name, session.layer.name}
    kept = [*before, *block.layers]
    for passes_on in (lambda layer: layer.kind == "BatchNormalization", lambda layer: layer.pointwise):
        if len(kept) > most:
            kept = [layer for layer in kept if layer.name in always or not passes_on(layer)]
    return kept[:1] + kept[1 - most :] if len(kept) > most else kept


def draw(session: Session, found: tuple[Block, ...]) -> None:
    """Every block with its strongest maps; a pick opens it."""
    wall = bool(st.session_state.get(ON_WALL))
    # Beside them the page has the picture already.
    shown = found if wall else found[1:]
    rows = math.ceil(len(shown) / (WALL_ROW if wall else ROW))
    across = math.ceil(len(shown) / rows)
    count = max(4 // rows, 1)
    tiles = [_strongest(session, block, count) for block in shown]
    titles = shortened([block.name for block in shown], MOST_LETTERS)
    panels = [_panel(session, block, tiles[at], at // across, titles[at]) for at, block in enumerate(shown)]
    studied = next((at for at, block in enumerate(shown) if session.layer in block.layers), None)
    # Of a block whose layer under study is another than the one that stands for it, the first map is outlined.
    same = studied is not None and shown_of(shown[studied]) is session.layer
    where = np.flatnonzero(tiles[studied] == session.unit) if studied is not None and same else np.arange(0)

    def pick(place: Place) -> None:
        units, block = tiles[place.panel], shown[place.panel]
        # The input has no block to open, and a vector is one tile.
        if block is not found[0]:
            enter(block, int(units[place.tile]) if len(units) else None)

    raster(
        panels,
        key="blocks",
        alt=f"The {len(found)} blocks of {session.network.name}, each with its strongest maps on this picture",
        picked=None if studied is None else Place(studied, int(where[0]) if len(where) else 0, None, None),
        height=0.64,
        least=40,
        on_pick=pick,
    )


def _strongest(session: Session, block: Block, count: int) -> np.ndarray:
    """The strongest maps of a block, by number; none of a vector."""
    values = session.trace.activations[shown_of(block).name]
    if values.ndim != 3:
        return np.arange(0)
    strength = np.abs(values).max(axis=(0, 1))
    return np.sort(np.argsort(-strength, kind="stable")[:count])


def _panel(session: Session, block: Block, units: np.ndarray, row: int, title: str) -> Panel:
    layer = shown_of(block)
    values = session.trace.activations[layer.name]
    if layer.index == 0:
        size = "x".join(map(str, values.shape[:2]))
        return scales.picture_panel(session, title="input", note=size, most=224, pick="tile", row=row)
    colour, ranges = scales.colour_scale(session, layer.name, "layer")
    size = f"{values.shape[0]}x{values.shape[1]}" if values.ndim == 3 else f"{values.size}"
    notes = [size, f"{values.shape[-1]} maps" if values.ndim == 3 else "values"]
    maps = len(units) > 0
    return Panel(
        as_tiles(values)[units] if maps else as_tiles(values),
        colour,
        ranges[units] if maps else ranges,
        title=title,
        note="\n".join(notes),
        names=[f"{block.name}: map {unit} of {layer.name}" for unit in units],
        units=0 if maps else values.size,
        unit=f"{block.name}: unit",
        most=140 if maps else 140 * min(4.0, folded_shape(values.size)[0] / 28),
        columns=1,
        pick="tile",
        say_zero=True,
        row=row,
    )


def sentence(session: Session, found: tuple[Block, ...]) -> str:
    """What one sees of the blocks, in plain text: how maps get smaller and more, and what comes of it."""
    kept = [session.trace.activations[shown_of(block).name].shape for block in found[1:]]
    maps = [shape for shape in kept if len(shape) == 3]
    text = f"{len(found) - 1} blocks from the picture to the answer"
    if maps:
        (rows, columns, channels), (height, width, last) = maps[0], maps[-1]
        text += (
            f": {channels} maps of {rows}x{columns} become {last} of {height}x{width}, less of where and more of what"
        )
    return f"{text}; the net says {answer.said(session)}. Click a map to open its block."
