"""Models of every build: those whose flat graph gives what they give, and those that are refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_keras import CLOSE
from keras import layers

from nnviz.analysis.network.graph import LOGITS, PROBABILITIES, Graph
from nnviz.errors import NnvizError


def test_a_split_output_head_shares_its_weights(fixed_weights):
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
    assert (graph.output_head, graph.classes) == ("softmax", 3)
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
    a = keras.Input((4,), name="a")
    dense = layers.Dense(2)
    channels = keras.Input((4, None))
    return {
        "subclassed": (built, "Subclassed"),
        "own call": (OwnCall(a, dense(a)), "OwnCall"),
        "unbuilt": (keras.Sequential([layers.Dense(3)], name="n" * 400), "Sequential"),
        "output of unknown size": (
            keras.Model(channels, layers.Activation("relu")(channels)),
            "known number of classes",
        ),
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
