"""The flat graph against Keras itself: outputs, gradients, and that the model stays as it was."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from nnviz.analysis.graph import LOGITS, PROBABILITIES, Graph
from nnviz.errors import NnvizError

CLOSE = {"rtol": 1e-4, "atol": 1e-5}


def all_layers(model):
    """Every layer of a model and of the models within it."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from all_layers(layer)


def before_the_answer(model, x):
    """The class scores by another way: the model up to its last layer, then that layer's own weights."""
    last = model.layers[-1]
    if not last.weights:  # a separate activation: what it reads are the scores
        x = keras.ops.convert_to_tensor(x)
        for layer in model.layers[:-1]:
            x = layer(x)
        return x
    features = keras.Model(model.inputs[0], last.input)(x)
    return features @ tf.convert_to_tensor(last.kernel) + tf.convert_to_tensor(last.bias)


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


def test_a_split_answer_shares_its_weights(fixed_weights):
    """A private copy with other weights, or training, must be seen by a graph made before."""
    model = fixed_weights(keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="softmax", name="answer")]))
    graph = Graph(model)
    kernel = np.arange(12, dtype=np.float32).reshape(4, 3)
    model.get_layer("answer").set_weights([kernel, np.array([1, 2, 3], np.float32)])
    x = np.array([[1, -1, 2, 0.5]], np.float32)
    found = graph.run({graph.input_name: tf.constant(x)}, [LOGITS, PROBABILITIES])
    np.testing.assert_allclose(found[LOGITS], x @ kernel + [[1, 2, 3]], **CLOSE)
    np.testing.assert_allclose(found[PROBABILITIES], model(x), **CLOSE)


def test_two_nested_models_with_layers_of_the_same_names(fixed_weights):
    def half(channels):
        given = keras.Input((6, 6, channels), name="given")
        x = layers.Conv2D(3, 3, padding="same", activation="tanh", name="conv")(given)
        return keras.Model(given, layers.BatchNormalization(name="bn")(x), name=f"half{channels}")

    first, second = half(1), half(3)
    model = keras.Sequential(
        [keras.Input((6, 6, 1), name="given"), first, second, layers.Flatten(), layers.Dense(2, name="scores")]
    )
    fixed_weights(model, 3)
    graph = Graph(model)
    names = [step.name for step in graph.steps]
    assert names[:4] == ["conv", "bn", "conv#2", "bn#2"]
    assert len(set(names)) == len(names)
    x = np.random.default_rng(0).random((1, 6, 6, 1)).astype(np.float32)
    found = graph.run({"given": tf.constant(x)}, ["bn", "bn#2", LOGITS])
    np.testing.assert_allclose(found["bn"], first(x), **CLOSE)
    np.testing.assert_allclose(found["bn#2"], second(first(x)), **CLOSE)
    np.testing.assert_allclose(found[LOGITS], model(x), **CLOSE)


def test_a_nested_model_used_twice_in_one_model(fixed_weights):
    given = keras.Input((5,), name="x")
    inner = keras.Model(given, layers.Dense(5, activation="tanh", name="dense")(given), name="inner")
    outer = keras.Input((5,), name="y")
    model = fixed_weights(keras.Model(outer, layers.Subtract(name="less")([inner(inner(outer)), inner(outer)])))
    graph = Graph(model)
    x = np.random.default_rng(0).normal(size=(2, 5)).astype(np.float32)
    found = graph.run({"y": tf.constant(x)}, [LOGITS])[LOGITS]
    np.testing.assert_allclose(found, model(x), **CLOSE)


def test_every_name_is_its_own(fixed_weights):
    """Somebody may call a layer as a second use would be called."""
    twice = layers.Dense(3, activation="tanh", name="a")
    given = keras.Input((3,), name="in")
    model = fixed_weights(keras.Model(given, twice(layers.Dense(3, name="a#2")(twice(given)))))
    graph = Graph(model)
    assert len({step.name for step in graph.steps}) == len(graph.steps) == 3
    x = np.ones((1, 3), np.float32)
    np.testing.assert_allclose(graph.run({"in": tf.constant(x)}, [LOGITS])[LOGITS], model(x), **CLOSE)


