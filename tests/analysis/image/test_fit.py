"""A picture made to fit a network's input, against Pillow and against what was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from refusing import refusal

from nnviz.analysis.image.images import fit, rescale
from nnviz.errors import NnvizError

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (5, 7), np.uint8)
RGB = RNG.integers(0, 256, (5, 7, 3), np.uint8)
SMOOTH = np.stack(np.broadcast_arrays(np.arange(64)[:, None] * 4, np.arange(64) * 4, 128), -1).astype(np.uint8)
ONE, THREE = ([1 / 255], [0.0]), ([1 / 127.5] * 3, [-1.0] * 3)


def test_exact_uint8_is_only_scaled():
    fitted = fit(np.arange(12, dtype=np.uint8).reshape(3, 4), (3, 4, 1), [0.5], [-1])
    np.testing.assert_array_equal(fitted.pixels[..., 0], np.arange(12).reshape(3, 4))
    np.testing.assert_array_equal(fitted.image, fitted.pixels * 0.5 - 1)
    assert fitted.note == ""
    assert fitted.image.dtype == fitted.pixels.dtype == np.float32
    assert not fitted.image.flags.writeable
    assert not fitted.pixels.flags.writeable


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 1)])
def test_floats_of_the_networks_own_shape_are_taken_as_they_are(shape):
    own = np.linspace(-1, 1, 12).reshape(shape)
    fitted = fit(own, (3, 4, 1), [1 / 127.5], [-1])
    np.testing.assert_array_equal(fitted.image, own.astype(np.float32).reshape(3, 4, 1))
    np.testing.assert_allclose(fitted.pixels.ravel(), np.linspace(0, 255, 12), atol=1e-3)
    assert fitted.note == ""
    own[0] = 9
    assert fitted.image[0, 0, 0] == -1
    beyond = fit(own, (3, 4, 1), [1 / 127.5], [-1])
    assert beyond.image[0, 0, 0] == 9
    assert beyond.pixels[0, 0, 0] == 255
    assert "clipped" in beyond.note


@pytest.mark.parametrize(("most", "white"), [(900, 1023), (4095, 4095), (60_000, 65_535)])
@pytest.mark.parametrize("kind", [np.uint16, np.int64])
def test_arrays_of_more_bits_are_read_with_the_first_white_that_holds_them(most, white, kind):
    fitted = fit(np.array([[0, most // 3, most]], kind), (1, 3, 1), *ONE)
    np.testing.assert_allclose(fitted.pixels[0, :, 0], np.rint(np.array([0, most // 3, most]) * 255 / white))
    assert f"read with {white:,} (" in fitted.note
    assert f"its values reach {most:,}" in fitted.note


@pytest.mark.parametrize("offset", [0.0, -103.9])
def test_floats_that_would_be_one_shade_to_a_network_on_pixels_are_stretched_and_it_is_said(offset):
    own = np.linspace(0, 1, 12).reshape(3, 4)
    fitted = fit(own, (3, 4, 1), [1.0], [offset])
    np.testing.assert_allclose(fitted.pixels.ravel(), np.linspace(0, 255, 12), atol=1e-3)
    np.testing.assert_allclose(fitted.image, fitted.pixels + np.float32(offset))
    assert "read with 1 as white" in fitted.note
    for as_they_are in (own * 9, np.zeros((3, 4)), own - 0.5):
        np.testing.assert_array_equal(
            fit(as_they_are, (3, 4, 1), [1.0], [offset]).image[..., 0], np.float32(as_they_are)
        )
    # To a network on 0..1 or -1..1 they are what it takes.
    assert fit(own, (3, 4, 1), *ONE).note == fit(own, (3, 4, 1), [1 / 127.5], [-1]).note == ""


def test_scale_and_offset_are_per_channel():
    fitted = fit(np.full((2, 2, 3), 10, np.uint8), (2, 2, 3), [1, 2, 3], [0, 1, -5])
    np.testing.assert_array_equal(fitted.image[0, 0], [10, 21, 25])
    np.testing.assert_array_equal(rescale(fitted.pixels, [1, 2, 3], [0, 1, -5]), fitted.image)


@pytest.mark.parametrize(
    ("picture", "pixel"),
    [
        (np.full((6, 6), True), 255),
        (np.full((6, 6), 200, np.int64), 200),
        (np.full((6, 6), 0.5), 127.5),
        (np.full((6, 6), 1.0000001), 255),
        (np.full((6, 6), 200.0, np.float16), 200),
    ],
)
def test_every_number_type_means_the_same_pixels(picture, pixel):
    np.testing.assert_allclose(fit(picture, (3, 3, 1), *ONE).pixels, pixel, atol=0.01)


def test_grey_is_rec_601_and_colour_repeats_grey():
    fitted = fit(RGB, (5, 7, 1), *ONE)
    np.testing.assert_allclose(fitted.pixels[..., 0], np.asarray(Image.fromarray(RGB).convert("L")))
    assert "made grey" in fitted.note
    floats = fit(RGB[:, :5] / 255, (5, 5, 1), *ONE).pixels[..., 0]
    np.testing.assert_allclose(floats, RGB[:, :5] @ [0.299, 0.587, 0.114], atol=1e-3)
    repeated = fit(GREY, (5, 7, 3), *THREE)
    np.testing.assert_array_equal(repeated.pixels, np.repeat(GREY[..., None], 3, axis=2))
    assert "three channels" in repeated.note


@pytest.mark.parametrize("divisor", [1, 255])
def test_transparent_array_is_laid_over_white(divisor):
    rgba = np.array([[[0, 100, 200, 0], [0, 100, 200, 255]]], np.uint8)
    fitted = fit(rgba / divisor if divisor > 1 else rgba, (1, 2, 3), *THREE)
    np.testing.assert_allclose(fitted.pixels[0], [[255, 255, 255], [0, 100, 200]], atol=1e-3)
    assert "laid over white" in fitted.note


def test_photo_to_digit_says_what_was_done():
    photo = np.zeros((480, 640, 3), np.uint8)
    photo[:, :80], photo[:, -80:] = 255, 255  # what the crop must take away
    photo[:240, 80:-80] = 100
    fitted = fit(photo, (28, 28, 1), *ONE)
    assert fitted.note == "The picture was cropped to a square, resized from 640x480 to 28x28, made grey."
    assert np.abs(fitted.pixels[:12, 1:-1] - 100).max() <= 2
    assert fitted.pixels[16:, 1:-1].max() <= 2


@pytest.mark.parametrize(("target", "method"), [((16, 16), "LANCZOS"), ((150, 150), "BICUBIC")])
def test_resizing_is_pillows(target, method):
    expected = np.asarray(Image.fromarray(SMOOTH).resize(target, Image.Resampling[method]))
    np.testing.assert_array_equal(fit(SMOOTH, (*target, 3), *THREE).pixels, expected)
    floats = fit(SMOOTH.astype(np.float32), (*target, 3), *THREE).pixels
    np.testing.assert_allclose(floats, expected, atol=1.1)
    assert floats.min() >= 0
    assert floats.max() <= 255


@pytest.mark.parametrize(
    ("size", "shape", "expected"),
    [
        ((40, 30), (None, None, 1), (40, 30)),
        ((1024, 333), (None, None, 1), (512, 166)),
        ((40, 30), (20, None, 1), (20, 15)),
        ((40, 30), (None, 60, 1), (80, 60)),
        ((10, 900), (100, None, 1), (100, 512)),
        ((10, 20), (None, 600, 1), (300, 600)),
        ((3, 3000), (None, None, 3), (1, 512)),
    ],
)
def test_free_sizes_follow_the_picture(size, shape, expected):
    fitted = fit(np.zeros(size, np.uint8), shape, *(ONE if shape[2] == 1 else THREE))
    assert fitted.image.shape == (*expected, shape[2])
    assert ("512" in fitted.note) == (512 in expected)
    assert ("cropped" in fitted.note) == (size == (10, 900))


def test_floats_for_a_free_size_are_a_picture():
    fitted = fit(np.full((6, 6, 3), 0.5), (None, None, 3), *THREE)
    np.testing.assert_allclose(fitted.pixels, 127.5)
    np.testing.assert_allclose(fitted.image, 0, atol=1e-6)


def test_other_channel_counts_are_taken_as_they_are_or_filled_with_grey():
    fitted = fit(np.full((4, 4, 2), 3, np.uint8), (4, 4, 2), [2, 2], [0, 1])
    assert fitted.image[0, 0].tolist() == [6, 7]
    rgba = np.full((4, 4, 4), 3, np.uint8)
    np.testing.assert_array_equal(fit(rgba, (4, 4, 4), [1] * 4, [0] * 4).image, rgba)
    own = np.full((4, 4, 2), -3.0)
    np.testing.assert_array_equal(fit(own, (None, None, 2), [1, 1], [0, 0]).image, own)
    grey = fit(RGB, (5, 7, 1), *ONE).pixels
    for picture, said in ((GREY, ""), (RGB, "made grey, ")):
        many = fit(picture, (5, 7, 5), [1] * 5, [0] * 5)
        expected = GREY[..., None] if picture is GREY else grey
        np.testing.assert_array_equal(many.pixels, np.repeat(expected, 5, axis=2))
        assert many.note == f"The picture was {said}grey repeated in 5 channels."


@pytest.mark.parametrize("picture", [GREY, RGB])
def test_a_fourth_channel_is_full_opacity(picture):
    fitted = fit(picture, (5, 7, 4), [1] * 4, [0] * 4)
    np.testing.assert_array_equal(fitted.pixels[..., :3], np.broadcast_to(np.atleast_3d(picture), (5, 7, 3)))
    assert (fitted.pixels[..., 3] == 255).all()
    assert "opaque" in fitted.note
    wider = np.dstack([RGB, GREY]).repeat(2, axis=1)
    assert fit(wider, (5, 7, 4), [1] * 4, [0] * 4).pixels[..., 3].std() > 1  # its own opacity stays


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((0, 5), np.uint8),
        np.zeros((5, 0, 3), np.uint8),
        np.zeros(5, np.uint8),
        np.uint8(3),
        np.zeros((1, 5, 5, 3), np.uint8),
        np.zeros((1,) * 60, np.uint8),
        np.zeros((5, 5, 2), np.uint8),
        np.zeros((3, 5, 5), np.uint8),
        np.full((5, 5), None),
        np.full((5, 5), "a" * 500),
        np.zeros((5, 5), complex),
        np.zeros((5, 5), "datetime64[s]"),
        np.full((5, 5), np.nan),
        np.full((8, 8), np.inf),
        np.full((8, 8), 1e300),
        np.full((5, 5), -1.0),
        np.full((5, 5), 256.0),
        np.full((5, 5), 70_000),
        np.full((5, 5), -1, np.int8),
    ],
)
def test_what_is_no_picture_is_refused(picture):
    refusal(fit, picture, (8, 8, 1), *ONE)


@pytest.mark.parametrize(
    ("shape", "scale", "offset"),
    [
        ((8, 8, 1), [1, 1], [0]),
        ((8, 8, 1), [0], [0]),
        ((8, 8, 1), [np.nan], [0]),
        ((5, 7, 3), [1] * 3, [0]),
        ((0, 8, 1), [1], [0]),
        ((8, 8), [1], [0]),
    ],
)
def test_impossible_networks_are_refused(shape, scale, offset):
    refusal(fit, GREY, shape, scale, offset)
    refusal(fit, np.zeros((5, 7, 3)), shape, scale, offset)


@st.composite
def pictures(draw: st.DrawFn) -> np.ndarray:
    size = draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    last = draw(st.sampled_from([(), (1,), (3,), (4,)]))
    return draw(hnp.arrays(np.uint8, size + last))


SIDES = st.tuples(st.sampled_from([1, 5, 28, None]), st.sampled_from([1, 7, 28, None]))


@given(pictures(), SIDES, st.sampled_from([1, 3]))
def test_any_picture_fits(picture, size, channels):
    fitted = fit(picture, (*size, channels), [1 / 127.5] * channels, [-1] * channels)
    assert fitted.image.shape == fitted.pixels.shape
    assert fitted.image.shape[2] == channels
    assert all(want in (None, have) for want, have in zip(size, fitted.image.shape, strict=False))
    assert fitted.pixels.min() >= 0
    assert fitted.pixels.max() <= 255
    assert fitted.image.min() >= -1
    assert fitted.image.max() <= 1 + 1e-6


def test_error_is_one_short_sentence():
    assert str(NnvizError("one\n two\r\n\tthree")) == "one two three"
    assert len(str(NnvizError("x" * 1000))) < 300
    assert str(NnvizError("x" * 1000)).endswith("…")
    assert str(NnvizError("y" * 299)) == "y" * 299
    assert isinstance(NnvizError(""), ValueError)
