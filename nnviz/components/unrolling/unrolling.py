"""The unrolling component: an array (rows, columns, channels) is laid out before one's eyes as one vector.

The array is sent once, packed as the raster's are; the browser plays, steps and scrubs by itself, and reports the
position when it rests, and the slot that was picked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import streamlit as st

from nnviz.components.parts import component
from nnviz.components.raster.raster import Panel, pack


@dataclass(frozen=True, eq=False)
class Layout:
    """What is laid out, and the cell under study. All counts are from zero; what is written counts from one.

    Attributes:
        values: (rows, columns, channels).
        colours: whether the three channels are the colours, 0..255, of one picture, else each is a map.
        colour, range: of the values.
        first, shown: which maps are shown; a picture in colours is one.
        slot: of the cell under study in the vector; its first, where it fills three.
        near: (slot, down, right) of the cells that touch it in its map, down and right in -1, 0, 1.
        beside: slots of cells that stand beside it in the vector only.
        noun: what is counted: "pixel" or "slot".
        whole: what holds the cells: "image" or "map".
        title: above the picture.
        own, touch, stranger: the legend of the three kinds of outlines.
    """

    values: np.ndarray
    colours: bool
    colour: Literal["grey", "diverging", "viridis"]
    range: tuple[float, float]
    first: int
    shown: int
    slot: int
    near: Sequence[tuple[int, int, int]]
    beside: Sequence[int]
    noun: str = "pixel"
    whole: str = "image"
    title: str = ""
    own: str = ""
    touch: str = ""
    stranger: str = ""


def unrolling(
    layout: Layout,
    *,
    key: str,
    alt: str,
    unrolled: int = 0,
    play: bool = False,
    speed: str = "",
    below: float = 4.8,
    on_rest: Callable[[int], None] | None = None,
    on_speed: Callable[[str], None] | None = None,
    on_pick: Callable[[int], None] | None = None,
) -> None:
    """Draw the array and its vector. It stands still until it is told to play.

    Args:
        layout: what is shown.
        key: of the component, stable over reruns.
        alt: what the picture shows, for who cannot see it.
        unrolled: slots that have been unrolled; within a row, that row is on its way.
        play: start to play from there, once for each time that this turns true while the picture stands there.
        speed: rows a second at which it plays, as `on_speed` was told; else the usual for so many rows.
        below: what the page needs below it, in units of its font size: the rest of the window is for the pictures.
        on_rest: called with `unrolled` where it came to rest, before the rerun.
        on_speed: called with the speed that was chosen, before the rerun.
        on_pick: called with the slot that was picked, before the rerun.
    """
    key = f"unrolling-{key}"

    def told(name: str) -> dict[str, Any]:
        return (st.session_state.get(key) or {}).get(name) or {}

    def rested() -> None:
        if on_rest is not None and told("at"):
            on_rest(int(told("at")["unrolled"]))

    def sped() -> None:
        if on_speed is not None and told("speed"):
            on_speed(f"{float(told('speed')['rows']):g}")

    def picked() -> None:
        if on_pick is not None and told("pick"):
            on_pick(int(told("pick")["slot"]))

    seen = max(told(name).get("count", 0) for name in ("at", "pick"))
    data = packed(
        layout, {"alt": alt, "below": below, "unrolled": unrolled, "play": play, "speed": speed, "seen": seen}
    )
    component("unrolling")(key=key, data=data, on_at_change=rested, on_speed_change=sped, on_pick_change=picked)


def packed(layout: Layout, header: dict[str, Any]) -> bytes:
    """The buffer that the browser unpacks, as the raster's: one panel, a picture in colours or a tile a map."""
    values = layout.values
    tiles = values[None] if layout.colours else np.moveaxis(values, 2, 0)
    panel = Panel(tiles, layout.colour, layout.range)
    what = hashlib.blake2b(np.ascontiguousarray(values, np.float32).tobytes(), digest_size=12)
    what.update(repr((values.shape, layout.colour, layout.range, layout.first, layout.shown)).encode())
    fixed = {
        "shape": list(values.shape),
        "step": values.shape[2] if layout.colours else 1,
        "shown": [layout.first, layout.shown],
        "near": [[int(part) for part in near] for near in layout.near],
        "beside": [int(slot) for slot in layout.beside],
        "what": what.hexdigest(),
    }
    names = ("slot", "noun", "whole", "title", "own", "touch", "stranger")
    return pack([panel], {**fixed, **{name: getattr(layout, name) for name in names}, **header})
