"""Models with several inputs or outputs: the one that varies, those that are held, and the one that is explained."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_keras import CLOSE
from keras import layers

from nnviz.analysis.attribution import explain
from nnviz.analysis.evidence.randomisation import private
from nnviz.analysis.network.network import load
from nnviz.analysis.network.receptive import receptive_fields
from nnviz.analysis.network.trace import trace
from nnviz.errors import NnvizError

RNG = np.random.default_rng(3)
PICTURE = RNG.random((8, 8, 3)).astype(np.float32)
NUMBERS = np.array([0.4, -1.0, 2.0, 0.1], np.float32)


def two_in():
    """A picture and four numbers beside it, the numbers first, through a nested model of two inputs."""
    numbers, picture = keras.Input((4,), name="numbers"), keras.Input((8, 8, 3), name="photo")
    a, b = keras.Input((4,), name="a"), keras.Input((5,), name="b")
    joined = keras.Model([a, b], layers.Concatenate(name="both")([layers.Dense(3, name="side")(a), b]), name="inner")
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(5, 3, activation="relu", name="conv")(picture))
    return keras.Model([numbers, picture], layers.Dense(3, "softmax", name="answer")(joined([numbers, x])))


def dicts():
    """Inputs and outputs by name, in no order of the alphabet."""
    picture, mask = keras.Input((8, 8, 3), name="zoo"), keras.Input((8, 8, 1), name="mask")
    x = layers.Conv2D(4, 3, activation="relu", name="conv")(layers.Multiply(name="masked")([picture, mask]))
    x = layers.Flatten()(x)
    answers = {"kind": layers.Dense(3, "softmax", name="k")(x), "age": layers.Dense(2, "softmax", name="z")(x)}
    return keras.Model({"zoo": picture, "mask": mask}, answers)


def called_with_a_dict():
    """A model within a model that is called with a dict, though its inputs are a list."""
    a, b = keras.Input((8, 8, 3), name="a"), keras.Input((8, 8, 3), name="b")
    inner = keras.Model([a, b], layers.Subtract(name="less")([layers.Conv2D(3, 1, name="c")(a), b]), name="inner")
    one, two = keras.Input((8, 8, 3), name="one"), keras.Input((8, 8, 3), name="two")
    x = layers.Flatten()(inner({"b": two, "a": one}))
    return keras.Model([one, two], layers.Dense(3, "softmax", name="answer")(x))


def siamese():
    """Two pictures of free size through the same layers."""
    one, two = keras.Input((None, None, 3), name="left"), keras.Input((None, None, 3), name="right")
    given = keras.Input((None, None, 3))
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="tanh", name="conv")(given))
    tower = keras.Model(given, pooled, name="tower")
    x = layers.Subtract()([tower(one), tower(two)])
    return keras.Model([one, two], layers.Dense(2, "softmax", name="answer")(x))


def in_order(model, fed):
    """What Keras is fed, as its inputs stand."""
    return {tensor.name: fed[tensor.name][None] for tensor in model.inputs}


@pytest.mark.parametrize(
    ("build", "card", "fed", "out"),
    [
        (two_in, {}, {"photo": PICTURE, "numbers": NUMBERS * 0}, 0),
        (two_in, {"input": {"held": {"numbers": 0.5}}}, {"photo": PICTURE, "numbers": NUMBERS * 0 + 0.5}, 0),
        (two_in, {"input": {"held": {"numbers": NUMBERS.tolist()}}}, {"photo": PICTURE, "numbers": NUMBERS}, 0),
        (two_in, {"input": {"name": "numbers"}}, {"photo": PICTURE * 0, "numbers": NUMBERS}, 0),
        (
            dicts,
            {"input": {"name": "zoo", "held": {"mask": 1}}},
            {"zoo": PICTURE, "mask": PICTURE[..., :1] * 0 + 1},
            "age",
        ),
        (
            dicts,
            {"input": {"name": "zoo", "held": {"mask": 1}}, "output": {"name": "kind"}},
            {"zoo": PICTURE, "mask": PICTURE[..., :1] * 0 + 1},
            "kind",
        ),
        (
            dicts,
            {"input": {"name": "zoo", "held": {"mask": 1}}, "output": {"name": "k"}},
            {"zoo": PICTURE, "mask": PICTURE[..., :1] * 0 + 1},
            "kind",
        ),
        (called_with_a_dict, {}, {"one": PICTURE, "two": PICTURE * 0}, 0),
        (
            called_with_a_dict,
            {"input": {"name": "two", "held": {"one": 0.3}}},
            {"one": PICTURE * 0 + 0.3, "two": PICTURE},
            0,
        ),
        (siamese, {"input": {"held": {"right": 0.25}}}, {"left": PICTURE, "right": PICTURE * 0 + 0.25}, 0),
    ],
)
def test_one_input_varies_and_the_others_are_held(fixed_weights, build, card, fed, out):
    model = fixed_weights(build(), 4)
    given = card.get("input", {})
    network = load(model, {**card, "input": {"range": "0..1", **given}})
    found = trace(network, fed[network.graph.input_name])
    expected = model(in_order(model, fed), training=False)
    expected = expected[out] if isinstance(expected, dict) else expected
    np.testing.assert_allclose(found.probabilities, np.ravel(expected), **CLOSE)
    assert network.inputs == tuple(tensor.name for tensor in model.inputs)
    # The other answer's layers are not among those that are shown.
    assert sum(layer.name in ("k", "z", "answer") for layer in network.layers) == 1
    held = [layer for layer in network.layers[1:] if layer.kind == "InputLayer"]
    assert [layer.name for layer in held] == [name for name in network.inputs if name != network.graph.input_name]


def test_what_is_chosen_and_held_is_said(fixed_weights):
    said = load(fixed_weights(dicts()), {"input": {"range": "0..1"}}).assumed
    for word in ("mask varies", "zoo held at 0", "age", "kind"):
        assert word in said
    chosen = {"input": {"range": "0..1", "name": "zoo", "held": {"mask": 1}}, "output": {"name": "age"}}
    assert not load(fixed_weights(dicts()), chosen).assumed


def test_the_output_is_one_of_the_models_own(fixed_weights):
    assert load(fixed_weights(dicts())).outputs == ("age", "kind")
    given = keras.Input((8, 8, 3), name="photo")
    both = keras.Model(given, [layers.Flatten()(given), layers.GlobalAveragePooling2D(name="mean")(given)])
    assert load(both).outputs == tuple(both.output_names)


@pytest.mark.parametrize(
    ("card", "word"),
    [
        ({"input": {"name": "photos"}}, "numbers, photo"),
        ({"input": {"held": {"photo": 1}}}, "numbers"),
        ({"input": {"held": {"numbers": "much"}}}, "numbers"),
        ({"input": {"held": {"numbers": [1, 2]}}}, "(4,)"),
        ({"input": {"held": {"numbers": float("nan")}}}, "numbers"),
        ({"output": {"name": "no"}}, "answer"),
        ({"output": "answer"}, "object"),
    ],
)
def test_a_wrong_choice_is_refused_and_lists_what_there_is(card, word):
    with pytest.raises(NnvizError) as caught:
        load(two_in(), card)
    assert word in str(caught.value)
    assert "Received" in str(caught.value)


def test_an_output_that_does_not_depend_on_the_input_is_refused():
    one, two = keras.Input((8, 8, 3), name="one"), keras.Input((3,), name="two")
    model = keras.Model([one, two], [layers.Flatten()(one), layers.Dense(2, name="side")(two)])
    with pytest.raises(NnvizError, match="side, which does not"):
        load(model, {"output": {"name": "side"}})
    assert load(model, {"output": {"name": "side"}, "input": {"name": "two"}}).input.kind == "vector"


@pytest.mark.parametrize("method", ["gradient", "integrated-gradients", "grad-cam", "lrp", "occlusion"])
def test_methods_explain_the_input_that_varies(fixed_weights, method):
    """The gradient is Keras' own with the other input at rest, and every kind of method goes through."""
    model = fixed_weights(two_in(), 4)
    network = load(model, {"input": {"range": "0..1", "held": {"numbers": 0.5}}})
    found = explain(network, PICTURE, method, 1)
    assert found.values.shape[:2] == (8, 8)
    if method == "gradient":
        fed = tf.constant(PICTURE[None])
        with tf.GradientTape() as tape:
            tape.watch(fed)
            answer = tf.math.log(model([tf.fill((1, 4), 0.5), fed]))[0]
            score = answer[1]
        # The logit, whose gradient is that of the log of the answer but for what all classes share.
        shared = tf.GradientTape(persistent=False)
        with shared:
            shared.watch(fed)
            other = tf.math.log(model([tf.fill((1, 4), 0.5), fed]))[0][0]
        apart = explain(network, PICTURE, method, 1).values - explain(network, PICTURE, method, 0).values
        expected = tape.gradient(score, fed) - shared.gradient(other, fed)
        np.testing.assert_allclose(apart, expected[0], rtol=1e-3, atol=1e-5)


def test_what_a_unit_sees_leaves_out_what_is_held(fixed_weights):
    network = load(fixed_weights(dicts()), {"input": {"range": "0..1", "name": "zoo", "held": {"mask": 1}}})
    fields = receptive_fields(network.graph)
    assert [[axis.size for axis in fields[name] or ()] for name in ("masked", "conv")] == [[1, 1], [3, 3]]


def test_a_private_copy_is_of_the_same_ends(fixed_weights):
    network = load(fixed_weights(two_in(), 4), {"input": {"range": "0..1", "held": {"numbers": 0.5}}})
    copy = private(network, PICTURE)
    assert copy.graph.ends == network.graph.ends
