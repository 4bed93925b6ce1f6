"""ReLUs that pass another gradient back: the forward pass is the same, to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.output_head import ACTIVATED_LAST, linear_twin
from nnviz.analysis.network.step import Step

Function = Callable[[Any], Any]
"""An activation function, from tensor to tensor."""

_FUNCTIONS = (keras.activations.relu, keras.activations.relu6)
_OPERATIONS = ("Relu", "Relu6")  # classes of keras.ops.relu and relu6 as a step; Keras does not export them


def guided(function: Function) -> Function:
    """The function's own gate, and of the gradient from above only what is positive."""

    @tf.custom_gradient
    def passing(values: Any) -> Any:
        return tf.identity(values), tf.nn.relu

    return lambda values: passing(function(values))


def deconvolved(function: Function) -> Function:
    """No gate: of the gradient from above only what is positive, wherever the activation was 0 or cut off."""

    @tf.custom_gradient
    def call(values: Any) -> Any:
        return function(values), tf.nn.relu

    return call


def rectifiers(network: Network) -> list[str]:
    """Names of the steps that are, or end in, a ReLU or ReLU6; a leaky one lets the negative pass and is none."""
    return [step.name for step in network.graph.steps if _taken_apart(step)]


def calls(network: Network, rule: Callable[[Function], Function]) -> dict[str, Callable[..., Any]]:
    """What computes each step that ends in a ReLU, with the gradient of `rule`, as `Graph.run` takes it.

    The values are those of the layer itself.
    """

    def changed(before: Callable[..., Any], after: Function) -> Callable[..., Any]:
        return lambda *args, **kwargs: after(before(*args, **kwargs))

    found = {step.name: _taken_apart(step) for step in network.graph.steps}
    return {name: changed(parts[0], rule(parts[1])) for name, parts in found.items() if parts}


def _taken_apart(step: Step) -> tuple[Callable[..., Any], Function] | None:
    """What a step computes before its ReLU, and the ReLU; None where it has none."""
    layer = step.layer
    if isinstance(layer, keras.layers.ReLU):
        alone = not layer.negative_slope and not layer.threshold
        return (_first, layer) if alone else None
    if type(layer).__name__ in _OPERATIONS and isinstance(layer, keras.Operation):
        return _first, step.call
    activation = getattr(layer, "activation", None)
    if step.name == LOGITS or activation not in _FUNCTIONS:
        return None
    if isinstance(layer, keras.layers.Activation):
        return _first, activation
    return (linear_twin(layer), activation) if isinstance(layer, ACTIVATED_LAST) else None


def _first(values: Any, *_: Any, **__: Any) -> Any:
    return values
