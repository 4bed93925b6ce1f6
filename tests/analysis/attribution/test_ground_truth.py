"""Attributions whose right answer is known on paper, or by another way of computing it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from nnviz.analysis.attribution import explain
from nnviz.analysis.network import targets
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import scores, trace

CHUNK = "nnviz.analysis.network.passes._CHUNK_BYTES"


def test_gradient_of_a_linear_score_is_its_weights(linear):
    network, picture, w = linear
    for k in range(3):
        np.testing.assert_allclose(explain(network, picture, "gradient", k).values, w[..., k], rtol=1e-5)
    difference = explain(network, picture, "gradient", targets.difference(2, 0)).values
    np.testing.assert_allclose(difference, w[..., 2] - w[..., 0], rtol=1e-4, atol=1e-6)


def test_gradient_times_input_of_a_linear_score_is_weight_times_pixel(linear):
    network, picture, w = linear
    result = explain(network, picture, "gradient-x-input", 1)
    np.testing.assert_allclose(result.values, w[..., 1] * picture, rtol=1e-5)
    np.testing.assert_allclose(result.score, (w[..., 1] * picture).sum() - 1, rtol=1e-4)


@pytest.mark.parametrize("steps", [1, 2, 25])
def test_integrated_gradients_of_a_linear_score_are_exact_at_any_number_of_steps(linear, steps):
    network, picture, w = linear
    baseline = np.random.default_rng(0).random(picture.shape).astype(np.float32)
    for given, b in (("black", 0), ("white", 1), ("mean", picture.mean((0, 1))), (0.25, 0.25), (baseline, baseline)):
        result = explain(network, picture, "integrated-gradients", 2, steps=steps, baseline=given)
        np.testing.assert_allclose(result.values, w[..., 2] * (picture - b), rtol=1e-4, atol=1e-5)
        expected = (w[..., 2] * (picture - b)).sum(dtype=np.float64)
        np.testing.assert_allclose(result.adds_up_to, expected, rtol=1e-3, atol=1e-4)
        assert abs(result.gap) < 1e-3


@pytest.mark.parametrize("noise", [0.0, 0.2, 1.0])
def test_smoothgrad_of_a_linear_score_is_its_weights_whatever_the_noise(linear, noise):
    network, picture, w = linear
    result = explain(network, picture, "smoothgrad", 0, samples=7, noise=noise)
    np.testing.assert_allclose(result.values, w[..., 0], rtol=1e-5)


def occluded_by_hand(score, picture, patch, stride, fill):
    """Window by window, pixel by pixel; the last window of a row or column ends at the border."""

    def starts(length):
        last = max(length - patch, 0)
        found = list(range(0, last + 1, stride))
        return found if found[-1] == last else [*found, last]

    height, width, _ = picture.shape
    total, count = np.zeros((height, width)), np.zeros((height, width))
    for top in starts(height):
        for left in starts(width):
            covered = picture.copy()
            covered[top : top + patch, left : left + patch] = fill
            drop = score(picture) - score(covered)
            total[top : top + patch, left : left + patch] += drop
            count[top : top + patch, left : left + patch] += 1
    return np.divide(total, count, out=np.zeros_like(total), where=count > 0)


# 7 rows and 9 columns: strides that divide neither, patches longer than a side, gaps between patches.
@pytest.mark.parametrize(("patch", "stride"), [(1, 1), (2, 2), (3, 2), (2, 3), (4, 3), (8, 1), (9, 9), (1, 4)])
@pytest.mark.parametrize("fill", ["black", "white", 0.3])
def test_occlusion_of_a_linear_score(linear, patch, stride, fill):
    network, picture, w = linear
    w = w[..., 1].astype(np.float64)
    value = {"black": 0.0, "white": 1.0}.get(fill, fill)
    expected = occluded_by_hand(lambda x: (w * x).sum(), picture.astype(np.float64), patch, stride, value)
    result = explain(network, picture, "occlusion", 1, patch=patch, stride=stride, fill=fill)
    np.testing.assert_allclose(result.values, expected, rtol=1e-4, atol=5e-5)
    if (patch, stride) == (1, 1):
        np.testing.assert_allclose(result.values, (w * (picture - value)).sum(axis=2), rtol=1e-4, atol=5e-5)


def test_occlusion_of_a_net_that_is_not_linear(cases, monkeypatch):
    case = cases["sequential_cnn"]

    def score(x):
        return float(scores(case.network, x[None].astype(np.float32))[0, 2])

    expected = occluded_by_hand(score, case.picture, 5, 3, 0.0)
    for chunk in (1, 128 * 2**20):
        monkeypatch.setattr(CHUNK, chunk)
        found = explain(case.network, case.picture, "occlusion", 2, patch=5, stride=3).values
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=2e-5)


def smooth_net(activation):
    given = keras.Input((6, 6, 1))
    x = activation(layers.Conv2D(4, 3)(given))
    x = activation(layers.Dense(5)(layers.Flatten()(x)))
    return keras.Model(given, layers.Dense(2)(x))


SMOOTH = {
    "tanh": layers.Activation("tanh"),
    "softplus": layers.Activation("softplus"),
    "square": keras.ops.square,
}


@pytest.mark.parametrize("name", list(SMOOTH))
def test_integrated_gradients_are_complete_and_the_gap_falls_as_the_square_of_the_steps(fixed_weights, name):
    network = load(fixed_weights(smooth_net(SMOOTH[name]), 8))
    picture = np.random.default_rng(3).random((6, 6, 1)).astype(np.float32)
    black, score = (scores(network, image[None])[0, 1] for image in (np.zeros_like(picture), picture))
    gaps = []
    for steps in (2, 4, 8, 200):
        result = explain(network, picture, "integrated-gradients", 1, steps=steps)
        np.testing.assert_allclose(result.adds_up_to, score - black, rtol=1e-5, atol=1e-6)
        rounding = 1e-5 * max(1, abs(score - black))
        np.testing.assert_allclose(result.gap, result.values.sum(dtype=np.float64) - (score - black), atol=rounding)
        gaps.append(abs(result.gap))
    # Twice the steps, a quarter of the gap; the first pair is still far from the limit.
    assert 3 < gaps[1] / gaps[2] < 5, gaps
    assert gaps[3] < 1e-3 * max(1, abs(score - black))


def test_integrated_gradients_of_x_to_the_fourth_against_the_midpoint_rule():
    """On paper: sum over k of 4 a_k^3 / n at the midpoints is 1 - 1 / (2 n^2), 0.9992 at 25 steps."""
    given = keras.Input((1, 1, 1))
    model = keras.Model(given, layers.Flatten()(keras.ops.square(keras.ops.square(given))))
    one = np.ones((1, 1, 1), np.float32)
    for steps in (1, 5, 25):
        result = explain(load(model), one, "integrated-gradients", 0, steps=steps)
        np.testing.assert_allclose(result.values.item(), 1 - 1 / (2 * steps**2), rtol=1e-5)
        assert result.adds_up_to == pytest.approx(1.0)
    assert result.values.item() == pytest.approx(0.9992, abs=1e-5)


@pytest.mark.parametrize("name", ["branched", "nested", "shared", "mlp_8x8", "several_sigmoids"])
def test_gradient_against_central_differences(cases, name):
    case = cases[name]
    network, k = case.network, 1
    image = trace(network, case.picture).image
    found = explain(network, case.picture, "gradient", k).values
    step = 0.05 if name == "nested" else 2e-3
    for flat in np.argsort(-np.abs(found).ravel())[:8]:
        index = np.unravel_index(flat, image.shape)
        pair = np.stack([image, image])
        pair[0][index] += step
        pair[1][index] -= step
        up, down = scores(network, pair)[:, k]
        slope = (up - down) / (pair[0][index] - pair[1][index])
        np.testing.assert_allclose(found[index], slope, rtol=0.02, atol=0.02 * np.abs(found).max())


@pytest.mark.parametrize("chunk", [1, 40_000, 128 * 2**20])
def test_smoothgrad_against_a_loop_over_the_same_noise(cases, monkeypatch, chunk):
    """One image at a time, on Keras' own model; the chunks must change nothing."""
    case, samples, noise, seed = cases["nested"], 9, 0.2, 5
    generator = np.random.default_rng(seed)
    sigma = noise * (case.picture.max() - case.picture.min())
    head = keras.Sequential([case.model.inputs[0], *case.model.layers[:-1]])
    total = np.zeros(case.picture.shape)
    for _ in range(samples):
        x = tf.constant((case.picture + sigma * generator.standard_normal(case.picture.shape, np.float32))[None])
        with tf.GradientTape() as tape:
            tape.watch(x)
            score = head(x)[0, 2]
        total += tape.gradient(score, x).numpy()[0]
    monkeypatch.setattr(CHUNK, chunk)
    found = explain(case.network, case.picture, "smoothgrad", 2, samples=samples, noise=noise, seed=seed).values
    scale = np.abs(total).max() / samples
    np.testing.assert_allclose(found, total / samples, rtol=1e-3, atol=1e-4 * scale)
    other = explain(case.network, case.picture, "smoothgrad", 2, samples=samples, noise=noise, seed=6).values
    assert np.abs(other - found).max() > 1e-2 * scale


