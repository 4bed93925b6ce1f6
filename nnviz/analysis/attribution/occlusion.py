"""Occlusion: cover a patch, see how far the score falls."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from nnviz.analysis.attribution.base import Parameter, SaliencyMethod, Steps
from nnviz.analysis.attribution.reference import REFERENCES, reference
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import chunks, evaluate
from nnviz.analysis.network.targets import Target
from nnviz.analysis.progress import Progress


class Occlusion(SaliencyMethod):
    """score(image) - score(image with the patch filled), averaged over the patches that cover a pixel.

    A stride beyond the patch leaves pixels that no patch covers: they are 0.
    """

    name = "occlusion"
    title = "Occlusion"
    paper = "Zeiler and Fergus 2013, Visualizing and Understanding Convolutional Networks, arXiv:1311.2901"
    family = "perturbation"
    signed = True
    what = "How far the score falls when a patch over that place is covered."

    def parameters(self, network: Network) -> tuple[Parameter, ...]:
        longest = max(size or 224 for size in network.image_shape[:2])
        patch = max(1, longest // 7)
        return (
            Parameter("patch", "Patch (pixels)", patch, 1, longest),
            Parameter("stride", "Stride (pixels)", max(1, patch // 2), 1, longest),
            Parameter("fill", "Fill", "black", choices=REFERENCES, open=True),
        )

    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        patch, stride = int(parameters["patch"]), int(parameters["stride"])
        fill = reference(network, image, parameters["fill"], "fill")
        tops, lefts, bottoms, rights = edges = windows(*image.shape[:2], patch, stride)
        # Corners of a summed-area table: adding up a thousand windows costs no loop over them.
        width = image.shape[1] + 1
        corners = np.stack([tops, bottoms, tops, bottoms]) * width + np.stack([lefts, rights, rights, lefts])
        signs = np.array([[1], [1], [-1], [-1]])
        sums = np.zeros((2, (image.shape[0] + 1) * width))
        score = 0.0
        parts = chunks(network, image, len(tops), beside=1, kept=0.25)
        for part in parts:
            # The first batch starts with the image as it is, for its score.
            bare = int(part.start == 0)
            batch = np.repeat(image[None], part.stop - part.start + bare, axis=0)
            boxes = zip(*(edge[part].tolist() for edge in edges), strict=True)
            for covered, (top, left, bottom, right) in zip(batch[bare:], boxes, strict=True):
                covered[top:bottom, left:right] = fill[top:bottom, left:right]
            found, target = evaluate(network, batch, target, None if bare else score)
            score = float(found[0]) if bare else score
            drops = score - found[bare:]
            for table, amount in zip(sums, (drops, np.ones_like(drops)), strict=True):
                table += np.bincount(corners[:, part].ravel(), (signs * amount).ravel(), table.size)
            if part is not parts[-1]:
                yield Progress(part.stop, len(tops), self.finished(_averaged(sums, width), target, score))
        yield Progress(len(tops), len(tops))
        return self.finished(_averaged(sums, width), target, score)


def _averaged(corners: np.ndarray, width: int) -> np.ndarray:
    total, count = corners.reshape(2, -1, width).cumsum(axis=1).cumsum(axis=2)[:, :-1, :-1]
    return total / np.maximum(count, 1)


@lru_cache(maxsize=16)
def windows(height: int, width: int, patch: int, stride: int) -> tuple[np.ndarray, ...]:
    """Edges of all windows; the last one of a row or column ends at the border, so that the border is covered too."""

    def starts(length: int) -> np.ndarray:
        last = max(length - patch, 0)
        return np.unique(np.append(np.arange(0, last + 1, stride), last))

    tops, lefts = (grid.ravel() for grid in np.meshgrid(starts(height), starts(width), indexing="ij"))
    return tops, lefts, np.minimum(tops + patch, height), np.minimum(lefts + patch, width)
