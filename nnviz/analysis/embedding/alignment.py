"""Maps of the same points, turned so that each lies upon the one before as well as it can.

Orthogonal Procrustes analysis (Schönemann 1966, doi:10.1007/BF02289451; Gower 1975, doi:10.1007/BF02291478): of two
maps, both about their means and of one size, the rotation, with or without reflection, that leaves the least squared
distance between a point of one and the same point of the other. It changes no distance within a map.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Alignment:
    """How a map lies upon another.

    Attributes:
        middle: (axes,) the mean of its points, which comes to lie in 0.
        turn: (axes, axes) orthogonal: a place stands at (place - middle) @ turn.
        size: the root of the mean squared distance of its points from their mean.
        residual: mean squared distance between a point and the same point of the other map, both of size 1: from 0 for
            maps that are alike to 2 for maps that have nothing in common.
    """

    middle: np.ndarray
    turn: np.ndarray
    size: float
    residual: float

    def place(self, places: np.ndarray) -> np.ndarray:
        """Where places (..., axes) of the map come to stand, in its own unit of length."""
        return (places - self.middle) @ self.turn


def align(points: np.ndarray, other: np.ndarray) -> Alignment:
    """The rotation of a map that lays it upon another of the same points.

    Args:
        points, other: (n, axes). A map all of whose points are one is not turned.
    """
    (mine, middle, size), (theirs, _, _) = _unit(points), _unit(other)
    left, powers, right = np.linalg.svd(mine.T @ theirs)
    turn = left @ right if powers.any() else np.eye(points.shape[1])
    return Alignment(middle, turn, size, float(((mine @ turn - theirs) ** 2).sum(axis=1).mean()))


def chained(maps: Iterable[np.ndarray]) -> list[Alignment]:
    """Each map (n, axes) upon the one before, as that was laid itself; the first as it is."""
    found: list[Alignment] = []
    before: np.ndarray | None = None
    for points in maps:
        found.append(align(points, points if before is None else before))
        if before is None or found[-1].size:
            before = found[-1].place(points)
    return found


def _unit(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The map about its mean and of size 1, its mean and its size."""
    wide = np.asarray(points, float)
    middle = wide.mean(axis=0)
    size = float(np.sqrt(((wide - middle) ** 2).sum(axis=1).mean()))
    return (wide - middle) / (size or 1.0), middle, size
