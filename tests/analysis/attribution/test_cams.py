"""Class activation maps against plain loops over maps and gradients that Keras itself gives, and nets on paper."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from nnviz.analysis.attribution import explain
from nnviz.analysis.attribution.cam import map_layers
from nnviz.analysis.attribution.eigen_cam import first_component
from nnviz.analysis.network import targets
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import scores, trace

LAYERS = ("conv1", "pool1", "conv2", "pool2")


def maps_and_gradient(case, layer, k):
    """A layer's maps and d logit k / d maps, (h, w, channels), from the Keras layers one by one."""
    model, at = case.model, [made.name for made in case.model.layers].index(layer)
    maps = case.batch
    for made in model.layers[: at + 1]:
        maps = made(maps)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        x = maps
        for made in model.layers[at + 1 : -1]:
            x = made(x)
        score = (x @ tf.convert_to_tensor(model.layers[-1].kernel))[0, k] + model.layers[-1].bias[k]
    return maps.numpy()[0].astype(float), tape.gradient(score, maps).numpy()[0].astype(float)


def plus_plus(maps, gradient):
    """Equations 5 and 19 of the paper, cell by cell, with the derivatives of exp(score) but for their common factor."""
    height, width, channels = maps.shape
    places = np.zeros((height, width))
    for k in range(channels):
        weight = 0.0
        for i in range(height):
            for j in range(width):
                g = gradient[i, j, k]
                below = 2 * g**2 + sum(maps[a, b, k] * g**3 for a in range(height) for b in range(width))
                weight += (g**2 / below if below else 0.0) * max(g, 0.0)
        places += weight * maps[:, :, k]
    return np.maximum(places, 0)


def layer_by_layer(maps, gradient):
    height, width, channels = maps.shape
    return np.array(
        [
            [max(sum(max(gradient[i, j, k], 0) * maps[i, j, k] for k in range(channels)), 0) for j in range(width)]
            for i in range(height)
        ]
    )


SLOW = {"grad-cam++": plus_plus, "layer-cam": layer_by_layer}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("name", list(SLOW))
def test_against_loops_at_any_layer(cases, bilinear, name, layer):
    case = cases["sequential_cnn"]
    for k in range(4):
        expected = bilinear(SLOW[name](*maps_and_gradient(case, layer, k)), 12, 12)
        found = explain(case.network, case.picture, name, k, layer=layer)
        np.testing.assert_allclose(found.values, expected, rtol=1e-3, atol=1e-5 * expected.max() + 1e-8)


def averaged(kernel, weights):
    """A linear convolution with no overlap, the mean of each map, one weight a map and class: its network."""
    given = keras.Input((6, 6, 1))
    maps = layers.Conv2D(kernel.shape[-1], 2, strides=2, name="conv")(given)
    model = keras.Model(given, layers.Dense(weights.shape[1])(layers.GlobalAveragePooling2D()(maps)))
    model.get_layer("conv").set_weights([kernel, np.zeros(kernel.shape[-1], np.float32)])
    model.layers[-1].set_weights([weights, np.zeros(weights.shape[1], np.float32)])
    return load(model)


def test_grad_cam_plus_plus_is_grad_cam_where_every_map_has_the_same_gradient_and_sum(bilinear):
    """g = w / 9 in each cell. Where the maps sum to 0, a = 1/2, so the weight is 9/2 of Grad-CAM's; and with one map
    of any sum both have the same picture."""
    picture = np.random.default_rng(0).random((6, 6, 1)).astype(np.float32)
    picture -= picture[::2, ::2].mean()
    kernel = np.zeros((2, 2, 1, 2), np.float32)
    kernel[0, 0, 0] = [1, -0.5]
    network = averaged(kernel, np.array([[2.0, 1], [3, 5]], np.float32))
    for k in range(2):
        plain, plus = (explain(network, picture, name, k).values for name in ("grad-cam", "grad-cam++"))
        assert plain.max() > 0
        np.testing.assert_allclose(plus, 4.5 * plain, rtol=1e-4, atol=1e-6)
    one = averaged(kernel[..., :1], np.array([[2.0]], np.float32))
    plain, plus = (explain(one, np.abs(picture), name, 0).values for name in ("grad-cam", "grad-cam++"))
    np.testing.assert_allclose(plus / plus.max(), plain / plain.max(), rtol=1e-5)


def test_what_speaks_against_the_score_weighs_nothing_in_the_later_two():
    picture = np.random.default_rng(0).random((6, 6, 1)).astype(np.float32)
    kernel = np.zeros((2, 2, 1, 1), np.float32)
    kernel[0, 0] = 1
    network = averaged(kernel, np.array([[-2.0]], np.float32))
    for name in ("grad-cam", "grad-cam++", "layer-cam"):
        assert not explain(network, picture, name, 0).values.any()


