"""What several tests of the analysis stand on."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace
from nnviz.analysis.search import strongest as searching


def every_kind() -> keras.Model:
    """Every way of weighing inputs, with strides, dilations, groups and both paddings."""
    given = keras.Input((13, 11, 3), name="picture")
    x = layers.Conv2D(6, (3, 4), padding="same", activation="leaky_relu", name="plain")(given)
    x = layers.Conv2D(6, (3, 2), strides=(2, 3), padding="same", activation="elu", name="strided")(x)
    x = layers.Conv2D(8, 3, dilation_rate=(2, 1), padding="same", activation="tanh", name="dilated")(x)
    x = layers.Conv2D(6, 3, groups=2, padding="same", activation="relu", name="grouped")(x)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", activation="gelu", name="depthwise")(x)
    x = layers.SeparableConv2D(
        5, 3, depth_multiplier=2, strides=2, padding="same", activation="silu", name="separable"
    )(x)
    x = layers.Conv2D(4, 1, use_bias=False, name="mix")(x)
    x = layers.Dense(4, activation="softmax", name="attention")(x)
    x = layers.Conv2DTranspose(3, (3, 2), strides=(2, 3), padding="same", activation="softplus", name="transposed")(x)
    x = layers.Conv2DTranspose(5, 4, strides=3, activation="relu", name="wide")(x)
    x = layers.Reshape((-1, 5), name="steps")(x)
    x = layers.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="sigmoid", name="causal")(x)
    x = layers.DepthwiseConv1D(3, strides=2, activation="relu", name="depthwise1d")(x)
    x = layers.SeparableConv1D(3, 2, activation=layers.LeakyReLU(0.3), name="separable1d")(x)
    x = layers.Dense(6, activation="hard_sigmoid", name="each_step")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(7, activation="tanh", name="dense")(x)
    return keras.Model(given, layers.Dense(4, activation="softmax", name="answer")(x), name="every_kind")


@pytest.fixture(scope="module")
def every(fixed_weights):
    """The model, its network, a picture and what that leaves."""
    model = fixed_weights(every_kind(), 5)
    network = load(model)
    picture = np.random.default_rng(3).random((13, 11, 3)).astype(np.float32)
    return SimpleNamespace(model=model, network=network, picture=picture, trace=trace(network, picture))


@pytest.fixture
def small_batches(monkeypatch):
    """A search in batches so small that there are several of a few pictures."""
    monkeypatch.setattr(searching, "_LARGEST_BATCH", 7)
