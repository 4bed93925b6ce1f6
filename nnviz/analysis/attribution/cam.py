"""What class activation maps share: the choice of a layer, its maps, and how places are laid over the image."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.attribution.base import Parameter, SaliencyMethod, Steps
from nnviz.analysis.attribution.propagation import NORMALISATIONS
from nnviz.analysis.network.graph import LOGITS, Graph
from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import chosen, given, score_of, weights_spec
from nnviz.analysis.network.targets import Target, class_score
from nnviz.analysis.network.trace import inputs, scoring
from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError


class Cam(SaliencyMethod):
    """The feature maps of one layer, summed to one value a place, negative ones cut off, and laid over the image."""

    family = "cam"
    signed = False

    def parameters(self, network: Network) -> tuple[Parameter, ...]:
        names = tuple(layer.name for layer in map_layers(network))
        return (Parameter("layer", "Layer", last_convolution(network).name, choices=names),)

    def unfit(self, network: Network) -> str:
        if map_layers(network):
            return ""
        has = "takes a volume" if len(network.graph.input_shape) > 3 else "has vectors only before its scores"
        return (
            f"{self.title} needs a layer of feature maps, and {network.name} {has}: "
            "try integrated-gradients or occlusion."
        )


class GradientCam(Cam):
    """A class activation map from the maps and d score / d maps, of one forward and backward pass."""

    @abstractmethod
    def places(self, maps: Any, gradient: Any) -> Any:
        """In the graph: one value a place, (n, h, w), from maps and gradient (n, h, w, channels)."""

    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        layer = parameters["layer"]

        def build() -> Any:
            def call(run: Any, images: Any, weights: Any, winner: Any) -> Any:
                kept: list[Any] = []
                with tf.GradientTape() as tape:

                    def watch(tensor: Any) -> Any:
                        tape.watch(tensor)
                        kept.append(tensor)
                        return tensor

                    found = run(inputs(network, images), [target.layer, LOGITS, layer], {layer: watch})
                    if target.layer == LOGITS:
                        weights = chosen(network, found[LOGITS], weights, winner)
                    score = score_of(found[target.layer], weights)
                gradient = tape.gradient(score, kept[0])
                if gradient is None:
                    return None, score, 0  # raised outside: TensorFlow rewrites what is raised in here
                maps, gradient = (as_maps(tf.cast(tensor, tf.float32)) for tensor in (kept[0], gradient))
                laid = upsampled(tf.nn.relu(self.places(maps, gradient))[..., None], tf.shape(images)[1:3])
                return laid[..., 0], score, tf.argmax(found[LOGITS][0])

            return scoring(network, call, weights_spec(network, target), tf.TensorSpec((), tf.bool))

        function = network.compiled((self.name, layer, target.layer), build)
        values, score, best = function(*given(network, image[None], target))
        if values is None:
            where = (
                "before the class scores" if target.layer == LOGITS else f"up to {target.layer}, which is explained,"
            )
            raise NnvizError(f"For {self.title} a layer {where} was expected. Received: {layer}.")
        yield Progress(1, 1)
        if target.winner:
            target = class_score(network, int(best))
        return self.finished(values.numpy()[0], target, float(score.numpy()[0]))


def maps_and_score(network: Network, image: np.ndarray, layer: str, target: Target) -> tuple[np.ndarray, float, Target]:
    """From one forward pass: a layer's maps (h, w, channels) float32, the target's score, the target resolved."""
    return from_maps(network, image, layer, target, "maps and score", lambda maps, _: maps)


def from_maps(
    network: Network, image: np.ndarray, layer: str, target: Target, name: str, made: Callable[[Any, Any], Any]
) -> tuple[np.ndarray, float, Target]:
    """From one forward pass: what is made of a layer's maps, the target's score, and the target resolved.

    Args:
        name: under which the network keeps the compiled function.
        made: in the graph, of maps (h, w, channels) float32 and the image's size (H, W).
    """

    def build() -> Any:
        def call(run: Any, images: Any, weights: Any, winner: Any) -> Any:
            found = run(inputs(network, images), [target.layer, LOGITS, layer])
            if target.layer == LOGITS:
                weights = chosen(network, found[LOGITS], weights, winner)
            maps = as_maps(tf.cast(found[layer], tf.float32))[0]
            score = score_of(found[target.layer], weights)[0]
            return made(maps, tf.shape(images)[1:3]), score, tf.argmax(found[LOGITS][0])

        return scoring(network, call, weights_spec(network, target), tf.TensorSpec((), tf.bool))

    function = network.compiled((name, layer, target.layer), build)
    values, score, best = function(*given(network, image[None], target))
    return values.numpy(), float(score), class_score(network, int(best)) if target.winner else target


def as_maps(maps: Any) -> Any:
    """Maps (n, h, w, channels); those of a series, (n, steps, channels), are one column, beside all its inputs."""
    return maps[:, :, None] if maps.shape.rank == 3 else maps


def upsampled(maps: Any, size: Any) -> Any:
    """Maps (n, h, w, channels) at the image's size (H, W): bilinear, cell centres on cell centres."""
    return tf.image.resize(maps, size)


def laid_over(places: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Places (h, w) at the size of the image, (H, W), negative ones cut off."""
    positive = np.maximum(places, 0).astype(np.float32)
    return upsampled(positive[None, :, :, None], image.shape[:2]).numpy()[0, :, :, 0]


def map_layers(network: Network) -> list[LayerInfo]:
    """The layers, after the first weights and before the scores, whose output is a stack of maps of more than one cell.

    Of a series the maps are (steps, channels). What makes the scores is none of them, also where they are a picture.
    """
    layers, graph = network.layers, network.graph
    first = next((layer.index for layer in layers if layer.convolution), len(layers))
    before = {step.name for step in graph.leading_to(LOGITS)} - _scoring(graph)
    axes = 1 if len(graph.input_shape) == 2 else 2

    def maps(layer: LayerInfo) -> bool:
        shape = layer.output_shape
        series = axes == 1 and len(shape) == 2 and layer.receptive_field is not None
        return (series and shape[0] != 1) or (layer.spatial and shape[:2] != (1, 1))

    return [layer for layer in layers[first:] if layer.name in before and maps(layer)]


def _scoring(graph: Graph) -> set[str]:
    """The step that makes the scores, and what only lays them out behind it."""
    name, found = graph.name_of(graph.logits), set[str]()
    while name != graph.input_name:
        found.add(name)
        step = graph.by_name[name]
        if not (step.reads or type(step.layer).__name__ in ("Flatten", "Reshape", "Permute")):
            break
        name = graph.name_of(step.inputs[0])
    return found


def last_convolution(network: Network) -> LayerInfo:
    """The last convolution with maps of more than one cell, or the last of what goes on from it cell by cell.

    That is its normalisation and activation, and, where the network branches, what its branches are merged into: the
    sum behind a residual block, the stack behind an Inception or dense block. One branch alone is not what is decided
    from.

    Raises:
        NnvizError: the network has no maps.
    """
    candidates = map_layers(network)
    if not candidates:
        raise NnvizError(f"A network with feature maps was expected. Received: {network.name}, with vectors only.")
    last = ([layer for layer in candidates if layer.convolution] or candidates)[-1]
    reached, size = {last.name}, last.output_shape[:-1]
    for layer in candidates:
        goes_on = layer.pointwise or layer.kind in (*_MERGES, *NORMALISATIONS)
        if goes_on and layer.output_shape[:-1] == size and reached.intersection(layer.inputs):
            last = layer
            reached.add(layer.name)
    return last


_MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")
