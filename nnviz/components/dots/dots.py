"""The dots component: pictures, a dot each, that are sorted into right and wrong, as they were read and as they are.

What travels is one packed buffer (`parts.buffer`): a JSON header, then the class, the answer before and the answer now
(n,) float32 each, then the pictures (n, rows, columns) uint8, deflated.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from nnviz.components.parts import buffer, component


@dataclass(frozen=True, eq=False)
class Readings:
    """How pictures were read, and how they are read now.

    Attributes:
        labels: (n,) int, the class of each.
        before, now: (n,) int, what each was read as, and is.
        names: of the classes.
        noun: what a picture is called, before its number.
        titles: what each is called instead.
        pictures: (n, rows, columns) uint8, shown under the pointer. Held for good: the same array each time.
    """

    labels: np.ndarray
    before: np.ndarray
    now: np.ndarray
    names: Sequence[str]
    noun: str = "picture"
    titles: Sequence[str] | None = None
    pictures: np.ndarray | None = None


def dots(
    readings: Readings,
    *,
    key: str,
    alt: str,
    play: int = 0,
    picked: int | None = None,
    height: float = 0.3,
    on_pick: Callable[[int], None] | None = None,
) -> None:
    """Draw the dots. They stand where they are now until it is told to play.

    Args:
        readings: what is shown.
        key: of the component, stable over reruns.
        alt: what the picture shows, for who cannot see it.
        play: a number that is larger than all before has them start from one heap, once.
        picked: the picture with the outline.
        height: share of the window's height.
        on_pick: called with the number of the picture that was picked, before the rerun.
    """
    key = f"dots-{key}"

    def report() -> None:
        found = (st.session_state.get(key) or {}).get("pick")
        if on_pick is not None and found:
            on_pick(int(found["index"]))

    header = {"alt": alt, "play": play, "picked": picked, "height": height}
    component("dots")(key=key, data=packed(readings, header), on_pick_change=report)


def packed(readings: Readings, header: dict[str, Any]) -> bytes:
    """The buffer that the browser unpacks (see the head of this file)."""
    answers = (readings.labels, readings.before, readings.now)
    numbers = b"".join(np.ascontiguousarray(each, np.float32).tobytes() for each in answers)
    pictures = b"" if readings.pictures is None else _deflated(_Held(readings.pictures))
    fixed = {
        "n": len(readings.labels),
        "floats": len(numbers) // 4,
        "names": list(readings.names),
        "noun": readings.noun,
        "titles": None if readings.titles is None else list(readings.titles),
        "shape": [] if readings.pictures is None else list(readings.pictures.shape[1:]),
        "packed": len(pictures),
    }
    what = hashlib.blake2b(repr(fixed).encode() + numbers, digest_size=12).hexdigest()
    return buffer({**fixed, "what": what, **header}, numbers, pictures + b"\0" * (-len(pictures) % 4))


class _Held:
    """An array that stands for itself, not for its values."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.array is self.array

    def __hash__(self) -> int:
        return id(self.array)


@lru_cache(maxsize=1)
def _deflated(pictures: _Held) -> bytes:
    return zlib.compress(np.ascontiguousarray(pictures.array, np.uint8).tobytes())
