"""Strokes of a drawing as a person names them: the thin line that it was drawn along, its ends and its crossings.

Zhang and Suen 1984, A fast parallel algorithm for thinning digital patterns, doi:10.1145/357994.358023.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""The eight neighbours of a cell, clockwise from the one above."""


@dataclass(frozen=True, eq=False)
class Strokes:
    """What there is of lines in a picture.

    Attributes:
        line: (rows, columns) bool, one cell wide.
        ends, crossings: (row, column) of the cells where a line ends, and where three or more meet.
    """

    line: np.ndarray
    ends: tuple[tuple[int, int], ...]
    crossings: tuple[tuple[int, int], ...]


def strokes(pixels: np.ndarray, least: float = 0.5) -> Strokes:
    """The strokes of a light drawing on dark.

    Args:
        pixels: (rows, columns) of any range.
        least: share of that range from which on a cell is drawn.
    """
    drawn = pixels > pixels.min() + least * (float(pixels.max()) - float(pixels.min()))
    line = _thinned(np.pad(drawn, 1))
    around = _neighbours(line)
    # How often the ring of neighbours goes from empty to drawn: the lines that leave the cell.
    leaving = ((~around) & np.roll(around, -1, axis=0)).sum(axis=0)
    ends, crossings = (_places(line & mask) for mask in (leaving == 1, leaving >= 3))
    lone = around.sum(axis=0) <= 2
    return Strokes(
        line[1:-1, 1:-1], tuple(place for place in ends if lone[place[0] + 1, place[1] + 1]), _apart(crossings)
    )


def _neighbours(drawn: np.ndarray) -> np.ndarray:
    """(8, rows, columns): whether each neighbour is drawn."""
    return np.stack([np.roll(drawn, (-down, -right), axis=(0, 1)) for down, right in _AROUND])


def _thinned(drawn: np.ndarray) -> np.ndarray:
    """One cell wide: cells of the border are taken away from two sides in turn while what is left holds together."""
    while True:
        before = drawn
        for north in (True, False):
            around = _neighbours(drawn)
            up, right, down, left = around[0], around[2], around[4], around[6]
            count, leaving = around.sum(axis=0), ((~around) & np.roll(around, -1, axis=0)).sum(axis=0)
            side = (
                ~(up & right & down) & ~(right & down & left) if north else ~(up & right & left) & ~(up & down & left)
            )
            drawn = drawn & ~((count >= 2) & (count <= 6) & (leaving == 1) & side)
        if (drawn == before).all():
            return drawn


def _places(mask: np.ndarray) -> tuple[tuple[int, int], ...]:
    """(row, column) without the border that was put around."""
    return tuple((int(row) - 1, int(column) - 1) for row, column in np.argwhere(mask))


def _apart(places: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """One of those that touch each other: lines that cross make a knot of cells."""
    kept: list[tuple[int, int]] = []
    for row, column in places:
        if all(max(abs(row - r), abs(column - c)) > 3 for r, c in kept):
            kept.append((row, column))
    return tuple(kept)
