"""What the last numbers of a network are, against what Keras itself predicts."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers, ops

from nnviz.analysis.attribution import explain
from nnviz.analysis.network.loss_hint import loss_of
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace
from nnviz.errors import NnvizError

SCALE = {"input": {"scale": 1 / 255}}


def wide(units, activation=None, seed=0, **more):
    """A dense layer whose scores are far from each other."""
    return layers.Dense(units, activation, kernel_initializer=keras.initializers.RandomNormal(0, 2, seed), **more)


def body(shape=(8, 8, 1)):
    image = keras.Input(shape)
    maps = layers.Conv2D(3, 3, activation="tanh", padding="same", kernel_initializer=keras.initializers.HeNormal(4))(
        image
    )
    return image, maps, layers.Flatten()(maps)


ENDS = {
    "fused softmax": lambda maps, x: wide(4, "softmax")(x),
    "softmax layer": lambda maps, x: layers.Softmax()(wide(4)(x)),
    "softmax operation": lambda maps, x: ops.softmax(wide(4)(x)),
    "cast behind it": lambda maps, x: ops.cast(layers.Activation("linear")(wide(4, "softmax")(x)), "float32"),
    "reshaped behind it": lambda maps, x: layers.Reshape((2, 2))(layers.Dropout(0.5)(wide(4, "softmax")(x))),
    "flattened behind it": lambda maps, x: layers.Flatten()(layers.Softmax()(layers.Reshape((1, 1, 4))(wide(4)(x)))),
    "half precision": lambda maps, x: layers.Activation("softmax", dtype="float32")(wide(4, dtype="mixed_float16")(x)),
    "log softmax": lambda maps, x: layers.Activation("log_softmax")(wide(4)(x)),
    "mean of two softmaxes": lambda maps, x: layers.Average()([wide(4, "softmax", 1)(x), wide(4, "softmax", 2)(x)]),
    "weighted softmaxes": lambda maps, x: 0.3 * wide(4, "softmax", 1)(x) + 0.7 * wide(4, "softmax", 2)(x),
    "normalised": lambda maps, x: (lambda e: e / ops.sum(e, -1, keepdims=True))(wide(4, "softplus")(x)),
    "log of a softmax": lambda maps, x: ops.log(0.5 * wide(4, "softmax", 1)(x) + 0.5 * wide(4, "softmax", 2)(x)),
    "log of one softmax": lambda maps, x: ops.log(wide(4, "softmax")(x)),
    "one sigmoid": lambda maps, x: wide(1, "sigmoid")(x),
    "sigmoid operation": lambda maps, x: ops.sigmoid(wide(1)(x)),
    "mean of two sigmoids": lambda maps, x: layers.Average()([wide(1, "sigmoid", 1)(x), wide(1, "sigmoid", 2)(x)]),
    "several sigmoids": lambda maps, x: layers.Activation("sigmoid")(wide(3)(x)),
    "hard sigmoids": lambda maps, x: wide(3, "hard_sigmoid")(x),
    "number": lambda maps, x: wide(1)(x),
    "number above zero": lambda maps, x: wide(1, "relu")(x),
    "number without an axis": lambda maps, x: ops.squeeze(wide(1)(x), -1),
    "numbers": lambda maps, x: wide(5)(x),
    "softmax a pixel": lambda maps, x: layers.Conv2D(4, 1, activation="softmax")(maps),
    "mask": lambda maps, x: layers.Conv2D(1, 1, activation="sigmoid")(layers.UpSampling2D()(maps)),
    "mean of two masks": lambda maps, x: layers.Average()(
        [layers.Conv2D(4, 1, activation="softmax")(maps) for _ in range(2)]
    ),
    "raw picture": lambda maps, x: layers.Conv2D(1, 1)(maps),
    "flat picture": lambda maps, x: wide(64, "sigmoid")(x),
    "pixels in a row": lambda maps, x: layers.Softmax()(layers.Reshape((64, 3))(maps)),
    "steps": lambda maps, x: layers.Dense(5, "softmax")(layers.Reshape((8, 24))(maps)),
    "raw steps": lambda maps, x: layers.Dense(5)(layers.Reshape((8, 24))(maps)),
}
KINDS = {
    "classes": tuple(ENDS)[:16],
    "labels": ("several sigmoids", "hard sigmoids"),
    "number": ("number", "number above zero", "number without an axis"),
    "numbers": ("numbers",),
    "picture": ("softmax a pixel", "mask", "mean of two masks", "raw picture", "flat picture", "pixels in a row"),
    "steps": ("steps", "raw steps"),
}


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(3).random((8, 8, 1)).astype(np.float32)


@pytest.mark.parametrize(("kind", "end"), [(kind, end) for kind, ends in KINDS.items() for end in ends])
def test_the_answer_is_what_keras_predicts(kind, end, picture):
    image, maps, vector = body()
    model = keras.Model(image, ENDS[end](maps, vector))
    network = load(model, SCALE)
    predicted = np.asarray(model.predict(picture[None], verbose=0)[0], np.float32)
    found = trace(network, picture)
    output = network.output
    assert output.kind == kind
    np.testing.assert_allclose(found.activations[network.graph.output_name], predicted, rtol=2e-5, atol=1e-6)
    rows = predicted.reshape(-1, output.shape[-1])
    rows = np.exp(rows) if output.end == "log" else rows
    expected = rows.mean(axis=0)
    if output.head == "binary":
        expected = np.array([1 - expected[0], expected[0]])
    np.testing.assert_allclose(found.probabilities, expected, rtol=2e-5, atol=1e-6)
    assert found.logits.shape == found.probabilities.shape == (output.classes,) == (len(network.classes),)
    if kind in ("classes", "labels"):
        assert found.winner == expected.argmax()
    if output.head == "raw":
        np.testing.assert_allclose(found.logits, expected, rtol=2e-5, atol=1e-6)
    elif not output.placed:
        # Scores are logits, whether or not the graph has them: the activation makes the answer of them.
        logits = found.logits.astype(np.float64)
        soft = np.exp(logits) / np.exp(logits).sum()
        again = 1 / (1 + np.exp(-logits)) if output.head == "sigmoid" else soft
        np.testing.assert_allclose(again, expected, rtol=2e-3, atol=2e-6)


@settings(max_examples=12, deadline=None)
@given(
    classes=st.integers(1, 6),
    places=st.sampled_from([(), (5,), (4, 3), (None, None)]),
    activation=st.sampled_from(["softmax", "sigmoid", None, "log_softmax"]),
    behind=st.lists(st.sampled_from(["linear", "dropout", "cast", "noise", "identity"]), max_size=3),
)
def test_any_head_answers_as_keras_does(classes, places, activation, behind):
    image = keras.Input((*places, 2) if len(places) == 2 else (4, 3, 2))
    x = layers.Conv2D(3, 1, kernel_initializer=keras.initializers.RandomNormal(0, 3, 1))(image)
    if len(places) < 2:
        x = layers.Reshape((*places, 10))(layers.Dense(10 * int(np.prod(places)))(layers.Flatten()(x)))
    x = wide(classes, activation)(x)
    steps = {
        "linear": layers.Activation("linear"),
        "dropout": layers.Dropout(0.5),
        "cast": lambda value: ops.cast(value, "float32"),
        "noise": layers.GaussianNoise(1.0),
        "identity": layers.Identity(),
    }
    for name in behind:
        x = steps[name](x)
    model = keras.Model(image, x)
    pixels = np.random.default_rng(classes).random((4, 3, 2)).astype(np.float32)
    from nnviz.analysis.network.graph import PROBABILITIES, Graph

    graph = Graph(model)
    predicted = np.asarray(model(pixels[None]))[0]
    assert graph.output.kind == (
        ("picture" if len(places) == 2 else "steps")
        if places
        else {"softmax": "classes", "log_softmax": "classes", "sigmoid": "labels", None: "numbers"}[activation]
        if classes > 1
        else {"softmax": "classes", "log_softmax": "classes", "sigmoid": "classes", None: "number"}[activation]
    )
    assert graph.output.shape[-1] == classes
    found = np.asarray(graph.run({graph.input_name: pixels[None]}, [PROBABILITIES])[PROBABILITIES])[0]
    expected = predicted.reshape(-1, classes)
    expected = (np.exp(expected) if activation == "log_softmax" else expected).mean(axis=0)
    np.testing.assert_allclose(found[-classes:], expected, rtol=1e-5, atol=1e-6)


def flat(units, **more):
    image, _, vector = body()
    return keras.Model(image, wide(units, **more)(vector))


def test_raw_numbers_are_logits_where_something_says_so(picture, tmp_path):
    model = flat(3)
    scores = model(picture[None]).numpy()[0].astype(np.float64)
    softmax, sigmoid = np.exp(scores) / np.exp(scores).sum(), 1 / (1 + np.exp(-scores))
    said = {
        "names": ({"classes": ["a", "b", "c"]}, "classes", softmax),
        "logits": ({"output": {"logits": True}}, "classes", softmax),
        "kind": ({"output": {"kind": "labels"}}, "labels", sigmoid),
        "names of numbers": ({"classes": ["x", "y", "z"], "output": {"kind": "numbers"}}, "numbers", scores),
        "nothing": ({}, "numbers", scores),
    }
    for name, (card, kind, expected) in said.items():
        network = load(model, {**SCALE, **card})
        assert network.output.kind == kind, name
        np.testing.assert_allclose(trace(network, picture).probabilities, expected, rtol=1e-4, atol=1e-6, err_msg=name)
    for loss, kind in (
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), "classes"),
        (keras.losses.BinaryCrossentropy(from_logits=True), "labels"),
        ("mse", "numbers"),
    ):
        model.compile(loss=loss)
        assert load(model, SCALE).output.kind == kind
        for suffix in (".keras", ".h5"):
            path = tmp_path / f"model{suffix}"
            model.save(path)
            assert load(path, SCALE).output.kind == kind
    assert loss_of(None) == ""


def test_one_raw_number_with_two_names_is_the_logit_of_the_second(picture):
    model = flat(1)
    score = float(model(picture[None])[0, 0])
    found = trace(load(model, {**SCALE, "classes": ["cat", "dog"]}), picture)
    np.testing.assert_allclose(found.probabilities, [1 / (1 + np.exp(score)), 1 / (1 + np.exp(-score))], atol=1e-6)
    number = load(model, {**SCALE, "output": {"unit": "years"}})
    assert (number.output.kind, number.output.unit, number.classes) == ("number", "years", ("the output",))
    assert trace(number, picture).probabilities[0] == pytest.approx(score, rel=1e-5)


def test_an_application_without_its_last_activation_gives_logits():
    model = keras.applications.MobileNet((32, 32, 3), 0.25, weights=None, classifier_activation=None)
    assert load(model).output.kind == "classes"


@pytest.mark.parametrize("sign", [1, -1])
def test_of_one_sigmoid_what_speaks_for_the_winner_is_explained(sign, picture):
    image, _, vector = body()
    score = layers.Dense(1, "sigmoid", kernel_initializer=keras.initializers.Constant(sign * 0.1), use_bias=False)
    network = load(keras.Model(image, score(layers.Activation("softplus")(vector))), SCALE)
    found = explain(network, picture, "integrated-gradients")
    assert trace(network, picture).winner == (sign > 0)
    assert found.score == pytest.approx(abs(float(trace(network, picture).logits[1])), rel=1e-4)
    whole = explain(network, picture, "integrated-gradients", int(sign > 0))
    np.testing.assert_array_equal(found.values, whole.values)
    assert found.values.any()


@pytest.mark.parametrize(
    "card",
    [
        {"output": 3},
        {"output": {"kind": "anything"}},
        {"output": {"kind": "steps"}},
        {"classes": ["a", "b"]},
        {"classes": "abc"},
    ],
)
def test_a_card_that_does_not_fit_the_output_is_refused(card):
    with pytest.raises(NnvizError, match="was expected"):
        load(flat(3), {**SCALE, **card})