def test_training_wired_in_is_left_out_as_predict_does(fixed_weights):
    given = keras.Input((6, 6, 1), name="in")
    inner_in = keras.Input((6, 6, 1))
    inner = keras.Model(inner_in, layers.BatchNormalization(name="bn")(inner_in), name="inner")
    x = layers.Dropout(0.5, name="dropout")(inner(given, training=True), training=True)
    model = fixed_weights(keras.Model(given, layers.Dense(2, name="scores")(layers.Flatten()(x))))
    graph = Graph(model)
    image = np.random.default_rng(0).random((1, 6, 6, 1)).astype(np.float32)
    found = graph.run({"in": tf.constant(image)}, [LOGITS])[LOGITS]
    np.testing.assert_allclose(found, model(image, training=False), **CLOSE)


def test_softmax_over_one_axis_after_reshape_and_flatten(fixed_weights):
    stack = [keras.Input((4,)), layers.Dense(3), layers.Reshape((1, 1, 3)), layers.Softmax(), layers.Flatten()]
    model = fixed_weights(keras.Sequential(stack))
    graph, x = Graph(model), np.ones((1, 4), np.float32)
    assert (graph.answer, graph.classes) == ("softmax", 3)
    found = graph.run({graph.input_name: tf.constant(x)}, [PROBABILITIES])[PROBABILITIES]
    np.testing.assert_allclose(found, model(x), **CLOSE)


def test_a_recurrent_layer_keeps_the_activation_that_it_uses_within(fixed_weights):
    model = fixed_weights(
        keras.Sequential([keras.Input((5, 4)), layers.SimpleRNN(3, activation="sigmoid", name="rnn")])
    )
    graph, x = Graph(model), np.random.default_rng(0).random((1, 5, 4)).astype(np.float32)
    found = graph.run({graph.input_name: tf.constant(x)}, ["rnn", LOGITS])
    np.testing.assert_allclose(found["rnn"], model(x), **CLOSE)
    np.testing.assert_allclose(found[LOGITS], model(x), **CLOSE)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, inputs):
        return self.dense(inputs)


class OwnCall(keras.Model):
    """Has a graph of layers, and computes something else: the graph must not be believed."""

    def call(self, inputs, training=None, mask=None):
        return 2 * super().call(inputs)


def refused():
    built = Subclassed()
    built(np.ones((1, 4), np.float32))
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    dense = layers.Dense(2)
    grid = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(3, 1, activation="softmax")])
    open_end = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(3, 1)])
    return {
        "subclassed": (built, "Subclassed"),
        "own call": (OwnCall(a, dense(a)), "OwnCall"),
        "two inputs": (keras.Model([a, b], layers.Add()([a, b])), "2 inputs"),
        "two outputs": (keras.Model(a, [dense(a), layers.Dense(3)(a)]), "2 outputs"),
        "unbuilt": (keras.Sequential([layers.Dense(3)], name="n" * 400), "Sequential"),
        "softmax per place": (grid, "softmax"),
        "output of unknown size": (open_end, "known size"),
    }


@pytest.mark.parametrize("kind", list(refused()))
def test_what_cannot_be_followed_is_refused_in_one_sentence(kind):
    model, word = refused()[kind]
    with pytest.raises(NnvizError, match=word) as caught:
        Graph(model)
    assert len(str(caught.value)) < 300
    assert "Received:" in str(caught.value)


def test_own_call_within_a_graph_is_one_step_that_calls_it(fixed_weights):
    given = keras.Input((4,), name="given")
    inner = OwnCall(given, layers.Dense(3, name="hidden")(given), name="doubled")
    model = fixed_weights(keras.Sequential([keras.Input((4,)), inner, layers.Dense(2, name="scores")]))
    graph, x = Graph(model), np.ones((1, 4), np.float32)
    assert [step.name for step in graph.steps] == ["doubled", "scores"]
    np.testing.assert_allclose(graph.run({graph.input_name: tf.constant(x)}, [LOGITS])[LOGITS], model(x), **CLOSE)


