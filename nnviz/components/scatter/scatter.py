"""The scatter component: pictures as points that travel from map to map, each shown under the pointer, picked by click.

All maps are sent once; the browser plays, steps and scrubs by itself and reports where it came to rest. What travels is
one packed buffer (`parts.buffer`): a JSON header, coordinates (maps, n, axes) float32, the pictures (n, rows, columns)
uint8, and the picture under study (rows, columns, 3) uint8.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from nnviz.components.parts import buffer, component
from nnviz.figures.words import percent


@dataclass(frozen=True, eq=False)
class Points:
    """Pictures, and where they stand in each map.

    Attributes:
        maps: (maps, n, 2) or (maps, n, 3), in any unit of length, each its own; three axes are turned by dragging and
            by the arrow keys.
        groups: (n,) int, the group of each.
        names: of the groups, each written in the middle of its points.
        colours: of the groups, "#rrggbb" for light paper.
        pictures: (n, rows, columns) uint8.
        titles: what each is called under the pointer.
        marked: those with a ring, the first ones first, and a few letters for each.
        told: what is said of these, above as many of them as are `listed`.
        listed: how many of them can be chosen beside the map.
    """

    maps: np.ndarray
    groups: np.ndarray
    names: Sequence[str]
    colours: Sequence[str]
    pictures: np.ndarray
    titles: Sequence[str]
    marked: Sequence[tuple[int, str]] = ()
    told: str = ""
    listed: int = 20


@dataclass(frozen=True, eq=False)
class Line:
    """A measure at each stop of the curve, 0..1; None where it is not known."""

    name: str
    colour: str
    values: Sequence[float | None]
    dash: bool = False


@dataclass(frozen=True, eq=False)
class Curve:
    """What stands below the points: stops, and lines over them; the position is a point on the first.

    Attributes:
        heading: what is measured.
        stops: their names.
        short: the same, as short as they are written.
        lines: what is drawn.
        at: of each map the stop that it belongs to, ascending.
        now: the map that is shown when it is drawn first.
    """

    heading: str
    stops: Sequence[str]
    short: Sequence[str]
    lines: Sequence[Line]
    at: Sequence[int]
    now: int


@dataclass(frozen=True, eq=False)
class Subject:
    """The picture under study: one of the points, or another.

    Attributes:
        picture: (rows, columns, 3) uint8.
        index: of its point, where it is one of them.
        places: by map (axes,), where it would stand; None where that is not known.
        follow: whether its way is drawn and all others stand back.
    """

    picture: np.ndarray
    index: int | None = None
    places: Sequence[np.ndarray | None] | None = None
    follow: bool = False


def scatter(
    points: Points,
    curve: Curve,
    subject: Subject,
    *,
    key: str,
    alt: str,
    height: float = 0.6,
    small_pictures: bool = False,
    turn: tuple[int, int] | None = None,
    on_pick: Callable[[int, bool], None] | None = None,
    on_follow: Callable[[bool], None] | None = None,
    on_rest: Callable[[int, int], None] | None = None,
    on_turn: Callable[[int, int], None] | None = None,
) -> None:
    """Draw points on one canvas, in one scale for all axes of a map, above the curve along which they travel.

    Args:
        points: what is drawn.
        curve: where it stands, and where it can go.
        subject: what is larger than a point.
        key: of the component, stable over reruns.
        alt: what the picture shows, for who cannot see it.
        height: share of the window's height.
        small_pictures: draw each point as its picture, however small.
        turn: degrees by which three axes are turned about the upright one, and tipped towards the eye.
        on_pick: called with the number of the point that was picked, and whether it is followed, before the rerun.
        on_follow: called when nothing is followed any more, with False.
        on_rest: called with the number of the stop where it came to rest, and of the one that the page had shown.
        on_turn: called with these degrees when the points were turned.
    """
    key = f"scatter-{key}"

    def told(name: str) -> Any:
        return (st.session_state.get(key) or {}).get(name) or {}

    def picked() -> None:
        if on_pick is not None and told("pick"):
            on_pick(int(told("pick")["index"]), bool(told("pick")["follow"]))

    def left() -> None:
        if on_follow is not None and told("follow"):
            on_follow(bool(told("follow")["on"]))

    def rested() -> None:
        if on_rest is not None and told("rest"):
            on_rest(int(told("rest")["stop"]), int(told("rest")["since"]))

    def turned() -> None:
        if on_turn is not None and told("turn"):
            on_turn(int(told("turn")[0]), int(told("turn")[1]))

    seen = max(told(name).get("count", 0) for name in ("pick", "follow", "rest"))
    header = {"alt": alt, "height": height, "small": small_pictures, "seen": seen}
    data = packed(points, curve, subject, header | {"turn": None if turn is None else list(turn)})
    component("scatter")(
        key=key,
        data=data,
        on_pick_change=picked,
        on_follow_change=left,
        on_rest_change=rested,
        on_turn_change=turned,
    )


def packed(points: Points, curve: Curve, subject: Subject, header: dict[str, Any]) -> bytes:
    """The buffer that the browser unpacks (see the head of this file)."""
    maps = np.ascontiguousarray(points.maps, np.float32)
    pictures = np.ascontiguousarray(points.pictures, np.uint8).tobytes()
    thumbnail = np.ascontiguousarray(subject.picture, np.uint8)
    own = [None if place is None else [float(axis) for axis in place] for place in subject.places or ()] or None
    lines = [{"name": line.name, "colour": line.colour, "dash": line.dash} for line in curve.lines]
    values = [[line.values[at] for line in curve.lines] for at in range(len(curve.stops))]
    described = {
        "shape": list(points.pictures.shape),
        "maps": len(maps),
        "axes": maps.shape[2],
        "groups": [int(group) for group in points.groups],
        "names": list(points.names),
        "colours": list(points.colours),
        "titles": list(points.titles),
        "marked": [{"index": int(index), "short": short} for index, short in points.marked],
        "told": points.told,
        "listed": points.listed,
        "what": _digest(pictures, repr(points.colours).encode(), bytes(int(group) for group in points.groups)),
        "of": _digest(pictures, repr(list(curve.stops)).encode()),
        "heading": curve.heading,
        "stops": [
            {"name": name, "short": short, "values": known, "said": "" if known[0] is None else percent(known[0])}
            for name, short, known in zip(curve.stops, curve.short, values, strict=True)
        ],
        "lines": lines,
        "at": [int(stop) for stop in curve.at],
        "now": curve.now,
        "picked": subject.index,
        "own": own,
        "follow": subject.follow,
        "thumb": list(thumbnail.shape[:2]),
        "floats": maps.size,
    }
    rest = pictures + thumbnail.tobytes()
    return buffer({**described, **header}, maps.tobytes(), rest + b"\0" * (-len(rest) % 4))


def _digest(*parts: bytes) -> str:
    found = hashlib.blake2b(digest_size=12)
    for part in parts:
        found.update(part)
    return found.hexdigest()
