"""DeepDream: what rises, what stays, and the sizes that are dreamt in."""

import keras
import numpy as np
import pytest
from shipped import shipped

import nnviz
from nnviz import objectives
from nnviz.analysis.visualization.dream import any_size, sizes


@pytest.fixture(scope="module")
def network():
    return shipped("mnist-cnn")


@pytest.fixture(scope="module")
def digit():
    return nnviz.digits.digit(0)[0]


def test_what_the_layer_sees_rises_and_the_digit_can_still_be_seen(network, digit):
    before = np.square(nnviz.trace(network, digit).activations["conv2"]).mean()
    found = nnviz.dream(network, digit, objectives.layer("conv2"), 10)
    after = np.square(nnviz.trace(network, found.image).activations["conv2"]).mean()
    assert found.score == pytest.approx(float(after), rel=1e-4)
    assert after > 1.2 * before
    assert 0 <= found.pixels.min() < found.pixels.max() <= 255
    assert np.corrcoef(found.pixels.ravel(), digit.ravel())[0, 1] > 0.8


def test_one_seed_makes_one_dream(network, digit):
    one, again, other = (nnviz.dream(network, digit, 3, 6, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.image, again.image)
    assert np.abs(one.image - other.image).max() > 1e-3


def test_how_often_it_is_looked_at_changes_nothing(cases):
    network = cases["any_size"].network
    picture = np.random.default_rng(0).integers(0, 256, (80, 64, 3)).astype(np.uint8)
    whole = nnviz.dream(network, picture, objectives.layer("conv2"), 5)
    parts = [each.so_far for each in nnviz.dreaming(network, picture, objectives.layer("conv2"), 5, every=2)]
    assert [part.steps for part in parts[1:]] == [2, 4, 5, 7, 9, 10, 12, 14, 15]
    np.testing.assert_allclose(parts[-1].image, whole.image, atol=1e-4)
    assert parts[-1].score == pytest.approx(whole.score, rel=1e-4)


def test_a_dream_in_octaves(cases):
    network = cases["any_size"].network
    picture = np.random.default_rng(0).integers(0, 256, (80, 64, 3)).astype(np.uint8)
    objective = objectives.layer("conv2")
    assert sizes(network, objective, (80, 64), 3) == [(41, 33), (57, 46), (80, 64)]
    assert sizes(network, objective, (80, 64), 5) == [(41, 33), (57, 46), (80, 64)]
    parts = [progress.so_far for progress in nnviz.dreaming(network, picture, objective, 5, every=5)]
    assert [part.steps for part in parts[1:]] == [5, 10, 15]
    for part in parts[1:]:
        assert part.pixels.shape == (1, 80, 64, 3)
        own = np.square(nnviz.trace(network, part.fitted()).activations["conv2"]).mean()
        assert part.score == pytest.approx(float(own), rel=1e-4)
    before = np.square(nnviz.trace(network, picture).activations["conv2"]).mean()
    assert parts[-1].score > before


def test_smaller_sizes_are_for_what_takes_them(network):
    assert any_size(network, objectives.channel("conv2", 1))
    assert not any_size(network, objectives.neuron("conv2", 10, 10, 1))
    assert not any_size(network, objectives.channel("dense", 1))
    assert sizes(network, objectives.logit(1), (100, 100), 3) == [(100, 100)]


def test_a_network_on_vectors_dreams_too():
    model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(2, name="scores")], name="vectors")
    kernel = np.where(np.arange(20).reshape(10, 2) % 3, 1.0, -1.0)
    model.layers[0].set_weights([kernel, np.zeros(2)])
    network = nnviz.load(model)
    numbers = np.full(network.image_shape, 0.5, np.float32) / network.scale
    found = nnviz.dream(network, numbers, 0, 20, 0.1)
    # Each number goes to the end that its weight says, within what the network takes.
    np.testing.assert_allclose(found.pixels.ravel(), np.where(kernel[:, 0] > 0, 255, 0), atol=0.5)
