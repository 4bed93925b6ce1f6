"""Before and after an activation function, against the layer taken apart by hand."""

import keras
import numpy as np
import pytest
from keras import layers
from shipped import shipped

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.analysis.layer.activation import has_activation, layer_activation, layers_with_activation
from nnviz.analysis.layer.neuron import neuron
from nnviz.analysis.network.network import load
from nnviz.errors import NnvizError


@pytest.fixture(scope="module")
def bundled():
    return {name: shipped(name) for name in ("mnist-cnn", "mnist-mlp")}


@pytest.mark.parametrize(
    ("net", "layer"),
    [("mnist-cnn", "conv1"), ("mnist-cnn", "conv2"), ("mnist-cnn", "output"), ("mnist-mlp", "dense2")],
)
def test_before_is_the_neurons_sum_and_after_the_trace(net, layer, bundled):
    network = bundled[net]
    trace = nnviz.trace(network, digit(3)[0])
    found = layer_activation(network, trace, layer)
    assert found.after is trace.activations[layer]
    assert found.source == found.layer == layer
    for unit in (0, found.after.shape[-1] - 1):
        one = neuron(network, trace, layer, unit)
        assert found.before[(*one.cell, unit)] == pytest.approx(one.sum, rel=1e-4, abs=1e-4)
        assert found.after[(*one.cell, unit)] == pytest.approx(one.output, rel=1e-4, abs=1e-5)
    if layer == "output":
        np.testing.assert_allclose(found.before, trace.logits, rtol=1e-5)
        assert not found.alone
    else:
        np.testing.assert_array_equal(found.after, np.maximum(found.before, 0))


def test_the_share_of_zeros_is_that_of_what_was_below_zero(bundled):
    trace = nnviz.trace(bundled["mnist-cnn"], digit(0)[0])
    found = layer_activation(bundled["mnist-cnn"], trace, "conv1")
    assert 0.1 < found.zeroed() < 0.9
    assert found.zeroed() == pytest.approx(np.mean(found.before < 0))
    for unit in range(16):
        assert found.zeroed(unit) == pytest.approx(np.mean(found.before[..., unit] < 0))


def test_a_zero_that_was_one_before_is_not_counted(fixed_weights):
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.ReLU(name="relu"), layers.Flatten(), layers.Dense(2, name="answer")]
    )
    network = load(fixed_weights(model))
    image = np.array([[-1, -2, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1], [2, 2, 2, 2]], np.float32)
    found = layer_activation(network, nnviz.trace(network, image), "relu")
    assert found.zeroed() == 2 / 16
    assert found.source != "relu"


def odd():
    given = keras.Input((8, 8, 1), name="picture")
    x = layers.Conv2D(4, 3, name="conv")(given)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.PReLU(shared_axes=[1], name="prelu")(x)
    x = layers.Conv2D(4, 1, activation="elu", name="elu")(x)
    x = layers.LeakyReLU(0.3, name="leaky")(layers.Conv2D(3, 3, name="second")(x))
    x = layers.Activation("tanh", name="tanh")(x)
    x = layers.ReLU(max_value=0.2, name="clipped")(x)
    x = layers.Softmax(axis=1, name="down")(x)
    x = layers.Softmax(name="across")(x)
    x = layers.Dense(3, activation="sigmoid", name="dense")(layers.Flatten(name="flatten")(x))
    return keras.Model(given, layers.Dense(3, name="answer")(x), name="odd")


@pytest.fixture(scope="module")
def strange(fixed_weights):
    network = load(fixed_weights(odd(), 9))
    return network, nnviz.trace(network, np.random.default_rng(2).random((8, 8)).astype(np.float32))


def test_every_kind_is_found_and_taken_apart(strange):
    network, trace = strange
    names = [layer.name for layer in layers_with_activation(network)]
    assert names == ["prelu", "elu", "leaky", "tanh", "clipped", "down", "across", "dense"]
    alpha = np.asarray(network.layer("prelu").keras_layer.alpha)
    rules = {
        "prelu": lambda v: np.where(v > 0, v, alpha * v),
        "elu": lambda v: np.where(v > 0, v, np.expm1(v)),
        "leaky": lambda v: np.where(v > 0, v, 0.3 * v),
        "tanh": np.tanh,
        "clipped": lambda v: np.clip(v, 0, 0.2),
        "down": lambda v: np.exp(v) / np.exp(v).sum(axis=0, keepdims=True),
        "across": lambda v: np.exp(v) / np.exp(v).sum(axis=-1, keepdims=True),
        "dense": lambda v: 1 / (1 + np.exp(-v)),
    }
    for name, rule in rules.items():
        found = layer_activation(network, trace, name)
        assert found.before.shape == found.after.shape == trace.activations[name].shape
        np.testing.assert_allclose(found.after, rule(found.before), rtol=1e-4, atol=1e-6, err_msg=name)
        assert found.function == {"leaky": "leaky_relu", "clipped": "relu", "down": "softmax"}.get(
            name, {"across": "softmax", "dense": "sigmoid"}.get(name, name)
        )
        assert found.alone == (name not in ("down", "across"))
    assert layer_activation(network, trace, "leaky").source == "second"


def test_the_curve_goes_through_the_point_and_is_f(strange):
    network, trace = strange
    sums = np.linspace(-2, 2, 9)
    for layer in layers_with_activation(network):
        found = layer_activation(network, trace, layer.name)
        cell = tuple(size - 1 for size in found.before.shape)
        own = found.curve(cell, np.array([float(found.before[cell])]))
        if layer.name == "down":
            assert own is None
            continue
        assert own[0] == pytest.approx(float(found.after[cell]), rel=1e-4, abs=1e-6)
        moved = found.before.copy()
        layer_ = network.layer(layer.name).keras_layer
        for at, value in enumerate(sums):
            moved[cell] = value
            made = layer_.activation(moved[None]) if found.source == layer.name else layer_(moved[None])
            assert found.curve(cell, sums)[at] == pytest.approx(float(np.asarray(made)[0][cell]), rel=1e-4, abs=1e-6)


def test_the_function_is_compiled_once(bundled):
    network = bundled["mnist-cnn"]
    for number in (0, 1, 2):
        layer_activation(network, nnviz.trace(network, digit(number)[0]), "conv2")
    built = network.compiled(("pre-activation", "conv2"), lambda: pytest.fail("compiled anew"))
    assert built.experimental_get_tracing_count() == 1


def test_a_layer_without_one_is_refused(bundled):
    network = bundled["mnist-cnn"]
    assert not has_activation(network.layer("pool1"))
    with pytest.raises(NnvizError, match=r"A layer with an activation function was expected. Received: pool1"):
        layer_activation(network, nnviz.trace(network, digit(0)[0]), "pool1")


def test_every_tiny_network_has_its_values(case):
    trace = nnviz.trace(case.network, case.picture)
    for layer in layers_with_activation(case.network):
        found = layer_activation(case.network, trace, layer.name)
        assert found.before.shape == found.after.shape
        assert np.isfinite(found.before).all()
        assert not found.before.flags.writeable


def test_a_relu_that_ends_at_six_is_called_so():
    network = shipped("photo-cnn")
    trace = nnviz.trace(network, nnviz.photographs.photograph("cat"))
    found = layer_activation(network, trace, "block05_depthwise_relu")
    assert (found.function, found.source) == ("relu6", "block05_depthwise_bn")
    np.testing.assert_allclose(found.after, np.clip(found.before, 0, 6), atol=1e-6)
    assert found.before.max() > 6
    np.testing.assert_allclose(found.curve((0, 0, 0), np.array([-1.0, 3.0, 9.0])), [0, 3, 6])
