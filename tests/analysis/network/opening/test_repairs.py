"""Configs of Keras 1 to 3 are mended so that the net says what it said: against NumPy, and against the same net."""

import copy
import json

import keras
import keras2_form as old
import numpy as np
import pytest
from keras import layers

from nnviz.analysis.network.opening import keras2
from nnviz.analysis.network.opening.repairs import mended
from nnviz.errors import NnvizError

RNG = np.random.default_rng(7)


def built(config, weights=None, shapes=None):
    before = copy.deepcopy(config)
    made, notes = mended(config, shapes)
    assert config == before
    model = keras.saving.deserialize_keras_object(json.loads(json.dumps(made)), safe_mode=True)
    if weights is not None:
        model.set_weights(weights)
    return model, notes


def said(model, *given):
    answer = model([np.asarray(x, "float32") for x in given] if len(given) > 1 else np.asarray(given[0], "float32"))
    return np.asarray(answer[0] if isinstance(answer, list) else answer)


def test_a_sequential_that_is_a_list_gets_its_input_layer():
    first = {"class_name": "Dense", "config": {"name": "d", "units": 3, "activation": "relu", "init": "uniform"}}
    first["config"].pop("init")
    first["config"]["batch_input_shape"] = [None, 4]
    second = {"class_name": "Dense", "config": {"name": "e", "units": 2, "activation": "linear"}}
    weights = [RNG.normal(size=s).astype("float32") for s in ((4, 3), (3,), (3, 2), (2,))]
    model, notes = built({"class_name": "Sequential", "config": [first, second]}, weights)
    x = RNG.normal(size=(5, 4))
    w, b, v, c = weights
    np.testing.assert_allclose(said(model, x), np.maximum(x @ w + b, 0) @ v + c, rtol=1e-5, atol=1e-6)
    assert any("bare list" in note for note in notes)
    assert any("no input layer: one for 4 was added" in note for note in notes)


def test_the_shape_of_an_input_is_found_from_the_weights():
    first = {"class_name": "Dense", "config": {"name": "d", "units": 3}}
    model, _ = built(
        {"class_name": "Sequential", "config": {"name": "s", "layers": [first]}},
        shapes={"/model_weights/d/d/kernel:0": (6, 3), "/model_weights/d/d/bias:0": (3,)},
    )
    assert model.input_shape == (None, 6)


def lstm(x, kernel, recurrent, bias, gate):
    """An LSTM's last output by NumPy, gates in Keras' order: input, forget, cell, output."""
    units = recurrent.shape[0]
    h = c = np.zeros((len(x), units))
    for step in range(x.shape[1]):
        z = x[:, step] @ kernel + h @ recurrent + bias
        i, f, g, o = (z[:, units * k : units * (k + 1)] for k in range(4))
        c = gate(f) * c + gate(i) * np.tanh(g)
        h = gate(o) * np.tanh(c)
    return h


def test_the_hard_sigmoid_of_an_old_lstm_is_the_one_it_was_trained_with():
    own = {"units": 3, "activation": "tanh", "recurrent_activation": "hard_sigmoid", "stateful": True}
    own |= {"name": "l", "batch_input_shape": [None, 4, 2], "time_major": False, "implementation": 1}
    weights = [RNG.normal(size=s).astype("float32") for s in ((2, 12), (3, 12), (12,))]
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "LSTM", "config": own}]}}
    model, notes = built(config, weights)
    x = RNG.normal(size=(2, 4, 2))
    expected = lstm(x, *weights, gate=lambda z: np.clip(0.2 * z + 0.5, 0, 1))
    for _ in range(2):  # a stateful net would go on from the first
        np.testing.assert_allclose(said(model, x), expected, rtol=1e-4, atol=1e-5)
    assert all(any(word in note for note in notes) for word in ("hard_sigmoid", "stateful", "time_major"))
    assert float(keras2.hard_sigmoid(np.float32(1.0))) == pytest.approx(0.7)


def test_a_gru_without_a_word_on_reset_after_resets_before():
    own = {"name": "g", "units": 3, "recurrent_activation": "sigmoid", "batch_input_shape": [None, 4, 2]}
    config = {"class_name": "Sequential", "config": [{"class_name": "GRU", "config": own}]}
    assert built(config)[0].layers[0].reset_after is False


