"""A trace against Keras, and convolution and pooling against plain numpy."""

import keras
import numpy as np
import pytest
from keras import layers

import nnviz
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import scores, trace
from nnviz.errors import NnvizError

CLOSE = {"rtol": 1e-4, "atol": 1e-5}


def windows(maps, size, stride, padding, fill):
    """Every window of (H, W, C) maps as (rows, columns, kh, kw, C), by TensorFlow's rule of 'same'."""
    height, width, _ = maps.shape
    kh, kw = size
    if padding == "same":
        edges = []
        for length, k in ((height, kh), (width, kw)):
            needed = max((-(-length // stride) - 1) * stride + k - length, 0)
            edges.append((needed // 2, needed - needed // 2))
        maps = np.pad(maps, [*edges, (0, 0)], constant_values=fill)
        height, width, _ = maps.shape
    found = []
    for top in range(0, height - kh + 1, stride):
        row = [maps[top : top + kh, left : left + kw] for left in range(0, width - kw + 1, stride)]
        found.append(row)
    return np.array(found)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("size", "stride"), [((3, 3), 1), ((2, 4), 1), ((3, 3), 2), ((2, 2), 3), ((5, 1), 2)])
def test_convolution_and_pooling_against_numpy(fixed_weights, size, stride, padding):
    given = keras.Input((9, 8, 3), name="picture")
    made = [
        layers.Conv2D(4, size, stride, padding, activation="relu", name="conv"),
        layers.MaxPooling2D(size, stride, padding, name="max"),
        layers.AveragePooling2D(size, stride, padding, name="average"),
        layers.DepthwiseConv2D(size, stride, padding, name="depthwise"),
    ]
    joined = layers.Concatenate()([layers.Flatten()(layer(given)) for layer in made])
    model = fixed_weights(keras.Model(given, layers.Dense(2)(joined)), 5)
    image = np.random.default_rng(1).normal(size=(9, 8, 3)).astype(np.float32)
    found = trace(load(model), image).activations
    conv, depthwise = model.get_layer("conv"), model.get_layer("depthwise")

    seen = windows(image.astype(np.float64), size, stride, padding, 0.0)
    expected = np.einsum("rcklm,klmo->rco", seen, np.asarray(conv.kernel)) + np.asarray(conv.bias)
    np.testing.assert_allclose(found["conv"], np.maximum(expected, 0), **CLOSE)
    kernel, bias = np.asarray(depthwise.kernel)[..., 0], np.asarray(depthwise.bias)
    np.testing.assert_allclose(found["depthwise"], (seen * kernel).sum((2, 3)) + bias, **CLOSE)
    # Pooling leaves the padding out: a maximum never picks it, an average does not count it.
    seen = windows(image.astype(np.float64), size, stride, padding, np.nan)
    np.testing.assert_allclose(found["max"], np.nanmax(seen, axis=(2, 3)), **CLOSE)
    np.testing.assert_allclose(found["average"], np.nanmean(seen, axis=(2, 3)), **CLOSE)


def test_a_dense_layer_against_its_formula(cases):
    """output = F(sum(input * weight) + bias), written out."""
    case = cases["mlp_8x8"]
    found, layer = trace(case.network, case.picture).activations, case.model.get_layer("hidden1")
    kernel, bias = np.asarray(layer.kernel, np.float64), np.asarray(layer.bias, np.float64)
    flat = case.picture.ravel()
    expected = [max(0, sum(flat[i] * kernel[i, j] for i in range(64)) + bias[j]) for j in range(6)]
    np.testing.assert_allclose(found["hidden1"], expected, **CLOSE)
    np.testing.assert_array_equal(found["flatten"], flat)


def test_all_activations_equal_keras(flat_case):
    found = trace(flat_case.network, flat_case.picture)
    model = flat_case.model
    shape = model.inputs[0].shape[1:]
    x = found.image[None] if None in shape else found.image.reshape((1, *shape))
    assert list(found.activations) == [info.name for info in flat_case.network.layers]
    np.testing.assert_array_equal(found.activations["picture"], x[0])
    for info in flat_case.network.layers[1:]:
        if "#" in info.name:
            continue
        node = info.keras_layer._inbound_nodes[0]
        expected = keras.Model(model.inputs[0], node.output_tensors[0])(x)[0]
        np.testing.assert_allclose(found.activations[info.name], expected, err_msg=info.name, **CLOSE)
    answer = found.logits if flat_case.name == "logits_end" else found.probabilities
    own = np.asarray(model(x)[0])
    np.testing.assert_allclose(answer[-len(own) :], own, **CLOSE)
    assert found.winner == found.logits.argmax() == found.probabilities.argmax()


def test_a_trace_is_read_only_float32_and_finite(case):
    found = trace(case.network, case.picture)
    for array in (found.image, found.logits, found.probabilities, *found.activations.values()):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(TypeError):
        found.activations["picture"] = found.image


def test_a_trace_outlives_the_next_one(cases):
    """TensorFlow may give the same memory again; what was kept must not change."""
    case = cases["sequential_cnn"]
    first = trace(case.network, case.picture)
    kept = {name: array.copy() for name, array in first.activations.items()}
    for _ in range(5):
        trace(case.network, 1 - case.picture)
    for name, array in kept.items():
        np.testing.assert_array_equal(first.activations[name], array)


def test_forms_of_one_grey_picture_give_one_trace(cases):
    network = cases["sequential_cnn"].network
    grey = np.random.default_rng(2).integers(0, 256, (12, 12), dtype=np.uint8)
    expected = trace(network, grey[..., None]).logits
    for form in (
        grey,
        np.repeat(grey[..., None], 3, axis=2),
        grey.astype(np.int64),
        (grey / 255).astype(np.float32),
        (grey / 255)[..., None],
        nnviz.images.fit(grey, network.image_shape, network.scale, network.offset),
    ):
        np.testing.assert_allclose(trace(network, form).logits, expected, rtol=1e-4, atol=1e-4)


def test_a_grey_picture_fills_three_channels(cases):
    network = cases["branched"].network
    grey = np.random.default_rng(2).integers(0, 256, (10, 10), dtype=np.uint8)
    image = trace(network, grey).image
    np.testing.assert_allclose(image, np.repeat(grey[..., None] / 255, 3, axis=2), rtol=1e-6)


def test_scale_and_offset_of_the_card_are_applied(fixed_weights):
    model = fixed_weights(keras.Sequential([keras.Input((4, 4, 3)), layers.Flatten(), layers.Dense(2)]))
    card = {"input": {"scale": [0.1, 0.2, 0.3], "offset": [-1, 0, 1]}}
    pixels = np.random.default_rng(0).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    found = trace(load(model, card), pixels)
    np.testing.assert_allclose(found.image, pixels * [0.1, 0.2, 0.3] + [-1, 0, 1], rtol=1e-5)
    np.testing.assert_allclose(found.logits, model(found.image[None])[0], **CLOSE)


def test_scores_of_a_batch_are_those_of_each_image(case):
    images = np.stack([case.picture, 0.5 * case.picture, case.picture[::-1]])
    together = scores(case.network, images)
    for image, row in zip(images, together, strict=True):
        np.testing.assert_allclose(scores(case.network, image[None])[0], row, **CLOSE)


def test_a_network_of_any_size_takes_two_sizes(cases):
    network = cases["any_size"].network
    small = trace(network, np.full((9, 13, 3), 90, np.uint8))
    large = trace(network, np.full((20, 16, 3), 90, np.uint8))
    assert small.activations["conv1"].shape == (5, 7, 4)
    assert large.activations["conv1"].shape == (10, 8, 4)


def test_scores_that_are_not_finite_are_an_error():
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(2)])
    model.layers[-1].set_weights([np.full((16, 2), np.nan, np.float32), np.zeros(2, np.float32)])
    with pytest.raises(NnvizError, match="Finite"):
        trace(load(model), np.ones((4, 4), np.uint8))


@pytest.mark.parametrize("image", [np.zeros((2, 3, 4, 5)), np.full((12, 12), np.nan), "cat", np.zeros((0, 4))])
def test_what_is_no_image_is_refused(cases, image):
    with pytest.raises(NnvizError, match="Received"):
        trace(cases["sequential_cnn"].network, image)
