"""What a picture takes in a network, counted from shapes alone."""

import keras
from keras import layers

from nnviz.analysis.network.opening import sizes


def body(given: keras.KerasTensor) -> keras.Model:
    x = given
    for filters in (4, 8, 16):
        x = layers.Conv2D(filters, 3, strides=2, padding="same")(x)
        x = layers.Add()([layers.DepthwiseConv2D(3, padding="same")(x), x])
    return keras.Model(given, x)


def test_a_nested_model_of_free_size_is_counted_in_the_size_that_it_is_given():
    free, fixed = (body(keras.Input((side, side, 3))) for side in (None, 64))
    nets = [
        keras.Sequential([keras.Input((64, 64, 3)), layers.Rescaling(2.0), base, layers.GlobalAveragePooling2D()])
        for base in (free, fixed)
    ]
    found, expected = map(sizes.activations, nets)
    maps = 3 * sum(filters * (64 >> halved) ** 2 for halved, filters in ((1, 4), (2, 8), (3, 16)))
    assert found == expected
    # Beside the maps of the body: the input scaled, and what the body and the pooling hand on.
    assert found == maps + 3 * 64**2 + 16 * 8**2 + 16
