"""The scatter component: pictures as points in the plane or in space, each shown under the pointer, picked by a click.

What travels is one packed buffer (`parts.buffer`): a JSON header, coordinates (n, 3) float32, then the pictures
(n, rows, columns) uint8.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from nnviz.components.parts import buffer, component


@dataclass(frozen=True, eq=False)
class Points:
    """Pictures and where they stand.

    Attributes:
        coordinates: (n, 2) or (n, 3); three are turned by dragging and by the arrow keys.
        groups: (n,) int, the group of each.
        names: of the groups, each written in the middle of its points.
        colours: of the groups, "#rrggbb" for light paper.
        pictures: (n, rows, columns) uint8.
        titles: what each is called under the pointer.
    """

    coordinates: np.ndarray
    groups: np.ndarray
    names: Sequence[str]
    colours: Sequence[str]
    pictures: np.ndarray
    titles: Sequence[str]


def scatter(
    points: Points,
    *,
    key: str,
    alt: str,
    picked: int | None = None,
    other: np.ndarray | None = None,
    height: float = 0.6,
    small_pictures: bool = False,
    turn: tuple[int, int] | None = None,
    on_pick: Callable[[int], None] | None = None,
    on_turn: Callable[[int, int], None] | None = None,
) -> None:
    """Draw points on one canvas, in one scale for all axes.

    Args:
        points: what is drawn.
        key: of the component, stable over reruns.
        alt: what the picture shows, for who cannot see it.
        picked: the point with the outline.
        other: (3,) a place that is outlined though no point stands there.
        height: share of the window's height.
        small_pictures: draw each point as its picture.
        turn: degrees by which three axes are turned about the upright one, and tipped towards the eye.
        on_pick: called with the number of the point that was picked, before the rerun.
        on_turn: called with these degrees when the points were turned, before the rerun.
    """
    key = f"scatter-{key}"

    def told() -> dict[str, int]:
        return (st.session_state.get(key) or {}).get("pick") or {}

    def report() -> None:
        if on_pick is not None and told():
            on_pick(int(told()["index"]))

    def report_turn() -> None:
        turned = (st.session_state.get(key) or {}).get("turn")
        if on_turn is not None and turned:
            on_turn(int(turned[0]), int(turned[1]))

    data = packed(
        points,
        {"alt": alt, "picked": picked, "height": height, "small": small_pictures, "seen": told().get("count", 0)}
        | {"turn": None if turn is None else list(turn)}
        | {"other": None if other is None else _three(np.asarray(other)[None])[0].tolist()},
    )
    component("scatter")(key=key, data=data, on_pick_change=report, on_turn_change=report_turn)


def packed(points: Points, header: dict[str, Any]) -> bytes:
    """The buffer that the browser unpacks (see the head of this file)."""
    coordinates = _three(points.coordinates)
    pictures = np.ascontiguousarray(points.pictures, np.uint8).tobytes()
    described = {
        "shape": list(points.pictures.shape),
        "axes": points.coordinates.shape[1],
        "groups": [int(group) for group in points.groups],
        "names": list(points.names),
        "colours": list(points.colours),
        "titles": list(points.titles),
        "what": hashlib.blake2b(pictures + repr(points.colours).encode(), digest_size=12).hexdigest(),
        "floats": coordinates.size,
    }
    pictures += b"\0" * (-len(pictures) % 4)
    return buffer({**described, **header}, coordinates.tobytes(), pictures)


def _three(coordinates: np.ndarray) -> np.ndarray:
    """(n, 2) or (n, 3) as (n, 3) float32."""
    found = np.zeros((len(coordinates), 3), np.float32)
    found[:, : coordinates.shape[1]] = coordinates
    return found
