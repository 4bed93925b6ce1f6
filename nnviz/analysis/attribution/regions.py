"""An image cut into regions that are shown or hidden whole: cells of a grid, or superpixels."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

REGIONS = ("grid", "superpixels")
_ROUNDS = 10
_COMPACT = 0.5
"""How much a place counts beside the colour: at one cell's distance, as much as half of the image's range."""


def regions(image: np.ndarray, side: int, cut: str) -> np.ndarray:
    """The number of each pixel's region, (H, W) int, from 0 without a gap; at most side * side of them.

    Args:
        image: (H, W, C).
        side: how many regions along each axis, as far as there are pixels.
        cut: "grid", or "superpixels" (see `superpixels`).
    """
    return _renumbered(grid(image.shape[:2], side) if cut == "grid" else superpixels(image, side))


def grid(shape: tuple[int, ...], side: int) -> np.ndarray:
    """Cells as equal as whole pixels allow, (H, W) int, row by row."""
    rows, columns = (np.arange(length) * min(side, length) // length for length in shape)
    return rows[:, None] * min(side, shape[1]) + columns


def superpixels(image: np.ndarray, side: int) -> np.ndarray:
    """Pixels that are near and of like colour, (H, W) int: k-means on colour and place, from the cells of a grid.

    SLIC (Achanta et al. 2012) on the image's own channels, without its search window and without making the regions
    connected. A region may end up empty.
    """
    height, width, channels = image.shape
    rows, columns = np.indices((height, width), dtype=np.float32)
    cell = max(height, width) / side
    spread = float(np.ptp(image)) or 1.0
    places = np.stack([rows, columns], axis=2) * (_COMPACT / cell)
    pixels = np.concatenate([image / (spread * np.sqrt(channels)), places], axis=2).reshape(-1, channels + 2)
    pixels = pixels.astype(np.float32)
    labels = grid((height, width), side).ravel()
    count = int(labels.max()) + 1
    for _ in range(_ROUNDS):
        sizes = np.bincount(labels, minlength=count)
        sums = np.stack([np.bincount(labels, column, count) for column in pixels.T], axis=1)
        centres = (sums[sizes > 0] / sizes[sizes > 0, None]).astype(np.float32)
        # Of |p - c|^2 the part that differs from centre to centre.
        nearer = np.argmin(
            np.square(centres).sum(axis=1) - 2 * tf.linalg.matmul(pixels, centres, transpose_b=True), axis=1
        )
        if len(centres) == count and np.array_equal(nearer, labels):
            break
        labels, count = nearer, len(centres)
    return labels.reshape(height, width)


def _renumbered(labels: np.ndarray) -> np.ndarray:
    return np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
