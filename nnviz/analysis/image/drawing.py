"""What somebody drew, made like the digits that the networks were trained on."""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy import ndimage

from nnviz.errors import NnvizError

_SIDE, _BOX = 28, 20
_MIDDLE = 14
"""Row and column of the centre of mass of MNIST's digits, to half a pixel (measured on the bundled ones)."""


def as_digit(pixels: np.ndarray) -> np.ndarray:
    """A drawing, white on black, as MNIST has its digits: scaled into 20x20 pixels with its proportions kept,
    and its centre of mass put in the middle of 28x28.

    Without it a digit drawn small or in a corner would be one that no network was trained on. The steps are those
    that LeCun et al. (1998, "Gradient-based learning applied to document recognition", section III) give for the set.

    Args:
        pixels: (H, W) uint8, 0 where nothing was drawn.

    Returns:
        (28, 28) uint8.

    Raises:
        NnvizError: nothing is drawn, or not a grey picture of bytes.
    """
    if pixels.ndim != 2 or pixels.dtype != np.uint8:
        raise NnvizError(f"A drawing (height, width) of uint8 was expected. Received: {pixels.shape}, {pixels.dtype}.")
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    if not rows.size:
        raise NnvizError("A drawing with at least one stroke was expected. Received: an empty one.")
    ink = Image.fromarray(pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    scale = _BOX / max(ink.size)
    small = ink.resize([max(1, round(size * scale)) for size in ink.size], Image.Resampling.BOX)
    found = np.zeros((_SIDE, _SIDE), np.uint8)
    top, left = (_SIDE - small.height) // 2, (_SIDE - small.width) // 2
    found[top : top + small.height, left : left + small.width] = np.asarray(small)
    # Whole pixels: MNIST's digits were moved so, and half ones would blur the strokes.
    moves = [round(_MIDDLE - at) for at in ndimage.center_of_mass(found)]
    return ndimage.shift(found, moves, order=0, cval=0)
