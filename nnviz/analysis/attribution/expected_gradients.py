"""Expected gradients: integrated gradients from many references instead of one."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnviz.analysis.attribution.base import Parameter, SaliencyMethod, Steps
from nnviz.analysis.attribution.reference import blurred
from nnviz.analysis.data import digits
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import chunks, differentiate, evaluate
from nnviz.analysis.network.targets import Target
from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError

_WIDTHS = np.geomspace(0.02, 0.2, 8)
"""Of the blurred references, as shares of the longer side."""


class ExpectedGradients(SaliencyMethod):
    """mean over references r and a in 0..1 of (x - r) * gradient(r + a (x - r)), one a for each reference drawn.

    Complete: the values sum to score(x) - the mean score of the references drawn, up to a gap that falls with the
    samples. The a of n samples lie one in each nth of 0..1, in an order of their own.
    """

    name = "expected-gradients"
    title = "Expected gradients"
    paper = "Erion et al. 2021, Improving Performance of Deep Learning Models with Axiomatic Attribution Priors"
    family = "gradients"
    signed = True
    what = "What each pixel adds to the score on the way from many other images, not from one baseline, to this one."

    def parameters(self, network: Network) -> tuple[Parameter, ...]:
        names = ("digits", "blurred", "noisy") if digits.read_by(network) else ("blurred", "noisy")
        return (
            Parameter("samples", "Samples", 50, 1, 1000),
            Parameter("references", "References", names[0], choices=names, open=True),
            Parameter("seed", "Seed", 0, 0, 9999),
        )

    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        samples = int(parameters["samples"])
        generator = np.random.default_rng(int(parameters["seed"]))
        fractions = ((generator.permutation(samples) + generator.random(samples)) / samples).astype(np.float32)
        references = _References(network, image, parameters["references"], samples, generator)
        total = np.zeros(image.shape, np.float64)
        score = starts = 0.0
        for part in chunks(network, image, samples, beside=1):
            first, drawn = int(part.start == 0), references.drawn(part)
            ways = image - drawn
            points = np.concatenate([image[None][:first], drawn + fractions[part, None, None, None] * ways])
            gradients, scores, target = differentiate(network, points, target)
            score = float(scores[0]) if first else score
            starts += float(evaluate(network, drawn, target)[0].sum(dtype=np.float64))
            total += np.einsum("n...,n...->...", ways, gradients[first:], dtype=np.float64)
            adds_up_to = score - starts / samples if part.stop == samples else None
            found = self.finished(total / part.stop, target, score, adds_up_to)
            yield Progress(part.stop, samples, found)
        return found


class _References:
    """One reference for each sample; slices are asked for in order, so their size changes nothing."""

    def __init__(self, network: Network, image: np.ndarray, wanted: Any, samples: int, generator: Any) -> None:
        self._network, self._image, self._wanted, self._generator = network, image, wanted, generator
        self._blurred: dict[int, np.ndarray] = {}
        if isinstance(wanted, str):
            self._count = len(digits.test_set()[0]) if wanted == "digits" else len(_WIDTHS)
        else:
            self._wanted = _checked(wanted, image)
            self._count = len(self._wanted)
        # Each as often as any other, as nearly as the samples allow: fewer of a kind by chance is error for nothing.
        rounds = -(-samples // self._count)
        self._picks = np.concatenate([generator.permutation(self._count) for _ in range(rounds)])[:samples]

    def drawn(self, part: slice) -> np.ndarray:
        """(n, H, W, C) float32 in the network's own range."""
        picks, image = self._picks[part], self._image
        if not isinstance(self._wanted, str):
            return self._wanted[picks]
        if self._wanted == "digits":
            return digits.fitted(self._network, digits.test_set()[0][picks]).astype(np.float32)
        if self._wanted == "blurred":
            for pick in set(picks.tolist()) - set(self._blurred):
                self._blurred[pick] = blurred(image, _WIDTHS[pick] * max(image.shape[:2]))
            return np.stack([self._blurred[pick] for pick in picks])
        # Of the image's own mean and spread, so that what a reference lacks is where things are, not how bright.
        noise = self._generator.standard_normal((len(picks), *image.shape), np.float32)
        return image.mean((0, 1)) + noise * image.std((0, 1))


def _checked(given: Any, image: np.ndarray) -> np.ndarray:
    array = np.asarray(given)
    if array.dtype.kind not in "biuf" or array.ndim != 4 or array.shape[1:] != image.shape or not len(array):
        raise NnvizError(
            f"references were expected to be a name or an array of shape (n, {', '.join(map(str, image.shape))}). "
            f"Received: {array.dtype} of shape {array.shape}."
        )
    if not np.isfinite(array).all():
        raise NnvizError("references were expected to be finite. Received: an array with NaN or infinity.")
    return array.astype(np.float32)
