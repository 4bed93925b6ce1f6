"""What SmoothGrad and VarGrad share: the gradients of noisy copies of the image, in batches."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from nnviz.analysis.attribution.base import Parameter, SaliencyMethod, Steps
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import chunks, differentiate
from nnviz.analysis.network.targets import Target
from nnviz.analysis.progress import Progress

_KEPT = 2**22
"""Numbers of noise that are kept: 25 copies of a 224x224 photograph, 16 MB."""


class Noisy(SaliencyMethod):
    """A statistic of gradient(image + N(0, sigma^2)) over the copies, sigma = noise * (max - min of the image)."""

    family = "gradients"
    fewest = 1

    def parameters(self, network: Network) -> tuple[Parameter, ...]:
        return (
            Parameter("samples", "Samples", 25, self.fewest, 500),
            Parameter("noise", "Noise (share of the image's range)", 0.15, 0.0, 1.0, 0.05),
            Parameter("seed", "Seed", 0, 0, 9999),
        )

    @abstractmethod
    def gathering(self, shape: tuple[int, ...]) -> Callable[[np.ndarray], np.ndarray]:
        """A function from the gradients of the next copies, (n, *shape), to the statistic of all so far."""

    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        samples = int(parameters["samples"])
        sigma = np.float32(parameters["noise"] * float(np.ptp(image)))
        noise = _noise(int(parameters["seed"]), samples, image.shape)
        gather = self.gathering(image.shape)
        score = 0.0
        for part in chunks(network, image, samples, beside=1):
            # The image itself rides along with its first copies: a pass of its own would cost more.
            first = int(part.start == 0)
            points = np.empty((part.stop - part.start + first, *image.shape), np.float32)
            points[:first] = image
            np.multiply(noise(part), sigma, out=points[first:])
            points[first:] += image
            gradients, scores, target = differentiate(network, points, target)
            score = float(scores[0]) if first else score
            found = self.finished(gather(gradients[first:]), target, score)
            yield Progress(part.stop, samples, found)
        return found


def _noise(seed: int, samples: int, shape: tuple[int, ...]) -> Callable[[slice], np.ndarray]:
    """Standard normal noise for the samples of a slice; slices are asked for in order.

    So the chunks' size changes nothing in the result. What is small is kept: on a network for digits the
    drawing takes as long as a third of the gradients.
    """
    if samples * math.prod(shape) <= _KEPT:
        whole = _kept(seed, samples, shape)
        return lambda part: whole[part]
    generator = np.random.default_rng(seed)
    return lambda part: generator.standard_normal((part.stop - part.start, *shape), np.float32)


@lru_cache(maxsize=2)
def _kept(seed: int, samples: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((samples, *shape), np.float32)
