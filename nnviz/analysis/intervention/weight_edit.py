"""A weight, a bias or F of a unit changed by hand, and what becomes of the answer: on a copy, nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.layer.activation_functions import keras_activations
from nnviz.analysis.layer.connectivity import kernel_index, last_kernel, weights_of
from nnviz.analysis.layer.neuron import Cell, Neuron, checked_cell, neurons_of, read_neuron
from nnviz.analysis.network.folding import with_kernel
from nnviz.analysis.network.graph import LOGITS, PROBABILITIES
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.pointwise import elementwise
from nnviz.analysis.network.step import Step
from nnviz.analysis.network.trace import compiled, inputs
from nnviz.errors import NnvizError


@dataclass(frozen=True, eq=False)
class WeightEdit:
    """What becomes of a network when a weight, a bias or F of one unit is another.

    Attributes:
        neuron: the unit, with its new numbers.
        activations: what the unit makes: its whole map, (rows, columns), or () of a dense layer.
        logits, probabilities: (K,), the new answer.
    """

    neuron: Neuron
    activations: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray

    @property
    def output(self) -> float:
        """The unit's new output (of a convolution at its cell)."""
        return self.neuron.output

    @property
    def winner(self) -> int:
        """The class with the highest logit."""
        return int(np.argmax(self.logits))


def edit_weight(
    network: Network,
    image: np.ndarray,
    layer: str,
    unit: int,
    place: Sequence[int] | None = None,
    *,
    weight: float | None = None,
    bias: float | None = None,
    function: str | None = None,
    cell: Cell | None = None,
) -> WeightEdit:
    """Run the network with one weight, one bias, F of one unit, or several of these, replaced.

    A convolution shares its weights over all cells, so the unit's whole map changes; a layer that is used twice
    changes at both uses. The network itself stays as it is: this one function computes the layer with a kernel
    that it is handed, so viewers cannot meet in it.

    Args:
        network: as `nnviz.load` gives it.
        image: (H, W, C) in the network's own range.
        layer: name of a dense layer or a convolution.
        unit: its channel.
        place: index of the weight in `Neuron.weights`; needed where `weight` is given.
        weight, bias: the new values; None leaves one as it is.
        function: name of another F for this unit alone, as Keras has it (see `keras_activations`).
        cell: of the neuron that is returned, by default the strongest.

    Raises:
        NnvizError: the layer has no neurons or no bias, or no such unit, weight or cell; F of a layer that
            `can_change` says cannot be changed, or no such F.
    """
    info, own_function = neurons_of(network, layer), _function_named(network, layer, function)
    variable, biases = last_kernel(info.keras_layer), getattr(info.keras_layer, "bias", None)
    units = info.output_shape[-1] or 0
    if not 0 <= unit < units:
        raise NnvizError(f"A unit of {layer} from 0 to {units - 1} was expected. Received: {unit}.")
    index = kernel_index(info.keras_layer, tuple(variable.shape), unit, _checked(info, variable, unit, place, weight))
    if bias is not None and biases is None:
        raise NnvizError(f"A layer with biases was expected. Received: {layer}, which has none.")
    kernel = np.array(variable, np.float32)
    if weight is not None:
        kernel[index] = weight
    own = np.zeros(units, np.float32) if biases is None else np.array(biases, np.float32)
    if bias is not None:
        own[unit] = bias
    source, values, logits, probabilities = _compiled(network, layer, function)(
        tf.constant(image[None], tf.float32), tf.constant(kernel), tf.constant(own), tf.constant(unit)
    )
    made = values.numpy()[0]
    cell = checked_cell(info, made, unit, cell)
    found = read_neuron(info, source.numpy()[0], unit, cell, kernel, None if biases is None else own, own_function)
    return WeightEdit(found, made[..., unit], logits.numpy()[0], probabilities.numpy()[0])


def can_change(network: Network, layer: str) -> bool:
    """Whether F of one unit of a layer can be another: where it reads each sum alone and makes no answer of it."""
    info = neurons_of(network, layer)
    return elementwise(info.keras_layer.activation) and not any(
        step.layer is info.keras_layer and step.inner for step in network.graph.steps
    )


def _function_named(network: Network, layer: str, name: str | None) -> Any:
    if name is None:
        return None
    if not can_change(network, layer):
        raise NnvizError(f"A layer whose F is of each unit alone was expected. Received: {layer}.")
    functions = keras_activations()
    if name not in functions:
        raise NnvizError(f"One of Keras' activations was expected: {', '.join(functions)}. Received: {name[:40]}.")
    return functions[name]


def _compiled(network: Network, name: str, function: str | None) -> Any:
    """Compiled: images, a kernel and biases for one layer, and a unit, which alone has F of that name, if one is named;
    to what the layer reads, what it makes, and the answer."""
    info = network.layer(name)
    # Not what was split off from it: that is an activation by itself.
    uses = [step for step in network.graph.steps if step.layer is info.keras_layer and hasattr(step.call, "use_bias")]
    other = None if function is None else keras_activations()[function]

    def build() -> Any:
        def call(images: Any, kernel: Any, own: Any, unit: Any) -> Any:
            calls = {step.name: _with(step, kernel, own, other, unit) for step in uses}
            fetches = [info.inputs[0], name, LOGITS, PROBABILITIES]
            found = network.graph.run(inputs(network, images), fetches, calls=calls)
            return found[info.inputs[0]], found[name], found[LOGITS], found[PROBABILITIES]

        shape = tuple(last_kernel(info.keras_layer).shape)
        units = tf.TensorSpec((info.output_shape[-1],))
        return compiled(network, call, tf.TensorSpec(shape), units, tf.TensorSpec((), tf.int32))

    return network.compiled(("turned", name, function), build)


def _with(step: Step, kernel: Any, biases: Any, other: Any, unit: Any) -> Any:
    """What computes a step with another kernel and other biases, in float32, and one unit of it with another F."""
    twin = with_kernel(step.layer, kernel)

    def call(x: Any, **_: Any) -> Any:
        sums = twin.call(tf.cast(x, tf.float32)) + biases
        made = step.call.activation(sums)  # type: ignore[attr-defined]
        if other is not None:
            made = tf.where(tf.range(tf.shape(sums)[-1]) == unit, other(sums), made)
        return tf.cast(made, step.outputs[0].dtype)

    return call


def _checked(info: Any, variable: Any, unit: int, place: Sequence[int] | None, weight: float | None) -> tuple[int, ...]:
    # A view of zeros has the shape of the kernel without its memory.
    shape = weights_of(info.keras_layer, np.broadcast_to(np.float32(0), tuple(variable.shape)), unit).shape
    if place is None and weight is None:
        return (0,) * len(shape)
    found = tuple(place or ())
    if len(found) != len(shape) or any(not 0 <= at < size for at, size in zip(found, shape, strict=True)):
        raise NnvizError(f"A weight within {shape} of {info.name} was expected. Received: {found or place}.")
    return found
