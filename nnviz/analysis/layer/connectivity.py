"""How the units of a layer are wired: which inputs each cell reads, and with which weights of the kernel."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from nnviz.analysis.network.padding import cropping_before, padding_before, reach_of
from nnviz.analysis.network.weights import kernel_of

DENSE = (keras.layers.Dense,)
PLAIN = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)
DEPTHWISE = (keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D)
SEPARABLE = (keras.layers.SeparableConv1D, keras.layers.SeparableConv2D)
TRANSPOSED = (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose)
NEURONS = (*DENSE, *PLAIN, *DEPTHWISE, *SEPARABLE, *TRANSPOSED)
"""Layers whose every output is F(sum(input * weight) + bias)."""


def last_kernel(layer: Any) -> Any:
    """The weights that the last sum of a layer is made with: its variable, or what a quantised one stands for."""
    return kernel_of(layer, "pointwise_kernel" if isinstance(layer, SEPARABLE) else "kernel")


def weights_of(layer: Any, kernel: np.ndarray, unit: int) -> np.ndarray:
    """The weights of one unit: (n,) of a dense or pointwise kernel, else (rows, columns, channels)."""
    if isinstance(layer, SEPARABLE):
        return kernel.reshape(-1, kernel.shape[-1])[:, unit]
    if isinstance(layer, DEPTHWISE):
        return kernel[(..., *divmod(unit, kernel.shape[-1]))][..., None]
    return kernel[..., unit, :] if isinstance(layer, TRANSPOSED) else kernel[..., unit]


def kernel_index(layer: Any, shape: tuple[int, ...], unit: int, place: tuple[int, ...]) -> tuple[int, ...]:
    """Where a weight stands in the kernel: the inverse of `weights_of`.

    Args:
        layer: the Keras layer.
        shape: of its kernel.
        unit: channel of the output.
        place: index in `weights_of`.
    """
    if isinstance(layer, SEPARABLE):
        return (*(0,) * (len(shape) - 2), place[0], unit)
    if isinstance(layer, DEPTHWISE):
        return (*place[:-1], *divmod(unit, shape[-1]))
    return (*place[:-1], unit, place[-1]) if isinstance(layer, TRANSPOSED) else (*place, unit)


def read_places(layer: Any, shape: tuple[int, ...], unit: int, cell: tuple[int, ...]) -> np.ndarray:
    """Index, in what a layer reads, of every input of one unit at one cell; -1 beyond the border.

    Args:
        layer: the Keras layer.
        shape: of what it reads, without a batch axis; channels last.
        unit, cell: which output.

    Returns:
        (*taps, channels, len(shape)) int; all of an input's index is -1 where there is none.
    """
    if isinstance(layer, DENSE):
        own = np.arange(shape[-1])
        return np.stack([*(np.full_like(own, at) for at in cell), own], axis=-1)
    along = [taps(layer, axis, at, shape[axis]) for axis, at in enumerate(cell)]
    grid = np.stack(np.meshgrid(*along, _channels(layer, shape[-1], unit), indexing="ij"), axis=-1)
    return np.where((grid >= 0).all(axis=-1, keepdims=True), grid, -1)


def taps(layer: Any, axis: int, position: int, length: int) -> np.ndarray:
    """The input cells that the rows (or columns) of a kernel lie on.

    Args:
        layer: a convolution.
        axis: 0 for rows, 1 for columns.
        position: of the output cell along this axis.
        length: of the input along it.

    Returns:
        (kernel size,) int, -1 beyond the border, and where a transposed kernel meets no input.
    """
    size, stride, dilation = layer.kernel_size[axis], layer.strides[axis], _along(layer.dilation_rate, axis)
    offsets, reach = np.arange(size) * dilation, reach_of(size, dilation)
    if isinstance(layer, TRANSPOSED):
        extra = None if layer.output_padding is None else _along(layer.output_padding, axis)
        before = cropping_before(layer.padding, reach, stride, extra)
        found, rest = np.divmod(position + before - offsets, stride)
        return np.where((rest == 0) & (found >= 0) & (found < length), found, -1)
    found = position * stride - padding_before(layer.padding, length, reach, stride) + offsets
    return np.where((found >= 0) & (found < length), found, -1)


def inner_map(layer: Any, source: np.ndarray, cell: tuple[int, ...]) -> np.ndarray:
    """What the depthwise stage of a separable convolution makes at one cell: (channels * multiplier,) float64.

    Args:
        layer: the Keras layer.
        source: (rows, columns, channels) that it reads.
        cell: of its output.
    """
    kernel = np.asarray(layer.depthwise_kernel, np.float64)
    along = [taps(layer, axis, at, source.shape[axis]) for axis, at in enumerate(cell)]
    patch = source[np.ix_(*along)].astype(np.float64)
    for axis, found in enumerate(along):
        patch *= (found >= 0).reshape([-1 if i == axis else 1 for i in range(patch.ndim)])
    return (patch[..., None] * kernel).sum(axis=tuple(range(len(cell)))).reshape(-1)


def _channels(layer: Any, count: int, unit: int) -> np.ndarray:
    """The channels that a unit reads."""
    if isinstance(layer, DEPTHWISE):
        return np.array([unit // layer.depth_multiplier])
    groups = getattr(layer, "groups", 1)
    if groups == 1 or isinstance(layer, (*SEPARABLE, *TRANSPOSED)):
        return np.arange(count)
    group = unit * groups // layer.filters
    return np.arange(count // groups) + group * (count // groups)


def _along(value: Any, axis: int) -> int:
    return int(value) if isinstance(value, int) else int(value[axis])
