"""SmoothGrad: the gradient, averaged over noisy copies of the image."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnviz.analysis.attribution.base import (
    Parameter,
    Progress,
    SaliencyMethod,
    Steps,
    chunks,
    differentiate,
    evaluate,
    resolve,
)
from nnviz.analysis.network import Network
from nnviz.analysis.targets import Target


class SmoothGrad(SaliencyMethod):
    """mean over n of gradient(image + N(0, sigma^2)), sigma = noise * (max - min of the image)."""

    name = "smoothgrad"
    title = "SmoothGrad"
    paper = "Smilkov et al. 2017, SmoothGrad: removing noise by adding noise, arXiv:1706.03825"
    signed = True
    what = "The gradient, averaged over noisy copies of the image, so that only what is steady remains."

    def parameters(self, network: Network) -> tuple[Parameter, ...]:
        return (
            Parameter("samples", "Samples", 25, 1, 500),
            Parameter("noise", "Noise (share of the image's range)", 0.15, 0.0, 1.0, 0.05),
            Parameter("seed", "Seed", 0, 0, 9999),
        )

    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        samples = int(parameters["samples"])
        generator = np.random.default_rng(parameters["seed"])
        sigma = np.float32(parameters["noise"] * float(np.ptp(image)))
        target = resolve(network, image, target)
        score = float(evaluate(network, image[None], target)[0])
        total = np.zeros(image.shape, np.float64)
        for part in chunks(network, image, samples):
            # Drawn in order, so that the chunk's size changes nothing in the result.
            noise = generator.standard_normal((part.stop - part.start, *image.shape), np.float32)
            noise *= sigma
            noise += image
            total += differentiate(network, noise, target)[0].sum(axis=0)
            yield Progress(part.stop, samples, self.finished(total / part.stop, target, score))
        return self.finished(total / samples, target, score)