def test_a_model_that_is_called_twice_inside_another():
    """Keras 2 counts the calls of a model inside another from 1."""
    inner = old.functional(
        [old.taken("i", 3), old.layer("Dense", "d", ("i", 0, 0), units=2)], ["i"], [("d", 0, 0)], "Model", "inner"
    )
    twice = {**inner, "name": "inner", "inbound_nodes": [[["a", 0, 0, {}]], [["b", 0, 0, {}]]]}
    minus = old.layer("Subtract", "m", [("inner", 1, 0), ("inner", 2, 0)])
    config = old.functional([old.taken("a", 3), old.taken("b", 3), twice, minus], ["a", "b"], [("m", 0, 0)], "Model")
    w = RNG.normal(size=(3, 2)).astype("float32")
    model, _ = built(config, [w, np.array([5, 7], "float32")])
    a, b = RNG.normal(size=(2, 4, 3))
    np.testing.assert_allclose(said(model, a, b), (a - b) @ w, rtol=1e-4, atol=1e-5)


def test_a_functional_model_inside_a_sequential_has_one_output():
    """Keras' own loader takes it for two: "expects 1 input(s), but it received 2 input tensors"."""
    inner = old.functional(
        [old.taken("i", 3), old.layer("Dense", "d", ("i", 0, 0), units=2)], ["i"], [("d", 0, 0)], name="inner"
    )
    last = {"class_name": "Dense", "config": {"name": "e", "units": 1}}
    model, _ = built({"class_name": "Sequential", "config": {"name": "s", "layers": [inner, last]}})
    assert model.output_shape == (None, 1)


def test_a_state_that_is_given_to_a_recurrent_layer():
    one = old.layer("LSTM", "l", [("x", 0, 0), ("h", 0, 0), ("c", 0, 0)], units=2, recurrent_activation="sigmoid")
    config = old.functional([old.taken("x", 3, 1), old.taken("h", 2), old.taken("c", 2), one], "xhc", [("l", 0, 0)])
    weights = [np.zeros((1, 8), "float32"), np.zeros((2, 8), "float32"), np.zeros(8, "float32")]
    model, _ = built(config, weights)
    c = np.array([[0.4, -1.2]])  # with no weights each step halves the cell, and shows half of its tanh
    answer = said(model, np.zeros((1, 3, 1)), np.zeros((1, 2)), c)
    np.testing.assert_allclose(answer, 0.5 * np.tanh(c / 8), rtol=1e-5)


def op(name, function, first, /, **rest):
    return {
        "class_name": "SlicingOpLambda" if "getitem" in function else "TFOpLambda",
        "config": {"name": name, "trainable": True, "dtype": "float32", "function": function},
        "name": name,
        "inbound_nodes": [[*first, rest] if isinstance(first[0], str) else [[*each, rest] for each in first]],
    }


X = ("x", 0, 0)
EVERY, BACK = {"start": None, "stop": None, "step": None}, {"start": None, "stop": None, "step": -1}
OPERATIONS = {
    "pixels to -1..1": (("math.truediv", X, {"y": 127.5, "name": None}), lambda x: x / 127.5),
    "a constant first": (("math.subtract", ("_CONSTANT_VALUE", -1, 1.0), {"y": list(X)}), lambda x: 1 - x),
    "channels turned": (
        ("__operators__.getitem", X, {"slice_spec": [{"class_name": "__ellipsis__"}, BACK]}),
        lambda x: x[..., ::-1],
    ),
    "a row taken": (("__operators__.getitem", X, {"slice_spec": [EVERY, 1]}), lambda x: x[:, 1]),
    "means taken off": (
        ("nn.bias_add", X, {"bias": [-1.0, 2.0, 3.0], "data_format": "NHWC"}),
        lambda x: np.add(x, [-1, 2, 3]),
    ),
    "with itself": (("math.multiply", X, {"y": list(X), "name": None}), lambda x: x * x),
    "mean": (("math.reduce_mean", X, {"axis": [1, 2], "keepdims": True}), lambda x: x.mean((1, 2), keepdims=True)),
    "joined": (("concat", (X, X), {"axis": -1}), lambda x: np.concatenate([x, x], -1)),
    "clipped": (("clip_by_value", X, {"clip_value_min": 9.0, "clip_value_max": 60.0}), lambda x: x.clip(9, 60)),
    "reshaped": (("reshape", X, {"shape": [-1, 12]}), lambda x: x.reshape(-1, 12)),
    "turned": (("compat.v1.transpose", X, {"perm": [0, 2, 1, 3], "conjugate": False}), lambda x: x.swapaxes(1, 2)),
    "relu6": (("nn.relu6", X, {"name": None}), lambda x: x.clip(0, 6)),
}


