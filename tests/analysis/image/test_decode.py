"""Picture files written here by Pillow, so that what must come out of them is known."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from refusing import refusal

from nnviz.analysis.image.decode import FORMATS
from nnviz.analysis.image.decode import decode as decoded_file
from nnviz.errors import NnvizError

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (5, 7), np.uint8)
RGB = RNG.integers(0, 256, (5, 7, 3), np.uint8)
SMOOTH = np.stack(np.broadcast_arrays(np.arange(64)[:, None] * 4, np.arange(64) * 4, 128), -1).astype(np.uint8)


def decode(content: bytes, name: str) -> np.ndarray:
    return decoded_file(content, name).pixels


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


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize(("most", "white"), [(200, 255), (900, 1023), (4000, 4095)])
def test_sixteen_bits_of_which_a_few_are_used_are_stretched_and_it_is_said(kind, most, white):
    found = decoded_file(written(Image.fromarray(np.array([[0, most // 2, most]], np.uint16)), kind), "x")
    assert found.pixels[0, :, 0].tolist() == [0, round(most // 2 * 255 / white), round(most * 255 / white)]
    assert f"reach {most:,} of 65,535, so {white:,}" in found.note
    for silent in (np.zeros((2, 2), np.uint16), np.array([[0, 4096]], np.uint16)):
        assert decoded_file(written(Image.fromarray(silent), kind), "x").note == ""


def test_colours_of_sixteen_bits_of_which_a_few_are_used():
    found = decoded_file(sixteen_bit_png(np.array([[[4095, 2048, 0]]], np.uint16), 2), "x")
    assert found.pixels[0, 0].tolist() == [255, 136, 0]
    assert "4,095 (12 bits)" in found.note
    assert decoded_file(written(Image.fromarray(np.full((2, 2, 3), 9, np.uint8)), "PNG"), "x").note == ""


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
    grey = np.array([[1000, 514, 65535]], np.uint16)
    assert decode(sixteen_bit_png(grey, 0, struct.pack(">H", 1000)), "x")[0, :, 0].tolist() == [255, 2, 255]


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


def test_what_is_no_number_is_zero_and_dim_floats_are_stretched():
    def read(*values):
        found = decoded_file(written(Image.fromarray(np.array([values], np.float32)), "TIFF"), "x")
        return found.pixels[0, :, 0].tolist(), found.note

    assert read(np.nan, np.inf, -np.inf, 1) == ([0, 0, 0, 255], "3 of its values are no number and taken as 0.")
    assert read(np.nan)[0] == [0]
    assert read(0, 0.01, 0.02) == ([0, 128, 255], "Its values run from 0 to 0.02: stretched, from black to white.")
    assert read(-1, 999)[1] == "Its values run from -1 to 999: stretched, from black to white."
    assert read(0, 0.2, 1)[1] == ""


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_photographs_of_telephones(kind, orientation):
    pillow_heif.register_heif_opener()  # to write them
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "of a telephone"
    picture = Image.fromarray(np.ascontiguousarray(np.rot90(SMOOTH[:, :32], orientation == 6)))
    decoded = decode(written(picture, kind, quality=95, exif=exif.tobytes(), xmp=b"<x/>" * 99), "x")
    assert decoded.shape == (64, 32, 3)
    assert np.abs(decoded.astype(int) - SMOOTH[:, :32]).mean() < 4


def test_a_transparent_photograph_of_a_telephone_is_laid_over_white():
    pillow_heif.register_heif_opener()
    clear = np.full((64, 64, 4), (200, 10, 10, 0), np.uint8)
    for kind in ("HEIF", "AVIF"):
        assert decode(written(Image.fromarray(clear), kind, quality=95), "x").min() > 250


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
        assert f"one of {side:,} x {side:,}" in refusal(decode, huge, "bomb.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "HEIF", "AVIF"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_files_decode_or_are_refused(kind):
    pillow_heif.register_heif_opener()
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


def test_formats_are_those_named():
    assert set(FORMATS) == {"PNG", "JPEG", "WebP", "BMP", "TIFF", "GIF", "HEIC", "AVIF"}
