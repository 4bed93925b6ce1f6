"""Quantised and half-precision layers: the numbers that they compute with, against what Keras makes of each input."""

import keras
import numpy as np
import pytest
from keras import layers

from nnviz.analysis.attribution import METHODS, explain
from nnviz.analysis.intervention.weight_edit import edit_weight
from nnviz.analysis.layer.filters import filter_bank
from nnviz.analysis.layer.neuron import neuron
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace
from nnviz.analysis.network.weights import kernel_of, quantised

MODES = ("int8", "int4", "float8")
STEP = {"int8": 1 / 100, "int4": 1 / 6, "float8": 1 / 12}
"""Half a step of each, about, as a share of the largest weight."""


def dense_net(seed=3):
    given = keras.Input((6, 6, 1))
    x = layers.Flatten()(layers.Conv2D(3, 3, activation="relu", name="c")(given))
    x = layers.Dense(7, "relu", name="h")(x)
    model = keras.Model(given, layers.Dense(4, "softmax", name="answer")(x))
    generator = np.random.default_rng(seed)
    for weight in model.weights:
        weight.assign(generator.normal(0, 0.3, weight.shape))
    return model


@pytest.mark.parametrize("mode", MODES)
def test_a_kernel_is_what_each_input_alone_makes(mode):
    """One at a time: Keras' own answer to a 1 and zeros is a row of the weights; no integer is shown."""
    model = dense_net()
    before = {name: np.array(model.get_layer(name).kernel) for name in ("h", "answer")}
    model.quantize(mode)
    for name, own in before.items():
        layer = model.get_layer(name)
        assert quantised(layer) == mode
        found = np.asarray(kernel_of(layer))
        ones = np.eye(own.shape[0], dtype=np.float32)
        activation, layer.activation, bias = layer.activation, keras.activations.linear, np.array(layer.bias)
        made = np.asarray(layer(ones, training=False)) - bias
        layer.activation = activation
        np.testing.assert_allclose(found, made, rtol=2e-2, atol=1e-3)
        np.testing.assert_allclose(found, own, atol=STEP[mode] * np.abs(own).max())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("equation", ["abc,cde->abde", "abde,dec->abc"])
def test_the_kernel_of_an_einsum_is_that_before_it_was_quantised(mode, equation):
    shape = {"abde,dec->abc": (4, 2, 3)}.get(equation, (4, 6))
    layer = layers.EinsumDense(equation, {"abc,cde->abde": (None, 2, 5), "abde,dec->abc": (None, 6)}[equation])
    layer.build((None, *shape))
    own = np.random.default_rng(1).normal(0, 1, layer.kernel.shape).astype(np.float32)
    layer.kernel.assign(own)
    layer.quantize(mode)
    found = np.asarray(kernel_of(layer))
    assert found.shape == own.shape
    np.testing.assert_allclose(found, own, atol=STEP[mode] * np.abs(own).max())
    assert mode == "float8" or not np.array_equal(found, own)


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_the_table_of_an_embedding_is_what_it_looks_up(mode):
    layer = layers.Embedding(9, 4)
    layer.build()
    own = np.random.default_rng(1).normal(0, 1, (9, 4)).astype(np.float32)
    layer.embeddings.assign(own)
    layer.quantize(mode)
    np.testing.assert_allclose(kernel_of(layer, "embeddings"), own, atol=STEP[mode] * np.abs(own).max())


@pytest.mark.parametrize("mode", MODES)
def test_a_quantised_net_is_shown_with_what_its_weights_stand_for(mode):
    """Arithmetic, filters, weight edit and the map are those of the same net with float weights, but for rounding."""
    plain, model = dense_net(), dense_net()
    model.quantize(mode)
    for name in ("h", "answer"):  # the plain one with the weights that the quantised ones stand for
        plain.get_layer(name).kernel.assign(kernel_of(model.get_layer(name)))
    one, other = load(plain), load(model)
    picture = np.random.default_rng(2).uniform(0, 1, (6, 6, 1)).astype(np.float32)
    was, now = trace(one, picture), trace(other, picture)
    np.testing.assert_allclose(now.probabilities, model.predict(picture[None], verbose=0)[0], rtol=1e-3, atol=1e-5)
    for name in ("h", "answer"):
        np.testing.assert_allclose(filter_bank(other, name).weights, filter_bank(one, name).weights, rtol=1e-5)
        assert f"{mode} weights" in other.layer(name).description
        for unit in range(3):
            found = neuron(other, now, name, unit)
            # Keras rounds what it reads, too; what is shown is what it stands for.
            np.testing.assert_allclose(found.sum, neuron(one, was, name, unit).sum, rtol=0.1, atol=0.05)
    edits = [edit_weight(each, picture, "h", 1, (2,), weight=3.0) for each in (one, other)]
    np.testing.assert_allclose(edits[1].logits, edits[0].logits, rtol=0.1, atol=0.1)
    assert edits[1].neuron.weights[2] == 3.0
    lrp = explain(other, picture, "lrp", 1)
    np.testing.assert_allclose(lrp.score, now.logits[1], rtol=1e-4)
    assert abs(lrp.gap) < 1e-3 * np.abs(lrp.values).sum()
    expected = explain(one, picture, "lrp", 1).values
    np.testing.assert_allclose(lrp.values, expected, atol=0.1 * np.abs(expected).max())


@pytest.mark.parametrize("kind", ["mixed_float16", "mixed_bfloat16", "int8", "int4", "float8"])
def test_every_attribution_of_a_net_in_other_numbers_is_finite_and_that_of_the_float_net(kind):
    """Maps are float32, and those that are not of chance are near to what the float net has."""
    plain, model = dense_net(), dense_net()
    if kind.startswith("mixed"):
        keras.config.set_dtype_policy(kind)
        try:
            model = dense_net()
        finally:
            keras.config.set_dtype_policy("float32")
    else:
        model.quantize(kind)
    one, other = load(plain), load(model)
    picture = np.random.default_rng(2).uniform(0, 1, (6, 6, 1)).astype(np.float32)
    near = 0.35 if kind in ("int4", "float8") else 0.12  # three bits of a number say little
    for method in METHODS:
        few = ("samples", "masks", "max_maps", "steps")
        given = {each.name: each.low for each in method.parameters(other) if each.name in few}
        found = explain(other, picture, method.name, 2, **given)
        assert found.values.dtype == np.float32
        assert np.isfinite(found.values).all()
        if method.name in ("gradient", "lrp", "grad-cam", "occlusion"):
            expected = explain(one, picture, method.name, 2, **given).values
            size = np.abs(expected).max()
            np.testing.assert_allclose(found.values, expected, atol=near * size, err_msg=method.name)
