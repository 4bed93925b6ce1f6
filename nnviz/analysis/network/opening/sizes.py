"""What a network takes in memory, from its shapes alone, and what this machine has."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras

from nnviz.analysis.image.images import LONG_SIDE
from nnviz.analysis.network.input_kind import LENGTH
from nnviz.analysis.network.opening.limits import MIB
from nnviz.errors import NnvizError

_ATTENTION = (
    keras.layers.Attention,
    keras.layers.AdditiveAttention,
    keras.layers.MultiHeadAttention,
    keras.layers.GroupQueryAttention,
)
"""Layers that hold a number for each pair of steps beside what they give."""
_SHARE = 4
"""The part of the machine's memory that one network's weights, or what one picture leaves in it, may take: 1 / 4."""
_UNNAMED = 1000
"""Numbers that a file need not hold: what layers count beside their weights."""


@dataclass(frozen=True)
class Size:
    """Bytes that weights take, and that one picture leaves in all layers together."""

    weights: int
    activations: int


def most_bytes() -> int:
    """Bytes that one network's weights may take on this machine, and one picture's activations too."""
    return memory() // _SHARE


def memory() -> int:
    """Bytes of memory of this machine, or of the part of it that this process may use."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8192 * MIB
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            with open(path, encoding="ascii") as limit:
                total = min(total, int(limit.read()))
        except (OSError, ValueError):  # no such limit here
            continue
    return total


def checked(model: keras.Model, numbers: int) -> Size:
    """The size of a model whose weights are not made yet.

    Args:
        model: built from shapes alone.
        numbers: how many weights its file holds.

    Raises:
        NnvizError: more weights than the file holds, or more of anything than this machine can keep.
    """
    needed = sum(math.prod(weight.shape) for weight in model.weights)
    if needed > numbers + _UNNAMED:
        raise NnvizError(f"A file with the {needed:,} weights of its layers was expected, and it holds {numbers:,}.")
    size = Size(4 * needed, 4 * activations(model))
    for what, found in (("weights", size.weights), ("activations of one picture", size.activations)):
        if found > most_bytes():
            raise NnvizError(
                f"A network whose {what} take at most {most_bytes() / MIB:,.0f} MB was expected (a quarter of this "
                f"machine's memory), and this one takes {found / MIB:,.0f} MB."
            )
    return size


def activations(model: keras.Model) -> int:
    """How many numbers one picture leaves in each use of each layer of a model, those in nested models too.

    Shapes are followed from the input on: what a free axis is counted with shrinks as the layers shrink it.
    """
    given = [keras.KerasTensor(sample_shape(each.shape), each.dtype) for each in model.inputs]
    try:
        count = _Count()
        count.model(model, keras.tree.pack_sequence_as(_graph(model)._inputs_struct, given))
        return count.numbers
    except Exception:
        # A size that was chosen here need not be one that the network can take.
        if not any(None in each.shape[1:] for each in model.inputs):
            raise
    return sum(math.prod(sample_shape(each.shape)) for each in _declared(model))


class _Count:
    """One walk of shapes through a model."""

    def __init__(self) -> None:
        self.numbers = 0

    def model(self, model: keras.Model, given: Any) -> Any:
        graph = _graph(model)
        made = graph._run_through_graph(graph._standardize_inputs(given), operation_fn=self._use)
        return made[0] if isinstance(made, list) and len(made) == 1 else made

    def _use(self, operation: Any) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            if _graph(operation) is None:
                made = operation.compute_output_spec(*given, **named)
            else:
                made = self.model(operation, given[0] if given else named["inputs"])
            self.numbers += sum(math.prod(sample_shape(each.shape)) for each in keras.tree.flatten(made))
            if isinstance(operation, _ATTENTION):
                self.numbers += _pairs(operation, [*given, *named.values()])
            return made

        return call


def _pairs(layer: Any, given: Any) -> int:
    """Numbers that an attention layer holds: of each step of the query with each step of the rest, for each head."""
    read = [each for each in keras.tree.flatten(given) if isinstance(each, keras.KerasTensor)]
    steps = [math.prod(sample_shape(each.shape)[1:-1]) for each in read if len(each.shape) > 2]
    heads = getattr(layer, "num_heads", 0) or getattr(layer, "num_query_heads", 0) or 1
    inside = int(read[0].shape[-1] or 1) if isinstance(layer, keras.layers.AdditiveAttention) else 1
    return heads * inside * steps[0] * max(steps) if steps else 0


def _graph(operation: Any) -> Any:
    """The graph of a model; None of a layer."""
    found = getattr(operation, "_functional", None) if isinstance(operation, keras.Sequential) else operation
    return found if isinstance(found, keras.src.models.Functional) else None


def _declared(model: keras.Model) -> Iterator[Any]:
    """What each use of each layer gives, as it was built."""
    graph = _graph(model)
    for operation in graph._operations if graph is not None else model.layers:
        for node in operation._inbound_nodes:
            if isinstance(operation, keras.Model):
                yield from _declared(operation)
            yield from node.output_tensors


def sample_shape(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    """A shape with one picture in the batch, and as much on each free axis as the app gives it by itself."""
    free = LONG_SIDE if len(shape) == 4 else LENGTH
    return (1, *(free if axis is None else axis for axis in shape[1:]))
