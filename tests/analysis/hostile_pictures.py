"""Picture files that ask for what no picture needs, built here and harmless: by name, what builds one, and a word of
what is said of it, or None where it is a picture in spite of all."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pillow_heif
from PIL import Image, PngImagePlugin

RGB = np.random.default_rng(1).integers(0, 256, (16, 24, 3), np.uint8)
FAR_MORE = b"\xff" * 4


def written(picture, kind="PNG", **options):
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def chunk(kind, body, length=None):
    return (
        struct.pack(">I", len(body) if length is None else length)
        + kind
        + body
        + struct.pack(">I", zlib.crc32(kind + body))
    )


def png(width, height, depth=8, colour=2, body=b"", extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = chunk(b"IDAT", body or zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + data + chunk(b"IEND", b"")


def tiff(fields, rest=b""):
    """A TIFF of one directory: fields of (tag, type, count, value)."""
    body = b"".join(struct.pack("<HHII", *field) for field in sorted(fields))
    return b"II*\0" + struct.pack("<IH", 8, len(fields)) + body + struct.pack("<I", 0) + rest


def plain_tiff(width, height, **more):
    size = min(width * height, 2**32 - 1)
    fields = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: size}
    return [(tag, 4, 1, value) for tag, value in (fields | more.get("fields", {})).items()]


def jpeg_with(segments, at=2):
    plain = written(Image.fromarray(RGB), "JPEG")
    return plain[:at] + segments + plain[at:]


def segment(marker, body):
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def exif_bomb(entries, size):
    """EXIF in which each of many entries claims all of its bytes."""
    body = struct.pack("<HHII", 0x9286, 7, size - 9, 8) * entries
    made = b"II*\0" + struct.pack("<IH", 8, entries) + body
    return made + bytes(size - len(made))


def scans(count):
    """A progressive JPEG of 36 megapixels with one short scan over and over."""
    plain = written(Image.new("L", (6000, 6000)), "JPEG", progressive=True)
    last = plain.rindex(b"\xff\xda")
    return plain[:-2] + plain[last:-2] * count + plain[-2:]


def many_frames(kind):
    frames = [Image.fromarray(RGB)] * 2 + [Image.new("RGB", (24, 16), "red")] * 50
    return written(frames[0], kind, save_all=True, append_images=frames[1:])


def larger_second_frame():
    """A TIFF whose second page is larger than any picture may be, and its pointer leads there."""
    first = bytearray(written(Image.fromarray(RGB[..., 0].copy()), "TIFF"))
    second = tiff(plain_tiff(90_000, 90_000))[8:]
    at = struct.unpack_from("<I", first, 4)[0]
    count = struct.unpack_from("<H", first, at)[0]
    struct.pack_into("<I", first, at + 2 + 12 * count, len(first))
    return bytes(first) + second


def big_metadata():
    info = PngImagePlugin.PngInfo()
    info.add_text("of many words", "x" * 90_000_000, zip=True)
    return written(Image.fromarray(RGB), "PNG", pnginfo=info, icc_profile=bytes(30_000_000))


def gif_comments():
    plain = written(Image.fromarray(RGB).quantize(16), "GIF")
    at = 13 + 3 * 2 ** ((plain[10] & 7) + 1)
    return plain[:at] + b"!\xfe" + (b"\xff" + b"x" * 255) * 100_000 + b"\0" + plain[at:]


def gif_beyond():
    """A GIF of one pixel whose frame is of 65,535 x 65,535."""
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0)
        + bytes(6)
        + b","
        + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0)
        + b"\x02\x02\x4c\x01\0;"
    )


def heif(kind, replaced=None):
    pillow_heif.register_heif_opener()
    made = written(Image.fromarray(RGB), kind)
    if replaced is None:
        return made
    at = made.index(b"ispe") + 8
    return made[:at] + struct.pack(">II", *replaced) + made[at + 8 :]


def huge_jpeg():
    made = written(Image.fromarray(RGB), "JPEG")
    at = made.index(b"\xff\xc0")
    return made[: at + 5] + FAR_MORE + made[at + 9 :]


def with_exif_that_counts_itself():
    plain = written(Image.fromarray(RGB))
    return plain[:33] + chunk(b"eXIf", exif_bomb(40_000, 2**20)) + plain[33:]


def private_fields():
    private = ((tag, 7, 2**20, 8) for tag in range(1000, 61_000))
    return tiff([*plain_tiff(9, 9), *private], bytes(2**20))


def all_claimed():
    fields = (256, 257, 258, 259, 262, 273, 277, 278, 279, 320, 347)
    return tiff([(tag, 7, 2**20, 8) for tag in fields], bytes(2**20))


def bmp(width, height):
    return b"BM" + struct.pack("<IIIIiiHHIIIIII", 99, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def cut(kind, length):
    pillow_heif.register_heif_opener()
    return written(Image.fromarray(RGB), kind)[:length]


def webp_canvas():
    made = bytearray(
        written(Image.fromarray(np.dstack([RGB, RGB[..., :1]])), "WEBP", lossless=True, exif=b"Exif\0\0junk")
    )
    assert made[12:16] == b"VP8X"
    made[24:30] = b"\xfe\x3f\0\xfe\x3f\0"
    return bytes(made)


FILES = {
    "nothing": (lambda: b"", "an empty file"),
    "script.png": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage", "PostScript"),
    "preview.eps": (lambda: b"\xc5\xd0\xd3\xc6" + bytes(60), "PostScript"),
    "page.png": (lambda: b"%PDF-1.7 " + bytes(100), "a PDF"),
    "drawing.png": (lambda: b"<svg/>", "an SVG drawing"),
    "archive.png": (lambda: b"PK\x03\x04" + bytes(99), "a zip"),
    "bytes.png": (lambda: bytes(range(256)), "256 bytes that start with"),
    "png of 3.6 gigapixels": (lambda: png(60_000, 60_000), "one of 60,000 x 60,000"),
    "png of 64 megapixels": (lambda: png(8_000, 8_000), "one of 8,000 x 8,000"),
    "png of no width": (lambda: png(0, 8), "damaged PNG"),
    "png without its pixels": (lambda: png(3000, 3000), "damaged PNG"),
    "png with a chunk of 4 GB": (lambda: png(8, 8, extra=chunk(b"IDAT", b"", 0xFFFFFFFF)), "damaged PNG"),
    "png with 120 MB of metadata": (big_metadata, None),
    "png with EXIF that counts itself": (with_exif_that_counts_itself, None),
    "jpeg of 4 gigapixels": (huge_jpeg, "one of 65,535 x 65,535"),
    "jpeg with EXIF that counts itself": (
        lambda: jpeg_with(segment(0xE1, b"Exif\0\0" + exif_bomb(5_000, 65_000)) * 60),
        None,
    ),
    "jpeg with 40 MB of profiles": (
        lambda: jpeg_with(segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(65_000)) * 600),
        None,
    ),
    "jpeg of many scans": (lambda: scans(2_000), "a JPEG of 2,0"),
    "jpeg cut short": (lambda: cut("JPEG", 500), "damaged JPEG"),
    "gif with 25 MB of comments": (gif_comments, None),
    "gif whose frame leaves it": (gif_beyond, "65,535 x 65,535|of far more"),
    "gif of many frames": (lambda: many_frames("GIF"), None),
    "tiff of many frames": (lambda: many_frames("TIFF"), None),
    "tiff with a huge second page": (larger_second_frame, None),
    "tiff of 8 gigapixels": (lambda: tiff(plain_tiff(90_000, 90_000)), "one of 90,000 x 90,000"),
    "tiff of a million strips": (
        lambda: tiff([*plain_tiff(9, 9)[:-1], (279, 4, 2**28, 8)]),
        "of 268,435,456 numbers",
    ),
    "tiff whose fields claim all of it": (all_claimed, "fields that fit into it"),
    "tiff with 60,000 private fields": (private_fields, None),
    "tiff of a tile of 4 gigapixels": (
        lambda: tiff(plain_tiff(9, 9, fields={322: 65_520, 323: 65_520, 324: 8, 325: 10, 259: 8})),
        "damaged TIFF|of far more",
    ),
    "tiff that points to itself": (lambda: b"II*\0\4\0\0\0", "damaged TIFF"),
    "bmp of 4 gigapixels": (lambda: bmp(65_000, 65_000), "one of 65,000 x 65,000"),
    "bmp of less than nothing": (lambda: bmp(-9, -9), "damaged BMP|one of"),
    "webp of 268 megapixels": (webp_canvas, "one of 16,383 x 16,383"),
    "webp cut short": (lambda: cut("WEBP", 60), "damaged WebP"),
    "webp of many frames": (lambda: many_frames("WEBP"), None),
    "heic of 3.6 gigapixels": (lambda: heif("HEIF", (60_000, 60_000)), "one of 60,000 x 60,000|damaged HEIC"),
    "heic cut short": (lambda: cut("HEIF", 300), "damaged HEIC"),
    "heic of a name alone": (lambda: b"\0\0\0\x18ftypheic" + bytes(40), "damaged HEIC"),
    "avif of 3.6 gigapixels": (lambda: heif("AVIF", (60_000, 60_000)), "one of 60,000 x 60,000|damaged AVIF"),
    "avif cut short": (lambda: cut("AVIF", 250), "damaged AVIF"),
}
