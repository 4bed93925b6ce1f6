"""Why a score may pass nothing back to the pixels: units that are off, or at their limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.step import Step
from nnviz.analysis.network.targets import Target
from nnviz.analysis.network.trace import Trace

_SHAPE_ONLY = ("Flatten", "Reshape", "Permute")
_LIMITED = ("sigmoid", "tanh", "hard_sigmoid", "softsign")
_NEAR = 1e-3


@dataclass(frozen=True)
class DeadUnits:
    """How a layer stands on one picture.

    Attributes:
        layer: its name.
        zero: activations that are exactly 0.
        limited: those within a thousandth of -1 or 1, where its activation has such limits, or at the cap of a ReLU6.
        live: those that are neither, and so pass something back.
        total: all.
        last: whether it is the last hidden layer.
        explained: whether only the cells that are explained are counted.
    """

    layer: str
    zero: int
    limited: int
    live: int
    total: int
    last: bool
    explained: bool = False


def find_dead_units(network: Network, trace: Trace, target: Target | None = None) -> DeadUnits | None:
    """Of a class the last hidden layer, or the one nearest to it that lets nothing through; of a unit the unit itself
    where it lets nothing through, else the layers before it. None without a hidden layer."""
    graph, found = network.graph, None
    step = graph.producers.get(id(graph.logits))
    if target is not None and target.layer != LOGITS:
        step = graph.by_name[target.layer]
        values = trace.activations[target.layer]
        counted = target.spread(network, {target.layer: values.shape}) != 0
        itself = _standing(step, target.layer, values[counted], last=False, explained=True)
        if not itself.live:
            return itself
    of_class = target is None or target.layer == LOGITS
    while step is not None and step.inputs:
        name = graph.name_of(step.inputs[0])
        step = graph.producers.get(id(step.inputs[0]))
        if step is None or step.idle or type(step.layer).__name__ in _SHAPE_ONLY or name not in trace.activations:
            continue
        stands = _standing(step, name, trace.activations[name], last=of_class and found is None)
        found = found or stands
        if not stands.live:
            return stands
    return found


def _standing(step: Step, name: str, values: Any, last: bool, explained: bool = False) -> DeadUnits:
    """How many of these activations are off, at their limit, or neither."""
    function = getattr(getattr(step.layer, "activation", None), "__name__", "")
    near = np.abs(np.abs(values) - 1) < _NEAR if function in _LIMITED else np.zeros(values.shape, bool)
    if function == "sigmoid":
        near |= np.abs(values) < _NEAR
    if (cap := _cap(step.layer, function)) is not None:
        near |= values >= cap
    zero = values == 0
    live = int(values.size - (zero | near).sum())
    return DeadUnits(name, int(zero.sum()), int(near.sum()), live, values.size, last, explained)


def _cap(layer: Any, function: str) -> float | None:
    """Where a ReLU is cut off above, if it is."""
    if isinstance(layer, keras.layers.ReLU):
        return layer.max_value
    return 6.0 if function == "relu6" or type(layer).__name__ == "Relu6" else None
