"""t-SNE: points in the plane or in space that have the same neighbours as their vectors.

van der Maaten and Hinton 2008, Visualizing Data using t-SNE. p_ij is the share with which i would pick j as its
neighbour under a normal distribution whose width gives every point the same perplexity, q_ij the share under
1 / (1 + |y_i - y_j|^2), and the points y go down the gradient of KL(p || q) = sum p_ij log(p_ij / q_ij):

    dKL/dy_i = 4 sum_j (p_ij - q_ij) (y_i - y_j) / (1 + |y_i - y_j|^2)

All pairs are summed, exactly; written here since scikit-learn's cannot be watched or stopped. It starts from the
principal components, so nothing is drawn at random.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from nnviz.analysis.embedding import nearest
from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError

STEPS, PERPLEXITY = 500, 30.0
_EXAGGERATED, _EXAGGERATION = 125, 12.0
"""Steps at first in which all p are so many times larger, so that clusters find together."""
_PRODUCTS, _TOLD = 250_000, 5
"""Multiplications of one block: above about 262,000 OpenBLAS shares them among threads, which on a busy machine wait
for each other far longer than the block takes. And steps between two reports."""


def shares(squared: np.ndarray, perplexity: float = PERPLEXITY) -> np.ndarray:
    """p_ij, (n, n) float32, symmetric, in all 1, from squared distances (n, n).

    Only the 3 x perplexity nearest of each count: beyond them p is next to nothing (van der Maaten 2014).

    Raises:
        NnvizError: fewer points than the perplexity needs.
    """
    count = len(squared)
    if not 1 < perplexity < count - 1:
        raise NnvizError(f"More points than the perplexity were expected. Received: {count}, {perplexity:g}.")
    some = nearest(squared, min(count - 1, int(3 * perplexity) + 1))
    far = np.take_along_axis(squared, some, axis=1).astype(np.float64)
    far -= far[:, :1]
    scale = np.maximum(far.mean(axis=1, keepdims=True), 1e-30)
    low, high = np.zeros((count, 1)), np.full((count, 1), np.inf)
    narrow = np.ones((count, 1))
    wanted = np.log(perplexity)
    for _ in range(60):
        weights = np.exp(-far / scale * narrow)
        sums = weights.sum(axis=1, keepdims=True)
        entropy = np.log(sums) + narrow * (weights * far / scale).sum(axis=1, keepdims=True) / sums
        flat = entropy > wanted
        low, high = np.where(flat, narrow, low), np.where(flat, high, narrow)
        narrow = np.where(np.isinf(high), 2 * narrow, (low + high) / 2)
        if np.abs(entropy - wanted).max() < 1e-5:
            break
    found = np.zeros((count, count))
    np.put_along_axis(found, some, weights / sums, axis=1)
    found = (found + found.T) / (2 * count)
    return found.astype(np.float32)


def divergence(points: np.ndarray, wanted: np.ndarray) -> float:
    """KL(p || q) of points (n, axes) against p (n, n)."""
    kernel = _kernel(np.asarray(points, np.float64))
    some = wanted > 0
    return float((wanted[some] * np.log(wanted[some] / np.maximum(kernel[some] / kernel.sum(), 1e-30))).sum())


def gradient(points: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """dKL/dy, (n, axes), in the precision of the points.

    With k_ij = 1 / (1 + |y_i - y_j|^2) and Z their sum, q_ij = k_ij / Z, so that it is 4 times
    sum_j p_ij k_ij (y_i - y_j) - sum_j k_ij^2 (y_i - y_j) / Z: both are summed in one pass over blocks of rows that
    stay in the processor's cache, three times as fast as whole matrices.
    """
    count, axes = points.shape
    one, norms = np.ones((count, 1), points.dtype), (points * points).sum(axis=1)[:, None]
    left = np.concatenate([-2 * points, norms + 1, one], axis=1)
    right = np.ascontiguousarray(np.concatenate([points, one, norms], axis=1).T)
    known = np.concatenate([points, one], axis=1)
    pull, push, total = np.empty_like(known), np.empty_like(known), 0.0
    block = max(1, _PRODUCTS // (count * (axes + 2)))
    for start in range(0, count, block):
        part = slice(start, min(start + block, count))
        kernel = left[part] @ right
        np.reciprocal(np.maximum(kernel, 1, out=kernel), out=kernel)
        rows = np.arange(part.stop - start)
        kernel[rows, start + rows] = 0
        total += float(kernel.sum())
        pull[part] = (wanted[part] * kernel) @ known
        kernel *= kernel
        push[part] = kernel @ known
    pull -= push / points.dtype.type(total)
    return 4 * (pull[:, axes:] * points - pull[:, :axes])


def _kernel(points: np.ndarray) -> np.ndarray:
    """1 / (1 + |y_i - y_j|^2), and 0 on the diagonal."""
    norms = (points * points).sum(axis=1)
    found = points @ points.T
    found *= -2
    found += norms[:, None]
    found += norms[None] + 1
    np.reciprocal(np.maximum(found, 1, out=found), out=found)
    np.fill_diagonal(found, 0)
    return found


def tsne(
    squared: np.ndarray, start: np.ndarray, perplexity: float = PERPLEXITY, steps: int = STEPS
) -> Generator[Progress, None, np.ndarray]:
    """Points that have the neighbours of vectors with these squared distances.

    Args:
        squared: (n, n).
        start: (n, axes): where the points come from, in any scale.
        perplexity: neighbours of a point, about.
        steps: of gradient descent, with momentum and a gain a coordinate (Jacobs 1988).

    Yields:
        Steps done; `so_far` the points (n, axes) float32 as they stand.

    Raises:
        NnvizError: fewer points than the perplexity needs.
    """
    wanted = shares(squared, perplexity)
    spread = max(float(start[:, 0].std()), 1e-30)
    points = (start / spread * 1e-4).astype(np.float32)
    rate = max(len(points) / _EXAGGERATION / 4, 50.0)
    speed, gains = np.zeros_like(points), np.ones_like(points)
    early = min(_EXAGGERATED, steps // 4)
    wanted *= _EXAGGERATION
    for step in range(steps):
        if step == early:
            wanted /= _EXAGGERATION
        slope = gradient(points, wanted)
        gains = np.maximum(np.where(slope * speed < 0, gains + 0.2, gains * 0.8), 0.01)
        speed = (0.5 if step < early else 0.8) * speed - rate * gains * slope
        points = points + speed
        points -= points.mean(axis=0)
        if (step + 1) % _TOLD == 0:
            yield Progress(step + 1, steps, points)
    return points
