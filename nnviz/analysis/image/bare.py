"""A picture file as its pixels need it: its first frame, without the metadata.

What is left out is text, profiles and thumbnails, which may be of any size, and later frames. A decoder would read all
of it, some parts once for each mention of them: a file of a few megabytes could so ask for hundreds of gigabytes.
"""

from __future__ import annotations

import re
import struct

from nnviz.errors import NnvizError

_ORIENTATION = 0x0112
_MOST_NUMBERS = 1_000_000
"""Of one field of a TIFF: strips or tiles, of which one a row and channel is much already."""
_FIELDS = {
    *(254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 292, 293, 297, 317, 320, 322, 323, 324, 325),
    *(332, 333, 334, 336, 337, 338, 339, 347, 512, 513, 514, 519, 520, 521, 529, 530, 531, 532),
}
"""Of a TIFF: those that say how its pixels are stored (TIFF 6.0, and JPEG in TIFF), and which way up."""
_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Of one number, by its type in a TIFF."""


def png(content: bytes) -> tuple[bytes, int]:
    """A PNG with nothing but what its pixels are made of, and which way up they are (1 to 8, as in EXIF)."""
    kept, at, turned = [content[:8]], 8, 1
    while at + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            kept.append(content[at:end])
        elif kind == b"eXIf":
            turned = orientation(content[at + 8 : end - 4])
        if kind == b"IEND":
            break
        at = end
    return b"".join(kept), turned


def jpeg(content: bytes) -> tuple[bytes, int]:
    """A JPEG without the segments of applications, but for the two that say what its colours are; which way up."""
    kept, at, turned = [content[:2]], 2, 1
    while (at := content.find(b"\xff", at)) >= 0 and at + 1 < len(content):
        marker = content[at + 1]
        if marker in (0xD9, 0xDA):  # its end, or what its pixels are coded in
            kept.append(content[at:])
            break
        if marker in (0x00, 0xFF):
            at += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:  # a marker alone
            at += 2
            continue
        end = at + 2 + max(2, int.from_bytes(content[at + 2 : at + 4], "big"))
        if marker == 0xE1 and content[at + 4 : at + 10] == b"Exif\0\0" and turned == 1:
            turned = orientation(content[at + 10 : end])
        if (not 0xE0 <= marker <= 0xEF and marker != 0xFE) or marker in (0xE0, 0xEE):
            kept.append(content[at:end])
        at = end
    return b"".join(kept), turned


def gif(content: bytes) -> bytes:
    """A GIF of the first frame, with what is transparent in it."""
    if len(content) < 13:
        return content
    at = 13 + _palette(content[10])
    kept = [content[:at]]
    while at < len(content):
        kind, start = content[at], at
        if kind == 0x21:
            at = _blocks_end(content, at + 2)
            if content[start + 1 : start + 2] == b"\xf9":
                kept.append(content[start:at])
        elif kind == 0x2C and at + 10 <= len(content):
            at = _blocks_end(content, at + 10 + _palette(content[at + 9]) + 1)
            kept += [content[start:at], b";"]
            break
        elif kind == 0x3B:
            break
        else:
            at += 1
    return b"".join(kept)


def _palette(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks_end(content: bytes, at: int) -> int:
    while at < len(content) and content[at]:
        at += content[at] + 1
    return at + 1


def tiff(content: bytes) -> bytes:
    """A TIFF of the first frame, with the fields that its pixels need; each once.

    Raises:
        NnvizError: fields that lie over one another, or of more numbers than a picture has strips.
    """
    order, big = "<" if content[:2] == b"II" else ">", content[2:4] in (b"+\0", b"\0+")
    counts, field, pointer = ("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I")
    try:
        (start,) = struct.unpack_from(order + pointer, content, 8 if big else 4)
        (count,) = struct.unpack_from(order + counts, content, start)
    except struct.error:
        return content  # too short to be one, which its decoder finds
    at, size = start + struct.calcsize(order + counts), struct.calcsize(order + field)
    kept: dict[int, bytes] = {}
    told = 0
    for place in range(at, min(at + count * size, len(content) - size + 1), size):
        tag, kind, numbers, _ = struct.unpack_from(order + field, content, place)
        if tag not in _FIELDS or tag in kept:
            continue
        kept[tag] = content[place : place + size]
        told += numbers * _BYTES.get(kind, 1)
        if told > len(content) or (numbers > _MOST_NUMBERS and kind not in (1, 2, 6, 7)):
            raise NnvizError(
                f"A TIFF with fields that fit into it was expected. Received: one of {numbers:,} numbers, in "
                f"{len(content):,} bytes."
            )
    fields = struct.pack(order + counts, len(kept)) + b"".join(kept.values()) + struct.pack(order + pointer, 0)
    # In its own place: it is never longer than before, but for a pointer that may be missing at the end.
    return content[:start] + fields + content[start + len(fields) :]


def heif(content: bytes) -> bytes:
    """A HEIC or AVIF whose EXIF and XMP are items of a kind that no decoder reads; which way up is told elsewhere."""
    at = 0
    while at + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        if length == 1 and at + 16 <= len(content):
            (length,) = struct.unpack_from(">Q", content, at + 8)
        end = at + length if length else len(content)
        if kind == b"meta":
            named = re.sub(rb"(?s)(infe(?:\x02.{7}|\x03.{9}))(?:Exif|mime)", rb"\1skip", content[at:end])
            return content[:at] + named + content[end:]
        if length < 8 and length != 0:
            break
        at = end
    return content


def orientation(exif: bytes) -> int:
    """Which way up a picture is, from 1 to 8; 1 where that is not told, or not so that it can be read."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 8:
        return 1
    (start,) = struct.unpack_from(order + "I", exif, 4)
    for place in range(start + 2, len(exif) - 11, 12):
        tag, _, _, value = struct.unpack_from(order + "HHIH", exif, place)
        if tag == _ORIENTATION:
            return value if 1 <= value <= 8 else 1
    return 1