@pytest.mark.parametrize("case", OPERATIONS)
def test_an_operation_of_tensorflow_is_the_same_operation_of_keras(case):
    (function, first, rest), expected = OPERATIONS[case]
    config = old.functional([old.taken("x", 2, 2, 3), op("tf.it", function, first, **rest)], "x", [("tf.it", 0, 0)])
    model, notes = built(config)
    x = RNG.uniform(0, 255, (2, 2, 2, 3)).astype("float32")
    np.testing.assert_allclose(said(model, x), expected(x), rtol=1e-5)
    assert any("TensorFlow" in note for note in notes)


def test_an_operation_as_tensorflow_2_3_kept_it():
    masks = {
        "begin_mask": {"i": "13"},
        "end_mask": {"i": "15"},
        "ellipsis_mask": {"i": "0"},
        "new_axis_mask": {"i": "0"},
    }
    node = {"name": "s", "op": "StridedSlice", "input": ["x"], "attr": {**masks, "shrink_axis_mask": {"i": "0"}}}
    constants = {"1": [0, 1, 0, 0], "2": [0, 0, 0, 0], "3": [1, 1, 1, -1]}
    piece = old.layer("TensorFlowOpLayer", "tf_op_layer_s", ("x", 0, 0), node_def=node, constants=constants)
    model, _ = built(old.functional([old.taken("x", 3, 2, 3), piece], "x", [("tf_op_layer_s", 0, 0)]))
    x = RNG.normal(size=(1, 3, 2, 3)).astype("float32")
    np.testing.assert_array_equal(said(model, x), x[:, 1:, :, ::-1])


@pytest.mark.parametrize(
    ("function", "rest"),
    [("image.adjust_hue", {"delta": 0.1}), ("reshape", {"shape": [list(X), 4]}), ("nn.softmax", {"unknown": 3})],
)
def test_an_operation_without_its_like_is_told_with_its_layer(function, rest):
    config = old.functional([old.taken("x", 2, 2, 3), op("tf.it", function, X, **rest)], "x", [("tf.it", 0, 0)])
    with pytest.raises(NnvizError, match=r"the layer 'tf\.it'.*" + function):
        mended(config)


@pytest.mark.parametrize(
    ("kind", "own"),
    [("LSTM", {"units": 2, "time_major": True}), ("DepthwiseConv2D", {"kernel_size": 3, "groups": 2})],
)
def test_an_argument_that_changed_the_numbers_and_went_is_told(kind, own):
    config = old.functional([old.taken("x", 4, 4), old.layer(kind, "it", X, **own)], "x", [("it", 0, 0)])
    with pytest.raises(NnvizError, match=f"here is it, a {kind} with"):
        mended(config)


def one(kind, **own):
    """What one layer of Keras 2 makes of nine numbers from -2 to 2."""
    config = old.functional([old.taken("x", 9), old.layer(kind, "it", X, **own)], "x", [("it", 0, 0)])
    return said(built(config)[0], np.linspace(-2, 2, 9)[None])[0]


def test_activations_that_changed_their_arguments():
    x = np.linspace(-2, 2, 9)
    np.testing.assert_allclose(one("LeakyReLU", alpha={"type": "ndarray", "value": 0.25}), np.where(x < 0, x / 4, x))
    np.testing.assert_allclose(one("ThresholdedReLU", theta=0.75), x * (x > 0.75))
    np.testing.assert_allclose(one("ReLU", max_value=1.0), x.clip(0, 1))
    np.testing.assert_allclose(one("Activation", activation="relu6"), x.clip(0, 6))
    leaky = {"class_name": "LeakyReLU", "config": {"name": "leaky", "alpha": 0.5}}
    np.testing.assert_allclose(one("Activation", activation=leaky), np.where(x < 0, x / 2, x))
    np.testing.assert_allclose(one("Activation", activation="hard_sigmoid"), (0.2 * x + 0.5).clip(0, 1), rtol=1e-6)


