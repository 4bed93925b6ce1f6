"""The randomisation check against nets that forget, maps that ignore the weights, and maps that never saw a network."""

import keras
import numpy as np
import pytest
from draining import drained
from keras import layers
from linear import linear
from refusing import refusal
from shipped import shipped

from nnviz.analysis.attribution import METHODS, explain
from nnviz.analysis.attribution.base import Attribution
from nnviz.analysis.data import digits
from nnviz.analysis.evidence import randomising, spearman
from nnviz.analysis.evidence.randomisation import cascading, private, shuffle, surrogate_likeness
from nnviz.analysis.image.images import Fitted
from nnviz.analysis.network import targets
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import scores, trace
from nnviz.analysis.progress import Progress


def weights_of(model):
    return [np.asarray(weight).tobytes() for weight in model.weights]


def test_the_gradient_of_a_linear_net_is_forgotten_and_the_shared_weights_are_not():
    kernel = np.random.default_rng(0).normal(0, 1, (16, 16, 2)).astype(np.float32)
    network, image = linear(kernel), np.ones((16, 16, 1), np.float32)
    before = weights_of(network.model)
    found, reports = drained(randomising(network, image, "gradient", targets.logit(0)))
    assert weights_of(network.model) == before
    assert found.alike[0] == 1.0
    assert abs(found.alike[1]) < 0.2
    # Of a map without any structure on a white picture, chance is as unlike.
    assert np.abs(found.blind).max() < 0.3
    np.testing.assert_allclose(found.maps[0], np.abs(kernel[..., 0]), rtol=1e-5)
    assert sorted(np.abs(kernel).ravel())[-1] >= found.maps[1].max()
    assert len(found.levels) == 2
    assert reports[-1].done == reports[-1].total


def test_what_ignores_the_weights_stays_exactly_as_it_was(cases):
    case = cases["sequential_cnn"]

    def edges(network):
        """No saliency at all: where the picture changes from column to column."""
        yield Progress(1, 1)
        return Attribution(np.abs(np.diff(case.picture[..., 0], axis=1)), False, "edges", targets.logit(0), 0.0)

    found, _ = drained(cascading(case.network, case.picture, edges))
    np.testing.assert_array_equal(found.alike, np.ones(4))
    assert [len(level) for level in found.levels] == [0, 1, 1, 1]
    assert found.blind.max() < 0.9


def test_only_what_leads_to_the_target_is_shuffled(cases):
    case = cases["sequential_cnn"]
    weighted = [step.name for step in case.network.graph.steps if getattr(step.layer, "weights", ())]
    for count, name in enumerate(weighted[:2], 1):
        found, _ = drained(randomising(case.network, case.picture, "gradient", targets.channel(name, 0)))
        assert [each for level in found.levels for each in level] == weighted[:count][::-1]
        assert (np.abs(found.alike[1:]) < 0.99).all()


def test_every_tiny_network_can_be_copied_and_its_own_weights_stay(case):
    before = weights_of(case.model)
    copy = private(case.network)
    assert [weight is other for weight, other in zip(copy.model.weights, case.model.weights, strict=True)].count(
        True
    ) == 0
    np.testing.assert_allclose(np.asarray(copy.model(case.batch)), np.asarray(case.model(case.batch)), rtol=1e-5)
    found, _ = drained(randomising(case.network, case.picture, "gradient-x-input", targets.logit(1), levels=3))
    assert weights_of(case.model) == before
    assert len(found.levels) <= 4
    names = [name for level in found.levels for name in level]
    weighted = [step.name for step in case.network.graph.steps if getattr(step.layer, "weights", ())]
    assert set(names) <= set(weighted)
    assert np.isfinite(found.maps).all()


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_method_reads_the_weights_that_it_is_given(cases, method):
    """A function that kept the weights of its first call would pass for one that ignores what was learned."""
    case = cases["sequential_cnn"]
    options = {"samples": 12} if any(p.name == "samples" for p in method.parameters(case.network)) else {}
    one, other = private(case.network), private(case.network)
    explain(one, case.picture, method.name, 1, **options)
    for seed, name in enumerate(("conv1", "conv2", "answer")):
        for each in (one, other):
            shuffle(each.model.get_layer(name), np.random.default_rng(seed))
    used, fresh = (explain(each, case.picture, method.name, 1, **options).values for each in (one, other))
    np.testing.assert_allclose(used, fresh, rtol=1e-4, atol=1e-6)


