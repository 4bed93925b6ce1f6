"""Searches for what excites a unit: one whose answer is planted, and two held side by side."""

import keras
import numpy as np
from keras import layers

from nnviz import load
from nnviz.analysis.network.network import Network


def same(one, other) -> bool:
    """Whether two searches found the same, bit for bit."""
    return (
        (one.searched, one.available, one.skipped) == (other.searched, other.available, other.skipped)
        and list(one.layers) == list(other.layers)
        and np.array_equal(one.sampled, other.sampled)
        and all(np.array_equal(one.maxima[name], other.maxima[name]) for name in other.maxima)
        and all(
            np.array_equal(getattr(one.layers[name], part), getattr(other.layers[name], part))
            for name in other.layers
            for part in ("values", "images", "rows", "columns")
        )
    )


CORNER = np.array([[-1, -1, -1], [-1, 1, 1], [-1, 1, 1]], np.float32)


def corner_detector() -> Network:
    """A filter that fits the upper left corner of a bright block, and one that fits the lower right."""
    model = keras.Sequential(
        [
            keras.Input((12, 10, 1), name="picture"),
            layers.Conv2D(2, 3, activation="relu", name="corner"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Conv2D(1, 1, strides=2, name="strided"),
            layers.Flatten(name="flatten"),
            layers.Dense(2, name="scores"),
        ]
    )
    kernel = np.stack([CORNER, CORNER[::-1, ::-1]], axis=-1)[:, :, None]
    model.get_layer("corner").set_weights([kernel, np.zeros(2, np.float32)])
    model.get_layer("strided").set_weights([np.array([1.0, 0.0]).reshape(1, 1, 2, 1), np.zeros(1)])
    return load(model)


def images_for(network: Network, count: int = 30) -> np.ndarray:
    shape = tuple(size or 11 for size in network.image_shape)
    return np.random.default_rng(3).integers(0, 256, (count, *shape)).astype(np.uint8)
