"""Guided backpropagation and deconvnet against a backward pass written by hand, and in every form of a ReLU."""

import keras
import numpy as np
import pytest
from keras import layers

from nnviz.analysis.attribution import explain, method_named
from nnviz.analysis.attribution.rectified import rectifiers
from nnviz.analysis.network import targets
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace

RULES = {
    "gradient": lambda above, opened: above * opened,
    "guided-backpropagation": lambda above, opened: np.maximum(above, 0) * opened,
    "deconvnet": lambda above, opened: np.maximum(above, 0),
}


def convolved(x, kernel, bias):
    rows, columns = x.shape[0] - kernel.shape[0] + 1, x.shape[1] - kernel.shape[1] + 1
    found = np.zeros((rows, columns, kernel.shape[3]))
    for i in range(rows):
        for j in range(columns):
            found[i, j] = np.tensordot(x[i : i + kernel.shape[0], j : j + kernel.shape[1]], kernel, 3) + bias
    return found


def convolved_back(above, kernel, shape):
    found = np.zeros(shape)
    for i in range(above.shape[0]):
        for j in range(above.shape[1]):
            found[i : i + kernel.shape[0], j : j + kernel.shape[1]] += kernel @ above[i, j]
    return found


def net(fixed_weights):
    """A fused ReLU, a ReLU6 as a layer, a fused ReLU behind a Dense; with biases that open the 6."""
    given = keras.Input((5, 6, 1))
    x = layers.Conv2D(3, 2, activation="relu", name="one")(given)
    x = layers.ReLU(max_value=6, name="six")(layers.Conv2D(4, 2, name="two")(x))
    x = layers.Dense(5, activation="relu", name="three")(layers.Flatten()(x))
    model = fixed_weights(keras.Model(given, layers.Dense(3, activation="softmax", name="answer")(x)), 17)
    model.get_layer("two").bias.assign([5.0, 6.5, -0.2, 0.3])
    return model


def by_hand(model, x, k, rule):
    """Forward and backward with plain arrays; `rule` from the gradient above and whether the ReLU was open."""
    values = {name: [np.asarray(w, float) for w in model.get_layer(name).weights] for name in ("one", "two", "three")}
    one = convolved(x, *values["one"])
    two = convolved(np.maximum(one, 0), *values["two"])
    six = np.clip(two, 0, 6)
    three = six.ravel() @ values["three"][0] + values["three"][1]
    assert (two > 6).any()
    assert (two < 0).any()
    assert (three < 0).any()
    assert (one < 0).any()
    above = np.asarray(model.get_layer("answer").kernel, float)[:, k]
    above = values["three"][0] @ rule(above, three > 0)
    above = rule(above.reshape(six.shape), (two > 0) & (two < 6))
    above = rule(convolved_back(above, values["two"][0], one.shape), one > 0)
    return convolved_back(above, values["one"][0], x.shape)


@pytest.mark.parametrize("name", list(RULES))
def test_against_a_backward_pass_by_hand(fixed_weights, name):
    model = net(fixed_weights)
    network = load(model)
    picture = (2 * np.random.default_rng(6).normal(size=(5, 6, 1))).astype(np.float32)
    for k in range(3):
        expected = by_hand(model, picture.astype(float), k, RULES[name])
        result = explain(network, picture, name, k)
        np.testing.assert_allclose(result.values, expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(result.score, trace(network, picture).logits[k], rtol=1e-5)
    maps = [[explain(network, picture, other, k).values for k in range(3)] for other in RULES]
    assert all(np.abs(np.subtract(maps[i], maps[j])).max() > 0.01 for i, j in ((0, 1), (0, 2), (1, 2)))


def relu_as(form, six):
    """Something that is a ReLU, behind what has no activation; and what the layer before it is built with."""
    name = "relu6" if six else "relu"
    return {
        "fused": (name, lambda x: x),
        "activation": (None, layers.Activation(name)),
        "layer": (None, layers.ReLU(max_value=6 if six else None)),
        "operation": (None, getattr(keras.ops, name)),
    }[form]


KINDS = (layers.Conv2D, layers.SeparableConv2D, layers.DepthwiseConv2D, layers.Dense)


@pytest.mark.parametrize(
    ("kind", "six"),
    [
        # Each time every kind of layer, and both kinds of ReLU behind maps.
        pytest.param(kind, six, id=f"{kind.__name__}-relu{'6' * six}", marks=pytest.mark.full if six is odd else ())
        for kind, odd in zip(KINDS, (True, False, True, True), strict=True)
        for six in (False, True)
    ],
)
def test_every_form_of_a_relu_is_found(fixed_weights, kind, six):
    picture = (3 * np.random.default_rng(2).normal(size=(6, 6, 3))).astype(np.float32)
    maps = {}
    for form in ("fused", "activation", "layer", "operation"):
        activation, then = relu_as(form, six)
        size = {layers.DepthwiseConv2D: (3,), layers.Dense: (4,)}.get(kind, (4, 3))
        given = keras.Input((6, 6, 3))
        x = then(kind(*size, activation=activation)(layers.Rescaling(2.0)(given)))
        x = layers.Dense(2)(layers.Flatten()(x))
        network = load(fixed_weights(keras.Model(given, x), 5))
        assert len(rectifiers(network)) == 1
        for name in ("guided-backpropagation", "deconvnet"):
            maps.setdefault(name, []).append(explain(network, picture, name, 1).values)
        if form == "fused":
            gradient = explain(network, picture, "gradient", 1).values
    for found in maps.values():
        for other in found[1:]:
            np.testing.assert_allclose(other, found[0], rtol=1e-4, atol=1e-5)
    assert np.abs(gradient - maps["guided-backpropagation"][0]).max() > 0


def test_what_lets_the_negative_pass_is_no_relu(fixed_weights):
    given = keras.Input((6, 6, 1))
    x = layers.LeakyReLU()(layers.Conv2D(3, 2)(given))
    x = layers.ReLU(negative_slope=0.1)(layers.Conv2D(3, 2)(x))
    x = layers.Dense(4, activation="tanh")(layers.Flatten()(x))
    network = load(fixed_weights(keras.Model(given, layers.Dense(2)(x)), 1))
    for name in ("guided-backpropagation", "deconvnet"):
        assert "has none" in method_named(name).unfit(network)


def test_a_target_before_the_first_relu_has_its_gradient(fixed_weights):
    network = load(net(fixed_weights))
    picture = np.random.default_rng(6).normal(size=(5, 6, 1)).astype(np.float32)
    target = targets.channel("one", 2)
    opened = trace(network, picture).activations["one"][..., 2] > 0
    expected = np.zeros((5, 6, 1))
    for i, j in zip(*np.nonzero(opened), strict=True):
        expected[i : i + 2, j : j + 2] += np.asarray(network.model.get_layer("one").kernel)[..., 2]
    found = explain(network, picture, "guided-backpropagation", target)
    np.testing.assert_allclose(found.values, expected, rtol=1e-5, atol=1e-6)


def test_the_warning_is_in_their_declaration():
    for name in ("guided-backpropagation", "deconvnet"):
        assert "random weights (Adebayo et al. 2018; Nie et al. 2018)" in method_named(name).what


def test_a_shared_layer_is_rectified_at_each_use(fixed_weights):
    twice = layers.Conv2D(2, 3, padding="same", activation="relu", name="twice")
    given = keras.Input((6, 6, 1))
    maps = twice(twice(layers.Conv2D(2, 1)(given)))
    model = keras.Model(given, layers.Dense(2)(layers.Flatten()(maps)))
    assert rectifiers(load(fixed_weights(model, 2))) == ["twice", "twice#2"]
