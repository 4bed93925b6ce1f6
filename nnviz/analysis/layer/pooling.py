"""Pooling: one number for each window of a map, the largest in it or the mean of it (Boureau et al. 2010).

For output cell (r, c), with window k, stride s and padding p, both as (rows, columns), the window holds the input
cells r*s - p .. r*s - p + k - 1; those beyond the border are no values and count for neither maximum nor mean, as
in Keras. The size of the output is floor((n - k) / s) + 1 for 'valid' padding and ceil(n / s) for 'same'.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import keras
import numpy as np

from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.padding import padding_before, padding_behind, window_count
from nnviz.analysis.network.receptive import pair
from nnviz.errors import NnvizError

_MAX = (keras.layers.MaxPooling1D, keras.layers.MaxPooling2D)
_AVERAGE = (keras.layers.AveragePooling1D, keras.layers.AveragePooling2D)
_GLOBAL_MAX = (keras.layers.GlobalMaxPooling1D, keras.layers.GlobalMaxPooling2D)
_GLOBAL_AVERAGE = (keras.layers.GlobalAveragePooling1D, keras.layers.GlobalAveragePooling2D)
_POOLINGS = (*_MAX, *_AVERAGE, *_GLOBAL_MAX, *_GLOBAL_AVERAGE)

Kind = Literal["max", "average"]
Cell = tuple[int, int]


@dataclass(frozen=True)
class Pool:
    """Where the windows stand on a map, and what becomes of each. All pairs are (rows, columns).

    Attributes:
        kind: "max" or "average".
        shape: of the map that is pooled.
        size: of a window.
        strides: cells from one window to the next.
        padding: cells beyond the border before the first: (above, left).
        output: size of what is made.
        same: whether the padding is Keras's 'same'; else it is 'valid', which has none.
        whole: a global pooling: one window over the whole map.
    """

    kind: Kind
    shape: Cell
    size: Cell
    strides: Cell
    padding: Cell
    output: Cell
    same: bool = False
    whole: bool = False

    @property
    def overlapping(self) -> bool:
        """Whether an input cell can lie in several windows."""
        return any(s < k and out > 1 for k, s, out in zip(self.size, self.strides, self.output, strict=True))

    def start(self, cell: Cell) -> Cell:
        """First row and column of a window, negative where it begins in the padding."""
        return cell[0] * self.strides[0] - self.padding[0], cell[1] * self.strides[1] - self.padding[1]

    def inside(self, cell: Cell) -> tuple[slice, slice]:
        """The input cells of a window that lie on the map."""
        top, left = self.start(cell)
        return (
            slice(max(top, 0), min(top + self.size[0], self.shape[0])),
            slice(max(left, 0), min(left + self.size[1], self.shape[1])),
        )

    def readers(self, cell: Cell) -> list[Cell]:
        """The output cells whose windows hold an input cell; none where the windows leave it out."""
        along = []
        for at, k, s, p, out in zip(cell, self.size, self.strides, self.padding, self.output, strict=True):
            first = max(math.ceil((at + p - k + 1) / s), 0)
            along.append(range(first, min((at + p) // s, out - 1) + 1))
        return [(row, column) for row in along[0] for column in along[1]]

    def left_out(self) -> Cell:
        """How many rows and columns at the end lie in no window."""
        rest = []
        for n, k, s, p, out in zip(self.shape, self.size, self.strides, self.padding, self.output, strict=True):
            rest.append(max(-padding_behind(n, k, s, p, out), 0))
        return rest[0], rest[1]

    def arithmetic(self, axis: int) -> str:
        """The size of the output along an axis with its numbers, such as "⌊(24 − 2) / 2⌋ + 1 = 12"."""
        n, k, s, made = self.shape[axis], self.size[axis], self.strides[axis], self.output[axis]
        if self.whole:
            return f"{n} → 1"
        if self.same:
            return f"⌈{n} / {s}⌉ = {made}"
        return f"⌊({n} − {k}) / {s}⌋ + 1 = {made}"


@dataclass(frozen=True, eq=False)
class Window:
    """What one output cell is made of.

    Attributes:
        start: its first row and column on the map, negative in the padding.
        values: (window rows, window columns) float32, 0 where there is no cell. Read-only.
        inside: bool of the same shape: whether there is a cell of the map.
        value: float64: the largest of them, or their mean.
        winner: (row, column) on the map of the first of the largest; None for a mean.
    """

    start: Cell
    values: np.ndarray = field(repr=False)
    inside: np.ndarray = field(repr=False)
    value: float
    winner: Cell | None

    @property
    def count(self) -> int:
        """Cells that count."""
        return int(self.inside.sum())


def is_pooling(layer: LayerInfo) -> bool:
    """Whether a layer pools maps (or steps) in windows, or globally; channels last."""
    own = layer.keras_layer
    return isinstance(own, _POOLINGS) and getattr(own, "data_format", "channels_last") == "channels_last"


def pooling_layers(network: Network) -> tuple[LayerInfo, ...]:
    """All pooling layers of a network, in order."""
    return tuple(layer for layer in network.layers if is_pooling(layer))


def pool_of(layer: Any, shape: Cell) -> Pool:
    """The windows of a Keras pooling layer on maps of `shape` (rows, columns); steps are one row."""
    kind: Kind = "max" if isinstance(layer, (*_MAX, *_GLOBAL_MAX)) else "average"
    if isinstance(layer, (*_GLOBAL_MAX, *_GLOBAL_AVERAGE)):
        return global_pool(kind, shape)
    size = pair(layer.pool_size) or (1, 1)
    return windows(kind, shape, size, pair(layer.strides) or size, same=layer.padding == "same")


def windows(kind: Kind, shape: Cell, size: Cell, strides: Cell, *, same: bool = False) -> Pool:
    """Windows by size and stride.

    Args:
        kind: "max" or "average".
        shape: of the map.
        size, strides: 1 or more each.
        same: whether the padding is Keras's 'same'; else there is none.

    Raises:
        NnvizError: a window larger than the map, or a size or stride below 1.
    """
    if min(*size, *strides, *shape) < 1:
        raise NnvizError(f"Sizes and strides from 1 were expected. Received: {size}, {strides} on a map of {shape}.")
    if not same and (size[0] > shape[0] or size[1] > shape[1]):
        raise NnvizError(
            f"A window that fits the map of {shape[0]}x{shape[1]} cells was expected. "
            f"Received: one of {size[0]}x{size[1]}."
        )
    padding, made, before = "same" if same else "valid", [], []
    for n, k, s in zip(shape, size, strides, strict=True):
        made.append(window_count(padding, n, k, s))
        before.append(padding_before(padding, n, k, s))
    return Pool(kind, shape, size, strides, (before[0], before[1]), (made[0], made[1]), same)


def global_pool(kind: Kind, shape: Cell) -> Pool:
    """One window over the whole map (Lin, Chen and Yan 2013)."""
    return Pool(kind, shape, shape, shape, (0, 0), (1, 1), whole=True)


def as_maps(values: np.ndarray) -> np.ndarray:
    """Activations without a batch axis as (rows, columns, channels): steps and vectors are one row."""
    if values.ndim == 1:
        return values[None, None]
    if values.ndim == 2:
        return values[None]
    return values.reshape(-1, *values.shape[-2:])


def pooled(maps: np.ndarray, pool: Pool) -> np.ndarray:
    """Maps (rows, columns, channels), pooled: (output rows, output columns, channels) float64."""
    values = maps.astype(np.float64)
    if pool.whole:
        return values.max(axis=(0, 1), keepdims=True) if pool.kind == "max" else values.mean(axis=(0, 1), keepdims=True)
    edges = []
    for n, k, s, p, out in zip(pool.shape, pool.size, pool.strides, pool.padding, pool.output, strict=True):
        edges.append((p, max(padding_behind(n, k, s, p, out), 0)))
    found = np.full((*pool.output, maps.shape[2]), -np.inf if pool.kind == "max" else 0.0)
    padded = np.pad(values, [*edges, (0, 0)], constant_values=-np.inf if pool.kind == "max" else 0.0)
    counts = np.zeros((*pool.output, 1))
    there = np.pad(np.ones((*pool.shape, 1)), [*edges, (0, 0)])
    for i, j in np.ndindex(*pool.size):
        under = tuple(
            slice(at, at + (out - 1) * s + 1, s) for at, s, out in zip((i, j), pool.strides, pool.output, strict=True)
        )
        if pool.kind == "max":
            np.maximum(found, padded[under], out=found)
        else:
            found += padded[under]
            counts += there[under]
    return found if pool.kind == "max" else found / counts


def window(tile: np.ndarray, pool: Pool, cell: Cell) -> Window:
    """What an output cell is made of.

    Args:
        tile: one map, (rows, columns).
        pool: the windows on it.
        cell: row and column of the output.

    Raises:
        NnvizError: no such cell.
    """
    if not (0 <= cell[0] < pool.output[0] and 0 <= cell[1] < pool.output[1]):
        raise NnvizError(f"A cell within {pool.output[0]}x{pool.output[1]} was expected. Received: {cell}.")
    (top, left), (rows, columns) = pool.start(cell), pool.inside(cell)
    values = np.zeros(pool.size, np.float32)
    there = np.zeros(pool.size, bool)
    own = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
    values[own], there[own] = tile[rows, columns], True
    known = tile[rows, columns].astype(np.float64)
    winner = None
    if pool.kind == "max":
        row, column = np.unravel_index(int(known.argmax()), known.shape)
        winner = (rows.start + int(row), columns.start + int(column))
    for array in (values, there):
        array.flags.writeable = False
    return Window((top, left), values, there, float(known.max() if pool.kind == "max" else known.mean()), winner)


def kept(tile: np.ndarray, pool: Pool) -> np.ndarray:
    """Which cells of a map (rows, columns) pass their own value on through a max pooling: bool of its shape.

    Of several cells that share a window's maximum the first counts. A mean passes on none as it is: all False.
    """
    found = np.zeros(tile.shape, bool)
    if pool.kind == "max":
        for cell in np.ndindex(*pool.output):
            rows, columns = pool.inside((cell[0], cell[1]))
            part = tile[rows, columns]
            row, column = np.unravel_index(int(part.argmax()), part.shape)
            found[rows.start + row, columns.start + column] = True
    return found
