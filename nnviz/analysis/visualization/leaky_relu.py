"""What a silent unit reads: its activations with a slope where its activation function has none.

A ReLU that is off everywhere at the start passes no gradient back, though the unit may be far from dead. With a
slope below zero the ascent finds its way (as Lucid's redirected ReLU gradients do).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnviz.analysis.layer.activation import has_activation
from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.output_head import ACTIVATED_LAST, linear_twin

Tensor = Any
SLOPE = 0.1


def silencer(network: Network, name: str) -> LayerInfo | None:
    """The layer whose activation function may silence a layer: itself, or what it only pools or reshapes."""
    known = {layer.name: layer for layer in network.layers}
    layer = known.get(name)
    while layer is not None:
        if has_activation(layer):
            return layer
        if layer.parameters or len(layer.inputs) != 1:
            return None
        layer = known.get(layer.inputs[0])
    return None


def with_leaky_relu(run: Any, network: Network, feeds: Mapping[str, Tensor], reads: Sequence[str]) -> dict[str, Tensor]:
    """By `run` of the graph: feeds that put F(x) + slope * x in the place of F(x), for all that may silence `reads`."""
    found = dict(feeds)
    for name in reads:
        layer = silencer(network, name)
        if layer is None or layer.name in found:
            continue
        source = layer.inputs[0]
        values = run(feeds, [source, layer.name])
        fused = isinstance(layer.keras_layer, ACTIVATED_LAST)
        before = linear_twin(layer.keras_layer)(values[source]) if fused else values[source]
        found[layer.name] = values[layer.name] + SLOPE * before
    return found
