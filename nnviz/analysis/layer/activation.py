"""What an activation function does to a layer on one image: every value before it and after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nnviz.analysis.layer.neuron import activation_name, elementwise
from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.output_head import ACTIVATED_LAST, linear_twin
from nnviz.analysis.network.trace import Compiled, Trace
from nnviz.errors import NnvizError

_LAYERS = {
    keras.layers.ReLU: "relu",
    keras.layers.LeakyReLU: "leaky_relu",
    keras.layers.PReLU: "prelu",
    keras.layers.ELU: "elu",
    keras.layers.Softmax: "softmax",
}
"""Layers that are an activation function and nothing else, by what it is called."""


@dataclass(frozen=True, eq=False)
class LayerActivation:
    """An activation function and its values on one image. Arrays are float32, read-only, without a batch axis.

    Attributes:
        layer: whose activation it is.
        source: the layer that makes the values before: the same where the function is a part of the layer.
        function: its name, as Keras has it.
        before: the pre-activations, (rows, columns, channels), (steps, channels) or (units,).
        after: F(before), in the same shape.
        alone: whether F reads each value alone (a softmax reads them all).
    """

    layer: str
    source: str
    function: str
    before: np.ndarray = field(repr=False)
    after: np.ndarray = field(repr=False)
    alone: bool
    _apply: Any = field(repr=False, default=None)

    def zeroed(self, channel: int | None = None) -> float:
        """The share (0..1) of values that F sets to zero: 0 after it, and not before; of one channel or of all."""
        before, after = (v if channel is None else v[..., channel] for v in (self.before, self.after))
        return float(np.mean((after == 0) & (before != 0)))

    def curve(self, cell: tuple[int, ...], sums: np.ndarray) -> np.ndarray | None:
        """What F would make of other values (n,) in one cell, all others as they are: (n,) float64.

        None for a function over several axes, whose curve would need the whole map.
        """
        layer = self._apply
        if isinstance(layer, keras.layers.PReLU):
            slope = float(np.broadcast_to(np.asarray(layer.alpha), self.before.shape)[cell])
            return np.where(sums > 0, sums, slope * sums)
        if self.alone:
            return np.asarray(layer(keras.ops.convert_to_tensor(sums.astype(np.float32))), np.float64)
        if getattr(layer, "axis", -1) not in (-1, self.before.ndim):
            return None
        rows = np.tile(self.before[cell[:-1]], (len(sums), 1)).astype(np.float32)
        rows[:, cell[-1]] = sums
        return np.asarray(layer(keras.ops.convert_to_tensor(rows)), np.float64)[:, cell[-1]]


def has_activation(layer: LayerInfo) -> bool:
    """Whether a layer ends with, or is, an activation function that changes anything."""
    own = layer.keras_layer
    if isinstance(own, tuple(_LAYERS)):
        return True
    if not isinstance(own, (*ACTIVATED_LAST, keras.layers.Activation)):
        return False
    return activation_name(own.activation) != "linear"


def layers_with_activation(network: Network) -> tuple[LayerInfo, ...]:
    """All layers with an activation function, in order."""
    return tuple(layer for layer in network.layers if has_activation(layer))


def layer_activation(network: Network, trace: Trace, name: str) -> LayerActivation:
    """A layer's values before and after its activation function.

    Args:
        network: as `nnviz.load` gives it.
        trace: of the image, by this network.
        name: of a layer with an activation function of its own, or of one that is nothing else.

    Raises:
        NnvizError: the layer has none.
    """
    info = network.layer(name)
    if not has_activation(info):
        raise NnvizError(f"A layer with an activation function was expected. Received: {name} ({info.kind}).")
    layer, after = info.keras_layer, trace.activations[name]
    given = trace.activations[info.inputs[0]]
    if isinstance(layer, ACTIVATED_LAST):
        before, source, function = _sums(network, info, given), name, layer.activation
    else:
        before, source = given, info.inputs[0]
        function = getattr(layer, "activation", layer) if isinstance(layer, keras.layers.Activation) else layer
    title = next((title for kind, title in _LAYERS.items() if isinstance(layer, kind)), activation_name(function))
    if isinstance(layer, keras.layers.ReLU) and layer.max_value == 6 and not (layer.negative_slope or layer.threshold):
        title = "relu6"
    # What a softmax layer is tried with need not have its axes, and a PReLU has a slope for every cell.
    alone = isinstance(layer, keras.layers.PReLU) or (
        not isinstance(layer, keras.layers.Softmax) and elementwise(function)
    )
    return LayerActivation(name, source, title, before, after, alone, function)


def _sums(network: Network, info: LayerInfo, given: np.ndarray) -> np.ndarray:
    """The pre-activations of a layer: what it makes without its activation, on the same weights."""

    def build() -> Any:
        twin = linear_twin(info.keras_layer)
        return Compiled(lambda values: twin(values), (tf.TensorSpec((None, *info.input_shape), tf.float32),))

    found = network.compiled(("pre-activation", info.name), build)(tf.constant(given[None]))
    values = found.numpy()[0].astype(np.float32, copy=False)
    values.flags.writeable = False
    return values
