"""Picture files to pixels (0..255, 0 black). A file is a stranger's: only what its pixels need is read of it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from nnviz.analysis.image import bare
from nnviz.analysis.image.levels import levels, white
from nnviz.errors import NnvizError

FORMATS = ("PNG", "JPEG", "WebP", "BMP", "TIFF", "GIF", "HEIC", "AVIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".heic", ".heif", ".avif")
MAX_PIXELS = 50_000_000
_MOST_WORK = 2_000_000_000
"""Pixels of all scans of a JPEG together: a scan of a few bytes costs a pass over the whole picture."""
_BAND = 4_000_000
"""Pixels that are converted at once: all of a large picture in several forms would be a gigabyte."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF's number of which way up a picture is."""
_OTHER = {
    b"%!PS": "PostScript",
    b"\xc5\xd0\xd3\xc6": "PostScript",
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip",
    b"<svg": "an SVG drawing",
    b"<?xm": "an SVG drawing or other XML",
    b"8BPS": "a Photoshop file",
    b"\xff\x0a": "a JPEG XL",
    b"\0\0\0\x0c": "a JPEG 2000 or JPEG XL",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUM": "a NumPy array",
}


@dataclass(frozen=True, eq=False)
class Decoded:
    """The pixels of a picture file: uint8, (H, W, 1) for a grey picture, else (H, W, 3); and what was done to their
    values, a sentence or ""."""

    pixels: NDArray[np.uint8]
    note: str = ""


def decode(content: bytes, name: str) -> Decoded:
    """The pixels of a picture file of one of `FORMATS`, whatever it is called.

    They are upright, of the first frame, and laid over white where transparent. Values of 16 bits, whole numbers and
    floats become 0..255 as `nnviz.analysis.image.levels` says. Metadata are not read, but for which way up it is.

    Raises:
        NnvizError: another format, damaged, empty, or over `MAX_PIXELS` pixels, found before they are unpacked.
    """
    title = name if len(name) <= 60 else f"{name[:40]}…{name[-15:]}"
    kind = format_of(content)
    if kind is None:
        raise NnvizError(f"{title}: {_expected()} was expected. Received: {_told(content)}.")
    try:
        return _decoded(content, kind)
    except NnvizError as error:
        raise NnvizError(f"{title}: {error}") from error
    except (Image.DecompressionBombError, MemoryError) as error:
        raise NnvizError(f"{title}: {_expected()} was expected. Received: a {kind} of far more.") from error
    except Exception as error:
        reason = " ".join(str(error).split())[:80] or type(error).__name__
        raise NnvizError(f"{title}: {_expected()} was expected. Received: a damaged {kind} ({reason}).") from error


def format_of(content: bytes) -> str | None:
    """Which of `FORMATS` a file is, by its first bytes; None where it is none of them."""
    head = content[:16]
    if head[4:8] == b"ftyp":
        brands = content[8 : min(int.from_bytes(head[:4], "big"), 256)]
        named = {brands[at : at + 4] for at in range(0, len(brands), 4)}
        if named & {b"avif", b"avis"}:
            return "AVIF"
        return "HEIC" if named & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"} else None
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    starts = {
        b"\x89PNG\r\n\x1a\n": "PNG",
        b"\xff\xd8\xff": "JPEG",
        b"BM": "BMP",
        b"GIF87a": "GIF",
        b"GIF89a": "GIF",
        **dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "TIFF"),
    }
    return next((kind for start, kind in starts.items() if head.startswith(start)), None)


def _expected() -> str:
    return f"a whole {', '.join(FORMATS[:-1])} or {FORMATS[-1]} picture of at most {MAX_PIXELS:,} pixels"


def _told(content: bytes) -> str:
    if not content:
        return "an empty file"
    other = next((what for start, what in _OTHER.items() if content.lstrip()[:8].startswith(start)), None)
    return other or f"{len(content):,} bytes that start with {content[:12]!r}"


