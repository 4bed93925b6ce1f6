"""Grad-CAM: which places of a layer's feature maps speak for a score."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.attribution.base import (
    Parameter,
    SaliencyMethod,
    Steps,
    chosen,
    given,
    score_of,
    weights_spec,
)
from nnviz.analysis.graph import LOGITS
from nnviz.analysis.layers import LayerInfo
from nnviz.analysis.network import Network
from nnviz.analysis.progress import Progress
from nnviz.analysis.targets import Target, logit
from nnviz.analysis.trace import compiled, inputs
from nnviz.errors import NnvizError


class GradCam(SaliencyMethod):
    """ReLU(sum over k of w_k A_k), w_k the mean over the map of d score / d A_k, laid over the image.

    A is by default the last convolution, after its batch normalisation and activation.
    """

    name = "grad-cam"
    title = "Grad-CAM"
    paper = "Selvaraju et al. 2017, Grad-CAM: Visual Explanations from Deep Networks, arXiv:1610.02391"
    signed = False
    what = "Where the maps of one layer, weighted by what they do for the score, are strong."

    def parameters(self, network: Network) -> tuple[Parameter, ...]:
        names = tuple(layer.name for layer in map_layers(network))
        return (Parameter("layer", "Layer", last_convolution(network).name, choices=names),)

    def unfit(self, network: Network) -> str:
        if map_layers(network):
            return ""
        return (
            f"Grad-CAM needs a layer of feature maps, and {network.name} has vectors only: "
            "try integrated-gradients or occlusion."
        )

    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        layer = parameters["layer"]

        def build() -> Any:
            def call(images: Any, weights: Any, winner: Any) -> Any:
                kept: list[Any] = []
                with tf.GradientTape() as tape:

                    def watch(tensor: Any) -> Any:
                        tape.watch(tensor)
                        kept.append(tensor)
                        return tensor

                    found = network.graph.run(inputs(network, images), [target.layer, LOGITS, layer], {layer: watch})
                    if target.layer == LOGITS:
                        weights = chosen(found[LOGITS], weights, winner)
                    score = score_of(found[target.layer], weights)
                gradient = tape.gradient(score, kept[0])
                if gradient is None:
                    return None, score, 0  # raised outside: TensorFlow rewrites what is raised in here
                strength = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
                places = tf.nn.relu(tf.reduce_sum(strength * kept[0], axis=3, keepdims=True))
                # Bilinear, cell centres on cell centres, as the paper's figures are.
                laid = tf.image.resize(places, tf.shape(images)[1:3])
                return laid[..., 0], score, tf.argmax(found[LOGITS][0])

            return compiled(network, call, weights_spec(network, target), tf.TensorSpec((), tf.bool))

        function = network.compiled(("grad-cam", layer, target.layer), build)
        values, score, best = function(*given(network, image[None], target))
        if values is None:
            raise NnvizError(f"A layer before the target was expected for Grad-CAM. Received: {layer}.")
        yield Progress(1, 1)
        return self.finished(values.numpy()[0], logit(int(best)) if target.winner else target, float(score.numpy()[0]))


def map_layers(network: Network) -> list[LayerInfo]:
    """The layers, after the first weights, whose output is a stack of maps of more than one cell."""
    layers = network.layers
    first = next((layer.index for layer in layers if layer.convolution), len(layers))
    return [layer for layer in layers[first:] if layer.spatial and layer.output_shape[:2] != (1, 1)]


def last_convolution(network: Network) -> LayerInfo:
    """The last convolution with maps of more than one cell, or what follows it cell by cell (BN, ReLU)."""
    candidates = map_layers(network)
    if not candidates:
        raise NnvizError(GradCam().unfit(network))
    last = ([layer for layer in candidates if layer.convolution] or candidates)[-1]
    for layer in candidates:
        if layer.pointwise and layer.inputs == (last.name,):
            last = layer
    return last