def test_fed_from_an_inner_layer_the_rest_runs_alone(cases):
    nested = cases["nested"]
    graph, base = nested.network.graph, nested.model.get_layer("base")
    inner = np.random.default_rng(3).normal(size=(2, 6, 6, 4)).astype(np.float32)
    y = base.get_layer("relu")(inner)
    for layer in (base.get_layer("depthwise"), base.get_layer("separable"), *nested.model.layers[2:-1]):
        y = layer(y)
    found = graph.run({"bn": tf.constant(inner)}, [LOGITS])[LOGITS]
    np.testing.assert_allclose(found, y, **CLOSE)


def test_fed_at_a_branch_the_other_branch_needs_the_input_still(cases):
    branched = cases["branched"]
    graph, model = branched.network.graph, branched.model
    inner = np.random.default_rng(3).normal(size=(1, 10, 10, 4)).astype(np.float32)
    feeds = {graph.input_name: tf.constant(branched.batch), "left_bn": tf.constant(inner)}
    stem = model.get_layer("stem")(branched.batch)
    expected = stem + inner
    np.testing.assert_allclose(graph.run(feeds, ["added"])["added"], expected, **CLOSE)


@pytest.mark.parametrize("channel", [0, 2])
@pytest.mark.parametrize("layer", ["stem", "left_bn"])
def test_a_masked_channel_equals_a_model_without_that_filter(cases, layer, channel):
    case = cases["branched"]
    graph = case.network.graph
    mask = np.ones(4, np.float32)
    mask[channel] = 0
    feeds = {graph.input_name: tf.constant(case.batch)}
    found = graph.run(feeds, [LOGITS, "added"], {layer: lambda tensor: tensor * mask})

    edited = keras.models.clone_model(case.model)
    edited.set_weights(case.model.get_weights())
    weights = edited.get_layer(layer).get_weights()
    if layer == "stem":  # kernel and bias
        weights[0][..., channel], weights[1][channel] = 0, 0
    else:  # gamma and beta
        weights[0][channel], weights[1][channel] = 0, 0
    edited.get_layer(layer).set_weights(weights)
    np.testing.assert_allclose(found[LOGITS], before_the_answer(edited, case.batch), **CLOSE)
    assert np.abs(found[LOGITS] - graph.run(feeds, [LOGITS])[LOGITS]).max() > 1e-3


def test_an_edit_of_what_is_fed_counts_too(cases):
    graph = cases["logits_end"].network.graph
    x = tf.constant(cases["logits_end"].batch)
    doubled = graph.run({graph.input_name: x}, [LOGITS], {graph.input_name: lambda tensor: 2 * tensor})
    np.testing.assert_allclose(doubled[LOGITS], cases["logits_end"].model(2 * x), **CLOSE)


def test_only_what_is_needed_is_run(cases):
    """An edit is called where its step runs, and only there."""
    graph, called = cases["branched"].network.graph, []
    edits = {s.name: lambda t, n=s.name: called.append(n) or t for s in graph.steps}
    graph.run({graph.input_name: tf.constant(cases["branched"].batch)}, ["left"], edits)
    assert called == ["stem", "left"]


def test_a_mixed_precision_model_gives_float32_scores(fixed_weights):
    policy = keras.DTypePolicy("mixed_bfloat16")
    stack = [
        keras.Input((4,)),
        layers.Dense(5, dtype=policy, name="a"),
        layers.Dense(3, "softmax", dtype=policy, name="b"),
    ]
    model = fixed_weights(keras.Sequential(stack))
    graph, x = Graph(model), np.ones((1, 4), np.float32)
    found = graph.run({graph.input_name: tf.constant(x)}, [LOGITS, PROBABILITIES])
    assert found[LOGITS].dtype == tf.float32
    np.testing.assert_allclose(found[PROBABILITIES], np.asarray(model(x), np.float32), atol=0.02)


def test_the_private_parts_of_keras_are_there():
    """What `graph.py` and `answer.py` take from Keras beyond its public face; a new Keras that fails needs a look."""
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
