"""What acts in training only: dropout, noise, augmentation. To a picture that is looked at it does nothing."""

from __future__ import annotations

import inspect
from typing import Any

import keras
import numpy as np
import tensorflow as tf

_NOTHING_BUT = "keras.src.layers.regularization."
"""The module of Keras whose layers all act on training alone."""
_TRIED = 32
"""Cells along an axis of free size."""


def acts_in_training_only(layer: Any, shape: tuple[int | None, ...]) -> bool:
    """Whether a layer hands on what it gets as it is, outside training.

    Keras' regularisation layers do. Any other of Keras that is told whether it trains, and has learned nothing, is
    tried: a `Resizing` resizes always, a `RandomFlip` flips in training.

    Args:
        layer: a Keras layer.
        shape: of what it reads, without the batch axis; None where free.
    """
    where = type(layer).__module__
    if where.startswith(_NOTHING_BUT) or isinstance(layer, keras.layers.Identity):
        return True
    if not where.startswith("keras.") or not takes_training(layer) or layer.weights:
        return False
    sizes = [size or _TRIED for size in shape]
    pixels = np.random.default_rng(0).uniform(0, 255, (2, *sizes)).astype(np.float32)
    try:
        made = layer(pixels, training=False)
    except (TypeError, ValueError, tf.errors.OpError):  # what it cannot be tried on, it does not hand on
        return False
    if not tf.is_tensor(made) or made.shape != pixels.shape:
        return False
    return bool(np.allclose(tf.cast(made, tf.float32), tf.cast(pixels, made.dtype)))


def takes_training(layer: Any) -> bool:
    """Whether a layer is told, when it is called, if it is being trained."""
    return isinstance(layer, keras.Layer) and "training" in inspect.signature(layer.call).parameters
