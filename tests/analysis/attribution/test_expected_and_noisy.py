"""Expected gradients, VarGrad and the blurred reference against what is known on paper or by a loop."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from nnviz.analysis.attribution import explain, method_named
from nnviz.analysis.attribution.reference import blurred
from nnviz.analysis.data import digits
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import scores
from nnviz.errors import NnvizError

READS_DIGITS = {"data": "digits", "input": {"scale": 1 / 255}}
CHUNK = "nnviz.analysis.network.passes._CHUNK_BYTES"


@pytest.mark.parametrize("samples", [4, 12])
def test_expected_gradients_of_a_linear_score_are_exact_where_each_reference_comes_as_often(linear, samples):
    network, picture, w = linear
    references = np.random.default_rng(0).random((4, *picture.shape)).astype(np.float32)
    result = explain(network, picture, "expected-gradients", 2, samples=samples, references=references)
    way = picture - references.mean(axis=0)
    np.testing.assert_allclose(result.values, w[..., 2] * way, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(result.adds_up_to, (w[..., 2] * way).sum(), rtol=1e-3)
    assert abs(result.gap) < 1e-3


def smooth(fixed_weights):
    given = keras.Input((6, 6, 1))
    x = layers.Conv2D(4, 3, activation="softplus")(given)
    x = layers.Dense(5, activation="tanh")(layers.Flatten()(x))
    return load(fixed_weights(keras.Model(given, layers.Dense(2)(x)), 8))


def test_the_sum_is_the_score_less_the_mean_score_of_the_references_and_the_gap_falls(fixed_weights):
    network = smooth(fixed_weights)
    generator = np.random.default_rng(3)
    picture = generator.random((6, 6, 1)).astype(np.float32)
    references = generator.normal(0, 1, (8, 6, 6, 1)).astype(np.float32)
    expected = scores(network, picture[None])[0, 1] - scores(network, references)[:, 1].mean()
    gaps = {}
    for samples in (8, 64, 512):
        found = [
            explain(network, picture, "expected-gradients", 1, samples=samples, references=references, seed=seed)
            for seed in range(6)
        ]
        assert {round(result.adds_up_to, 3) for result in found} == {round(float(expected), 3)}
        gaps[samples] = np.sqrt(np.mean([result.gap**2 for result in found]))
    # At least as fast as one over the root of the samples: a third for eight times as many.
    assert gaps[64] < gaps[8] / 2
    assert gaps[512] < gaps[64] / 2
    assert gaps[512] < 0.01 * np.abs(found[0].values).sum()


def test_with_one_reference_they_are_integrated_gradients_from_it(fixed_weights):
    network = smooth(fixed_weights)
    picture = np.random.default_rng(3).random((6, 6, 1)).astype(np.float32)
    options = {"references": np.full((1, 6, 6, 1), 0.3), "samples": 800}
    expected = explain(network, picture, "integrated-gradients", 0, baseline=0.3, steps=400).values
    found = explain(network, picture, "expected-gradients", 0, **options).values
    np.testing.assert_allclose(found, expected, atol=2e-3 * np.abs(expected).max())


@pytest.mark.parametrize("references", ["digits", "blurred", "noisy"])
def test_chunks_change_nothing(fixed_weights, monkeypatch, references):
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, activation="softmax")])
    network, picture = load(fixed_weights(model, 5), READS_DIGITS), digits.digit(3)[0]
    maps = []
    for chunk in (1, 60_000, 128 * 2**20):
        monkeypatch.setattr(CHUNK, chunk)
        maps.append(explain(network, picture, "expected-gradients", 3, samples=9, references=references).values)
    for other in maps[1:]:
        np.testing.assert_allclose(other, maps[0], rtol=1e-4, atol=1e-5)


def test_the_references_of_a_network_for_digits_are_test_digits(fixed_weights):
    """On a linear score: w * (x - the mean of the digits drawn), near to that of all ten thousand."""
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, activation="softmax")])
    network, (picture, _) = load(fixed_weights(model, 5), READS_DIGITS), digits.digit(3)
    (parameter,) = (p for p in method_named("expected-gradients").parameters(network) if p.name == "references")
    assert (parameter.default, parameter.choices) == ("digits", ("digits", "blurred", "noisy"))
    w = np.asarray(model.layers[-1].kernel)[:, 3].reshape(28, 28)
    result = explain(network, picture, "expected-gradients", 3, samples=1000)
    assert abs(result.gap) < 1e-3 * abs(result.adds_up_to)
    drawn = picture / 255 - result.values[..., 0] / w
    mean = digits.test_set()[0].mean(axis=0) / 255
    assert np.abs(drawn - mean).max() < 0.08
    assert np.abs(mean).max() > 0.5


def test_the_references_of_any_other_network_are_versions_of_the_image(linear):
    network, picture, w = linear
    (parameter,) = (p for p in method_named("expected-gradients").parameters(network) if p.name == "references")
    assert (parameter.default, parameter.choices) == ("blurred", ("blurred", "noisy"))
    for name in parameter.choices:
        maps = [explain(network, picture, "expected-gradients", 0, references=name, seed=s).values for s in (0, 0, 1)]
        np.testing.assert_array_equal(maps[0], maps[1])
        assert np.abs(maps[0] - maps[2]).max() > 0
    noisy = explain(network, picture, "expected-gradients", 0, references="noisy", samples=1000).values
    expected = w[..., 0] * (picture - picture.mean((0, 1)))
    np.testing.assert_allclose(noisy, expected, atol=0.15 * np.abs(expected).max())


@pytest.mark.parametrize("wrong", [np.zeros((3, 3)), np.zeros((0, 7, 9, 3)), np.full((1, 7, 9, 3), np.nan), 3, [["a"]]])
def test_other_references_are_refused(linear, wrong):
    network, picture, _ = linear
    with pytest.raises(NnvizError, match=r"^references were expected.*Received"):
        explain(network, picture, "expected-gradients", 0, references=wrong)


@pytest.mark.parametrize("chunk", [1, 40_000, 128 * 2**20])
def test_vargrad_is_the_variance_of_what_smoothgrad_averages(cases, monkeypatch, chunk):
    """One noisy copy at a time, on Keras' own model."""
    case, samples, noise, seed = cases["nested"], 9, 0.2, 5
    generator = np.random.default_rng(seed)
    sigma = noise * (case.picture.max() - case.picture.min())
    head = keras.Sequential([case.model.inputs[0], *case.model.layers[:-1]])
    gradients = []
    for _ in range(samples):
        x = tf.constant((case.picture + sigma * generator.standard_normal(case.picture.shape, np.float32))[None])
        with tf.GradientTape() as tape:
            tape.watch(x)
            score = head(x)[0, 2]
        gradients.append(tape.gradient(score, x).numpy()[0].astype(float))
    monkeypatch.setattr(CHUNK, chunk)
    options = {"samples": samples, "noise": noise, "seed": seed}
    variance = np.var(gradients, axis=0)
    found = explain(case.network, case.picture, "vargrad", 2, **options)
    np.testing.assert_allclose(found.values, variance, rtol=2e-3, atol=1e-4 * variance.max())
    mean = explain(case.network, case.picture, "smoothgrad", 2, **options).values
    np.testing.assert_allclose(mean, np.mean(gradients, axis=0), rtol=1e-3, atol=1e-4 * np.abs(mean).max())


