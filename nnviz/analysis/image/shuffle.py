"""One fixed shuffle of all pixels of an image: what is lost is where each stood, and nothing else."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from nnviz.errors import NnvizError

SEED = 29
"""Of the shuffle that the bundled networks were trained on (`input.shuffle` in their cards)."""


def permutation(pixels: int, seed: int = SEED) -> NDArray[np.intp]:
    """Where each pixel of a shuffled image comes from: (pixels,), every flat index once.

    RandomState is frozen (NumPy's NEP 19), so one seed is one permutation, in every version from now on.

    Raises:
        NnvizError: a seed that is not a whole number from 0 to 2^32 - 1.
    """
    if not isinstance(seed, Integral) or isinstance(seed, bool) or not 0 <= seed < 1 << 32:
        raise NnvizError(f"A whole seed from 0 to {(1 << 32) - 1} was expected for a shuffle. Received: {seed!r}.")
    return np.random.RandomState(int(seed)).permutation(pixels)


def shuffled(pixels: NDArray, seed: int = SEED) -> NDArray:
    """An image (H, W, C) with its pixels in the places of `permutation`, colours together: a new array.

    Raises:
        NnvizError: as `permutation`.
    """
    rows, columns, channels = pixels.shape
    flat = pixels.reshape(rows * columns, channels)
    return flat[permutation(rows * columns, seed)].reshape(pixels.shape)
