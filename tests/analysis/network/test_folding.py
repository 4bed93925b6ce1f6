"""Folded batch normalisations against the graph without them: scores, gradients, and what must not be folded."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from shipped import shipped

from nnviz.analysis.attribution import explain
from nnviz.analysis.data import photographs
from nnviz.analysis.evidence.randomisation import private, shuffle
from nnviz.analysis.intervention.knockout import importance, knocked_out
from nnviz.analysis.network import targets
from nnviz.analysis.network.graph import LOGITS, Graph
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import fitted_to, scores, trace


def linear(kind, **more):
    """A linear layer that makes 4 channels of 2."""
    return {
        "conv": lambda: layers.Conv2D(4, 3, name="linear", **more),
        "no_bias": lambda: layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="linear", **more),
        "dilated": lambda: layers.Conv2D(4, 3, dilation_rate=2, name="linear", **more),
        "depthwise": lambda: layers.DepthwiseConv2D(3, depth_multiplier=2, name="linear", **more),
        "separable": lambda: layers.SeparableConv2D(4, 3, name="linear", **more),
        "transposed": lambda: layers.Conv2DTranspose(4, 2, strides=2, name="linear", **more),
        "dense": lambda: layers.Dense(4, name="linear", **more),
    }[kind]()


def wired(behind, head=None):
    """Layers from a picture (8, 8, 3), of which a 1x1 convolution makes two maps, to three classes."""
    given = keras.Input((8, 8, 3), name="picture")
    x = behind(layers.Conv2D(2, 1, activation="tanh", name="mixed")(given))
    x = layers.Flatten()(layers.ReLU(6.0, name="relu")(x))
    return keras.Model(given, (head or layers.Dense(3, activation="softmax", name="answer"))(x))


KINDS = ("conv", "no_bias", "dilated", "depthwise", "separable", "transposed", "dense")
NORMS = ({}, {"scale": False}, {"center": False}, {"scale": False, "center": False}, {"axis": 3}, {"epsilon": 0.1})


def scored(graph, batch, folded):
    """Scores, and the gradients of each class, of a batch."""
    found = []
    x = tf.constant(batch)
    for k in range(graph.classes):
        with tf.GradientTape() as tape:
            tape.watch(x)
            logits = graph.run({graph.input_name: x}, [LOGITS], folded=graph.folding.weights() if folded else ())[
                LOGITS
            ]
            score = tf.reduce_sum(logits[:, k])
        found.append(tape.gradient(score, x))
    return np.asarray(logits), np.stack(found)


def assert_same(model, pairs, classes=None, tolerance=1e-5, seed=9):
    graph = Graph(model)
    assert [(pair.linear.name, pair.normalisation.name) for pair in graph.folding.pairs] == pairs
    batch = np.random.default_rng(seed).normal(0, 1, (2, *graph.input_shape)).astype(graph.input_dtype)
    for one, other in zip(scored(graph, batch, True), scored(graph, batch, False), strict=True):
        assert np.abs(other).max() > 1e-3
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * np.abs(other).max())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("norm", NORMS, ids=str)
def test_scores_and_gradients_are_those_of_the_graph_as_it_is(kind, norm, fixed_weights):
    def behind(x):
        return layers.BatchNormalization(name="bn", **norm)(linear(kind)(x))

    assert_same(fixed_weights(wired(behind), 3), [("linear", "bn")])


def test_a_normalised_vector_and_a_normalisation_before_the_softmax(fixed_weights):
    def behind(x):
        x = layers.Dense(5, name="linear", activation="linear")(layers.Flatten()(x))
        return layers.BatchNormalization(name="bn")(x)

    assert_same(fixed_weights(wired(behind), 4), [("linear", "bn")])
    head = keras.Sequential([layers.Dense(3, name="last"), layers.BatchNormalization(name="bn"), layers.Softmax()])
    assert_same(fixed_weights(wired(lambda x: x, head), 4), [("last", "bn")])


def test_double_precision_is_exact_and_half_is_left_alone(fixed_weights):
    def behind(x):
        return layers.BatchNormalization(name="bn", dtype=kind)(linear("conv", dtype=kind)(x))

    for kind in ("float64", "mixed_float16", "float16"):
        model = fixed_weights(wired(behind), 5)
        pairs = [("linear", "bn")] if kind == "float64" else []
        assert_same(model, pairs, tolerance=1e-5)


@pytest.mark.parametrize(
    "behind",
    [
        lambda x: layers.BatchNormalization(name="bn")(layers.Conv2D(4, 3, activation="relu", name="linear")(x)),
        lambda x: layers.BatchNormalization(name="bn")(layers.ReLU()(layers.Conv2D(4, 3, name="linear")(x))),
        lambda x: layers.Conv2D(4, 3, name="linear")(layers.BatchNormalization(name="bn")(x)),
        lambda x: layers.BatchNormalization(name="bn", axis=1)(layers.Conv2D(4, 3, name="linear")(x)),
    ],
    ids=["activated", "relu between", "normalised first", "over rows"],
)
def test_what_is_no_linear_layer_with_its_normalisation_stays(behind, fixed_weights):
    assert_same(fixed_weights(wired(behind), 6), [])


def test_a_layer_that_something_else_reads_too_stays(fixed_weights):
    def behind(x):
        x = layers.Conv2D(4, 3, name="linear")(x)
        return layers.Add()([x, layers.BatchNormalization(name="bn")(x)])

    assert_same(fixed_weights(wired(behind), 7), [])

    def twice(x):
        x = layers.Conv2D(4, 3, name="linear")(x)
        return layers.Concatenate()([layers.BatchNormalization()(x), layers.BatchNormalization()(x)])

    assert_same(fixed_weights(wired(twice), 7), [])


def test_shared_layers_are_folded_use_by_use(fixed_weights):
    def behind(x):
        conv = layers.Conv2D(2, 3, padding="same", name="linear")
        x = layers.ReLU()(layers.BatchNormalization(name="one")(conv(x)))
        x = layers.BatchNormalization(name="two")(conv(x))
        return layers.Add()([conv(x), x])

    assert_same(fixed_weights(wired(behind), 8), [("linear", "one"), ("linear#2", "two")])


def test_every_tiny_network_keeps_its_scores_and_gradients(case):
    graph = case.network.graph
    if not graph.folding.pairs:
        return
    for one, other in zip(scored(graph, case.batch, True), scored(graph, case.batch, False), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5 * np.abs(other).max())


def test_a_nested_model_is_folded_inside(cases):
    graph = cases["nested"].network.graph
    assert [(pair.linear.name, pair.normalisation.name) for pair in graph.folding.pairs] == [("conv", "bn")]
    for one, other in zip(*(scored(graph, cases["nested"].batch, folded) for folded in (True, False)), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5 * np.abs(other).max())


@pytest.fixture(scope="module")
def normalised(fixed_weights):
    def behind(x):
        x = layers.ReLU(name="act")(layers.BatchNormalization(name="bn")(layers.Conv2D(4, 3, name="linear")(x)))
        return layers.BatchNormalization(name="bn2")(layers.Conv2D(4, 3, name="linear2")(x))

    return load(fixed_weights(wired(behind), 12))


@pytest.fixture
def image():
    return np.random.default_rng(1).normal(0, 1, (8, 8, 3)).astype(np.float32)


def test_what_is_fetched_fed_or_edited_is_as_the_layer_makes_it(normalised, image):
    graph, weights = normalised.graph, normalised.graph.folding.weights()
    feeds = {graph.input_name: tf.constant(image[None])}
    names = ["linear", "bn", "linear2", "bn2", LOGITS]
    plain, quick = graph.run(feeds, names), graph.run(feeds, names, folded=weights)
    for name in names:
        np.testing.assert_array_equal(quick[name], plain[name], err_msg=name)
    for name in ("linear", "bn", "linear2", "bn2"):
        half = {name: lambda value: value * 0.5}
        fed = {name: plain[name] * 2}
        for more in (((feeds, [LOGITS], half)), (({**feeds, **fed}, [LOGITS]))):
            one, other = graph.run(*more, folded=weights)[LOGITS], graph.run(*more)[LOGITS]
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5, err_msg=name)
            assert np.abs(other - plain[LOGITS]).max() > 1e-3
        called = {name: lambda x, name=name, **_: 0.5 * graph.by_name[name].call(x)}
        one = graph.run(feeds, [LOGITS], calls=called, folded=weights)[LOGITS]
        np.testing.assert_allclose(one, graph.run(feeds, [LOGITS], half)[LOGITS], rtol=1e-4, atol=1e-5, err_msg=name)


def test_a_unit_of_a_folded_layer_can_be_explained_and_switched_off(normalised, image):
    found = explain(normalised, image, "gradient", targets.channel("linear2", 1))
    x = tf.constant(image[None])
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = tf.reduce_sum(normalised.graph.run({normalised.graph.input_name: x}, ["linear2"])["linear2"][..., 1])
    np.testing.assert_allclose(found.values, tape.gradient(score, x)[0], rtol=1e-4, atol=1e-5)
    assert found.score == pytest.approx(float(score), rel=1e-5)
    before = trace(normalised, image)
    for layer in ("linear", "bn", "linear2"):
        changes = importance(normalised, image, layer, 2)
        for unit in range(4):
            off = knocked_out(normalised, image, layer, [unit])
            assert changes[unit] == pytest.approx(off.logits[2] - before.logits[2], rel=1e-3, abs=1e-4)


def test_new_weights_count_at_the_next_call(fixed_weights, image):
    """Of a model that its owner trains on, and of a private copy whose weights are shuffled: nothing is stale.

    Only the weights of a file, which nobody may assign to, are not looked at again.
    """

    def behind(x):
        return layers.BatchNormalization(name="bn")(layers.Conv2D(4, 3, name="linear")(x))

    model = fixed_weights(wired(behind), 13)
    network = load(model)
    first = scores(network, image[None])
    functions = []
    for layer in (model.get_layer("linear"), model.get_layer("bn")):
        for at, weight in enumerate(layer.weights):
            layer.weights[at].assign(np.asarray(weight) * 1.25 + 0.1)
            now = scores(network, image[None])
            np.testing.assert_allclose(
                now,
                load(model).graph.run({"picture": tf.constant(image[None])}, [LOGITS])[LOGITS],
                rtol=1e-4,
                atol=1e-5,
            )
            assert np.abs(now - first).max() > 1e-4
            first = now
            functions.append(id(network.compiled("logits", lambda: None)))
    assert len(set(functions)) == 1
    model.get_layer("linear").bias.assign_add([1.0, -1.0, 0.5, 0.0])
    np.testing.assert_allclose(scores(network, image[None])[0], trace(network, image).logits, rtol=1e-4, atol=1e-5)
    copy = private(network)
    assert not copy.graph.fixed
    explain(copy, image, "gradient", 1)
    shuffle(copy.graph.by_name["linear"].layer, np.random.default_rng(0))
    shuffle(copy.graph.by_name["bn"].layer, np.random.default_rng(1))
    one, other = (explain(each, image, "gradient", 1).values for each in (copy, load(copy.model)))
    np.testing.assert_array_equal(one, other)
    assert np.abs(one - explain(network, image, "gradient", 1).values).max() > 1e-3
    np.testing.assert_allclose(scores(network, image[None])[0], trace(network, image).logits, rtol=1e-4, atol=1e-5)


def test_training_is_seen(fixed_weights, image):
    def behind(x):
        return layers.BatchNormalization(name="bn")(layers.Conv2D(4, 3, name="linear")(x))

    model = fixed_weights(wired(behind), 14)
    network = load(model)
    before = scores(network, image[None])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(np.repeat(image[None], 8, axis=0), np.arange(8) % 3, epochs=2, verbose=0)
    after = scores(network, image[None])
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after[0], trace(network, image).logits, rtol=1e-4, atol=1e-5)


def test_the_photo_net_is_folded_whole():
    """Every photograph: its logits and its gradient; of one to rounding, told by a copy in double precision.

    In single precision a ReLU whose input is within rounding of 0 may open in the one and not in the other, which on
    some processors moves half a percent of the gradient: there it is compared as a whole, and coarsely.
    """
    network = shipped("photo-cnn")
    graph = network.graph
    assert len(graph.folding.pairs) == 49
    assert graph.fixed
    assert not private(network).graph.fixed
    config = keras.saving.serialize_keras_object(network.model)
    double = keras.saving.deserialize_keras_object(_in_double(config))
    double.set_weights(network.model.get_weights())
    fine = Graph(double)
    assert len(fine.folding.pairs) == 49
    both = (graph, np.float32, 2e-2), (fine, np.float64, 1e-12)
    for at, photo in enumerate(photographs.gallery()):
        image = fitted_to(network, photographs.photograph(photo.name)).image[None]
        winner = int(trace(network, photographs.photograph(photo.name)).winner)
        for each, kind, limit in both[: 1 if at else 2]:
            found = []
            for folded in (each.folding.weights(), ()):
                x = tf.constant(image.astype(kind))
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    logits = each.run({each.input_name: x}, [LOGITS], folded=folded)[LOGITS]
                    score = logits[0, winner]
                found.append((logits.numpy(), tape.gradient(score, x).numpy()))
            (logits, gradient), (own_logits, own_gradient) = found
            np.testing.assert_allclose(logits, own_logits, rtol=0, atol=1e-5 * np.abs(own_logits).max())
            assert np.linalg.norm(gradient - own_gradient) <= limit * np.linalg.norm(own_gradient)


def _in_double(config):
    if isinstance(config, dict):
        return {key: _in_double(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return [_in_double(value) for value in config]
    return "float64" if config == "float32" else config
