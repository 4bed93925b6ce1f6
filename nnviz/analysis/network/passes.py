"""The compiled passes that attribution methods are made of: the score of images, and its gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.targets import Target, class_score
from nnviz.analysis.network.trace import inputs, scoring
from nnviz.errors import NnvizError

_CHUNK_BYTES = 512 * 2**20
"""Outputs of all layers for one batch, kept for the backward pass: SmoothGrad on MobileNetV2 goes by sixes."""
ROUNDING = 2.0**-19
"""How far apart, as a share of the largest score, equal images of one batch may come out: what adds up the products of
one image depends on its place in the batch. On the bundled networks up to half of that."""

Calls = Mapping[str, Callable[..., Any]]


def differentiate(
    network: Network, images: np.ndarray, target: Target, calls: Calls | None = None, name: str = "gradient"
) -> tuple[np.ndarray, np.ndarray, Target]:
    """Gradient of the target's score with respect to each image, from one forward and backward pass.

    Args:
        images: (n, H, W, C) in the network's own range.
        target: the winner is that of the first image, found in the same pass.
        calls: of `Graph.run`: what computes a step instead of its layer, the same with another gradient.
        name: under which the network keeps the compiled function: one for all targets that share these calls.

    Returns:
        Gradients (n, H, W, C), scores (n,), and the target with the winner resolved.
    """

    def build() -> Any:
        def call(run: Any, images: Any, weights: Any, winner: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(images)
                tensor, weights, best = _scored(run, network, images, target, weights, winner, calls)
                score = score_of(tensor, weights)
            return tape.gradient(score, images), score, best

        return scoring(network, call, weights_spec(network, target), tf.TensorSpec((), tf.bool))

    gradients, score, best = network.compiled((name, target.layer), build)(*given(network, images, target))
    if gradients is None:
        kind = network.graph.input_dtype
        cut = "" if "float" in kind else f" of {network.name}, which passes no gradient back to its {kind} pixels"
        raise NnvizError(f"A target that depends on the image was expected. Received: {target}{cut}.")
    return gradients.numpy(), score.numpy(), class_score(network, int(best)) if target.winner else target


def evaluate(
    network: Network, images: np.ndarray, target: Target, like: float | None = None
) -> tuple[np.ndarray, Target]:
    """The target's score (n,) of each of the images (n, H, W, C), and the target, as `differentiate` has them.

    A score that only rounding (`ROUNDING`) sets apart from `like`, by default from the first one, is that: what
    changes nothing in the image changes the score by 0.
    """

    def build() -> Any:
        def call(run: Any, images: Any, weights: Any, winner: Any, like: Any) -> Any:
            tensor, weights, best = _scored(run, network, images, target, weights, winner)
            return level(tensor, weights, like), best

        more = (weights_spec(network, target), tf.TensorSpec((), tf.bool), tf.TensorSpec((), tf.float32))
        return scoring(network, call, *more)

    like = float("nan") if like is None else like
    function = network.compiled(("score", target.layer), build)
    score, best = function(*given(network, images, target), tf.constant(like, tf.float32))
    return score.numpy(), class_score(network, int(best)) if target.winner else target


def level(tensor: Any, weights: Any, like: Any = float("nan")) -> Any:
    """In the graph: `score_of`, and of those that rounding alone sets apart from `like` (the first, if NaN) `like`."""
    scores, values = score_of(tensor, weights), tf.abs(tf.cast(tensor, tf.float32))
    like = tf.where(tf.math.is_nan(like), scores[0], like)
    # Of what is added up in the score, and, since its own parts may have cancelled, of the largest beside it.
    added = score_of(values, tf.abs(weights))
    largest = tf.reduce_max(values, axis=list(range(1, values.shape.rank))) * tf.reduce_max(tf.abs(weights))
    return tf.where(tf.abs(scores - like) <= ROUNDING * (added + largest), like, scores)


def given(network: Network, images: np.ndarray, target: Target) -> tuple[Any, Any, Any]:
    """Images, the target's weights, and whether the winner stands in for them, as a compiled function takes them."""
    return tf.constant(images, tf.float32), spread(network, images, target), tf.constant(target.winner)


def _scored(
    run: Any, network: Network, images: Any, target: Target, weights: Any, winner: Any, calls: Calls | None = None
) -> tuple[Any, Any, Any]:
    """In the graph: what the target weighs, (n, ...), its weights, and the class that wins on the first image."""
    found = run(inputs(network, images, smooth=True), [target.layer, LOGITS], calls=calls)
    if target.layer == LOGITS:
        weights = chosen(network, found[LOGITS], weights, winner)
    return found[target.layer], weights, tf.argmax(found[LOGITS][0])


def score_of(tensor: Any, weights: Any) -> Any:
    """Weighted sum over all but the batch axis: (n,)."""
    return tf.reduce_sum(tf.cast(tensor, tf.float32) * weights, axis=list(range(1, tensor.shape.rank)))


def chosen(network: Network, logits: Any, weights: Any, winner: Any) -> Any:
    """The weights of the target's classes, or, in the graph, those of `class_score` of the first image's winner."""
    best = tf.one_hot(tf.argmax(logits[0]), tf.shape(logits)[1])
    if network.graph.output_head == "binary":
        best -= tf.stack([0.0, best[0]])
    return tf.where(winner, best, weights)


def weights_spec(network: Network, target: Target) -> tf.TensorSpec:
    """Type of a target's weights, as a compiled function takes them."""
    rank = 1 if target.layer == LOGITS else len(network.layer(target.layer).output_shape)
    return tf.TensorSpec((None,) * rank, tf.float32)


def spread(network: Network, images: np.ndarray, target: Target) -> Any:
    """A target's weights as a tensor, also where the network leaves its size open."""
    if target.layer == LOGITS or None not in network.layer(target.layer).output_shape:
        return tf.constant(target.spread(network))
    found = network.graph.run(inputs(network, images[:1]), [target.layer])[target.layer]
    return tf.constant(target.spread(network, {target.layer: tuple(found.shape[1:])}))


def chunks(network: Network, image: np.ndarray, count: int, beside: int = 0, kept: float = 1.0) -> list[slice]:
    """`count` images as slices of a batch that the memory bears; the first has `beside` more in its batch.

    `kept` is the share of the layers' outputs in memory at once: all of them for a backward pass.
    """
    elements = 0
    for layer in network.layers:
        free = None in layer.output_shape[:-1]
        elements += image.size if free else math.prod(size or 1 for size in layer.output_shape)
    size = max(1, int(_CHUNK_BYTES / (4 * elements * kept)))
    stops = [*range(max(1, size - beside), count, size), count]
    return [slice(start, stop) for start, stop in zip([0, *stops], stops, strict=False)]
