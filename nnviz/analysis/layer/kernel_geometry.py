"""Where a kernel stands when it slides, and the sums that it makes there.

The field's convolution: the kernel is not turned over. For output cell (r, c), with strides s, dilation d and
padding p, z[r, c] = sum over i, j, channel of kernel[i, j, channel] * maps[r*s + i*d - p, c*s + j*d - p, channel].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz.analysis.network.padding import padding_before, padding_behind, reach_of, window_count
from nnviz.analysis.network.receptive import pair
from nnviz.errors import NnvizError


@dataclass(frozen=True)
class Geometry:
    """Where a kernel stands, each as (rows, columns).

    Attributes:
        strides: cells from one place to the next.
        dilation: cells from one weight to the next.
        padding: cells of zeros before the first: (above, left). Those below and to the right follow from `size`.
        size: of the output.
    """

    strides: tuple[int, int]
    dilation: tuple[int, int]
    padding: tuple[int, int]
    size: tuple[int, int]


def geometry_of(layer: Any, shape: tuple[int, ...]) -> Geometry:
    """That of a Keras convolution on maps of `shape` (rows, columns)."""
    kernel, strides = pair(layer.kernel_size) or (1, 1), pair(layer.strides) or (1, 1)
    dilation = pair(layer.dilation_rate) or (1, 1)
    before, size = [], []
    for n, k, s, d in zip(shape, kernel, strides, dilation, strict=True):
        reach = reach_of(k, d)
        before.append(padding_before(layer.padding, n, reach, s))
        size.append(window_count(layer.padding, n, reach, s))
    return Geometry(strides, dilation, (before[0], before[1]), (size[0], size[1]))


def output_length(length: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """floor((n + 2p - d(k-1) - 1) / s) + 1, with as much padding behind as before (Dumoulin and Visin 2016).

    Raises:
        NnvizError: the kernel is longer than the padded input.
    """
    reach = reach_of(kernel, dilation)
    if reach > length + 2 * padding:
        raise NnvizError(
            f"A kernel that fits the padded input ({length + 2 * padding} cells) was expected. "
            f"Received: one that reaches over {reach}."
        )
    return window_count("valid", length + 2 * padding, reach, stride)


def slide(maps: np.ndarray, kernel: np.ndarray, place: Geometry) -> np.ndarray:
    """Sums of patch * kernel in every place.

    Args:
        maps: (rows, columns, channels).
        kernel: (kernel rows, kernel columns, channels).
        place: where the kernel stands.

    Returns:
        (output rows, output columns) float64.
    """
    padded = pad(maps, kernel.shape[:2], place)
    found = np.zeros(place.size, np.float64)
    for i, j in np.ndindex(*kernel.shape[:2]):
        found += _under(padded, i, j, place) @ kernel[i, j].astype(np.float64)
    return found


def slide_depthwise(maps: np.ndarray, weights: np.ndarray, place: Geometry) -> np.ndarray:
    """Each kernel over the one channel that it reads.

    Args:
        maps: (rows, columns, channels).
        weights: (channels * multiplier, kernel rows, kernel columns), kernel f for channel f // multiplier.
        place: where the kernels stand.

    Returns:
        (output rows, output columns, channels * multiplier) float64.
    """
    padded = np.repeat(pad(maps, weights.shape[1:], place), len(weights) // maps.shape[2], axis=2)
    found = np.zeros((*place.size, len(weights)))
    for i, j in np.ndindex(*weights.shape[1:]):
        found += _under(padded, i, j, place) * weights[:, i, j]
    return found


def patch(maps: np.ndarray, kernel: tuple[int, ...], place: Geometry, row: int, column: int) -> np.ndarray:
    """What lies under the kernel for one output cell, (kernel rows, kernel columns, channels) float64."""
    padded = pad(maps, kernel, place)
    slices = []
    for at, k, s, d in zip((row, column), kernel, place.strides, place.dilation, strict=True):
        slices.append(slice(at * s, at * s + (k - 1) * d + 1, d))
    return padded[slices[0], slices[1]]


def pad(maps: np.ndarray, kernel: tuple[int, ...], place: Geometry) -> np.ndarray:
    """Maps with their zeros around, as far as the last window reaches, float64."""
    edges = []
    for n, k, s, d, before, out in zip(
        maps.shape[:2], kernel, place.strides, place.dilation, place.padding, place.size, strict=True
    ):
        edges.append((before, max(padding_behind(n, reach_of(k, d), s, before, out), 0)))
    return np.pad(maps.astype(np.float64), [*edges, (0, 0)])


def _under(padded: np.ndarray, i: int, j: int, place: Geometry) -> np.ndarray:
    """What lies under kernel cell (i, j) in every place, (output rows, output columns, channels)."""
    slices = []
    for at, s, d, out in zip((i, j), place.strides, place.dilation, place.size, strict=True):
        slices.append(slice(at * d, at * d + (out - 1) * s + 1, s))
    return padded[slices[0], slices[1]]