def test_smoothgrad_without_noise_is_the_gradient(cases):
    case = cases["branched"]
    found = explain(case.network, case.picture, "smoothgrad", 1, samples=3, noise=0.0).values
    np.testing.assert_allclose(found, explain(case.network, case.picture, "gradient", 1).values, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", ["channel", "unit", "weighted"])
def test_gradient_of_an_inner_target_against_the_tape(cases, kind):
    case = cases["nested"]
    base = case.model.get_layer("base")
    target, pick = {
        "channel": (targets.channel("depthwise", 2), lambda t: tf.reduce_sum(t[0, :, :, 2])),
        "unit": (targets.unit("depthwise", 1, 4, 3), lambda t: t[0, 1, 4, 3]),
        "weighted": (
            targets.Target("depthwise", (((0, 0, 1), 2.0), ((1,), -0.5))),
            lambda t: 2 * t[0, 0, 0, 1] - 0.5 * tf.reduce_sum(t[0, :, :, 1]),
        ),
    }[kind]
    x = tf.constant(case.batch)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = case.model.get_layer("rescaling")(x)
        for name in ("conv", "bn", "relu", "depthwise"):
            y = base.get_layer(name)(y)
        score = pick(y)
    expected = tape.gradient(score, x).numpy()[0]
    assert np.abs(expected).max() > 0
    result = explain(case.network, case.picture, "gradient", target)
    np.testing.assert_allclose(result.values, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    assert result.score == pytest.approx(float(score), rel=1e-4, abs=1e-5)


def test_target_on_the_input_itself(cases):
    """The sum of one channel of the picture: 1 in that channel, 0 in the others."""
    case = cases["branched"]
    result = explain(case.network, case.picture, "gradient", targets.channel("picture", 1))
    np.testing.assert_array_equal(result.values, np.broadcast_to([0, 1, 0], (10, 10, 3)))


def test_a_network_of_vectors_is_explained_as_its_picture(cases):
    """(64,) and (8, 8) stand for the same square, in row-major order."""
    case = cases["mlp_64"]
    kernel = case.model.get_layer("hidden1").kernel
    result = explain(case.network, case.picture, "gradient", targets.channel("hidden1", 0))
    active = trace(case.network, case.picture).activations["hidden1"][0] > 0
    expected = np.asarray(kernel)[:, 0].reshape(8, 8, 1) * active
    np.testing.assert_allclose(result.values, expected, rtol=1e-5)


def test_integer_inputs_have_the_gradient_of_the_floats_that_they_are_cast_to():
    given = keras.Input((4, 4, 1), dtype="uint8")
    x = layers.Flatten()(layers.Rescaling(1 / 255)(given))
    model = keras.Model(given, layers.Dense(2)(x))
    picture = np.arange(16, dtype=np.uint8).reshape(4, 4)
    found = explain(load(model), picture, "gradient", 1)
    kernel = np.asarray(model.layers[-1].kernel)
    np.testing.assert_allclose(found.values.ravel(), kernel[:, 1] / 255, rtol=1e-5)
