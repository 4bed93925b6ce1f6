"""The flat graph against Keras itself: outputs, gradients, and that the model stays as it was."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_keras import CLOSE, before_the_answer
from keras import layers

from nnviz.analysis.network.graph import LOGITS, PROBABILITIES, Graph


def all_layers(model):
    """Every layer of a model and of the models within it."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from all_layers(layer)


def numeric_gradient(function, x, indices, step):
    """Central differences at some indices of x, of a function to a float."""
    found = []
    for index in indices:
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        found.append((function(up) - function(down)) / (float(up[index]) - float(down[index])))
    return np.array(found)


def test_every_step_equals_keras(flat_case):
    model, graph = flat_case.model, flat_case.network.graph
    names = [step.name for step in graph.steps if step.name != LOGITS]
    found = graph.run({graph.input_name: tf.constant(flat_case.batch)}, names)
    outputs, places = [], []
    for operation in getattr(model, "operations", model.layers):
        if isinstance(operation, layers.InputLayer):
            continue
        for use, node in enumerate(operation._inbound_nodes):
            places.append(operation.name if use == 0 else f"{operation.name}#{use + 1}")
            outputs.append(node.output_tensors[0])
    assert sorted(places) == sorted(names)
    for name, expected in zip(places, keras.Model(model.inputs[0], outputs)(flat_case.batch), strict=True):
        np.testing.assert_allclose(found[name], expected, err_msg=name, **CLOSE)


def test_nested_steps_equal_the_layers_called_by_hand(cases):
    nested = cases["nested"]
    graph = nested.network.graph
    base = nested.model.get_layer("base")
    expected, x = {}, tf.constant(nested.batch)
    chain = [nested.model.layers[0], *base.layers[1:], *nested.model.layers[2:]]
    for layer in chain:
        x = layer(x)
        expected[layer.name] = x
    assert [step.name for step in graph.steps] == list(expected)
    found = graph.run({graph.input_name: tf.constant(nested.batch)}, list(expected))
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, err_msg=name, **CLOSE)


def test_nested_batch_normalisation_against_its_formula(cases):
    """The one layer whose inference and training differ, so not left to Keras alone."""
    nested = cases["nested"]
    graph, bn = nested.network.graph, nested.model.get_layer("base").get_layer("bn")
    found = graph.run({graph.input_name: tf.constant(nested.batch)}, ["conv", "bn"])
    gamma, beta, mean, variance = (
        np.asarray(w, np.float64) for w in (bn.gamma, bn.beta, bn.moving_mean, bn.moving_variance)
    )
    expected = (np.asarray(found["conv"], np.float64) - mean) / np.sqrt(variance + bn.epsilon) * gamma + beta
    np.testing.assert_allclose(found["bn"], expected, **CLOSE)


def test_probabilities_equal_the_model_and_come_from_the_logits(case):
    graph, own = case.network.graph, np.asarray(case.model(case.batch))
    found = graph.run({graph.input_name: tf.constant(case.batch)}, [LOGITS, PROBABILITIES])
    logits = np.asarray(found[LOGITS], np.float64)
    assert logits.shape == (1, graph.classes)
    scores = own if case.name == "logits_end" else before_the_answer(case.model, case.batch)
    np.testing.assert_allclose(logits[:, -own.shape[1] :], scores, **CLOSE)
    soft = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    if case.name == "one_sigmoid":
        assert graph.classes == 2
        assert logits[0, 0] == 0
        expected = np.concatenate([1 - own, own], axis=1)
        np.testing.assert_allclose(soft, expected, **CLOSE)
    elif case.name == "several_sigmoids":
        np.testing.assert_allclose(1 / (1 + np.exp(-logits)), own, **CLOSE)
        expected = own
    else:
        expected = soft if case.name == "logits_end" else own
        np.testing.assert_allclose(soft, expected, **CLOSE)
    np.testing.assert_allclose(found[PROBABILITIES], expected, **CLOSE)


