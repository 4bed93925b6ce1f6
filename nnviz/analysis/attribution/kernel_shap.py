"""Kernel SHAP: Shapley values of regions of the image, from a weighted least squares fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnviz.analysis.attribution.base import Parameter, SaliencyMethod, Steps
from nnviz.analysis.attribution.coalitions import coalitions, fitted, known_fit
from nnviz.analysis.attribution.reference import REFERENCES, reference
from nnviz.analysis.attribution.regions import REGIONS, regions
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import chunks, evaluate
from nnviz.analysis.network.targets import Target
from nnviz.analysis.progress import Progress


class KernelShap(SaliencyMethod):
    """Shapley values of the game v(S) = score(image where the regions of S are shown, the baseline elsewhere).

    The weighted least squares fit of v with the Shapley kernel, under the constraint that all values sum to
    score(image) - score(baseline): exact in the sum always, in each value where every coalition fits the samples.
    The value of a region is spread evenly over its pixels, so the map has the same sum.
    """

    name = "kernel-shap"
    title = "Kernel SHAP"
    paper = "Lundberg and Lee 2017, A Unified Approach to Interpreting Model Predictions, arXiv:1705.07874"
    family = "perturbation"
    signed = True
    what = "What each region adds to the score, averaged over the ways in which the others are shown or hidden."

    def parameters(self, network: Network) -> tuple[Parameter, ...]:
        longest = max(size or 224 for size in network.image_shape[:2])
        return (
            Parameter("samples", "Samples (coalitions)", 500, 10, 5000, 10),
            Parameter("regions", "Regions a side", min(7, longest), 1, min(16, longest)),
            Parameter("cut", "Cut into", REGIONS[0], choices=REGIONS),
            Parameter("baseline", "Baseline", "black", choices=REFERENCES, open=True),
            Parameter("seed", "Seed", 0, 0, 9999),
        )

    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        baseline = reference(network, image, parameters["baseline"], "baseline")
        labels = regions(image, int(parameters["regions"]), parameters["cut"])
        shares = 1 / np.bincount(labels.ravel())
        asked = len(shares), int(parameters["samples"]), int(parameters["seed"])
        shown, _ = coalitions(*asked)
        values = np.zeros(len(shown))
        score = start = 0.0
        for part in chunks(network, image, len(shown), beside=2, kept=0.25):
            # Both ends ride along with the first coalitions.
            ends = 2 if part.start == 0 else 0
            batch = np.empty((part.stop - part.start + ends, *image.shape), np.float32)
            if ends:
                batch[0], batch[1] = image, baseline
            batch[ends:] = baseline
            masks = np.take(shown[part], labels.ravel(), axis=1).reshape(-1, *labels.shape, 1)
            np.copyto(batch[ends:], image, where=masks)
            found, target = evaluate(network, batch, target, None if ends else score)
            if ends:
                score, start = float(found[0]), float(found[1])
            values[part] = found[ends:] - start
            known = part.stop
            worth = fitted(known_fit(*asked, known), shown[:known], values[:known], score - start)
            result = self.finished((worth * shares)[labels], target, score, score - start)
            yield Progress(2 + part.stop, 2 + len(shown), result)
        return result
