"""The deletion component: a picture that loses its pixels, or gets them, in two orders, beside its measured curves.

All is sent once, in one packed buffer (`parts.buffer`): a JSON header, the ranks of the two orders as float32, then the
picture and what replaces it as uint8. The browser plays, steps and scrubs by itself, and reports where it came to rest.
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
class Order:
    """One order of the pixels, and what was measured of it. Ways: as the pixels go, and as they come.

    Attributes:
        title: above its picture.
        ranks: (H, W) int, the place of each pixel in the order, from 0.
        curves: (2, n + 1) what was measured, by way and step.
        numbers: the same as they are written, by way and step.
        said: by way and step the class that wins, where it is another one: its name, its number as it is written, and
            its probability; None where it is not, or where nothing is known of it.
    """

    title: str
    ranks: np.ndarray
    curves: np.ndarray
    numbers: Sequence[Sequence[str]]
    said: Sequence[Sequence[tuple[str, str, float] | None]] | None = None


@dataclass(frozen=True, eq=False)
class Played:
    """What is played.

    Attributes:
        picture, fill: (H, W, C) with one channel or three, 0..255: as it is, and what a pixel that is gone shows.
        orders: the map's own, and a random one.
        until: (n + 1,) how many pixels of an order are gone, or there, after each step.
        shares: (n + 1,) the same as shares of those that differ, 0..1.
        differ: how many differ from what replaces them.
        titles: of the two charts.
        ranges: (2, 2, n + 1) of all random orders, the least and the largest by way and step.
        axis: the ends of the measure's axis.
        name: of what is measured, beside its bar: a class.
        measure: in words.
        ink: colour of its bar.
    """

    picture: np.ndarray
    fill: np.ndarray
    orders: tuple[Order, Order]
    until: np.ndarray
    shares: np.ndarray
    differ: int
    titles: tuple[str, str]
    ranges: np.ndarray
    axis: tuple[float, float]
    name: str
    measure: str
    ink: str


def deletion(
    played: Played,
    *,
    key: str,
    alt: str,
    step: int = 0,
    way: int = 0,
    play: bool = False,
    height: float = 0.5,
    on_rest: Callable[[int, int], None] | None = None,
) -> None:
    """Draw the two pictures, their bars and the two charts. It stands still until it is told to play.

    Args:
        played: what is shown.
        key: of the component, stable over reruns.
        alt: what the picture shows, for who cannot see it.
        step: where it stands, 0..n.
        way: 0 while pixels are taken away, 1 while they are given.
        play: start to play, once for each time that this turns true while the picture stands there.
        height: share of the window's height.
        on_rest: called with the step and the way where it came to rest, before the rerun.
    """
    key = f"deletion-{key}"

    def told() -> dict[str, int]:
        return (st.session_state.get(key) or {}).get("at") or {}

    def rested() -> None:
        if on_rest is not None and told():
            on_rest(int(told()["step"]), int(told()["way"]))

    header = {"alt": alt, "step": step, "way": way, "play": play, "height": height, "seen": told().get("count", 0)}
    component("deletion")(key=key, data=packed(played, header), on_at_change=rested)


def packed(played: Played, header: dict[str, Any]) -> bytes:
    """The buffer that the browser unpacks (see the head of this file)."""
    ranks = b"".join(np.ascontiguousarray(order.ranks, np.float32).tobytes() for order in played.orders)
    pixels = b"".join(_bytes(each) for each in (played.picture, played.fill))
    fixed = {
        "shape": list(played.picture.shape),
        "floats": len(ranks) // 4,
        "until": played.until.tolist(),
        "shares": played.shares.tolist(),
        "ways": [
            {"title": title, "low": low.tolist(), "high": high.tolist()}
            for title, (low, high) in zip(played.titles, played.ranges, strict=True)
        ],
        "orders": [
            {
                "title": order.title,
                "curves": order.curves.tolist(),
                "numbers": [list(way) for way in order.numbers],
                "said": None if order.said is None else [[_named(each) for each in way] for way in order.said],
            }
            for order in played.orders
        ],
        "range": list(played.axis),
    } | {name: getattr(played, name) for name in ("differ", "name", "measure", "ink")}
    what = hashlib.blake2b(repr(fixed).encode() + ranks + pixels, digest_size=12).hexdigest()
    return buffer({**fixed, "what": what, **header}, ranks, pixels + b"\0" * (-len(pixels) % 4))


def _bytes(pixels: np.ndarray) -> bytes:
    return np.ascontiguousarray(np.clip(np.round(pixels), 0, 255), np.uint8).tobytes()


def _named(said: tuple[str, str, float] | None) -> dict[str, Any] | None:
    return None if said is None else {"name": said[0], "number": said[1], "value": said[2]}