def _decoded(content: bytes, kind: str) -> Decoded:
    picture, turned = _opened(content, kind)
    # Before anything is unpacked: a file of a few kilobytes can ask for gigabytes.
    _check_size(picture)
    if kind == "JPEG" and content.count(b"\xff\xda") * picture.width * picture.height > _MOST_WORK:
        scans = content.count(b"\xff\xda")
        raise NnvizError(f"{_expected()} was expected, in a few scans. Received: a JPEG of {scans:,} scans.")
    picture.load()
    _check_size(picture)  # a HEIC may turn out to be larger than it says
    if turned in _TURNS:
        picture = picture.transpose(_TURNS[turned])
    return _eight_bit(picture, _bits(picture, kind, content))


def _check_size(picture: Image.Image) -> None:
    if not 0 < picture.width * picture.height <= MAX_PIXELS:
        raise NnvizError(f"{_expected()} was expected. Received: one of {picture.width:,} x {picture.height:,}.")


def _opened(content: bytes, kind: str) -> tuple[Image.Image, int]:
    """The file with its header read, by the one decoder of its format, and which way up it is.

    `Image.open` would try others, warn of large pictures in its own words, and read all metadata.
    """
    turned = 1
    if kind == "PNG":
        content, turned = bare.png(content)
    elif kind == "JPEG":
        content, turned = bare.jpeg(content)
    elif kind == "WebP":
        if (size := WebPImagePlugin._get_size(content[:30])) and size[0] * size[1] > MAX_PIXELS:
            raise NnvizError(f"{_expected()} was expected. Received: one of {size[0]:,} x {size[1]:,}.")
    else:
        strip: dict[str, Callable[[bytes], bytes]] = {"GIF": bare.gif, "TIFF": bare.tiff}
        content = strip.get(kind, bare.heif if kind in ("HEIC", "AVIF") else bytes)(content)
    picture = _decoder(kind)(io.BytesIO(content), "")
    if kind in ("WebP", "AVIF"):
        turned = bare.orientation(picture.info.get("exif", b""))
    return picture, turned


def _decoder(kind: str) -> Callable[..., Any]:
    if kind == "HEIC":
        from pillow_heif import HeifImageFile  # only who has such a picture waits for it

        return HeifImageFile
    return {
        "PNG": PngImagePlugin.PngImageFile,
        "JPEG": JpegImagePlugin.JpegImageFile,
        "WebP": WebPImagePlugin.WebPImageFile,
        "BMP": BmpImagePlugin.BmpImageFile,
        "TIFF": TiffImagePlugin.TiffImageFile,
        "GIF": GifImagePlugin.GifImageFile,
        "AVIF": AvifImagePlugin.AvifImageFile,
    }[kind]


def _bits(picture: Any, kind: str, content: bytes) -> int:
    """Bits of a channel as they are stored; Pillow gives colours of 16 bits as eight."""
    if kind == "PNG":
        return content[24]
    if kind == "TIFF":
        return max(map(int, picture.tag_v2.get(258, (8,))))
    return 8


def _eight_bit(picture: Image.Image, bits: int) -> Decoded:
    mode = picture.mode
    if mode == "F" or mode.startswith("I"):
        values = np.asarray(picture)
        pixels, note = levels(values, sixteen=mode.startswith("I;16"))
        if "transparency" in picture.info:
            # Pillow keeps the transparent value of 16-bit grey aside and cannot lay it over white.
            pixels[values == picture.info["transparency"]] = 255
        return Decoded(pixels[..., None], note)
    colours = np.empty((picture.height, picture.width, 3), np.uint8)
    for top, band in _bands(picture):
        if band.has_transparency_data:
            band = Image.alpha_composite(Image.new("RGBA", band.size, "white"), band.convert("RGBA"))
        colours[top : top + band.height] = np.asarray(band.convert("RGB"))
    # A palette has no other way to say that it is grey.
    palette_grey = mode in ("P", "PA") and bool((colours == colours[..., :1]).all())
    pixels = colours[..., :1].copy() if palette_grey or mode in ("1", "L", "LA") else colours
    if bits == 16 and 0 < (most := int(pixels.max())) < 16 and not picture.has_transparency_data:
        pixels *= np.uint8(17)
        return Decoded(pixels, f"Its values reach {most * 257:,} of 65,535, so {white(4095)} is taken as white.")
    return Decoded(pixels)


def _bands(picture: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    step = max(1, _BAND // picture.width)
    for top in range(0, picture.height, step):
        yield top, picture.crop((0, top, picture.width, min(top + step, picture.height)))
