"""A neuron whose weight or bias is turned by hand, against a model that was really changed."""

import keras
import numpy as np
import pytest

from nnviz.analysis.intervention.weight_edit import can_change, edit_weight
from nnviz.analysis.layer.neuron import has_neurons
from nnviz.analysis.network.graph import LOGITS, PROBABILITIES
from nnviz.analysis.network.trace import trace
from nnviz.errors import NnvizError


def modified(model, name, index, weight, bias, kernel="kernel"):
    """A real clone with a real other weight."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    layer = copy.get_layer(name)
    values = getattr(layer, kernel).numpy()
    if weight is not None:
        values[index] = weight
    getattr(layer, kernel).assign(values)
    if bias is not None:
        values = layer.bias.numpy()
        values[bias[0]] = bias[1]
        layer.bias.assign(values)
    return copy


TURNS = [
    ("plain", 2, (1, 3, 2), (1, 3, 2, 2), "kernel"),
    ("strided", 5, (2, 1, 4), (2, 1, 4, 5), "kernel"),
    ("dilated", 0, (0, 0, 5), (0, 0, 5, 0), "kernel"),
    ("grouped", 4, (2, 2, 3), (2, 2, 3, 4), "kernel"),
    ("depthwise", 7, (1, 0, 0), (1, 0, 3, 1), "kernel"),
    ("separable", 3, (11,), (0, 0, 11, 3), "pointwise_kernel"),
    ("attention", 1, (2,), (2, 1), "kernel"),
    ("transposed", 2, (1, 1, 3), (1, 1, 2, 3), "kernel"),
    ("causal", 3, (2, 4), (2, 4, 3), "kernel"),
    ("dense", 6, (13,), (13, 6), "kernel"),
    ("answer", 2, (5,), (5, 2), "kernel"),
]


@pytest.mark.parametrize(("name", "unit", "place", "index", "kernel"), TURNS)
def test_a_turned_weight_is_a_really_modified_model(name, unit, place, index, kernel, every):
    before = [weight.copy() for weight in every.model.get_weights()]
    copy = modified(every.model, name, index, 2.5, (unit, -0.75), kernel)
    taps_of_it = keras.Model(copy.inputs, [copy.get_layer(name).output, copy.output])
    values, answer = (np.asarray(value)[0] for value in taps_of_it(every.picture[None]))
    found = edit_weight(every.network, every.picture, name, unit, place, weight=2.5, bias=-0.75)
    np.testing.assert_allclose(found.activations, values[..., unit], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.probabilities, answer, rtol=1e-4, atol=1e-6)
    assert np.isclose(found.output, values[(*found.neuron.cell, unit)], rtol=1e-4, atol=1e-5)
    assert found.neuron.weights[place] == np.float32(2.5)
    assert found.neuron.bias == -0.75
    for was, is_ in zip(before, every.model.get_weights(), strict=True):
        np.testing.assert_array_equal(was, is_)
    again = trace(every.network, every.picture)
    np.testing.assert_array_equal(again.logits, every.trace.logits)


def test_a_layer_that_is_used_twice_turns_at_both_uses(cases):
    case = cases["shared"]
    copy = modified(case.model, "twice", (1, 1, 0, 2), -1.5, None)
    wanted = np.asarray(copy(case.batch))[0]
    first = edit_weight(case.network, case.picture, "twice", 2, (1, 1, 0), weight=-1.5)
    second = edit_weight(case.network, case.picture, "twice#2", 2, (1, 1, 0), weight=-1.5)
    for found in (first, second):
        np.testing.assert_allclose(found.probabilities, wanted, rtol=1e-4, atol=1e-6)
    twice = copy.get_layer("twice")
    inner = np.asarray(twice(twice(case.batch)))[0, ..., 2]
    np.testing.assert_allclose(second.activations, inner, rtol=1e-4, atol=1e-6)
    assert np.isclose(second.output, inner[second.neuron.cell], rtol=1e-4)


def test_nothing_turned_is_the_network_itself(case):
    found = trace(case.network, case.picture)
    for layer in [layer for layer in case.network.layers if has_neurons(layer)]:
        same = edit_weight(case.network, case.picture, layer.name, 0)
        np.testing.assert_allclose(same.logits, found.logits, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(same.activations, found.activations[layer.name][..., 0], rtol=1e-5, atol=1e-5)


def test_two_viewers_do_not_meet(every):
    """One turns while another looks: his numbers, and the shared graph's own weights, are as before."""
    mine = edit_weight(every.network, every.picture, "dense", 0, (3,), weight=40.0)
    assert mine.winner == int(mine.logits.argmax())
    assert not np.allclose(mine.logits, every.trace.logits)
    theirs = edit_weight(every.network, every.picture, "dense", 1, (3,), bias=3.0)
    copy = modified(every.model, "dense", (3, 1), None, (1, 3.0))
    np.testing.assert_allclose(theirs.probabilities, np.asarray(copy(every.picture[None]))[0], rtol=1e-4)
    found = every.network.graph.run({"picture": every.picture[None]}, [LOGITS, PROBABILITIES])
    np.testing.assert_allclose(found[LOGITS][0], every.trace.logits, rtol=1e-5, atol=1e-6)
    again = edit_weight(every.network, every.picture, "dense", 0, (3,), weight=40.0)
    np.testing.assert_array_equal(again.logits, mine.logits)
    # One compiled function serves every weight of a layer.
    assert every.network._functions.get(("turned", "dense", None)).experimental_get_tracing_count() == 1


