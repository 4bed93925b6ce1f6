"""Layers of any name are traced, with Keras' own numbers, and stay what they are called."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import nnviz
from nnviz.analysis.network.graph import LOGITS, PROBABILITIES, Graph
from nnviz.errors import NnvizError

ODD = ("_x", "<b>", "*a* `b`", "[a](b)", "my layer", "é", "#2", "<logits>", "a\\b", "logits", "\u202ex")
ANSWERS = {
    "fused": lambda name: layers.Dense(3, activation="softmax", name=name),
    "raw": lambda n: layers.Dense(3, name=n),
}


@pytest.mark.parametrize("answer", sorted(ANSWERS))
def test_layers_of_any_name_are_traced_and_keep_it(answer, fixed_weights):
    given = x = keras.Input((6, 6, 1), name="_in <i>")
    for name in ODD:
        x = layers.Conv2D(2, 3, padding="same", activation="tanh", name=name)(x)
    x = ANSWERS[answer]("<answer>")(layers.Flatten(name="-flat")(x))
    model = fixed_weights(keras.Model(given, x, name="odd"), 3)
    picture = np.random.default_rng(0).random((6, 6, 1)).astype(np.float32)
    network = nnviz.load(model)
    found = nnviz.trace(network, picture)
    expected = keras.Model(given, [each.output for each in model.layers])(picture[None])
    assert [layer.name for layer in network.layers] == [layer.name for layer in model.layers]
    assert [layer.name for layer in model.layers[1:-2]] == list(ODD)
    for layer, value in zip(model.layers, expected, strict=True):
        np.testing.assert_allclose(found.activations[layer.name], value[0], atol=1e-6, err_msg=layer.name)
    np.testing.assert_allclose(found.probabilities, expected[-1][0], atol=1e-6)


def test_the_layers_within_a_layer_may_be_called_anything_too(fixed_weights):
    inner = [
        layers.Bidirectional(layers.GRU(2, name="<u> é", return_sequences=True)),
        layers.TimeDistributed(layers.Dense(2, name="_t")),
    ]
    cells = layers.RNN([layers.GRUCell(2, name="_c 1"), layers.GRUCell(2, name="*c*")], name="both")
    model = fixed_weights(keras.Sequential([keras.Input((5, 3), name="my words"), *inner, cells, layers.Dense(2)]), 4)
    graph = Graph(model, fixed=True)
    batch = tf.constant(np.random.default_rng(0).random((2, 5, 3)), tf.float32)
    found = tf.function(lambda x: graph.run({graph.input_name: x}, [LOGITS])[LOGITS], autograph=False)(batch)
    np.testing.assert_allclose(found, model(batch), atol=1e-6)


def test_no_layer_can_be_called_like_the_scores():
    for name in (LOGITS, PROBABILITIES):
        with pytest.raises(ValueError, match="cannot contain character `/`"):
            layers.Dense(2, name=name)


def test_a_name_is_never_what_a_picture_is_refused_for(fixed_weights):
    model = keras.Sequential(
        [keras.Input((8, 8, 1), name="_x"), layers.Conv2D(2, 3, name="_y"), layers.Flatten(), layers.Dense(2)]
    )
    network = nnviz.load(fixed_weights(model))
    assert nnviz.trace(network, np.zeros((8, 8), np.uint8)).logits.shape == (2,)
    with pytest.raises(NnvizError, match="layer"):
        network.layer("y")
