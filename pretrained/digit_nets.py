"""The digit nets, how each is trained, and the one fixed shuffle of the pixels that two of them live with."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from keras import layers, regularizers

SHUFFLE_SEED = 29


@dataclass(frozen=True)
class Recipe:
    """How one net is built and trained. Shift and turn are the largest of the augmentation."""

    name: str
    title: str
    description: str
    architecture: str
    build: Callable[[str], keras.Model]
    epochs: int
    rate: float  # the highest learning rate
    shift: float  # fraction of the image's side
    turn: float  # fraction of a full turn
    shuffle: int | None = None  # seed of the permutation of the pixels, after the augmentation


def permutation(seed: int, pixels: int = 28 * 28) -> np.ndarray:
    """Where each pixel of a shuffled image comes from: (pixels,), every pixel once.

    RandomState is frozen (NumPy's NEP 19): one seed is one permutation, in every version from now on.
    """
    return np.random.RandomState(seed).permutation(pixels)


def shuffled(images: np.ndarray, seed: int | None) -> np.ndarray:
    """Images (N,H,W) with the pixels of each in the same new places; as they are without a seed."""
    if seed is None:
        return images
    flat = images.reshape(len(images), -1)
    return flat[:, permutation(seed, flat.shape[1])].reshape(images.shape)


class Shuffle(layers.Layer):
    """The same shuffle as a layer, for images (N,H,W,1); it wraps a net while that trains and is not saved."""

    def __init__(self, seed: int, **more: Any) -> None:
        super().__init__(**more)
        self._seed = seed

    def call(self, images: Any) -> Any:
        rows, columns = images.shape[1:3]
        flat = keras.ops.reshape(images, (-1, rows * columns))
        taken = keras.ops.take(flat, permutation(self._seed, rows * columns), axis=1)
        return keras.ops.reshape(taken, (-1, rows, columns, 1))


def build_mlp(name: str) -> keras.Model:
    # The penalty is small: enough to fade the weights of pixels that no digit ever touches.
    penalty = regularizers.L2(1e-5)
    stack = [
        keras.Input((28, 28, 1), name="input"),
        layers.Flatten(name="flatten"),
        layers.Dense(128, activation="relu", kernel_regularizer=penalty, name="dense1"),
        layers.Dense(64, activation="relu", kernel_regularizer=penalty, name="dense2"),
        layers.Dense(10, activation="softmax", name="output"),
    ]
    return keras.Sequential(stack, name=name)


def build_cnn(name: str) -> keras.Model:
    # The first filters are there to be looked at. They start near zero and pay for what they do not need,
    # so what is seen in them was learned; with the usual start the initial noise stays.
    small = keras.initializers.RandomNormal(stddev=0.01)
    penalty = regularizers.L2(5e-4)
    conv = {"padding": "same", "activation": "relu", "kernel_regularizer": penalty}
    stack = [
        keras.Input((28, 28, 1), name="input"),
        layers.Conv2D(16, 7, kernel_initializer=small, name="conv1", **conv),
        layers.MaxPooling2D(2, name="pool1"),
        layers.Conv2D(32, 5, name="conv2", **conv),
        layers.MaxPooling2D(2, name="pool2"),
        layers.Flatten(name="flatten"),
        layers.Dense(128, activation="relu", name="dense"),
        layers.Dropout(0.4, name="dropout"),
        layers.Dense(10, activation="softmax", name="output"),
    ]
    return keras.Sequential(stack, name=name)


PLAIN = (
    Recipe(
        name="mnist-mlp",
        title="Digits, plain net",
        description="A net without convolutions: it reads the image as one vector of 784 pixels.",
        architecture="28x28x1 > flatten 784 > dense 128 ReLU > dense 64 ReLU > dense 10 softmax",
        build=build_mlp,
        epochs=24,
        rate=2e-3,
        shift=0.05,
        turn=0.025,
    ),
    Recipe(
        name="mnist-cnn",
        title="Digits, convolutional net",
        description="Two convolutions, each followed by max pooling, then a dense layer that decides.",
        architecture="28x28x1 > conv 7x7x16 ReLU > max pool 2x2 > conv 5x5x32 ReLU > max pool 2x2 > "
        "flatten 1568 > dense 128 ReLU > dropout 0.4 > dense 10 softmax",
        build=build_cnn,
        epochs=10,
        rate=1e-3,
        shift=0.08,
        turn=0.03,
    ),
)

# Trained alike: the same first weights, order, turns, shifts and dropout as the twin. The shuffle comes after
# the turns and shifts, so that each example is the twin's own with its pixels in other places; the other way
# round they would move pixels to where other pixels are trained to be, and the twin has no such handicap.
SHUFFLED = tuple(
    replace(
        recipe,
        name=f"{recipe.name}-shuffled",
        title=f"{recipe.title}, shuffled pixels",
        description=f"{recipe.description} It only ever saw digits with their pixels shuffled, always in the same way.",
        shuffle=SHUFFLE_SEED,
    )
    for recipe in PLAIN
)

RECIPES = PLAIN + SHUFFLED
