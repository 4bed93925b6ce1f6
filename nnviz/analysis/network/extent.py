"""What the positions along one axis of a layer see of one axis of the input."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

Spans = np.ndarray
"""(positions, 2) int: the first input index that each position sees, and one past the last; 0, 0 where none."""


@dataclass(frozen=True)
class Extent:
    """What position i along one axis of a layer sees of the input: rows (or columns) jump*i+low .. jump*i+high.

    That is before it is cut off at the border, and where an axis was resampled the least that holds it; `spans` says
    it exactly, where the length of the input is known.
    """

    jump: float = 1.0
    low: float = 0.0
    high: float = 0.0
    spans: Spans | None = field(default=None, compare=False, repr=False)
    length: int | None = field(default=None, compare=False, repr=False)

    @property
    def size(self) -> int:
        """The most cells that a position sees."""
        return _down(self.high - self.low) + 1

    def span(self, position: int, length: int) -> tuple[int, int]:
        """First and one past the last input index seen from `position`, within an input of `length`."""
        if self.spans is not None and length == self.length:
            first, stop = self.spans[position if self.jump else 0]
            return int(first), int(stop)
        first = min(_up(max(self.jump * position + self.low, 0)), length)
        return first, max(first, _down(min(self.jump * position + self.high, length - 1)) + 1)

    def first(self, position: int) -> int:
        """The first input index seen from `position`, were the input without end: below 0 before the border."""
        return _up(self.jump * position + self.low)

    def middle(self, position: int) -> float:
        """Where the middle of what `position` sees stands on the input, before it is cut off at the border."""
        return self.jump * position + (self.low + self.high) / 2

    def nearest(self, place: float, length: int) -> int:
        """The position, of `length`, that has its middle nearest to a place on the input; of two the first."""
        if not self.jump:
            return 0
        exact = (place - self.middle(0)) / self.jump
        return min(max(_up(exact - 0.5), 0), length - 1)

    def through(self, stride: float, low: float, high: float, taps: np.ndarray | None) -> Extent:
        """The same for a layer whose position i reads those from stride*i+low to stride*i+high.

        Args:
            taps: (positions, n) int, which they are in truth: -1 for one that there is not; None if not known.
        """
        return Extent(
            self.jump * stride,
            self.low + self.jump * low,
            self.high + self.jump * high,
            None if taps is None or self.spans is None else hull(self.spans, taps),
            self.length,
        )


def unmoved(length: int | None) -> Extent:
    """What the input sees of itself."""
    places = None if length is None else np.arange(length)
    return Extent(spans=None if places is None else np.stack([places, places + 1], axis=1), length=length)


def whole(length: int) -> Extent:
    """What sees all of the axis from everywhere."""
    return Extent(0.0, 0.0, length - 1.0, np.array([[0, length]]), length)


def still(extent: Extent, position: int) -> Extent | None:
    """What sees from everywhere what `extent` sees from one position; None where that is not known."""
    if extent.spans is None:
        return None
    first, stop = extent.spans[position if extent.jump else 0]
    return Extent(0.0, float(first), stop - 1.0, np.array([[first, stop]]), extent.length)


def united(extents: list[Extent]) -> Extent | None:
    """What a position sees through several ways; None where they do not move alike."""
    if any(not each.jump and each.size == each.length for each in extents):
        return next(each for each in extents if not each.jump)
    if len({each.jump for each in extents}) > 1:
        return None
    known = [each.spans for each in extents if each.spans is not None]
    spans = None
    if len(known) == len(extents) and len({len(each) for each in known}) == 1:
        spans = hull(np.concatenate(known), np.arange(len(known[0]) * len(known)).reshape(len(known), -1).T)
    low, high = min(each.low for each in extents), max(each.high for each in extents)
    return Extent(extents[0].jump, low, high, spans, extents[0].length)


def hull(spans: Spans, taps: np.ndarray) -> Spans:
    """The spans of what reads, at each position, some of those positions: from the first to the last index."""
    first, stop = (spans[taps, side] for side in (0, 1))
    there = (taps >= 0) & (stop > first)
    firsts = np.where(there, first, np.iinfo(np.int64).max).min(axis=1, initial=np.iinfo(np.int64).max)
    stops = np.where(there, stop, 0).max(axis=1, initial=0)
    return np.stack([np.where(stops > 0, firsts, 0), stops], axis=1)


def _up(value: float) -> int:
    return math.ceil(value - 1e-6)  # thirds of a row do not add up to a whole one exactly


def _down(value: float) -> int:
    return math.floor(value + 1e-6)
