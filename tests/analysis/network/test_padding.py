"""Padding against Keras itself: which cells each output reads, found by putting a one into each of them."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nnviz.analysis.layer.connectivity import taps
from nnviz.analysis.layer.pooling import windows
from nnviz.analysis.network.padding import (
    cropping_before,
    padding_before,
    padding_behind,
    reach_of,
    window_count,
)

LENGTH, SIZE = st.integers(1, 12), st.integers(1, 5)


STEPS = st.sampled_from([(1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (1, 3)])
"""A stride and a dilation, one of which Keras wants to be 1."""
TIMES = settings(deadline=None, max_examples=60)


def response(layer: keras.Layer, length: int) -> np.ndarray:
    """(cells of the input, cells of the output): what each output makes of a one at each cell."""
    layer.build((None, length, 1))
    for weight in layer.weights:
        # A weight of its own for each tap, so that no two can be taken for each other.
        weight.assign(np.arange(1, weight.shape[0] + 1, dtype=np.float32).reshape(weight.shape))
    return np.asarray(layer(np.eye(length, dtype=np.float32)[..., None]))[..., 0]


@given(LENGTH, SIZE, STEPS, st.sampled_from(["valid", "same", "causal"]))
@TIMES
def test_windows_stand_where_keras_puts_them(length: int, size: int, step: tuple[int, int], padding: str) -> None:
    stride, dilation = step
    reach = reach_of(size, dilation)
    assume(padding != "valid" or reach <= length)
    layer = keras.layers.Conv1D(1, size, stride, padding, dilation_rate=dilation, use_bias=False)
    read = response(layer, length)
    before, count = padding_before(padding, length, reach, stride), window_count(padding, length, reach, stride)
    wanted = np.zeros((length, count), np.float32)
    for position in range(count):
        for tap in range(size):
            cell = position * stride - before + tap * dilation
            if 0 <= cell < length:
                wanted[cell, position] = tap + 1
    np.testing.assert_array_equal(read, wanted)
    behind = padding_behind(length, reach, stride, before, count)
    assert (count - 1) * stride + reach == before + length + behind
    if padding == "same":
        assert behind <= 0 or behind in (before, before + 1)


@given(LENGTH, SIZE, st.integers(1, 4), st.sampled_from(["valid", "same"]))
@TIMES
def test_a_pooling_stands_as_a_convolution_does(length: int, size: int, stride: int, padding: str) -> None:
    assume(padding == "same" or size <= length)
    # Each cell larger than the one before: the maximum is the last cell of the window, its negative's the first.
    row = np.arange(1, length + 1, dtype=np.float32)[None, :, None]
    layer = keras.layers.MaxPooling1D(size, stride, padding)
    last, first = np.asarray(layer(row))[0, :, 0] - 1, -np.asarray(layer(-row))[0, :, 0] - 1
    pool = windows("max", (1, length), (1, size), (1, stride), same=padding == "same") if size <= length else None
    before, count = padding_before(padding, length, size, stride), window_count(padding, length, size, stride)
    starts = np.arange(count) * stride - before
    np.testing.assert_array_equal(first, np.maximum(starts, 0))
    np.testing.assert_array_equal(last, np.minimum(starts + size, length) - 1)
    assert pool is None or (pool.padding, pool.output) == ((0, before), (1, count))


@cache
def can_dilate_a_transposed_kernel() -> bool:
    """Whether this machine can: TensorFlow leaves it to oneDNN, which is not used on every processor."""
    try:
        response(keras.layers.Conv1DTranspose(1, 2, dilation_rate=2, use_bias=False), 3)
    except tf.errors.InvalidArgumentError:
        return False
    return True


@given(LENGTH, SIZE, STEPS, st.sampled_from(["valid", "same"]), st.one_of(st.none(), st.integers(0, 3)))
@TIMES
def test_a_transposed_kernel_stands_where_keras_puts_it(
    length: int, size: int, step: tuple[int, int], padding: str, extra: int | None
) -> None:
    stride, dilation = step
    assume(dilation == 1 or can_dilate_a_transposed_kernel())
    if extra is not None:
        assume(extra < stride)  # as Keras wants it
        # Else TensorFlow refuses the size of the output that Keras asks for.
        assume(padding == "valid" or 0 < reach_of(size, dilation) % 2 + extra <= stride)
    layer = keras.layers.Conv1DTranspose(
        1, size, stride, padding, output_padding=extra, dilation_rate=dilation, use_bias=False
    )
    made = response(layer, length)
    before = cropping_before(padding, reach_of(size, dilation), stride, extra)
    wanted = np.zeros_like(made)
    for cell in range(length):
        for tap in range(size):
            position = cell * stride - before + tap * dilation
            if 0 <= position < made.shape[1]:
                wanted[cell, position] += tap + 1
    np.testing.assert_array_equal(made, wanted)
    for position in range(made.shape[1]):
        met = {cell for cell in taps(layer, 0, position, length).tolist() if cell >= 0}
        assert met == set(np.flatnonzero(made[:, position]).tolist())


@pytest.mark.parametrize(("reach", "stride"), [(3, 1), (5, 2), (7, 3)])
def test_without_a_length_same_pads_the_most_that_it_can(reach: int, stride: int) -> None:
    known = [padding_before("same", length, reach, stride) for length in range(1, 60)]
    assert padding_before("same", None, reach, stride) == max(known)
