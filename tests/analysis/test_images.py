"""Pictures written here by Pillow, so that what must come out of them is known."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from nnviz.analysis import images
from nnviz.analysis.images import Transform, decode, fit, rescale
from nnviz.errors import NnvizError

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (5, 7), np.uint8)
RGB = RNG.integers(0, 256, (5, 7, 3), np.uint8)
SMOOTH = np.stack(np.broadcast_arrays(np.arange(64)[:, None] * 4, np.arange(64) * 4, 128), -1).astype(np.uint8)
ONE, THREE = ([1 / 255], [0.0]), ([1 / 127.5] * 3, [-1.0] * 3)


def written(picture: Image.Image, kind: str, **options: object) -> bytes:
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def sixteen_bit_png(values: np.ndarray, colour_type: int, transparent: bytes = b"") -> bytes:
    """Pillow writes no 16-bit colour, so here is one by the specification."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    extra = chunk(b"tRNS", transparent) if transparent else b""
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def refusal(call, *arguments: object) -> str:
    with pytest.raises(NnvizError) as caught:
        call(*arguments)
    message = str(caught.value)
    assert "Received: " in message
    assert "xpected" in message
    assert len(message) < 300
    return message


# decode


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_lossless_grey_is_exact_and_stays_grey(kind):
    decoded = decode(written(Image.fromarray(GREY), kind), "x")
    assert decoded.dtype == np.uint8
    np.testing.assert_array_equal(decoded, GREY[..., None])


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("BMP", {}), ("TIFF", {}), ("WEBP", {"lossless": True})])
def test_lossless_colour_is_exact(kind, options):
    np.testing.assert_array_equal(decode(written(Image.fromarray(RGB), kind, **options), "x"), RGB)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_lossy_colour_is_near(kind):
    decoded = decode(written(Image.fromarray(SMOOTH), kind, quality=95), "x")
    assert decoded.shape == SMOOTH.shape
    assert np.abs(decoded.astype(int) - SMOOTH).mean() < 3


def test_grey_jpeg_stays_grey():
    decoded = decode(written(Image.fromarray(SMOOTH[..., 0]), "JPEG", quality=95), "x")
    assert decoded.shape == (64, 64, 1)
    assert np.abs(decoded[..., 0].astype(int) - SMOOTH[..., 0]).max() < 8


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_one_bit(kind):
    bits = GREY > 127
    np.testing.assert_array_equal(decode(written(Image.fromarray(bits), kind), "x")[..., 0], bits * 255)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "TIFF"])
def test_palette(kind):
    picture = Image.fromarray(RGB).quantize(16)
    np.testing.assert_array_equal(decode(written(picture, kind), "x"), np.asarray(picture.convert("RGB")))


def test_grey_palette_is_grey():
    picture = Image.fromarray(GREY % 3)
    picture.putpalette([200, 200, 200, 9, 9, 9, 77, 77, 77])
    np.testing.assert_array_equal(decode(written(picture, "PNG"), "x")[..., 0], np.array([200, 9, 77])[GREY % 3])


def test_gif_gives_its_first_frame():
    frames = [Image.new("RGB", (4, 3), colour) for colour in ("red", "blue")]
    decoded = decode(written(frames[0], "GIF", save_all=True, append_images=frames[1:]), "x.gif")
    assert (decoded == [255, 0, 0]).all()
    assert decoded.shape == (3, 4, 3)


def test_cmyk():
    inks = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    assert (decode(written(inks, "TIFF"), "x") == [255, 0, 0]).all()
    jpeg = decode(written(inks, "JPEG", quality=95), "x").astype(int)
    assert jpeg.shape == (16, 16, 3)
    assert np.abs(jpeg - [255, 0, 0]).max() < 8


