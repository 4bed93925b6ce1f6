"""Integrated gradients: the gradient added up on the way from a baseline to the image."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnviz.analysis.attribution.base import Parameter, SaliencyMethod, Steps
from nnviz.analysis.attribution.reference import REFERENCES, reference
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import chunks, differentiate
from nnviz.analysis.network.targets import Target
from nnviz.analysis.progress import Progress


class IntegratedGradients(SaliencyMethod):
    """(x - b) * integral over a in 0..1 of gradient(b + a (x - b)), by the midpoint rule.

    Complete: the values sum to score(x) - score(b), up to a gap that falls as 1 / steps^2 where the score is
    smooth. (Averaging both ends instead of the midpoint is ten times further off at 25 steps.)
    """

    name = "integrated-gradients"
    title = "Integrated gradients"
    paper = "Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks, arXiv:1703.01365"
    family = "gradients"
    signed = True
    what = "What each pixel adds to the score on the way from the baseline to this image."

    def parameters(self, network: Network) -> tuple[Parameter, ...]:
        return (
            Parameter("steps", "Steps", 25, 1, 500),
            Parameter("baseline", "Baseline", "black", choices=REFERENCES, open=True),
        )

    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        count = int(parameters["steps"])
        baseline = reference(network, image, parameters["baseline"], "baseline")
        way = image - baseline
        fractions = ((np.arange(count) + 0.5) / count).astype(np.float32)
        total = np.zeros(image.shape, np.float64)
        score = start = 0.0
        for part in chunks(network, image, count, beside=2):
            # Both ends ride along with the first points: a pass of their own would cost more.
            ends = 2 if part.start == 0 else 0
            points = np.empty((part.stop - part.start + ends, *image.shape), np.float32)
            if ends:
                points[0], points[1] = image, baseline
            np.multiply(fractions[part, None, None, None], way, out=points[ends:])
            points[ends:] += baseline
            gradients, scores, target = differentiate(network, points, target)
            if ends:
                score, start = float(scores[0]), float(scores[1])
            total += gradients[ends:].sum(axis=0)
            adds_up_to = score - start if part.stop == count else None
            found = self.finished(way * total / part.stop, target, score, adds_up_to)
            yield Progress(part.stop, count, found)
        return found
