"""The front of a graph: what the input passes on its way to the first weights, and those that meet it there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from nnviz.analysis.network.graph import Graph
from nnviz.analysis.network.step import Step


@dataclass(frozen=True)
class Front:
    """What the input meets first.

    Attributes:
        before: steps without weights of their own that the input passes, in order: scalings, casts, augmentation.
        weighted: the first steps with weights.
        reaching: names of what these read of the input; of the graph's last step where there are no weights at all.
    """

    before: tuple[Step, ...]
    weighted: tuple[Step, ...]
    reaching: tuple[str, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of the Keras classes of all its steps."""
        return tuple(type(step.layer).__name__ for step in (*self.before, *self.weighted))


def front(graph: Graph) -> Front:
    """The front of a graph."""
    of_input = {graph.input_name}
    before, weighted, reaching = [], [], []
    for step in graph.steps:
        read = [graph.name_of(tensor) for tensor in step.inputs]
        met = [name for name in read if name in of_input]
        if not met:
            continue
        if _has_weights(step.layer):
            weighted.append(step)
            reaching += [name for name in met if name not in reaching]
        elif len(met) == len(read):
            before.append(step)
            of_input.add(step.name)
    last = before[-1].name if before else graph.input_name
    return Front(tuple(before), tuple(weighted), tuple(reaching) or (last,))


def first_normalisation(graph: Graph) -> Step | None:
    """The first batch normalisation that a training has left its statistics in."""
    for step in graph.steps:
        if isinstance(step.layer, keras.layers.BatchNormalization):
            mean, variance = statistics(step.layer)
            return None if not mean.any() and bool((variance == 1).all()) else step
    return None


def statistics(layer: Any) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance that a normalisation takes what it reads to have, one a channel."""
    names = ("moving_mean", "moving_variance") if hasattr(layer, "moving_mean") else ("mean", "variance")
    mean, variance = (np.asarray(keras.ops.convert_to_numpy(getattr(layer, name)), np.float64) for name in names)
    return mean.ravel(), variance.ravel()


def _has_weights(layer: Any) -> bool:
    # A normalisation of the input keeps its mean as weights, and is what the weights are to be fed through.
    return bool(getattr(layer, "weights", ())) and not isinstance(layer, keras.layers.Normalization)
