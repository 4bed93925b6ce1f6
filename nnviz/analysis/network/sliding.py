"""Which positions each position of a layer reads, along one axis: windows, strides, paddings, resizings."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from nnviz.analysis.network.padding import cropping_before, padding_before, reach_of

_MOST_TRIED = 2**25
"""Numbers in the pictures on which a resizing is tried."""


class Read(NamedTuple):
    """Position i reads from stride*i+low to stride*i+high, as `Extent.through` takes it."""

    stride: float
    low: float
    high: float
    taps: np.ndarray | None = None


def window(layer: Any, axis: int, length: int | None, count: int | None) -> Read:
    """A convolution or pooling, of `length` cells into `count`."""
    size, stride = _at(getattr(layer, "kernel_size", None) or layer.pool_size, axis), _at(layer.strides, axis)
    dilation = _at(getattr(layer, "dilation_rate", 1), axis)
    reach = reach_of(size, dilation)
    before = padding_before(layer.padding, length, reach, stride)
    taps = None
    if length is not None and count is not None:
        taps = _within(np.arange(count)[:, None] * stride - before + np.arange(size) * dilation, length)
    return Read(stride, -before, reach - 1 - before, taps)


def transposed(layer: Any, axis: int, length: int | None, count: int | None) -> Read:
    """A transposed convolution, of `length` cells into `count`."""
    size, stride, dilation = (_at(each, axis) for each in (layer.kernel_size, layer.strides, layer.dilation_rate))
    extra = None if layer.output_padding is None else _at(layer.output_padding, axis)
    reach = reach_of(size, dilation)
    before = cropping_before(layer.padding, reach, stride, extra)
    taps = None
    if length is not None and count is not None:
        found, rest = np.divmod(np.arange(count)[:, None] + before - np.arange(size) * dilation, stride)
        taps = np.where(rest == 0, _within(found, length), -1)
    return Read(1 / stride, (before - reach + 1) / stride, before / stride, taps)


def moved(by: int, length: int | None, count: int | None, step: int = 1) -> Read:
    """Position i reads position step*i+by: a padding, a cropping, a slice."""
    taps = None
    if length is not None and count is not None:
        taps = _within(np.arange(count)[:, None] * step + by, length)
    return Read(step, by, by, taps)


def repeated(times: int, count: int | None) -> Read:
    """Each position again and again, as upsampling has them."""
    return Read(1 / times, 1 / times - 1, 0, None if count is None else np.arange(count)[:, None] // times)


@lru_cache(maxsize=64)
def resized(call: Callable[..., Any], axis: int, sizes: tuple[int, int], alone: bool) -> Read | None:
    """Any resizing of pictures of those sizes, found by trying: each row (or column) alone, on black.

    `alone` says that what becomes of the rows does not depend on the columns, which is tried on one then.
    """
    length, other = sizes[axis], 1 if alone else sizes[1 - axis]
    if length * length * other > _MOST_TRIED:
        return None
    rows = np.repeat(np.eye(length, dtype=np.float32)[:, :, None, None], other, axis=2)
    given = rows if axis == 0 else rows.transpose(0, 2, 1, 3)
    made, black = (np.asarray(tf.cast(call(each), tf.float32))[..., 0] for each in (given, np.zeros_like(given[:1])))
    answers = np.abs(made - black).max(axis=2 - axis)
    count = answers.shape[1]
    places, none = np.arange(length)[:, None], answers <= 1e-6
    first = np.where(none, length, places).min(axis=0)
    last = np.where(none, -1, places).max(axis=0)
    taps = first[:, None] + np.arange(max(int((last - first).max()) + 1, 1))
    stride = length / count
    at = np.arange(count)[last >= first] * stride
    low, high = (first[last >= first] - at).min(initial=0.0), (last[last >= first] - at).max(initial=0.0)
    return Read(stride, float(low), float(high), np.where(taps <= last[:, None], taps, -1))


def crop(layer: Any, axis: int, sizes: tuple[int, int]) -> Read | None:
    """A crop of the middle; of a picture that is too small it is a resizing."""
    left = (sizes[0] - layer.height, sizes[1] - layer.width)
    if min(left) < 0:
        return resized(layer, axis, sizes, alone=False)
    return moved(left[axis] // 2, sizes[axis], (layer.height, layer.width)[axis])


def resizes_alone(layer: Any) -> bool:
    """Whether each axis is resized by itself, whatever the length of the other."""
    return not any(getattr(layer, f"{how}_to_aspect_ratio", False) for how in ("crop", "pad"))


def _within(places: np.ndarray, length: int) -> np.ndarray:
    return np.where((places >= 0) & (places < length), places, -1)


def _at(value: Any, axis: int) -> int:
    return int(value) if isinstance(value, int) else int(value[axis])
