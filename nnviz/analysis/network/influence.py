"""What units do for each other on one image: activation times gradient between two layers.

For a unit t of one layer and a unit s of a layer before it, the influence is the sum over s's cells of
a_s * dt/da_s: weight times activation where the way between them is linear, and the first-order share where
it is not (a ReLU that is off passes nothing).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.layers import adds_bias
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import score_of
from nnviz.analysis.network.step import Step
from nnviz.analysis.network.targets import Target
from nnviz.analysis.network.trace import compiled, inputs
from nnviz.errors import NnvizError


def contributions(network: Network, image: np.ndarray, source: str, target: Target) -> tuple[np.ndarray, float]:
    """What each activation of a layer adds to a target's score.

    Args:
        image: (H, W, C) in the network's own range.
        source: name of the layer whose activations are counted.
        target: a class, unit or channel after it.

    Returns:
        Contributions in the shape of the layer's output, and the score. Where everything after the layer is
        linear, they and the biases add up to the score.

    Raises:
        NnvizError: the target does not depend on the layer.
    """

    def build() -> Any:
        def call(images: Any, weights: Any) -> Any:
            feeds = inputs(network, images, smooth=True)
            start = network.graph.run(feeds, [source])[source]
            with tf.GradientTape() as tape:
                tape.watch(start)
                score = score_of(network.graph.run({**feeds, source: start}, [target.layer])[target.layer], weights)
            gradient = tape.gradient(score, start)
            sink = answer_layer(network) if target.layer == LOGITS else target.layer
            if gradient is None and leads_to(network, source, sink):
                return tf.zeros_like(start), score  # it is looked up or compared: no weight stands on it
            # None is raised outside: TensorFlow rewrites what is raised in here.
            return None if gradient is None else start * gradient, score

        return compiled(network, call, tf.TensorSpec(None, tf.float32))

    function = network.compiled(("contributions", source, target.layer), build)
    values, score = function(tf.constant(image[None]), tf.constant(target.spread(network, _sizes(network, image))))
    if values is None:
        sink = "the class scores" if target.layer == LOGITS else target.layer
        raise NnvizError(f"A layer before {sink} was expected. Received: {source}.")
    return values.numpy()[0], float(score[0])


def inputs_of(network: Network, image: np.ndarray, source: str, target: Target) -> np.ndarray:
    """What each channel (or unit) of a layer adds to a target, (channels,): contributions summed over its cells."""
    values, _ = contributions(network, image, source, target)
    return values.reshape(-1, values.shape[-1]).sum(axis=0)


def outputs_of(network: Network, image: np.ndarray, layer: str, unit: int, sink: str) -> np.ndarray:
    """What one channel (or unit) adds to each channel of a later layer (or `LOGITS`), (channels,).

    The same measure as `inputs_of`, for all of them in one forward pass with a tangent.
    """

    def build() -> Any:
        def call(images: Any, channel: Any) -> Any:
            feeds = inputs(network, images, smooth=True)
            start = network.graph.run(feeds, [layer])[layer]
            tangent = start * tf.one_hot(channel, tf.shape(start)[-1], dtype=start.dtype)

            def end(values: Any) -> Any:
                return network.graph.run({**feeds, layer: values}, [sink])[sink]

            change = _along(start, tangent, end, not _recurrent(network, sink))
            return tf.reduce_sum(tf.reshape(change, (-1, tf.shape(change)[-1])), axis=0)

        return compiled(network, call, tf.TensorSpec((), tf.int32))

    return network.compiled(("outputs", layer, sink), build)(tf.constant(image[None]), unit).numpy()


def _along(start: Any, tangent: Any, end: Callable[[Any], Any], slopes: bool) -> Any:
    """How a function of some activations changes along a tangent; by a difference where TensorFlow has no slopes."""
    if slopes:
        # Some functions of Keras (softsign) have a gradient, and none of that gradient, which a tangent needs.
        with contextlib.suppress(LookupError):
            with tf.autodiff.ForwardAccumulator(start, tangent) as accumulator:
                made = end(start)
            return accumulator.jvp(made, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    more, less = (end(start + way * _NUDGE * tangent) for way in (1, -1))
    return (more - less) / (2 * _NUDGE)


_NUDGE = 1e-2
"""Share of an activation by which it is changed to either side, where there is no tangent."""


def _recurrent(network: Network, sink: str) -> bool:
    """Whether a layer of steps is on the way: TensorFlow has no tangent of its loop."""
    steps = network.graph.leading_to(sink)
    return any(type(step.layer).__module__.startswith("keras.src.layers.rnn.") for step in steps)


def leads_to(network: Network, source: str, sink: str) -> bool:
    """Whether what a layer makes is read by another, directly or through layers between them."""
    reads = {layer.name: layer.inputs for layer in network.layers}
    open_, seen = list(reads[sink]), set()
    while open_:
        name = open_.pop()
        if name not in seen:
            seen.add(name)
            open_ += reads[name]
    return source in seen


def deciding_layer(network: Network) -> str:
    """The layer whose activations the last weights turn into the logits."""
    graph, step = network.graph, _last_weights(network)
    name = graph.input_name if step is None else graph.name_of(step.inputs[0])
    while name != graph.input_name and graph.by_name[name].idle:
        name = graph.name_of(graph.by_name[name].inputs[0])
    return name


def decides_with_bias(network: Network) -> bool:
    """Whether the logits are more than weights times activations of the `deciding_layer`."""
    step = _last_weights(network)
    return step is not None and adds_bias(step.layer)


def _last_weights(network: Network) -> Step | None:
    """The last step with weights on the way to the logits."""
    graph = network.graph
    name = graph.name_of(graph.logits)
    while name != graph.input_name:
        step = graph.by_name[name]
        if getattr(step.layer, "weights", ()):
            return step
        name = graph.name_of(step.inputs[0])
    return None


def answer_layer(network: Network) -> str:
    """The layer that gives the answer: what stands on the page for the logits."""
    graph = network.graph
    name = graph.name_of(graph.logits)
    if name != LOGITS:
        return name
    return next(step.name for step in graph.steps if any(tensor is graph.logits for tensor in step.inputs))


def _sizes(network: Network, image: np.ndarray) -> dict[str, tuple[int, ...]]:
    """Shapes of the layers that leave their size open, for this image."""
    if None not in network.image_shape:
        return {}
    names = [layer.name for layer in network.layers]
    found = network.graph.run(inputs(network, tf.constant(image[None])), names)
    return {name: tuple(value.shape[1:]) for name, value in found.items()}
