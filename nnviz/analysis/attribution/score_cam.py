"""Score-CAM: each feature map laid over the image as a mask, weighted by the score that is left. No gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.attribution.base import Parameter, Steps
from nnviz.analysis.attribution.cam import Cam, laid_over, map_layers, maps_and_score, upsampled
from nnviz.analysis.attribution.reference import REFERENCES, reference
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import chunks, level, spread, weights_spec
from nnviz.analysis.network.targets import Target
from nnviz.analysis.network.trace import inputs, scoring
from nnviz.analysis.progress import Progress


class ScoreCam(Cam):
    """ReLU(sum over k of w_k A_k), w_k = score(b + H_k (x - b)) - score(b), H_k the map A_k at the image's size, 0..1.

    Definition 3 of the paper; the softmax over all w_k, in its algorithm, would make a weight of what is no evidence.
    Of more maps than `max_maps` those with the largest variance count: a map that is flat masks nothing.
    """

    name = "score-cam"
    title = "Score-CAM"
    paper = "Wang et al. 2020, Score-CAM: Score-Weighted Visual Explanations, arXiv:1910.01279"
    what = "Where the maps of one layer are strong, each weighted by the score of what is left of the image under it."

    def parameters(self, network: Network) -> tuple[Parameter, ...]:
        most = max(layer.output_shape[-1] or 1 for layer in map_layers(network))
        return (
            *super().parameters(network),
            Parameter("max_maps", "Most maps", min(64, most), 1, most),
            Parameter("baseline", "Baseline", "black", choices=REFERENCES, open=True),
        )

    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        baseline = reference(network, image, parameters["baseline"], "baseline")
        maps, score, target = maps_and_score(network, image, parameters["layer"], target)
        strongest = np.argsort(-maps.var(axis=(0, 1)), kind="stable")[: int(parameters["max_maps"])]
        maps, count = maps[..., strongest], len(strongest)
        yield Progress(1, 1 + count)
        weights, start = np.zeros(count), 0.0
        for part in chunks(network, image, count, beside=1, kept=0.25):
            # The baseline rides along with the first masks.
            bare = int(part.start == 0)
            scores = _masked_scores(network, image, baseline, maps[..., part], target)[1 - bare :]
            start = float(scores[0]) if bare else start
            weights[part] = scores[bare:] - start
            found = self.finished(laid_over(maps @ weights, image), target, score)
            yield Progress(1 + part.stop, 1 + count, found)
        return found


def _masked_scores(
    network: Network, image: np.ndarray, baseline: np.ndarray, maps: np.ndarray, target: Target
) -> np.ndarray:
    """The target's score (1 + channels,) of the baseline, and of the image under each of the maps (h, w, channels)."""

    def build() -> Any:
        def call(run: Any, images: Any, maps: Any, weights: Any) -> Any:
            given, bare = images[:1], images[1:]
            shown = tf.transpose(masks(maps, tf.shape(images)[1:3]), (2, 0, 1))[..., None]
            batch = tf.concat([bare, bare + shown * (given - bare)], axis=0)
            return level(run(inputs(network, batch, smooth=True), [target.layer])[target.layer], weights)

        maps = tf.TensorSpec((None, None, None), tf.float32)
        return scoring(network, call, maps, weights_spec(network, target))

    function = network.compiled(("score-cam", target.layer), build)
    weights = spread(network, image[None], target)
    return function(tf.constant(np.stack([image, baseline])), tf.constant(maps), weights).numpy()


def masks(maps: Any, size: Any) -> Any:
    """In the graph: maps (h, w, channels) at that size, each brought to 0..1; one that is flat is 0."""
    large = upsampled(maps[None], size)[0]
    low, high = (over(large, axis=(0, 1)) for over in (tf.reduce_min, tf.reduce_max))
    return tf.math.divide_no_nan(large - low, high - low)