def test_input_gradient_equals_the_original_model_and_central_differences(case):
    graph, x = case.network.graph, tf.constant(case.batch)
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = graph.run({graph.input_name: x}, [LOGITS])[LOGITS][0, -1]
    found = tape.gradient(score, x).numpy()
    with tf.GradientTape() as tape:
        tape.watch(x)
        scores = case.model(x) if case.name == "logits_end" else before_the_answer(case.model, x)
        score = scores[0, -1]
    expected = tape.gradient(score, x).numpy()
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())

    def score_at(values):
        return float(graph.run({graph.input_name: tf.constant(values)}, [LOGITS])[LOGITS][0, -1])

    # The strongest pixels: there float32 noise is smallest beside the slope.
    order = np.argsort(-np.abs(found).ravel())[:6]
    indices = [np.unravel_index(i, found.shape) for i in order]
    step = 0.05 if case.name == "nested" else 2e-3
    numeric = numeric_gradient(score_at, case.batch.astype(np.float32), indices, step)
    np.testing.assert_allclose([found[i] for i in indices], numeric, rtol=0.02, atol=0.02 * np.abs(found).max())


@pytest.mark.parametrize("name", ["conv", "bn", "relu", "depthwise", "separable"])
def test_gradients_of_inner_activations_are_live_through_a_nested_model(cases, name):
    nested = cases["nested"]
    graph, kept = nested.network.graph, []
    with tf.GradientTape() as tape:

        def watch(tensor):
            tape.watch(tensor)
            kept.append(tensor)
            return tensor

        found = graph.run({graph.input_name: tf.constant(nested.batch)}, [LOGITS], {name: watch})
        score = found[LOGITS][0, 2]
    live = tape.gradient(score, kept[0]).numpy()

    base = nested.model.get_layer("base")
    rest = base.layers[base.layers.index(base.get_layer(name)) + 1 :] + nested.model.layers[2:-1]
    x = tf.constant(kept[0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        for layer in rest:
            y = layer(y)
        score = y[0, 2]
    expected = tape.gradient(score, x).numpy()
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(live, expected, **CLOSE)


def test_the_model_is_left_as_it_was(case):
    model = case.model

    def state():
        return {
            "config": model.get_config(),
            "weights": [np.asarray(w).tobytes() for w in model.weights],
            "inbound": [len(layer._inbound_nodes) for layer in all_layers(model)],
            "outbound": [len(layer._outbound_nodes) for layer in all_layers(model)],
            "layers": [id(layer) for layer in all_layers(model)],
            "activation": [getattr(layer, "activation", None) for layer in all_layers(model)],
            "predictions": np.asarray(model(case.batch)).tobytes(),
        }

    before = state()
    graph = Graph(model)
    graph.run({graph.input_name: tf.constant(case.batch)}, [LOGITS, PROBABILITIES])
    assert state() == before


def test_the_private_parts_of_keras_are_there():
    """What `graph.py` and `output_head.py` take from Keras beyond its public face; one that fails needs a look."""
    model = keras.Sequential([keras.Input((2,)), layers.Dense(3, name="dense")])
    assert isinstance(model._functional, keras.Function)
    assert keras.Sequential([layers.Dense(3)])._functional is None
    parameters = list(inspect.signature(keras.Function._run_through_graph).parameters)
    assert parameters[:3] == ["self", "inputs", "operation_fn"]

    visited = []

    def visit(operation):
        return lambda *args, **kwargs: visited.append(operation.name) or operation(*args, **kwargs)

    x = np.ones((1, 2), np.float32)
    result = model._functional._run_through_graph([tf.constant(x)], operation_fn=visit)
    assert visited == ["dense"]
    np.testing.assert_array_equal(tf.nest.flatten(result)[0], model(x))

    dense = model.get_layer("dense")
    assert isinstance(dense._inbound_nodes, list)
    assert len(dense._inbound_nodes) == 1
    assert isinstance(dense._outbound_nodes, list)
    # A layer's state stands in its __dict__, so that a twin can share it.
    assert any(value is dense.kernel for value in vars(dense).values())
    assert vars(dense)["activation"] is keras.activations.linear
    assert keras.Sequential.call.__module__.startswith("keras.")
