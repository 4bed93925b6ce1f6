"""A layer's configuration: all that Keras was told, each with what it means, whatever the layer."""

import keras
import pytest
from keras import layers
from shipped import shipped

from nnviz.analysis.layer.configuration import LONGEST, configuration
from nnviz.analysis.network.network import load

UNSAID = {"renorm_clipping", "renorm_momentum"}
"""Arguments so rare that their name has to do."""


def said(layer):
    return {each.name: each for each in configuration(layer)}


def test_it_is_all_that_keras_has_of_every_layer_and_each_says_what_it_means(cases):
    for network in [*(case.network for case in cases.values()), shipped("mnist-cnn"), shipped("mnist-mlp")]:
        for layer in network.layers:
            found = said(layer)
            config = {} if layer.keras_layer is None else layer.keras_layer.get_config()
            assert {*config} - {"name"} <= {*found}, layer.name
            assert [name for name, each in found.items() if not each.meaning and name not in UNSAID] == [], layer.kind
            assert all(len(each.value) <= LONGEST for each in found.values())


@pytest.mark.parametrize(
    ("layer", "name", "value", "meaning"),
    [
        (layers.Conv2D(2, 3), "strides", "(1, 1)", "every cell"),
        (layers.Conv2D(2, 3, strides=2), "strides", "(2, 2)", "2x2 cells, so the maps get smaller"),
        (layers.Conv2DTranspose(2, 3, strides=2), "strides", "(2, 2)", "the maps grow"),
        (layers.MaxPooling2D(2), "pool_size", "(2, 2)", "window of 2x2 cells"),
        (layers.Conv2D(2, 3, padding="same"), "padding", "same", "keeps its size"),
        (layers.Conv2D(2, 3, dilation_rate=2), "dilation_rate", "(2, 2)", "sees farther"),
        (layers.Conv2D(2, 3, groups=2), "groups", "2", "2 groups, and each filter reads one"),
        (layers.GroupNormalization(2), "groups", "2", "a mean and a variance of its own"),
        (layers.Conv2D(2, 3, use_bias=False), "use_bias", "False", "there is no bias"),
        (layers.Conv2D(2, 3), "kernel_initializer", "GlorotUniform()", "How the kernel was filled before training"),
        (layers.Conv2D(2, 3, kernel_regularizer="l2"), "kernel_regularizer", "L2(l2=0.01)", "the kernel stays small"),
        (layers.Conv2D(2, 3), "kernel_regularizer", "None", "Nothing keeps the kernel small"),
        (layers.Conv2D(2, 3, activation="relu"), "activation", "relu", "negative to 0"),
        (layers.Dropout(0.25), "rate", "0.25", "Here none are"),
        (layers.BatchNormalization(), "dtype", "float32", "kind of numbers"),
        (layers.Rescaling(1 / 255), "scale", str(1 / 255), "multiplied"),
        (layers.Normalization(mean=[0.5] * 4, variance=[1.0] * 4), "mean", "(0.5, 0.5, 0.5, 0.5)", "Taken off"),
    ],
)
def test_what_an_argument_says(layer, name, value, meaning):
    network = load(keras.Sequential([keras.Input((8, 8, 4)), layer, layers.Flatten(), layers.Dense(2)]))
    found = said(network.layers[1])[name]
    assert found.value == value
    assert meaning in found.meaning


def test_a_layer_of_ones_own_that_does_not_say_how_it_is_saved_has_its_shapes():
    class Own(layers.Layer):
        def __init__(self, function):
            super().__init__()
            self.function = function

        def call(self, x):
            return self.function(x)

    network = load(keras.Sequential([keras.Input((5,)), Own(lambda x: x), layers.Dense(2)]))
    assert [each.value for each in configuration(network.layers[1])] == ["Own", "5", "5", "0"]
