"""What is explained: a class score, a feature map, one unit, or a difference of two scores.

A target is a weighted sum over one tensor of the network. The weights are handed to the compiled function as
a tensor, so another class or unit costs no new compilation.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.network import Network
from nnviz.errors import NnvizError


@dataclass(frozen=True)
class Target:
    """A score: sum(weight * activation) over one layer's output, or over the logits.

    Attributes:
        layer: name of a layer, or `nnviz.analysis.network.graph.LOGITS`.
        weights: pairs of (index, weight); an index names a class, (channel,) or (row, column, channel).
        winner: whether the class with the highest logit stands in for the weights.
    """

    layer: str = LOGITS
    weights: tuple[tuple[tuple[int, ...], float], ...] = ()
    winner: bool = False

    @property
    def class_index(self) -> int | None:
        """The class, where the target is one logit."""
        if self.layer == LOGITS and len(self.weights) == 1 and self.weights[0][1] == 1.0:
            return self.weights[0][0][0]
        return None

    def spread(self, network: Network, shapes: Mapping[str, tuple[int, ...]] | None = None) -> np.ndarray:
        """The weights as float32 in the tensor's own shape (no batch axis); a channel's cells share its weight.

        Raises:
            NnvizError: no such class, layer, channel or cell.
        """
        if self.layer == LOGITS:
            shape: tuple[Any, ...] = (network.graph.classes,)
        else:
            shape = (shapes or {}).get(self.layer) or network.layer(self.layer).output_shape
        if None in shape:
            raise NnvizError(f"A layer of known size was expected. Received: {self.layer} with shape {shape}.")
        values = np.zeros(shape, np.float32)
        for index, weight in self.weights:
            where = (..., *index) if len(index) == 1 else index
            if len(index) not in (1, len(shape)) or any(
                not 0 <= i < n for i, n in zip(index, shape[-len(index) :], strict=True)
            ):
                what = f"a class from 0 to {shape[0] - 1}" if self.layer == LOGITS else f"a unit within {shape}"
                received = index[0] if len(index) == 1 else index
                raise NnvizError(f"For the target, {what} was expected in {network.name}. Received: {received}.")
            values[where] += weight
        return values

    def __str__(self) -> str:
        if self.winner:
            return "the winner"
        terms = [("+" if w > 0 else "-") + ",".join(map(str, index)) for index, w in self.weights]
        name = "logit" if self.layer == LOGITS else self.layer
        return f"{name} {' '.join(terms).removeprefix('+')}"


def logit(index: int) -> Target:
    """One class score, before the softmax."""
    return Target(weights=(((_whole(index),), 1.0),))


def difference(this: int, that: int) -> Target:
    """Why this and not that: one class score less another."""
    return Target(weights=(((_whole(this),), 1.0), ((_whole(that),), -1.0)))


def class_score(network: Network, index: int) -> Target:
    """What speaks for a class: its logit, or, of the two classes of one sigmoid output, the difference to the other.

    The first of those two has the logit 0 whatever the image, so its own logit would explain nothing.
    """
    if network.graph.output_head == "binary" and index == 0:
        return difference(0, 1)
    return logit(index)


def unit_score(network: Network, layer: str, unit: int, answer: str) -> Target:
    """A unit's score: of the layer that gives the answer the logit, of any other the channel's sum."""
    if layer != answer or network.output.placed:
        return channel(layer, unit)
    return logit(unit + (network.graph.output_head == "binary"))


def channel(layer: str, index: int) -> Target:
    """A whole feature map, summed over its cells (or one neuron of a dense layer)."""
    return Target(layer, (((_whole(index),), 1.0),))


def unit(layer: str, row: int, column: int, index: int) -> Target:
    """One cell of a feature map."""
    return Target(layer, (((_whole(row), _whole(column), _whole(index)), 1.0),))


def as_target(target: Target | int | None, network: Network | None = None) -> Target:
    """An int is a class's score (its logit, where no network is known), None the winner."""
    if isinstance(target, Target):
        return target
    if target is None:
        return Target(winner=True)
    return logit(target) if network is None else class_score(network, _whole(target))


def _whole(value: int) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise NnvizError(f"A whole number was expected as a target's index. Received: {value!r}.") from None