def test_ycbcr_tiff():
    decoded = decode(written(Image.fromarray(SMOOTH).convert("YCbCr"), "TIFF"), "x")
    assert np.abs(decoded.astype(int) - SMOOTH).max() < 5


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_spans_the_range(kind):
    values = np.array([[0, 257, 128 * 257, 65535, 1000]], np.uint16)
    decoded = decode(written(Image.fromarray(values), kind), "x")
    assert decoded[0, :, 0].tolist() == [0, 1, 128, 255, 4]
    dark = decode(written(Image.fromarray(np.full((2, 2), 200, np.uint16)), kind), "x")
    assert (dark == 1).all()


def test_sixteen_bit_big_endian_tiff():
    picture = Image.frombytes("I;16B", (2, 1), np.array([257, 65535], ">u2").tobytes())
    assert decode(written(picture, "TIFF"), "x")[0, :, 0].tolist() == [1, 255]


def test_sixteen_bit_colour_and_transparency():
    values = np.full((2, 3, 3), [65535, 128 * 257, 0], np.uint16)
    assert (decode(sixteen_bit_png(values, 2), "x") == [255, 128, 0]).all()
    clear = np.full((2, 3, 4), [65535, 0, 0, 0], np.uint16)
    assert (decode(sixteen_bit_png(clear, 6), "x") == 255).all()
    keyed = np.array([[[65535, 0, 0], [0, 514, 0]]], np.uint16)
    assert decode(sixteen_bit_png(keyed, 2, struct.pack(">HHH", 65535, 0, 0)), "x")[0, 1].tolist() == [
        0,
        2,
        0,
    ]
    grey = np.array([[1000, 514]], np.uint16)
    assert decode(sixteen_bit_png(grey, 0, struct.pack(">H", 1000)), "x")[0, :, 0].tolist() == [255, 2]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 7, 255]], np.int32), [0, 7, 255]),
        (np.array([[0, 257, 65535]], np.int32), [0, 1, 255]),
        (np.array([[-10, 0, 10]], np.int32), [0, 128, 255]),
        (np.array([[0, 0.2, 1]], np.float32), [0, 51, 255]),
        (np.array([[0, 7, 255]], np.float32), [0, 7, 255]),
        (np.array([[-1, 0, 999]], np.float32), [0, 0, 255]),
        (np.array([[-5, -5]], np.float32), [0, 0]),
    ],
)
def test_integers_of_32_bits_and_floats(values, expected):
    assert decode(written(Image.fromarray(values), "TIFF"), "x")[0, :, 0].tolist() == expected


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(kind, orientation):
    upright = np.zeros((16, 32, 3), np.uint8)
    upright[:8, :8] = 255  # a bright corner: top left once upright
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: np.rot90(upright, 2).transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = written(Image.fromarray(np.ascontiguousarray(stored)), kind, exif=exif, quality=95)
    decoded = decode(content, "x")
    assert decoded.shape == upright.shape
    assert np.abs(decoded.astype(int) - upright).mean() < 3


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_broken_exif_does_not_cost_the_picture():
    for junk in (b"Exif\0\0junk", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x12"):
        for kind in ("PNG", "JPEG", "WEBP"):
            assert decode(written(Image.fromarray(SMOOTH), kind, exif=junk), "x").shape == SMOOTH.shape


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_transparent_is_laid_over_white(kind):
    rgba = np.array([[[255, 0, 0, 255], [255, 0, 0, 0], [255, 0, 0, 51]]], np.uint8)
    decoded = decode(written(Image.fromarray(rgba), kind, **({"lossless": True} if kind == "WEBP" else {})), "x")
    assert decoded[0].tolist() == [[255, 0, 0], [255, 255, 255], [255, 204, 204]]


def test_transparent_grey_and_palette():
    grey = np.array([[[10, 255], [10, 0], [0, 51]]], np.uint8)
    assert decode(written(Image.fromarray(grey), "PNG"), "x")[0].tolist() == [[10], [255], [204]]
    key = written(Image.fromarray(np.array([[3, 9]], np.uint8)), "PNG", transparency=3)
    assert decode(key, "x")[0].tolist() == [[255], [9]]
    for kind in ("PNG", "GIF"):
        palette = Image.fromarray(np.array([[0, 1]], np.uint8))
        palette.putpalette([255, 0, 0, 0, 0, 255])
        assert decode(written(palette, kind, transparency=0), "x")[0].tolist() == [[255] * 3, [0, 0, 255]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"%PDF-1.7 " + bytes(100),
        written(Image.fromarray(RGB), "PNG")[:60],
        written(Image.fromarray(SMOOTH), "JPEG")[:500],
        written(Image.fromarray(RGB), "PPM"),
        written(Image.fromarray(np.full((2, 2), np.nan, np.float32)), "TIFF"),
    ],
)
def test_bad_files_are_named(content):
    assert "cat.png" in refusal(decode, content, "cat.png")
    refusal(decode, content, "very/long\nname" * 40)


