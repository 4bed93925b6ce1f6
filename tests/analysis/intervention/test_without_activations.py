"""A network without F, against the same network built linear, in Keras and in NumPy."""

import keras
import numpy as np
from draining import drained
from keras import layers
from shipped import shipped

from nnviz.analysis.data import digits
from nnviz.analysis.intervention.without_activations import accuracy_without, answer_without, layers_without
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace


def linear(model):
    """A clone that was built without activation functions, but for the answer's, on the same weights."""

    def clone(layer):
        config = layer.get_config()
        if isinstance(layer, layers.ReLU):
            return layers.Activation("linear", name=layer.name)
        if "activation" in config and layer.name != "answer":
            config["activation"] = "linear"
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=clone)
    copy.set_weights(model.get_weights())
    return copy


def written_with_operations(relu=keras.ops.relu):
    given = keras.Input((9, 8, 1), name="picture")
    x = relu(layers.Conv2D(3, 3, name="conv")(given))
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Add(name="add")([x, layers.ReLU(6, name="relu6")(x)])
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(given, layers.Dense(3, activation="sigmoid", name="answer")(x), name="operations")


def test_every_kind_of_layer_is_the_one_built_linear(every):
    copy = linear(every.model)
    wanted = np.asarray(copy(every.picture[None]))[0]
    logits, answer = answer_without(every.network, every.picture)
    np.testing.assert_allclose(answer, wanted, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(np.exp(logits) / np.exp(logits).sum(), wanted, rtol=1e-4, atol=1e-6)
    names = layers_without(every.network)
    assert {"plain", "separable1d", "dense"} <= set(names)
    assert not {"mix", "steps", "answer"} & set(names)
    np.testing.assert_array_equal(trace(every.network, every.picture).logits, every.trace.logits)


def test_operations_and_layers_that_are_f_alone(fixed_weights):
    model = fixed_weights(written_with_operations(), 7)
    same = linear(fixed_weights(written_with_operations(lambda x: x), 7))
    network, picture = load(model), np.random.default_rng(1).random((9, 8, 1)).astype(np.float32)
    _, answer = answer_without(network, picture)
    np.testing.assert_allclose(answer, np.asarray(same(picture[None]))[0], rtol=1e-5)
    assert len(layers_without(network)) == 2


def test_the_mlp_becomes_one_weighted_sum():
    network = shipped("mnist-mlp")
    weights = [(layer.kernel.numpy(), layer.bias.numpy()) for layer in network.model.layers if layer.weights]
    images, labels = digits.test_set()
    rows = images.reshape(len(images), -1).astype(np.float64) / 255
    for kernel, bias in weights:
        rows = rows @ kernel + bias
    wanted = int((rows.argmax(axis=1) == labels).sum())
    found, told = drained(accuracy_without(network))
    assert abs(found.without.correct - wanted) <= 1  # two logits that round alike
    assert found.without.correct < found.trained.correct == 9_870
    assert [found.trained.total, found.without.total, told[-1].done] == [10_000] * 3
