"""Flows into class scores: against weight times activation, against gradients one by one, and what they add up to."""

import keras
import numpy as np
import pytest
from keras import layers
from shipped import shipped

from nnviz.analysis.data import digits, photographs
from nnviz.analysis.network import targets
from nnviz.analysis.network.flows import flows
from nnviz.analysis.network.influence import contributions
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace


def pooled() -> keras.Model:
    """Maps that are averaged, then weighed."""
    conv = layers.Conv2D(5, 3, activation="relu", name="conv")
    stack = [keras.Input((9, 8, 1)), conv, layers.GlobalAveragePooling2D(name="mean"), layers.Dense(4, name="scores")]
    return keras.Sequential(stack)


def laid_out() -> keras.Model:
    """Maps that are only laid out, then weighed."""
    conv = layers.Conv2D(3, 3, strides=2, activation="relu", name="conv")
    stack = [
        keras.Input((9, 8, 1)),
        conv,
        layers.Flatten(name="flat"),
        layers.Dense(4, activation="softmax", name="scores"),
    ]
    return keras.Sequential(stack)


def bent() -> keras.Model:
    """What is behind the last weights is not linear."""
    stack = [
        keras.Input((9, 8, 1)),
        layers.Flatten(),
        layers.Dense(6, activation="relu"),
        layers.Dense(3, activation="tanh"),
    ]
    return keras.Sequential(stack)


PICTURES = {"photo-cnn": lambda: photographs.photograph("cat")}
RANDOM = {"pooled": pooled, "laid_out": laid_out}


@pytest.fixture(scope="module")
def opened(fixed_weights):
    def opening(name):
        if name not in RANDOM:
            network = shipped(name)
            return network, trace(network, PICTURES.get(name, lambda: digits.digit(4)[0])())
        network = load(fixed_weights(RANDOM[name](), 3))
        return network, trace(network, np.random.default_rng(1).integers(0, 255, network.image_shape).astype(np.uint8))

    return opening


@pytest.mark.parametrize("name", ["mnist-cnn", "mnist-mlp", "photo-cnn", *RANDOM])
def test_what_flows_into_a_score_adds_up_to_it(name, opened):
    network, found = opened(name)
    classes = np.argsort(-found.logits)[:2].tolist()
    run = flows(network, found, classes)
    assert run is not None
    last = next(layer.keras_layer for layer in reversed(network.layers) if layer.kind == "Dense")
    kernel, bias = np.asarray(last.kernel, np.float64), np.asarray(last.bias, np.float64)
    values = found.activations[run.source].astype(np.float64)
    added = (values.ravel()[:, None] * kernel).reshape(*found.activations[run.layer].shape[:-1], -1, kernel.shape[1])
    if run.layer == run.source:
        added = values[:, None] * kernel
    terms = added.reshape(-1, *added.shape[-2:]).sum(axis=0)
    np.testing.assert_allclose(run.scores, found.logits[classes], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(run.terms, terms.T[classes], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(run.rest, bias[classes], atol=1e-4)
    np.testing.assert_allclose(run.terms.sum(axis=1) + run.rest, found.logits[classes], atol=1e-4)
    np.testing.assert_allclose(run.speaks, terms[run.units], atol=1e-4)
    np.testing.assert_allclose(run.values, (values.ravel() * kernel[:, classes[0]]).reshape(values.shape), atol=1e-5)
    assert np.abs(run.terms[0, run.units]).min() >= np.abs(run.terms[0, run.others]).max(initial=0)
    # What the places add, and what no place accounts for, is what runs through each unit, and through all others.
    whole = np.append(run.terms[0, run.units], run.terms[0, run.others].sum())
    np.testing.assert_allclose(run.cells.sum(axis=(1, 2)) + run.constant, whole, atol=1e-9)
    assert run.cells.shape[1:] == found.activations[run.places].shape[:2]
    if name == "photo-cnn":
        # Its whole trunk would be compiled for it; the mean of a map is the mean of its cells.
        slope = (kernel[run.units[0], classes[0]]) / np.prod(run.cells.shape[1:])
        expected = found.activations[run.places][..., run.units[0]] * slope
        np.testing.assert_allclose(run.cells[0], expected, atol=1e-6)
        return
    total, _ = contributions(network, found.image, run.places, targets.logit(classes[0]))
    np.testing.assert_allclose(run.cells.sum(axis=0), total.sum(axis=-1), atol=1e-4)
    if run.places != run.layer:
        unit = int(run.units[0])
        through, own = contributions(network, found.image, run.places, targets.channel(run.layer, unit))
        np.testing.assert_allclose(run.cells[0], through.sum(axis=-1) * terms[unit, classes[0]] / own, atol=1e-4)


def test_the_difference_to_the_only_other_class(cases):
    case = cases["one_sigmoid"]
    found = trace(case.network, case.picture)
    for index, way in ((0, -1), (1, 1)):
        run = flows(case.network, found, [index])
        np.testing.assert_allclose(run.terms.sum() + run.rest[0], way * found.logits[1], atol=1e-4)


def test_what_is_not_linear_has_no_flows(fixed_weights):
    network = load(fixed_weights(bent(), 3))
    assert flows(network, trace(network, np.full((9, 8, 1), 200, np.uint8)), [0]) is None