@pytest.mark.parametrize(
    ("arguments", "more", "said"),
    [
        (("plain", 0, (3, 0, 0)), {"weight": 1.0}, "A weight within (3, 4, 3) of plain was expected"),
        (("plain", 0, (1, 1)), {"weight": 1.0}, "Received: (1, 1)"),
        (("plain", 0), {"weight": 1.0}, "Received: None"),
        (("plain", 6, (0, 0, 0)), {"weight": 1.0}, "Received: 6"),
        (("mix", 0), {"bias": 1.0}, "A layer with biases was expected. Received: mix"),
        (("flatten", 0), {"bias": 1.0}, "Received: flatten"),
    ],
)
def test_what_cannot_be_turned_is_said(arguments, more, said, every):
    with pytest.raises(NnvizError) as error:
        edit_weight(every.network, every.picture, *arguments, **more)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("name", "unit", "function"), [("grouped", 4, "tanh"), ("separable", 3, "relu"), ("dense", 6, "gelu")]
)
def test_another_f_is_that_of_one_unit_alone(name, unit, function, every):
    layer = every.model.get_layer(name)
    own, other = layer.activation, getattr(keras.activations, function)

    def of_one(sums):
        return keras.ops.where(keras.ops.arange(sums.shape[-1]) == unit, other(sums), own(sums))

    copy = keras.models.clone_model(every.model)
    copy.set_weights(every.model.get_weights())
    copy.get_layer(name).activation = of_one
    taps = keras.Model(copy.inputs, [copy.get_layer(name).output, copy.output])
    values, answer = (np.asarray(value)[0] for value in taps(every.picture[None]))
    found = edit_weight(every.network, every.picture, name, unit, function=function)
    np.testing.assert_allclose(found.activations, values[..., unit], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.probabilities, answer, rtol=1e-4, atol=1e-6)
    assert found.neuron.activation == function
    assert np.isclose(found.output, values[(*found.neuron.cell, unit)], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(trace(every.network, every.picture).logits, every.trace.logits)


def test_f_of_an_answer_or_of_many_sums_cannot_be_anothers(every):
    assert not can_change(every.network, "answer")
    assert not can_change(every.network, "attention")
    with pytest.raises(NnvizError, match="F is of each unit alone"):
        edit_weight(every.network, every.picture, "answer", 0, function="tanh")
    with pytest.raises(NnvizError, match="Keras' activations was expected"):
        edit_weight(every.network, every.picture, "dense", 0, function="softmax")
