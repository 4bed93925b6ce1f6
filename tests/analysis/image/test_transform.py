"""A picture moved, turned, inverted and made noisy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusing import refusal

from nnviz.analysis.image.images import Transform, fit, rescale

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (5, 7), np.uint8)
RGB = RNG.integers(0, 256, (5, 7, 3), np.uint8)
ONE, THREE = ([1 / 255], [0.0]), ([1 / 127.5] * 3, [-1.0] * 3)


PIXELS = RNG.uniform(0, 255, (6, 9, 3)).astype(np.float32)


def test_identity_gives_equal_values_in_a_new_array():
    given_ = PIXELS.copy()
    given_.setflags(write=False)
    result = Transform().apply(given_)
    np.testing.assert_array_equal(result, given_)
    result[0] = 0
    assert result.dtype == np.float32
    assert given_[0].any()
    np.testing.assert_array_equal(Transform(rotate=360).apply(RGB), RGB)


def test_shift_is_right_and_down_by_whole_pixels():
    dot = np.zeros((8, 8, 1), np.uint8)
    dot[3, 2] = 200
    moved = Transform(shift=(1, 0)).apply(dot)
    assert moved[3, 3, 0] == 200
    assert moved.sum() == 200
    moved = Transform(shift=(-2, 4)).apply(dot)
    assert moved[7, 0, 0] == 200
    assert moved.sum() == 200


@given(st.integers(-12, 12), st.integers(-12, 12))
def test_shift_and_back_keeps_the_inner_part(dx, dy):
    back = Transform(shift=(-dx, -dy)).apply(Transform(shift=(dx, dy)).apply(PIXELS))
    rows = slice(max(0, -dy), max(0, 6 - max(0, dy)))
    columns = slice(max(0, -dx), max(0, 9 - max(0, dx)))
    np.testing.assert_array_equal(back[rows, columns], PIXELS[rows, columns])


def test_what_moves_in_is_the_median_of_the_border():
    framed = np.full((7, 7, 3), 50.0)
    framed[:] = [10, 20, 30]
    framed[2:5, 2:5] = 200
    for transform in (Transform(shift=(3, 3)), Transform(shift=(99, 0)), Transform(rotate=45)):
        np.testing.assert_allclose(transform.apply(framed)[0, 0], [10, 20, 30])
    inverted = Transform(shift=(0, 2), invert=True).apply(framed)
    np.testing.assert_allclose(inverted[0, 0], [245, 235, 225])


@pytest.mark.parametrize("size", [6, 7])
@pytest.mark.parametrize("turns", [-1, 1, 2, 3, 5])
def test_quarter_turns_are_rot90(size, turns):
    square = PIXELS[:6, :6] if size == 6 else RNG.uniform(0, 255, (7, 7, 3)).astype(np.float32)
    np.testing.assert_allclose(Transform(rotate=90 * turns).apply(square), np.rot90(square, turns), atol=1e-3)


def test_invert_comes_first():
    np.testing.assert_allclose(Transform(invert=True).apply(PIXELS), 255 - PIXELS)
    dot = np.zeros((9, 9, 1), np.uint8)
    dot[4, 6] = 255
    moved = Transform(invert=True, rotate=90, shift=(1, 0)).apply(dot)
    assert moved[2, 5, 0] == 0
    assert moved.sum() == 255 * 80


def test_noise_is_seeded_and_as_strong_as_asked():
    middle = np.full((200, 200, 1), 127.0)
    noisy = Transform(noise=20).apply(middle)
    np.testing.assert_array_equal(noisy, Transform(noise=20).apply(middle))
    assert not np.array_equal(noisy, Transform(noise=20, seed=1).apply(middle))
    assert abs(noisy.std() - 20) < 0.3
    assert abs(noisy.mean() - 127) < 0.5
    wild = Transform(noise=500).apply(middle)
    assert wild.min() == 0
    assert wild.max() == 255


def test_bad_transforms_are_refused():
    shifts = [{"shift": (1,)}, {"shift": (0.5, 0)}]
    for bad in (*shifts, {"rotate": np.nan}, {"noise": -1}, {"noise": np.inf}, {"seed": -1}, {"seed": 0.5}):
        refusal(lambda keywords: Transform(**keywords), bad)
    refusal(Transform().apply, GREY)
    refusal(Transform().apply, np.zeros((0, 4, 1)))


def test_a_transformed_picture_goes_to_the_network_by_rescale():
    fitted = fit(RGB, (5, 7, 3), *THREE)
    np.testing.assert_array_equal(rescale(Transform().apply(fitted.pixels), *THREE), fitted.image)
