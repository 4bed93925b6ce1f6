"""Occlusion: cover a patch, see how far the score falls."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from nnviz.analysis.attribution.base import (
    REFERENCES,
    Parameter,
    Progress,
    SaliencyMethod,
    Steps,
    chunks,
    evaluate,
    reference,
    resolve,
)
from nnviz.analysis.network import Network
from nnviz.analysis.targets import Target


class Occlusion(SaliencyMethod):
    """score(image) - score(image with the patch filled), averaged over the patches that cover a pixel."""

    name = "occlusion"
    title = "Occlusion"
    paper = "Zeiler and Fergus 2013, Visualizing and Understanding Convolutional Networks, arXiv:1311.2901"
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
        target = resolve(network, image, target)
        score = float(evaluate(network, image[None], target)[0])
        tops, lefts, bottoms, rights = _windows(*image.shape[:2], patch, stride)
        rows, columns = np.arange(image.shape[0])[:, None], np.arange(image.shape[1])
        # Corners of a summed-area table: adding up a thousand windows costs no loop over them.
        corners = np.zeros((2, image.shape[0] + 1, image.shape[1] + 1))
        parts = chunks(network, image, len(tops))
        for part in parts:
            box = [edge[part, None, None] for edge in (tops, bottoms, lefts, rights)]
            covered = (rows >= box[0]) & (rows < box[1]) & (columns >= box[2]) & (columns < box[3])
            drops = score - evaluate(network, np.where(covered[..., None], fill, image), target)
            for table, amount in zip(corners, (drops, np.ones_like(drops)), strict=True):
                for edges, sign in (((0, 2), 1), ((1, 3), 1), ((0, 3), -1), ((1, 2), -1)):
                    at = tuple((tops, bottoms, lefts, rights)[edge][part] for edge in edges)
                    np.add.at(table, at, sign * amount)
            if part is not parts[-1]:
                yield Progress(part.stop, len(tops), self.finished(_averaged(corners), target, score))
        yield Progress(len(tops), len(tops))
        return self.finished(_averaged(corners), target, score)


def _averaged(corners: np.ndarray) -> np.ndarray:
    total, count = corners.cumsum(axis=1).cumsum(axis=2)[:, :-1, :-1]
    return total / np.maximum(count, 1)


@lru_cache(maxsize=16)
def _windows(height: int, width: int, patch: int, stride: int) -> tuple[np.ndarray, ...]:
    """Edges of all windows; the last one of a row or column ends at the border, so that all is covered."""

    def starts(length: int) -> np.ndarray:
        last = max(length - patch, 0)
        return np.unique(np.append(np.arange(0, last + 1, stride), last))

    tops, lefts = (grid.ravel() for grid in np.meshgrid(starts(height), starts(width), indexing="ij"))
    return tops, lefts, np.minimum(tops + patch, height), np.minimum(lefts + patch, width)