@pytest.mark.parametrize("layer", LAYERS)
def test_eigen_cam_is_the_first_singular_vector(cases, bilinear, layer):
    case = cases["sequential_cnn"]
    maps = trace(case.network, case.picture).activations[layer].astype(float)
    left, values, _ = np.linalg.svd(maps.reshape(-1, maps.shape[2]), full_matrices=False)
    expected = (left[:, 0] * values[0]).reshape(maps.shape[:2])
    expected = np.maximum(expected if expected.mean() > 0 else -expected, 0)
    found = explain(case.network, case.picture, "eigen-cam", 1, layer=layer)
    np.testing.assert_allclose(found.values, bilinear(expected, 12, 12), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 4, 2), (2, 2, 7)])
def test_the_first_component_of_maps_that_are_one_pattern_is_the_pattern(shape):
    """A = p v^T: A v / |v| = p |v|, with the sign that makes the mean positive, for tall maps and for wide."""
    generator = np.random.default_rng(1)
    pattern, weights = generator.normal(size=shape[:2]), generator.normal(size=shape[2])
    found = first_component(pattern[..., None] * weights).numpy()
    np.testing.assert_allclose(found, pattern * np.linalg.norm(weights) * np.sign(pattern.mean()), rtol=1e-6)
    assert not first_component(np.zeros(shape)).numpy().any()


def by_masks(network, image, maps, k, baseline, most):
    """One mask at a time."""
    by_variance = sorted(range(maps.shape[2]), key=lambda c: -maps[..., c].var())[:most]
    places = np.zeros(maps.shape[:2])
    for c in by_variance:
        large = tf.image.resize(maps[None, :, :, c, None], image.shape[:2]).numpy()[0]
        spread = large.max() - large.min()
        mask = (large - large.min()) / spread if spread else np.zeros_like(large)
        pair = np.stack([baseline + mask * (image - baseline), baseline]).astype(np.float32)
        masked, bare = scores(network, pair)[:, k]
        places += (masked - bare) * maps[..., c]
    return np.maximum(places, 0)


@pytest.mark.parametrize(("layer", "most"), [("conv1", 4), ("conv2", 5), ("conv2", 2), ("pool2", 3)])
@pytest.mark.parametrize("level", [0.0, 0.4])
def test_score_cam_against_one_mask_at_a_time(cases, bilinear, monkeypatch, layer, most, level):
    case = cases["sequential_cnn"]
    maps = trace(case.network, case.picture).activations[layer]
    baseline = np.full_like(case.picture, level)
    anything = 0.0
    for chunk in (1, 128 * 2**20):
        monkeypatch.setattr("nnviz.analysis.network.passes._CHUNK_BYTES", chunk)
        for k in range(4):
            expected = bilinear(by_masks(case.network, case.picture, maps, k, baseline, most), 12, 12)
            options = {"layer": layer, "max_maps": most, "baseline": level}
            found = explain(case.network, case.picture, "score-cam", k, **options)
            np.testing.assert_allclose(found.values, expected, rtol=2e-3, atol=1e-5)
            anything = max(anything, expected.max())
    assert anything > 0.01


def test_score_cam_of_a_flat_map_masks_nothing():
    """Its mask is 0, what is left is the baseline, so its weight is 0."""
    kernel = np.zeros((2, 2, 1, 1), np.float32)
    network = averaged(kernel, np.array([[1.0]], np.float32))
    result = explain(network, np.random.default_rng(0).random((6, 6, 1)).astype(np.float32), "score-cam", 0)
    assert not result.values.any()


def test_score_cam_explains_what_lies_before_its_layer_too(cases):
    case = cases["sequential_cnn"]
    channels = [targets.channel("conv1", channel) for channel in range(4)]
    assert any(explain(case.network, case.picture, "score-cam", each, layer="conv2").values.any() for each in channels)


@pytest.mark.parametrize("name", ["grad-cam", "grad-cam++", "layer-cam", "score-cam", "eigen-cam"])
def test_any_layer_of_maps_can_be_chosen(cases, name):
    """The gradient at each of them is that of any gradient method; the others are tried on the first and the last."""
    for case in (cases["branched"], cases["nested"]):
        every = map_layers(case.network)
        for layer in every if name == "grad-cam" else (every[0], every[-1]):
            found = explain(case.network, case.picture, name, 1, layer=layer.name)
            assert found.values.shape == case.picture.shape[:2]
            assert np.isfinite(found.values).all()
            assert found.values.min() >= 0