def test_axes_and_policies_lose_their_wrappers():
    wrapped = {"class_name": "ListWrapper", "items": [3]}
    policy = {"class_name": "PolicyV1", "config": {"name": "mixed_float16", "loss_scale": None}}
    norm = old.layer("BatchNormalizationV1", "b", X, axis=wrapped, virtual_batch_size=None, fused=True)
    norm["config"]["dtype"] = policy
    made, _ = mended(old.functional([old.taken("x", 4, 4, 2), norm], "x", [("b", 0, 0)]))
    own = made["config"]["layers"][1]
    assert (own["class_name"], own["config"]["axis"], own["config"]["dtype"]) == (
        "BatchNormalization",
        3,
        "mixed_float16",
    )


def nested():
    i = keras.Input((6, 6, 2))
    x = layers.BatchNormalization()(layers.Conv2D(3, 3)(i))
    inner = keras.Model(i, layers.Add()([x, layers.DepthwiseConv2D(3, padding="same")(x)]))
    top = keras.Sequential([keras.Input((4, 4, 3)), layers.Flatten(), layers.Dense(2)])
    o = keras.Input((6, 6, 2))
    return keras.Model(o, layers.Activation("softmax")(top(inner(o))))


def recurrent():
    read = layers.Bidirectional(layers.LSTM(3, return_sequences=True))
    return keras.Sequential([keras.Input((4, 2)), read, layers.TimeDistributed(layers.Dense(2)), layers.GRU(2)])


def shared():
    a, b = keras.Input((4,)), keras.Input((4,))
    dense = layers.Dense(3, "tanh")
    return keras.Model([a, b], layers.Concatenate()([dense(a), dense(b), layers.Maximum()([dense(a), b[:, :3]])]))


def branching():
    rng, x = np.random.default_rng(3), keras.Input((8, 8, 2))
    ends = [x]
    for _ in range(6):
        kind = rng.integers(4)
        given = ends[rng.integers(len(ends))]
        ends.append(
            layers.Conv2D(2, 3, padding="same", activation="relu")(given)
            if kind < 2
            else layers.SeparableConv2D(2, 3, padding="same")(given)
            if kind == 2
            else layers.Average()([given, ends[-1]])
        )
    return keras.Model(x, layers.GlobalAveragePooling2D()(layers.Concatenate()(ends)))


@pytest.mark.parametrize("make", [nested, recurrent, branching])
def test_a_net_in_the_form_of_keras_2_says_what_it_says(make):
    model = make()
    for weight in model.weights:
        weight.assign(np.abs(RNG.normal(size=weight.shape)) + 0.1)
    config = old.as_keras_2(json.loads(model.to_json()))
    assert "module" not in json.dumps(config)
    again, notes = built(config, model.get_weights())
    x = RNG.normal(size=(2, *model.input_shape[1:]))
    np.testing.assert_allclose(said(again, x), said(model, x), rtol=1e-5, atol=1e-6)
    assert notes


@pytest.mark.parametrize("make", [nested, recurrent, shared, branching])
def test_a_config_of_this_keras_stays_what_it_is(make):
    model = make()
    again, notes = built(json.loads(model.to_json()), model.get_weights())
    assert notes == ()
    x = [RNG.normal(size=(2, *each.shape[1:])) for each in model.inputs]
    np.testing.assert_array_equal(said(again, *x), said(model, *x))


@pytest.mark.parametrize("given", [[], {}, {"class_name": "Sequential"}, {"class_name": "Sequential", "config": {}}])
def test_what_is_no_config_is_one_sentence(given):
    with pytest.raises(NnvizError, match="expected"):
        mended(given)


def test_what_is_not_of_keras_stays_for_the_allow_list():
    mine = {"class_name": "mine>Patches", "config": {"name": "p", "function": ["code", None, None]}}
    made, _ = mended({"class_name": "Sequential", "config": {"name": "s", "layers": [old.taken("x", 3), mine]}})
    assert made["config"]["layers"][1] == mine
