"""What makes each number of the one at its own place: found by trying, since anybody may write an operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from keras import tree

Reads = Literal["number", "place", ""]
"""Whether each number is made of the one at its own place and channel, of those at its own place, or of others too."""

_NUMBERS = (
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
    keras.layers.BatchNormalization,
    keras.layers.Rescaling,
    keras.layers.Normalization,
)
_FREE = 8
"""Cells along an axis of free size."""


def reads(operation: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], output: keras.KerasTensor) -> Reads:
    """What a step reads of its one input.

    Args:
        operation: a Keras layer, or a `keras.ops` operation as a step of a model.
        args, kwargs: with which it is called, KerasTensors for what is computed.
        output: what it makes.
    """
    given = [leaf for leaf in tree.flatten((args, dict(kwargs))) if isinstance(leaf, keras.KerasTensor)]
    if isinstance(operation, keras.layers.Activation):
        return "number" if elementwise(operation.activation) else "place"
    if isinstance(operation, _NUMBERS) or type(operation).__name__ == "LayerScale":
        return "number"
    if isinstance(operation, keras.Layer) or len(given) != 1 or given[0].shape[1:] != output.shape[1:]:
        return ""
    return _tried(operation, args, kwargs, given[0])


def _tried(operation: Any, args: Any, kwargs: Any, given: keras.KerasTensor) -> Reads:
    shape = (1, *(size or _FREE for size in given.shape[1:]))
    picture = np.random.default_rng(0).uniform(0.1, 0.9, shape).astype(np.float32)
    made = []
    size = 1.0 if "float" in given.dtype else 100.0
    for change in (0.0, 0.05):
        # Off the middle, so that what is turned over is told apart.
        picture[(0, *(cells // 3 for cells in shape[1:]))] += change
        fed = tf.cast(picture * size, given.dtype)
        filled = tree.map_structure(lambda leaf, x=fed: x if leaf is given else leaf, (args, dict(kwargs)))
        try:
            made.append(np.asarray(operation(*filled[0], **filled[1]), np.float32))
        except (TypeError, ValueError, tf.errors.OpError):  # not to be tried on numbers like these
            return ""
    changed = np.argwhere(made[0] != made[1])
    places = changed[:, 1:-1] if len(shape) > 2 else changed[:, :0]
    if len(changed) == 1 and all(changed[0][1:] == [size // 3 for size in shape[1:]]):
        return "number"
    own = [size // 3 for size in shape[1:-1]]
    return "place" if len(changed) and len(shape) > 2 and (places == own).all() else ""


@lru_cache(maxsize=256)
def elementwise(activation: Callable[[Any], Any]) -> bool:
    """Whether an activation function reads each value alone."""
    # The first value among others, larger and smaller ones: what a sparsemax makes of it only the last tell apart.
    # Equal but for rounding, which may differ with a number's place.
    rows = [[0.5, -1, 2, 0.1], [0.5, 3, -2, 1.1], [0.5, -1, -2, -0.7]]
    tried = keras.ops.convert_to_tensor(np.array(rows, np.float32))
    made = np.asarray(activation(tried))
    return made.shape == (3, 4) and bool(np.allclose(made[:, 0], made[0, 0], 1e-5, 1e-6))
