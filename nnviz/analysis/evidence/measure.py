"""What is read off pictures of which a part is gone: the probability of a class, or the score of any target."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import tensorflow as tf

from nnviz.analysis.network.graph import PROBABILITIES
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import evaluate, spread
from nnviz.analysis.network.targets import Target, class_score
from nnviz.analysis.network.trace import inputs, scores, scoring
from nnviz.errors import NnvizError

Measure = Literal["probability", "score"]


def class_of(network: Network, target: Target) -> int | None:
    """The class that a target is the score of; None where it is no class score, so that it has no probability."""
    if target == class_score(network, 0):
        return 0
    return target.class_index


def wanted(network: Network, picture: np.ndarray, target: Target | int, measure: Measure) -> Target:
    """The target that is to be measured, with the winner resolved; an int is a class.

    Raises:
        NnvizError: no such class, layer, channel or cell; no such measure; the probability of what is no class score.
    """
    if measure not in get_args(Measure):
        raise NnvizError(f"measure was expected to be {' or '.join(get_args(Measure))}. Received: {measure!r}.")
    if not isinstance(target, Target):
        target = class_score(network, target)
    elif target.winner:
        target = class_score(network, int(scores(network, picture[None])[0].argmax()))
    spread(network, picture[None], target)
    if measure == "probability" and class_of(network, target) is None:
        raise NnvizError(f"For a probability the score of one class was expected. Received: {target}.")
    return target


def measure_of(network: Network, images: np.ndarray, target: Target, measure: Measure) -> np.ndarray:
    """The probability of the target's class, or the target's score, on images (n, H, W, C): (n,)."""
    if measure == "score":
        return evaluate(network, images, target)[0]
    return probabilities_of(network, images)[:, class_of(network, target)]


def probabilities_of(network: Network, images: np.ndarray) -> np.ndarray:
    """The probabilities of all classes on images (n, H, W, C): (n, K)."""

    def build() -> Any:
        def call(run: Any, images: Any) -> Any:
            return run(inputs(network, images), [PROBABILITIES])[PROBABILITIES]

        return scoring(network, call)

    return network.compiled("probabilities", build)(tf.constant(images, tf.float32)).numpy()


def one_a_pixel(values: Any, picture: np.ndarray) -> np.ndarray:
    """A map with one value for each pixel of a picture (H, W, C), as an array (H, W).

    Raises:
        NnvizError: another shape, or a value that is not finite.
    """
    values = np.asarray(values)
    if values.shape != picture.shape[:2] or not np.isfinite(values).all():
        raise NnvizError(
            f"A map with a finite value for each of {picture.shape[0]}x{picture.shape[1]} pixels was expected. "
            f"Received: shape {values.shape}."
        )
    return values
