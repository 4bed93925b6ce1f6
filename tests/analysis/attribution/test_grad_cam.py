"""Grad-CAM against nets solved by hand, against Keras at any layer, and the layer that it looks at."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from nnviz.analysis.attribution import explain
from nnviz.analysis.attribution.cam import last_convolution, map_layers
from nnviz.analysis.attribution.grad_cam import GradCam
from nnviz.analysis.network.network import load
from nnviz.errors import NnvizError


def test_grad_cam_of_a_net_solved_by_hand(bilinear):
    """Two filters of one pixel each (x and 1 - x), pooled by the mean, one weight each a class.

    d score / d A_k is w_k / 4 in each of the 4 cells, so the map is ReLU((w_1 A_1 + w_2 A_2) / 4).
    """
    given = keras.Input((4, 4, 1))
    maps = layers.Conv2D(2, 2, strides=2, name="conv")(given)
    model = keras.Model(given, layers.Dense(2, name="scores")(layers.GlobalAveragePooling2D()(maps)))
    kernel = np.zeros((2, 2, 1, 2), np.float32)
    kernel[0, 0, 0] = [1, -1]  # the upper left pixel of each window
    model.get_layer("conv").set_weights([kernel, np.array([0, 1], np.float32)])
    weights = np.array([[2, -1], [-3, 4]], np.float32)
    model.get_layer("scores").set_weights([weights, np.zeros(2, np.float32)])
    picture = np.random.default_rng(0).random((4, 4, 1)).astype(np.float32)
    x = picture[::2, ::2, 0].astype(np.float64)
    for k in range(2):
        places = np.maximum((weights[0, k] * x + weights[1, k] * (1 - x)) / 4, 0)
        result = explain(load(model), picture, "grad-cam", k)
        np.testing.assert_allclose(result.values, bilinear(places, 4, 4), rtol=1e-5, atol=1e-6)
        assert result.values.shape == (4, 4)


@pytest.mark.parametrize("layer", ["conv1", "pool1", "conv2", "pool2"])
def test_grad_cam_against_keras_at_any_layer(cases, layer, bilinear):
    case = cases["sequential_cnn"]
    model, at = case.model, [made.name for made in case.model.layers].index(layer)
    maps = case.batch
    for made in model.layers[: at + 1]:
        maps = made(maps)
    answer = model.layers[-1]
    with tf.GradientTape() as tape:
        tape.watch(maps)
        x = maps
        for made in model.layers[at + 1 : -1]:
            x = made(x)
        score = (x @ tf.convert_to_tensor(answer.kernel))[0, 3] + answer.bias[3]
    gradient = tape.gradient(score, maps).numpy()[0]
    places = np.maximum((gradient.mean((0, 1)) * maps.numpy()[0]).sum(axis=2), 0)
    result = explain(case.network, case.picture, "grad-cam", 3, layer=layer)
    np.testing.assert_allclose(result.values, bilinear(places, 12, 12), rtol=1e-3, atol=1e-5)
    assert result.score == pytest.approx(float(score), rel=1e-4)


def test_grad_cam_looks_by_default_behind_normalisation_and_activation_of_the_last_convolution():
    given = keras.Input((8, 8, 1))
    x = layers.Conv2D(2, 3, name="first")(given)
    x = layers.Conv2D(3, 3, name="last")(layers.ReLU(name="first_relu")(x))
    x = layers.BatchNormalization(name="last_bn")(x)
    x = layers.ReLU(name="last_relu")(x)
    x = layers.MaxPooling2D(2, name="pool")(x)
    model = keras.Model(given, layers.Dense(2)(layers.Flatten()(x)))
    network = load(model)
    assert last_convolution(network).name == "last_relu"
    (parameter,) = GradCam().parameters(network)
    assert parameter.default == "last_relu"
    assert parameter.choices == ("first", "first_relu", "last", "last_bn", "last_relu", "pool")
    picture = np.random.default_rng(0).random((8, 8, 1)).astype(np.float32)
    default, named = (explain(network, picture, "grad-cam", 1, **kw) for kw in ({}, {"layer": "last_relu"}))
    np.testing.assert_array_equal(default.values, named.values)


def residual(x):
    """As the end of a ResNet: the second way is added, then rectified."""
    y = layers.BatchNormalization(name="bn")(layers.Conv2D(4, 3, padding="same", name="last")(x))
    return layers.ReLU(name="expected")(layers.Add(name="added")([x, y]))


def dense_block(x):
    """As the end of a DenseNet: a narrow convolution is stacked on all that came before."""
    x = layers.Concatenate(name="joined")([x, layers.Conv2D(2, 3, padding="same", name="last")(x)])
    return layers.Activation("relu", name="expected")(layers.BatchNormalization(name="bn")(x))


def inception(x):
    """As the end of an Inception net: branches, one split once more, are stacked; one only pools."""
    left = layers.Conv2D(3, 1, activation="relu", name="left")(x)
    one, two = (layers.Conv2D(2, size, padding="same", name=f"split{size}")(x) for size in (1, 3))
    split = layers.Concatenate(name="inner")([one, two])
    pooled = layers.AveragePooling2D(3, 1, padding="same", name="pooling")(x)
    right = layers.ReLU(name="relu")(layers.Conv2D(2, 1, name="last")(pooled))
    return layers.Concatenate(name="expected")([left, split, right])


def with_operations(x):
    """Merged by functions instead of layers, behind a gate."""
    y = layers.Conv2D(4, 3, padding="same", name="last")(x)
    gate = layers.Conv2D(4, 1, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(y))
    return layers.Activation("relu", name="expected")(keras.ops.add(x, y * gate))


@pytest.mark.parametrize("end", [residual, dense_block, inception, with_operations])
@pytest.mark.parametrize("head", ["pooled", "flat", "smaller"])
def test_grad_cam_looks_by_default_at_what_the_branches_of_the_last_block_are_merged_into(end, head, fixed_weights):
    assert last_convolution(ending(end, head, fixed_weights)).name == "expected"


def test_where_grad_cam_looks_by_default_can_be_named(fixed_weights):
    network = ending(residual, "smaller", fixed_weights)
    picture = np.random.default_rng(0).random((8, 8, 1)).astype(np.float32)
    default, named = (explain(network, picture, "layer-cam", 1, **kw) for kw in ({}, {"layer": "expected"}))
    assert default.values.any()
    np.testing.assert_array_equal(default.values, named.values)


def ending(end, head, fixed_weights):
    """A network with that last block, and that way from its maps to the scores."""
    given = keras.Input((8, 8, 1))
    x = end(layers.Conv2D(4, 3, activation="relu", name="stem")(given))
    x = layers.MaxPooling2D(2, name="behind")(x) if head == "smaller" else x
    x = layers.ReLU(name="behind_too")(x) if head == "smaller" else x
    x = (layers.GlobalAveragePooling2D() if head == "pooled" else layers.Flatten())(x)
    return load(fixed_weights(keras.Model(given, layers.Dense(2)(x))))


def test_grad_cam_takes_maps_even_where_the_convolution_itself_leaves_one_cell(fixed_weights):
    made = [keras.Input((4, 4, 1)), layers.Conv2D(3, 4), layers.UpSampling2D(3), layers.Flatten(), layers.Dense(2)]
    network = load(fixed_weights(keras.Sequential(made)))
    assert last_convolution(network).kind == "UpSampling2D"


def test_grad_cam_on_vectors_says_what_to_use(cases):
    with pytest.raises(NnvizError, match=r"feature maps.*integrated-gradients or occlusion"):
        explain(cases["mlp_28x28x1"].network, cases["mlp_28x28x1"].picture, "grad-cam")


def test_scores_that_are_a_picture_are_explained_by_the_last_maps_before_them(fixed_weights):
    """A U-Net's mask, fused or not, and scores that are laid out: the layer that makes them is no choice."""
    for activation, laid in (("sigmoid", False), (None, False), (None, True)):
        given = keras.Input((8, 8, 3))
        x = layers.MaxPooling2D()(layers.Conv2D(3, 3, padding="same", activation="relu", name="c1")(given))
        x = layers.Conv2D(4, 3, padding="same", activation="relu", name="c2")(x)
        x = layers.Conv2D(1, 1, activation=activation, name="mask")(layers.UpSampling2D(name="up")(x))
        x = layers.Reshape((64,))(x) if laid else x
        network = load(fixed_weights(keras.Model(given, x), 4))
        assert last_convolution(network).name == "c2"
        assert "mask" not in [layer.name for layer in map_layers(network)]
        found = explain(network, np.random.default_rng(1).random((8, 8, 3), np.float32), "grad-cam", 0)
        assert found.values.shape == (8, 8)


def test_the_maps_of_a_series_are_laid_along_its_steps(fixed_weights):
    """By hand: what is strong at a step of the last convolution is strong there over all that the step has."""
    given = keras.Input((6, 2))
    x = layers.Conv1D(3, 3, padding="same", activation="relu", name="c")(given)
    model = fixed_weights(keras.Model(given, layers.Dense(2, name="answer")(layers.GlobalAveragePooling1D()(x))), 6)
    picture = np.random.default_rng(1).random((6, 2), np.float32)
    maps = np.asarray(keras.Model(given, x)(picture[None]))[0]
    weights = np.asarray(model.get_layer("answer").kernel)[:, 1] / 6
    expected = np.repeat(np.maximum(maps @ weights, 0)[:, None], 2, axis=1)
    np.testing.assert_allclose(explain(load(model), picture, "grad-cam", 1).values, expected, rtol=1e-4, atol=1e-6)
