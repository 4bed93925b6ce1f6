"""The raster component: one map, or grids of them, with colours, values under the pointer, and picking.

Arrays travel as one packed buffer (`parts.buffer`): a JSON header, then float32 values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import streamlit as st

from nnviz.components.parts import buffer, component
from nnviz.figures.words import number


@dataclass(frozen=True, eq=False)
class Panel:
    """A map or a grid of maps that share a colour scale.

    Attributes:
        tiles: (n, rows, columns), or (n, rows, columns, 3) with RGB in 0..255; of weights of red, green and blue, whose
            colour is "diverging", from one end of the range to the other, grey in its middle.
        colour: "grey", "diverging", "viridis" or "inferno".
        ranges: (low, high) for all tiles, or one pair a tile.
        title, note: above the tiles; the note may have several lines.
        labels, names: a short text under each tile, or none; what a tile (or unit) is called under the pointer.
        most: largest side of a tile, CSS pixels.
        scale: how much larger the tiles are than those of the other panels.
        cell: largest side of a cell, CSS pixels, or None.
        smooth: fill the tile, averaged between the cells: for photographs, where no single cell is meant.
        columns: tiles a row; 0 lets the room decide.
        row: panels of one row stand beside each other, rows below each other.
        strip: (widest cell, height of a cell) in CSS pixels, for a vector as one line; else None.
        units, unit: of a tile that is a folded vector, its length (cells beyond stay empty), and a unit's name.
        under: (rows, columns) or (rows, columns, 3) in 0..255: the picture below the tiles.
        strength: how far the tiles cover that picture, 0..1; a cell covers in proportion to its value.
        numbers: print the values in the cells, where they are large enough.
        texts: what is printed and told instead of the values, one a cell of the first tile.
        pick: what a click picks.
        say_zero: label a tile in which nothing is to be seen: of zeros, of one value, of values beside nothing on its
            scale. By default where there are several.
        bar: a line below the note with the colours between the ends of the range.
        blank: (row, column) of cells that hold no value, such as a padding: hatched, without a number.
    """

    tiles: np.ndarray
    colour: Literal["grey", "diverging", "viridis", "inferno"] = "viridis"
    ranges: Any = (0.0, 1.0)
    title: str = ""
    note: str = ""
    labels: Sequence[str] = ()
    names: Sequence[str] = ()
    most: float = 420
    scale: float = 1.0
    cell: float | None = None
    smooth: bool = False
    columns: int = 0
    row: int = 0
    strip: tuple[float, float] | None = None
    units: int = 0
    unit: str = "unit"
    under: np.ndarray | None = None
    strength: float = 1.0
    numbers: bool = False
    texts: Sequence[str] = ()
    pick: Literal["none", "tile", "cell"] = "none"
    say_zero: bool | None = None
    bar: bool = False
    blank: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True)
class Place:
    """A tile, or a block of cells in it, of one panel."""

    panel: int = 0
    tile: int = 0
    row: int | None = None
    column: int | None = None
    rows: int = 1
    columns: int = 1
    colour: Literal["mark", "picked"] = "mark"


@dataclass(frozen=True)
class Line:
    """A line from one place to another: width by magnitude, colour by sign, or plain."""

    start: Place
    end: Place
    value: float = 0.0
    plain: bool = False
    sign: Literal["", "from", "to"] = ""


def raster(
    panels: Sequence[Panel],
    *,
    key: str,
    alt: str,
    picked: Place | None = None,
    marks: Sequence[Place] = (),
    lines: Sequence[Line] = (),
    crosses: Sequence[Place] = (),
    height: float = 0.6,
    least: float = 40,
    wide: bool = False,
    first: int = 0,
    toggles: bool = False,
    swipe: bool = False,
    on_pick: Callable[[Place], None] | None = None,
) -> None:
    """Draw panels on one canvas.

    Args:
        panels: what is drawn.
        key: of the component, stable over reruns.
        alt: what the picture shows, for who cannot see it.
        picked: the place with the outline.
        marks: blocks of cells with a second, thinner outline.
        lines: between places.
        crosses: places that are crossed out: off.
        height: share of the window's height that the picture may take.
        least: smallest side of a tile, CSS pixels; below it the tiles flow on downwards.
        wide: spread the panels over the width.
        first: number of the first row and column in words (1 where one counts from one).
        toggles: a pick switches something: arrow keys only move the outline, Enter picks, and no pick is passed over.
        swipe: on a phone the panels stand beside each other all the same, wider than the screen, to be swiped.
        on_pick: called with the place that a click or an arrow key picked, before the rerun.
    """
    key = f"raster-{key}"

    def report() -> None:
        pick = (st.session_state.get(key) or {}).get("pick")
        if on_pick is None or not pick:
            return
        # Two clicks may come in one message; of arrow keys only the last place counts.
        for each in pick["recent"] if toggles else [pick]:
            if not toggles or each["count"] > st.session_state[done]:
                on_pick(_picked(each))
        st.session_state[done] = pick["count"]

    state = st.session_state.get(key) or {}
    seen = (state.get("pick") or {}).get("count", 0)
    done = f"{key}-done"
    st.session_state[done] = seen
    data = pack(
        panels,
        {
            "alt": alt,
            "picked": None if picked is None else _place(picked),
            "marks": [_place(mark) for mark in marks],
            "crosses": [_place(cross) for cross in crosses],
            "lines": [
                {"from": _place(line.start), "to": _place(line.end), "value": float(line.value)}
                | {"plain": line.plain, "sign": line.sign}
                for line in lines
            ],
        }
        | {"height": height, "least": least, "wide": wide, "first": first, "seen": seen}
        | {"toggles": toggles, "swipe": swipe},
    )
    component("raster")(key=key, data=data, on_pick_change=report)


def picked_in(key: str) -> Place | None:
    """The place that was last picked in the component with that key."""
    pick = (st.session_state.get(key) or {}).get("pick")
    return _picked(pick) if pick else None


def _picked(pick: Any) -> Place:
    return Place(int(pick["panel"]), int(pick["tile"]), int(pick["row"]), int(pick["column"]))


def pack(panels: Sequence[Panel], header: dict[str, Any]) -> bytes:
    """The buffer that the browser unpacks (see the head of this file)."""
    arrays, offset = list[np.ndarray](), 0

    def add(array: np.ndarray) -> int:
        nonlocal offset
        arrays.append(np.ascontiguousarray(array, np.float32).ravel())
        offset += arrays[-1].size
        return offset - arrays[-1].size

    described = []
    for panel in panels:
        n, h, w = panel.tiles.shape[:3]
        under = panel.under
        ranges = np.asarray(panel.ranges, float).reshape(-1, 2)
        described.append(
            {
                "n": n,
                "h": h,
                "w": w,
                "channels": panel.tiles.shape[3] if panel.tiles.ndim == 4 else 1,
                "offset": add(panel.tiles),
                "under": None
                if under is None
                else {
                    "h": under.shape[0],
                    "w": under.shape[1],
                    "channels": under.shape[2] if under.ndim == 3 else 1,
                    "offset": add(under),
                },
                "ranges": ranges.tolist(),
                "empty": _empty(panel, ranges),
                "labelWidth": max((len(_short(label)) for label in panel.labels), default=0),
            }
            | {name: getattr(panel, name) for name in _PLAIN}
            | {name: list(getattr(panel, name)) for name in ("labels", "names", "texts")}
            # What a stranger called a layer or a class may be longer than any screen is wide.
            | {"title": _short(panel.title), "labels": [_short(label) for label in panel.labels]}
            | {"note": "\n".join(map(_short, panel.note.split("\n")))}
            | {"blank": [int(row * w + column) for row, column in panel.blank]}
        )
    return buffer({**header, "panels": described}, *(array.tobytes() for array in arrays))


def _empty(panel: Panel, ranges: np.ndarray) -> list[str]:
    """What is written on each tile in which nothing is to be seen, "" on the others; nothing where none is asked."""
    tiles, n = panel.tiles, len(panel.tiles)
    asked = n > 1 and not panel.numbers if panel.say_zero is None else panel.say_zero
    if not asked or not tiles.size:
        return []
    scales = np.broadcast_to(np.abs(ranges).max(axis=1), n)
    pixels = tiles.ndim == 4 and panel.colour != "diverging"
    words = [_nothing_in(tile, scale, pixels) for tile, scale in zip(tiles, scales, strict=True)]
    return words if any(words) else []


def _nothing_in(tile: np.ndarray, scale: float, pixels: bool) -> str:
    if not tile.any():
        return "all zero"
    if pixels:  # red, green and blue, of which grey of any one shade is nothing
        return "nearly zero" if np.ptp(tile) <= _NOTHING * 255 else ""
    if np.abs(tile).max() <= _NOTHING * scale:
        return "nearly zero"
    return f"all {number(tile.flat[0])}" if tile.size > 1 and np.ptp(tile) == 0 else ""


_NOTHING = 0.01
"""Of a scale's end: what nobody sees beside it."""


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"


_LETTERS = 80
_PLAIN = (
    *("colour", "title", "note", "most", "scale", "cell", "smooth", "columns", "row", "strip"),
    *("units", "unit", "strength", "numbers", "pick", "bar"),
)


def _place(place: Place) -> dict[str, Any]:
    return {name: getattr(place, name) for name in ("panel", "tile", "row", "column", "rows", "columns", "colour")}
