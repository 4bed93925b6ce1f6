"""What a page shows, read from what it sends to the browser."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest


def texts(app: AppTest) -> list[str]:
    """The HTML of a page, element by element."""
    return [element.proto.body for element in app.main if type(element).__name__ == "Html"]


def captions(app: AppTest) -> list[str]:
    """The captions among it: there should be one."""
    return [text for text in texts(app) if 'class="nn-caption"' in text]


def caption(app: AppTest) -> str:
    """The one caption as a viewer reads it, with plain minus signs."""
    (found,) = captions(app)
    return html.unescape(re.sub("<[^>]*>", "", found)).replace("\u2212", "-")


def pictures(app: AppTest) -> list[tuple[dict[str, Any], np.ndarray]]:
    """(header, numbers) of every picture, as the browser gets them; of a stage those of all its maps."""
    found = [element.proto for element in app.main if element.type == "bidi_component"]
    return [_staged(proto.bytes) if "stage-" in proto.id else _unpacked(proto.bytes) for proto in found]


def stage(app: AppTest) -> tuple[dict[str, Any], list[np.ndarray]]:
    """The header of the stage, and the maps of each wall as the browser has them, (n, rows, columns)."""
    (found,) = (
        element.proto.bytes for element in app.main if element.type == "bidi_component" and "stage-" in element.proto.id
    )
    header, body = _parts(found)
    return header, [_maps(header, body, at) for at in range(len(header["walls"]))]


def _staged(buffer: bytes) -> tuple[dict[str, Any], np.ndarray]:
    header, body = _parts(buffer)
    maps = [_maps(header, body, at).ravel() for at in range(len(header["walls"]))]
    return header, np.concatenate(maps) if maps else np.zeros(0, np.float32)


def _maps(header: dict[str, Any], body: bytes, at: int) -> np.ndarray:
    wall, fine = header["walls"][at], header["fine"]
    shape = (len(wall["units"]), wall["h"], wall["w"])
    if fine and fine["wall"] == at:
        return np.frombuffer(body, "<f4", int(np.prod(shape)), fine["offset"]).reshape(shape)
    low, high = wall["range"]
    steps = np.frombuffer(body, np.uint8, int(np.prod(shape)), wall["offset"]).reshape(shape)
    return low + (high - low) * steps.astype(np.float32) / 255


def picture(app: AppTest, key: str, part: str = "raster") -> tuple[dict[str, Any], np.ndarray]:
    """(header, numbers) of the raster, or another part, with that key."""
    (found,) = (
        element.proto.bytes
        for element in app.main
        if element.type == "bidi_component" and f"{part}-{key}" in element.proto.id
    )
    return _unpacked(found)


def tiles(header: dict[str, Any], values: np.ndarray) -> list[np.ndarray]:
    """The tiles of each panel of a raster, (n, h, w, channels)."""
    found = []
    for panel in header["panels"]:
        shape = (panel["n"], panel["h"], panel["w"], panel["channels"])
        found.append(values[panel["offset"] :][: np.prod(shape)].reshape(shape))
    return found


def defaults(app: AppTest) -> dict[str, tuple[Any, Any]]:
    """Of each control that is told its value, by name: what a browser draws that was not, and that value."""
    found = {}
    for element in (*app.main, *app.sidebar):
        proto = getattr(element, "proto", None)
        if not getattr(proto, "set_value", False):
            continue
        kind = type(proto).__name__
        several, default = kind in ("Slider", "ButtonGroup"), proto.default
        first = (list(default) or [None])[0] if several else default
        if kind == "ButtonGroup":
            drawn, told = None if first is None else proto.options[first].content, next(iter(proto.raw_values), None)
        elif kind == "Selectbox" or (kind == "Slider" and proto.options):
            chosen = proto.raw_value
            drawn, told = proto.options[int(first)], chosen if isinstance(chosen, str) else chosen[0]
        else:
            drawn, told = first, proto.value[0] if several else proto.value
        found[proto.label] = drawn, told
    return found


def _unpacked(buffer: bytes) -> tuple[dict[str, Any], np.ndarray]:
    header, body = _parts(buffer)
    # Behind its numbers a scatter has pictures in bytes.
    return header, np.frombuffer(body, "<f4", header.get("floats", -1))


def _parts(buffer: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(buffer[:4], "little")
    return json.loads(buffer[4 : 4 + length]), buffer[4 + length :]
