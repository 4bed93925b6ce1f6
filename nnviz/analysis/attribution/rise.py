"""RISE: the score under many random masks, each place credited with the scores of the masks that show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnviz.analysis.attribution.base import Parameter, SaliencyMethod, Steps
from nnviz.analysis.attribution.reference import REFERENCES, reference
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import chunks, evaluate
from nnviz.analysis.network.targets import Target
from nnviz.analysis.progress import Progress


class Rise(SaliencyMethod):
    """S = 1 / (N p) * sum over i of (f_i - m) M_i: f_i the score of the image under mask M_i.

    M_i is a coarse grid of 0 and 1 (1 with probability p), enlarged bilinearly and shifted at random; what it hides is
    filled. With m = 0 this is the paper's map, an estimate of the mean score while a place is seen; with m the mean of
    all f_i (the default: `centred`), of how far that lies above the mean over all masks. A logit has no natural zero,
    so that the paper's own map, made for probabilities, is mostly m.
    """

    name = "rise"
    title = "RISE"
    paper = "Petsiuk et al. 2018, RISE: Randomized Input Sampling for Explanation of Black-box Models, arXiv:1806.07421"
    family = "perturbation"
    signed = True
    what = "How far the mean score lies above that of all random masks while a place can be seen."

    def reading(self, parameters: Mapping[str, Any]) -> str:
        if parameters.get("centred") == "no":
            return "The mean score while a place can be seen, over all random masks; most of it is the same everywhere."
        return self.what

    def parameters(self, network: Network) -> tuple[Parameter, ...]:
        rows, columns = (size or 224 for size in network.image_shape[:2])
        # A photograph costs as much as a hundred digits; the paper has 4000 to 8000.
        samples = 2000 if rows * columns <= 64 * 64 else 500
        return (
            Parameter("samples", "Samples", samples, 1, 8000),
            Parameter("grid", "Grid (cells a side)", min(7, max(rows, columns)), 1, 32),
            Parameter("probability", "Share that is seen", 0.5, 0.05, 0.95, 0.05),
            Parameter("fill", "Fill", "black", choices=REFERENCES, open=True),
            Parameter("centred", "Mean score taken off", "yes", choices=("yes", "no")),
            Parameter("seed", "Seed", 0, 0, 9999),
        )

    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        count, probability = int(parameters["samples"]), float(parameters["probability"])
        fill = reference(network, image, parameters["fill"], "fill")
        cells, shifts = draws(count, int(parameters["grid"]), probability, int(parameters["seed"]))
        way, centred = image - fill, parameters["centred"] == "yes"
        total, seen, sum_apart, score = (*np.zeros((2, *image.shape[:2])), 0.0, 0.0)
        for part in chunks(network, image, count, beside=1, kept=0.25):
            # The image as it is rides along with the first masks, for its score.
            bare = int(part.start == 0)
            shown = masks(cells[part], shifts[part], image.shape[:2])
            batch = np.empty((len(shown) + bare, *image.shape), np.float32)
            batch[:bare] = image
            np.multiply(shown[..., None], way, out=batch[bare:])
            batch[bare:] += fill
            scores, target = evaluate(network, batch, target, None if bare else score)
            score = float(scores[0]) if bare else score
            # Counted from the score of the whole image: where no mask changes it, the map is exactly 0.
            apart = scores[bare:].astype(np.float64) - score
            total += np.tensordot(apart, shown, 1)
            seen += shown.sum(axis=0)
            sum_apart += float(apart.sum())
            mean = sum_apart / part.stop if centred else -score
            found = self.finished((total - mean * seen) / (part.stop * probability), target, score)
            yield Progress(part.stop, count, found)
        return found


def draws(count: int, grid: int, probability: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """What the masks are made from: cells (count, grid, grid) of 0 and 1, and shifts (count, 2) in 0..1 of a cell."""
    generator = np.random.default_rng(seed)
    cells = (generator.random((count, grid, grid)) < probability).astype(np.float32)
    return cells, generator.random((count, 2))


def masks(cells: np.ndarray, shifts: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Masks (n, rows, columns) float32, 0..1: the grid, a cell larger than the image when enlarged, cut at a shift."""
    down, across = (
        _rows(cells.shape[1], length, shifts[:, axis]) for axis, length in zip((0, 1), shape[:2], strict=True)
    )
    return down @ cells @ across.transpose(0, 2, 1)


def _rows(grid: int, length: int, shifts: np.ndarray) -> np.ndarray:
    """Weights (n, length, grid) of each cell in each pixel: bilinear, cell centres on cell centres."""
    size = -(-length // grid)
    offsets = np.floor(shifts * size)[:, None]
    at = (np.arange(length) + offsets + 0.5) * grid / ((grid + 1) * size) - 0.5
    return np.maximum(0, 1 - np.abs(np.clip(at, 0, grid - 1)[..., None] - np.arange(grid))).astype(np.float32)
