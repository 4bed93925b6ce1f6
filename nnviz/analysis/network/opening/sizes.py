"""What a network takes in memory, from its shapes alone, and what this machine has."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass

import keras

from nnviz.analysis.network.opening.limits import MIB
from nnviz.errors import NnvizError

_FREE = 224
"""Pixels that a free axis of a picture is counted with."""
_FREE_STEPS = 16
"""The same for any other free axis: steps, words, slices."""
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
    size = Size(4 * needed, 4 * sum(activations(model)))
    for what, found in (("weights", size.weights), ("activations of one picture", size.activations)):
        if found > most_bytes():
            raise NnvizError(
                f"A network whose {what} take at most {most_bytes() / MIB:,.0f} MB was expected (a quarter of this "
                f"machine's memory), and this one takes {found / MIB:,.0f} MB."
            )
    return size


def activations(model: keras.Model) -> Iterator[int]:
    """How many numbers one picture leaves in each use of each layer of a model, those in nested models too."""
    for operation in model._operations if isinstance(model, keras.src.models.Functional) else model.layers:
        for node in operation._inbound_nodes:
            if isinstance(operation, keras.Model):
                yield sum(activations(operation))
            for tensor in node.output_tensors:
                yield math.prod(sample_shape(tensor.shape))


def sample_shape(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    """A shape with one picture in the batch, and a size for each axis that is free."""
    free = _FREE if len(shape) == 4 else _FREE_STEPS
    return (1, *(free if axis is None else axis for axis in shape[1:]))
