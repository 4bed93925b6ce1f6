"""Activations and weights as tiles: maps stay maps, vectors are folded to a near-square."""

from __future__ import annotations

import math

import numpy as np


def folded_shape(length: int) -> tuple[int, int]:
    """Rows and columns, near-square and not wider than high, that hold a vector of `length`.

    An exact factorisation where there is one that is at most four times as high as wide.
    """
    for columns in range(math.isqrt(length), 0, -1):
        if length % columns == 0 and length // columns <= 4 * columns:
            return length // columns, columns
    columns = math.isqrt(length)
    return math.ceil(length / max(columns, 1)), max(columns, 1)


def fold(vector: np.ndarray) -> np.ndarray:
    """A vector (n,) as (rows, columns) in row-major order; cells beyond its end are zero."""
    rows, columns = folded_shape(vector.size)
    padded = np.zeros(rows * columns, np.float32)
    padded[: vector.size] = vector
    return padded.reshape(rows, columns)


def in_rows(vector: np.ndarray, columns: int) -> np.ndarray:
    """A vector (n,) as one tile (1, rows, columns) in row-major order; cells beyond its end are zero."""
    padded = np.zeros(-(-vector.size // columns) * columns, np.float32)
    padded[: vector.size] = vector
    return padded.reshape(1, -1, columns)


def as_tiles(activations: np.ndarray) -> np.ndarray:
    """Activations without batch axis as (tiles, rows, columns): maps by channel, a vector folded to one tile.

    Two axes (time steps, features) are one tile as they are; more than three are joined to rows first.
    """
    if activations.ndim == 1:
        return fold(activations)[None]
    if activations.ndim == 2:
        return activations[None]
    joined = activations.reshape(-1, *activations.shape[-2:]) if activations.ndim > 3 else activations
    return np.moveaxis(joined, 2, 0)
