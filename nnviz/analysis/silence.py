"""Why a score may pass nothing back to the pixels: units that are off, or at their limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnviz.analysis.network import Network
from nnviz.analysis.trace import Trace

_SHAPE_ONLY = ("Flatten", "Reshape", "Dropout", "SpatialDropout2D", "Identity", "Permute")
_LIMITED = ("sigmoid", "tanh", "hard_sigmoid", "softsign")
_NEAR = 1e-3


@dataclass(frozen=True)
class Silence:
    """How a layer stands on one picture.

    Attributes:
        layer: its name.
        zero: activations that are exactly 0.
        limited: those within a thousandth of -1 or 1, where its activation has such limits.
        total: all.
        last: whether it is the last hidden layer.
    """

    layer: str
    zero: int
    limited: int
    total: int
    last: bool


def silence(network: Network, trace: Trace) -> Silence | None:
    """The last hidden layer, or the one nearest to it that lets nothing through; None without a hidden layer."""
    graph, found = network.graph, None
    step = graph.producers.get(id(graph.logits))
    while step is not None and step.inputs:
        name = graph.name_of(step.inputs[0])
        step = graph.producers.get(id(step.inputs[0]))
        if step is None or type(step.layer).__name__ in _SHAPE_ONLY or name not in trace.activations:
            continue
        values = trace.activations[name]
        function = getattr(getattr(step.layer, "activation", None), "__name__", "")
        near = np.abs(np.abs(values) - 1) < _NEAR if function in _LIMITED else np.zeros(values.shape, bool)
        if function == "sigmoid":
            near |= np.abs(values) < _NEAR
        stands = Silence(name, int((values == 0).sum()), int(near.sum()), values.size, found is None)
        found = found or stands
        if stands.zero == stands.total or stands.limited == stands.total:
            return stands
    return found