def test_noise_times_the_picture_is_no_more_alike_than_blind_maps():
    """Two maps that share the picture and no network are 0.4 alike on a digit: that says nothing."""
    alike = []
    for number in range(5):
        picture = trace(shipped("mnist-cnn"), digits.digit(number)[0]).image
        one, other = np.abs(picture[..., 0] * np.random.default_rng(number).normal(size=(2, 28, 28)))
        alike.append(spearman(one, other))
        without = surrogate_likeness(one, picture).max()
        assert alike[-1] <= without
        # What keeps most of a map's order is beyond what they reach.
        assert spearman(one, one**2 + 0.1 * other * (one > 0)) > without
    assert np.mean(alike) > 0.35


def test_a_map_that_is_there_is_not_made_again(cases):
    case = cases["sequential_cnn"]
    whole, _ = drained(randomising(case.network, case.picture, "gradient", targets.logit(1), levels=1))
    known = explain(case.network, case.picture, "gradient", targets.logit(2))
    found, _ = drained(randomising(case.network, case.picture, "gradient", targets.logit(1), levels=1, known=known))
    assert np.array_equal(found.maps[0], known.over_image(magnitude=True))
    assert np.allclose(found.maps[1], whole.maps[1])


def test_so_many_levels_at_most_and_every_layer_in_them(cases):
    case = cases["sequential_cnn"]
    for most, sizes in ((1, [0, 3]), (2, [0, 1, 2]), (3, [0, 1, 1, 1]), (9, [0, 1, 1, 1])):
        found, _ = drained(randomising(case.network, case.picture, "gradient", targets.logit(1), levels=most))
        assert [len(level) for level in found.levels] == sizes
        assert sorted(name for level in found.levels for name in level) == ["/logits", "conv1", "conv2"]


def test_the_copy_of_a_network_that_scales_its_own_input_answers_as_it_does():
    scaling = layers.Normalization(axis=-1, name="scaling")
    scaling.adapt(np.random.default_rng(0).normal(100, 50, (64, 8, 8, 1)).astype(np.float32))
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            scaling,
            layers.Conv2D(3, 3, activation="relu", name="conv"),
            layers.Flatten(),
            layers.Dense(3, name="scores"),
        ]
    )
    network, image = load(model), np.random.default_rng(1).uniform(0, 255, (8, 8, 1)).astype(np.float32)
    copy = private(network, image)
    np.testing.assert_allclose(scores(copy, image[None]), scores(network, image[None]), rtol=1e-5)
    assert np.abs(scores(network, image[None])).max() < 50  # of an input that was not scaled they would be hundreds
    found, _ = drained(randomising(network, Fitted(image, image, ""), "gradient", targets.logit(1)))
    assert "scaling" not in [name for level in found.levels for name in level]
    assert len(found.levels) == 3


def test_a_copy_that_answers_otherwise_is_refused():
    class Adding(layers.Layer):
        """What it adds is not among its weights, so a copy does not have it."""

        def __init__(self, more=0.0, **given):
            super().__init__(**given)
            self.more = more

        def call(self, values):
            return values + self.more

        def get_config(self):
            return {"name": self.name}

    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), Adding(3.0), layers.Dense(2, name="scores")])
    network = load(model)
    assert "logits that differ by up to" in refusal(private, network, np.ones((4, 4, 1), np.float32))
