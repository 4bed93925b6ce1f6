"""Values of any range to 0..255: which of them is white, and the sentence that says so."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_FULL = {"f": (1.0, 255.0, 65535.0), "u": (255, 1023, 4095, 65535), "i": (255, 1023, 4095, 65535)}
"""Whites that are in use: of floats; of whole numbers those of 8, 10, 12 and 16 bits."""
_LITTLE = 1 / 16
"""Share of the range below which floats would make a picture that is all but black."""


def levels(values: NDArray[Any], *, sixteen: bool = False) -> tuple[NDArray[np.uint8], str]:
    """Values (H, W, ...) as uint8, and what was done to them: a sentence, or "" where it is what the format fixes.

    White is the first of those in use that holds all values (`_FULL`); black is 0. What is brighter than any of them,
    negative, or a float of a small part of 0..1 is stretched from the least to the greatest. NaN and infinity are 0.

    Args:
        values: whole numbers or floats.
        sixteen: whether their format has 16 bits, so that 65,535 is white without a word.
    """
    values = np.asarray(values)
    bad = 0
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        bad = values.size - int(finite.sum())
        values = values if not bad else np.where(finite, values, values.dtype.type(0))
    low, high = float(values.min()), float(values.max())
    top = white_of(values)
    said = f"{bad:,} of its values are no number and taken as 0. " if bad else ""
    if top is not None and not (values.dtype.kind == "f" and 0 < high < _LITTLE):
        low, high = 0.0, float(top)
        if sixteen and top < 65535 and values.any():
            said += f"Its values reach {int(values.max()):,} of 65,535, so {white(top)} is taken as white."
    else:
        said += f"Its values run from {low:g} to {high:g}: stretched, from black to white."
        high = high if high > low else low + 1
    return _scaled(values, low, high), said.strip()


def white_of(values: NDArray[Any]) -> float | None:
    """The first white in use that holds all of some finite values; None where none does."""
    low, high = float(values.min()), float(values.max())
    return next((white for white in _FULL[values.dtype.kind] if low >= 0 and high <= white), None)


def white(top: float) -> str:
    """A white in words: 4,095 (12 bits)."""
    return f"{top:,.0f} ({int(top).bit_length()} bits)"


def _scaled(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    pixels = np.empty(values.shape, np.uint8)
    # Row by row, as a large picture in 64 bits would take half a gigabyte; float32 holds no 32-bit number exactly.
    step = max(1, 1_000_000 // max(1, values[0].size))
    for top in range(0, len(values), step):
        rows = values[top : top + step].astype(np.float64)
        pixels[top : top + step] = np.rint((rows - low) * (255 / (high - low)))
    return pixels
