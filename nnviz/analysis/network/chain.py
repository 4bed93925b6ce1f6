"""A network that is one chain of a few plain kinds of layers, read from its file without Keras.

Keras takes seconds to import, and what can be drawn on need not wait for it. Of what ships only the nets for digits are
such chains; whatever else a file holds is left to Keras.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Operation = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Program:
    """What computes every layer of a network.

    Attributes:
        input: name of the input.
        output: name of the operation that makes the answer, as the graph has it.
        operations: in an order in which each can be done. Of each `name`, `op`, `from` (names of what it reads) and
            what it does that by; an array is [first, count] of `weights`. Sizes are of rows and columns; what has
            one axis of steps is one row of columns.
        weights: (n,), float32.
    """

    input: str
    output: str
    operations: tuple[Operation, ...]
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class Chain:
    """A program, and the shape of what each of its operations makes, without the batch axis."""

    program: Program
    shapes: Mapping[str, tuple[int, ...]]


def chain(path: Path) -> Chain | None:
    """The network of a `.keras` file that is a Sequential of convolutions, poolings, dense layers, Flatten and Dropout
    with Keras' own settings; None for any other.

    Args:
        path: of a file that is trusted: one that ships.
    """
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
        weights = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
    layers = config["config"]["layers"]
    kinds = [layer["class_name"] for layer in layers]
    if config["class_name"] != "Sequential" or kinds[:1] != ["InputLayer"] or not set(kinds[1:]) <= set(_KINDS):
        return None
    given, counts = layers[0]["config"], dict[str, int]()
    shape, last, shapes = tuple(given["batch_shape"][1:]), given["name"], dict[str, tuple[int, ...]]()
    arrays, operations = list[np.ndarray](), list[dict[str, Any]]()
    for layer in layers[1:]:
        kind, facts = layer["class_name"], layer["config"]
        # Keras names a layer's weights by its kind, and counts those of one kind.
        number = counts.get(kind, 0)
        counts[kind] = number + 1
        stored = weights[f"layers/{_KINDS[kind]}{f'_{number}' if number else ''}/vars"]
        own = [np.asarray(stored[str(at)], np.float32) for at in range(len(stored))]
        places = []
        for array in own:
            start = sum(each.size for each in arrays)
            arrays.append(array.ravel())
            places.append([start, array.size])
        operation, shape = _operation(kind, facts, own, places, shape)
        operations.append({"name": facts["name"], "from": [last], **operation})
        last = facts["name"]
        shapes[last] = shape
    return Chain(Program(given["name"], last, tuple(operations), np.concatenate(arrays)), shapes)


_KINDS = {
    "Conv2D": "conv2d",
    "MaxPooling2D": "max_pooling2d",
    "Dense": "dense",
    "Flatten": "flatten",
    "Dropout": "dropout",
}
"""By the name of a layer's class, what its weights are stored under."""


def _operation(
    kind: str, facts: Mapping[str, Any], own: list[np.ndarray], places: list[list[int]], shape: tuple[int, ...]
) -> tuple[dict[str, Any], tuple[int, ...]]:
    """What a layer does, and the shape of what it makes of that shape."""
    if kind == "Flatten":
        return {"op": "reshape", "shape": [-1]}, (math.prod(shape),)
    if kind == "Dropout":
        return {"op": "identity"}, shape
    if kind == "MaxPooling2D":
        window = {"strides": list(facts["strides"]), "dilation": [1, 1], "padding": facts["padding"]}
        made = (*_slid(shape, facts["pool_size"], facts["strides"], facts["padding"]), shape[2])
        return {"op": "pooling", "kind": "max", "size": list(facts["pool_size"]), **window}, made
    weighted = {"kernel": places[0], "bias": places[1] if facts["use_bias"] else None, "f": facts["activation"]}
    if kind == "Dense":
        return {"op": "dense", "units": facts["units"], **weighted}, (*shape[:-1], facts["units"])
    window = {name: list(facts[full]) for name, full in (("strides", "strides"), ("dilation", "dilation_rate"))}
    made = (*_slid(shape, facts["kernel_size"], facts["strides"], facts["padding"]), facts["filters"])
    sizes = {"shape": list(own[0].shape), "groups": facts["groups"], "padding": facts["padding"]}
    return {"op": "convolution", **window, **sizes, **weighted}, made


def _slid(shape: tuple[int, ...], size: list[int], strides: list[int], padding: str) -> tuple[int, int]:
    """Rows and columns of what a window without dilation makes."""
    reach = [1, 1] if padding == "same" else size
    rows, columns = (
        -(-(length - one + 1) // step) for length, one, step in zip(shape[:2], reach, strides, strict=True)
    )
    return rows, columns