def test_a_bomb_is_not_unpacked():
    header = sixteen_bit_png(np.zeros((1, 1), np.uint16), 0)
    for side in (8_000, 60_000):  # one that Pillow would open, one that it refuses
        size = struct.pack(">II", side, side)
        body = b"IHDR" + size + header[24:29]
        huge = header[:12] + body + struct.pack(">I", zlib.crc32(body)) + header[33:]
        assert ("50,000,000 pixels" if side == 8_000 else "Bomb") in refusal(decode, huge, "bomb.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_files_decode_or_are_refused(kind):
    good = np.frombuffer(written(Image.fromarray(SMOOTH), kind), np.uint8)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        bad = good.copy()
        bad[rng.integers(0, min(len(bad), 400), 6)] = rng.integers(0, 256, 6)
        try:
            outcome = decode(bad.tobytes(), "x")
        except NnvizError as error:
            outcome = error
        if isinstance(outcome, NnvizError):
            assert len(str(outcome)) < 300
        else:
            assert (outcome.dtype, outcome.ndim) == (np.uint8, 3)


# fit


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


def test_bright_background_of_a_digit_is_told():
    paper = np.full((28, 28), 250, np.uint8)
    assert "try Invert" in fit(paper, (28, 28, 1), *ONE).note
    assert "try Invert" in fit(np.ones((28, 28)), (28, 28, 1), *ONE).note
    assert fit(255 - paper, (28, 28, 1), *ONE).note == ""
    assert fit(np.repeat(paper[..., None], 3, 2), (28, 28, 3), *THREE).note == ""


def test_other_channel_counts_need_exactly_their_shape():
    fitted = fit(np.full((4, 4, 2), 3, np.uint8), (4, 4, 2), [2, 2], [0, 1])
    assert fitted.image[0, 0].tolist() == [6, 7]
    rgba = np.full((4, 4, 4), 3, np.uint8)
    np.testing.assert_array_equal(fit(rgba, (4, 4, 4), [1] * 4, [0] * 4).image, rgba)
    own = np.full((4, 4, 2), -3.0)
    np.testing.assert_array_equal(fit(own, (None, None, 2), [1, 1], [0, 0]).image, own)
    for wrong in (GREY, RGB, np.zeros((5, 4, 2), np.uint8)):
        assert "(4, 4, 2)" in refusal(fit, wrong, (4, 4, 2), [1, 1], [0, 0])


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
        np.full((5, 5), 256),
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


# Transform

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


def test_error_is_one_short_sentence():
    assert str(NnvizError("one\n two\r\n\tthree")) == "one two three"
    assert len(str(NnvizError("x" * 1000))) < 300
    assert str(NnvizError("x" * 1000)).endswith("…")
    assert str(NnvizError("y" * 299)) == "y" * 299
    assert isinstance(NnvizError(""), ValueError)


def test_formats_are_those_named():
    assert set(images.FORMATS) == {"PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"}