def test_the_gradient_of_a_linear_score_does_not_vary(linear):
    network, picture, _ = linear
    assert np.abs(explain(network, picture, "vargrad", 0).values).max() < 1e-12


@pytest.mark.parametrize("width", [0.4, 1.5, 20.0])
def test_blurred_is_a_gaussian_whose_weights_within_the_image_sum_to_one(width):
    image = np.random.default_rng(0).random((5, 7, 2))
    expected = np.zeros_like(image)
    for i in range(5):
        for j in range(7):
            rows, columns = np.indices((5, 7))
            weight = np.exp(-((rows - i) ** 2 + (columns - j) ** 2) / (2 * width**2))
            expected[i, j] = (weight[..., None] * image).sum((0, 1)) / weight.sum()
    np.testing.assert_allclose(blurred(image, width), expected, rtol=1e-4)
    np.testing.assert_allclose(blurred(np.full((4, 6, 3), 0.7), width), 0.7, rtol=1e-6)


def test_integrated_gradients_from_the_blurred_image(linear):
    network, picture, w = linear
    result = explain(network, picture, "integrated-gradients", 2, baseline="blurred")
    expected = w[..., 2] * (picture - blurred(picture, 0.9))  # a tenth of 9 columns
    np.testing.assert_allclose(result.values, expected, rtol=1e-3, atol=1e-5)
    assert abs(result.gap) < 1e-3
    assert np.abs(expected).max() > 0.1
