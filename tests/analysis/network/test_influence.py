"""Influence between layers: against weight times activation, against itself the other way round, and knock-outs."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from shipped import shipped

from nnviz.analysis.data import digits
from nnviz.analysis.network import targets
from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.influence import (
    answer_layer,
    contributions,
    deciding_layer,
    inputs_of,
    leads_to,
    outputs_of,
)
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import inputs, trace
from nnviz.errors import NnvizError


def built(fixed_weights, shape, *made, seed=11):
    return load(fixed_weights(keras.Sequential([keras.Input(shape, name="picture"), *made]), seed))


def picture(network, side=9):
    shape = [size or side for size in network.image_shape]
    return np.random.default_rng(2).random(shape).astype(np.float32)


@pytest.fixture(scope="module")
def bundled_pairs():
    """Both networks that ship, with a real digit as they take it."""
    found = {}
    for name in ("mnist-mlp", "mnist-cnn"):
        network = shipped(name)
        found[name] = network, trace(network, digits.digit(0)[0]).image
    return found


@pytest.mark.parametrize("name", ["sequential_cnn", "nested", "logits_end", "one_sigmoid", "mlp_64", "any_size"])
def test_terms_of_the_last_layer_are_weight_times_activation(cases, name):
    case = cases[name]
    traced, source = trace(case.network, case.picture), deciding_layer(case.network)
    last = [layer.keras_layer for layer in case.network.layers if layer.kind == "Dense"][-1]
    kernel, bias = np.asarray(last.kernel), np.asarray(last.bias)
    for index in range(kernel.shape[1]):
        logit = 1 if name == "one_sigmoid" else index
        terms, score = contributions(case.network, traced.image, source, targets.logit(logit))
        expected = kernel[:, index] * traced.activations[source].ravel()
        np.testing.assert_allclose(terms.ravel(), expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(terms.sum() + bias[index], score, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(score, traced.logits[logit], rtol=1e-4, atol=1e-5)


def test_terms_of_a_convolution_are_patch_times_filter(fixed_weights):
    network = built(fixed_weights, (7, 7, 3), layers.Conv2D(4, 3, name="conv"), layers.Flatten(), layers.Dense(2))
    image = picture(network)
    conv = network.layer("conv").keras_layer
    terms, score = contributions(network, image, "picture", targets.unit("conv", 2, 3, 1))
    expected = np.zeros_like(image)
    expected[2:5, 3:6] = image[2:5, 3:6] * np.asarray(conv.kernel)[..., 1]
    np.testing.assert_allclose(terms, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(terms.sum() + float(conv.bias[1]), score, rtol=1e-5)


def test_a_closed_relu_passes_nothing_and_an_open_one_all(fixed_weights):
    network = built(fixed_weights, (16,), layers.Dense(12, activation="relu", name="hidden"), layers.Dense(2))
    image = picture(network)
    layer = network.layer("hidden").keras_layer
    values = trace(network, image).activations["hidden"]
    assert 0 < (values == 0).sum() < len(values)
    for unit, value in enumerate(values):
        terms, score = contributions(network, image, "picture", targets.channel("hidden", unit))
        assert score == pytest.approx(value, rel=1e-5, abs=1e-6)
        expected = np.asarray(layer.kernel)[:, unit] * image.ravel() if value > 0 else np.zeros(16)
        np.testing.assert_allclose(terms.ravel(), expected, rtol=1e-5, atol=1e-6)


def test_max_pooling_hands_all_to_the_winner_of_each_window(fixed_weights):
    network = built(fixed_weights, (6, 6, 3), layers.MaxPooling2D(2, name="pool"), layers.Flatten(), layers.Dense(2))
    image = picture(network)
    terms, score = contributions(network, image, "picture", targets.channel("pool", 1))
    blocks = image[..., 1].reshape(3, 2, 3, 2).transpose(0, 2, 1, 3).reshape(3, 3, 4)
    expected = np.where(blocks == blocks.max(axis=2, keepdims=True), blocks, 0)
    np.testing.assert_allclose(terms[..., 1], expected.reshape(3, 3, 2, 2).transpose(0, 2, 1, 3).reshape(6, 6))
    assert not terms[..., 0].any()
    assert score == pytest.approx(blocks.max(axis=2).sum(), rel=1e-6)


def matrices(network, image, source, sink, units):
    """Influence of channels of `source` on channels of `sink`, both ways: as rows of one and of the other."""
    count = network.graph.classes if sink == LOGITS else trace(network, image).activations[sink].shape[-1]
    spread = np.unique(np.linspace(0, count - 1, min(count, 4)).astype(int))
    made = targets.logit if sink == LOGITS else lambda unit: targets.channel(sink, unit)
    backward = np.stack([inputs_of(network, image, source, made(int(unit)))[units] for unit in spread], axis=1)
    forward = np.stack([outputs_of(network, image, source, int(unit), sink)[spread] for unit in units])
    return backward, forward


def adjacent(network):
    """Every layer with each that reads it, and the one that the scores are made from."""
    answer = answer_layer(network)
    for layer in network.layers[1:]:
        if layer.name != answer:
            yield from ((before, layer.name) for before in layer.inputs)
    yield deciding_layer(network), LOGITS


@pytest.mark.parametrize("name", ["mnist-mlp", "mnist-cnn"])
def test_both_ways_agree_between_all_layers_of_the_bundled_networks(bundled_pairs, name):
    network, image = bundled_pairs[name]
    traced, some = trace(network, image), 0.0
    for source, sink in adjacent(network):
        channels = traced.activations[source].shape[-1]
        units = np.unique(np.linspace(0, channels - 1, min(channels, 4)).astype(int))
        backward, forward = matrices(network, image, source, sink, units)
        np.testing.assert_allclose(forward, backward, rtol=1e-4, atol=1e-5, err_msg=f"{source} -> {sink}")
        some += np.abs(forward).max() > 0
    assert some >= 3


@pytest.mark.parametrize("name", ["branched", "nested", "shared", "any_size", "mlp_8x8", "several_sigmoids"])
def test_both_ways_agree_between_all_layers_of_odd_networks(cases, name):
    case = cases[name]
    traced = trace(case.network, case.picture)
    for source, sink in adjacent(case.network):
        units = np.arange(min(traced.activations[source].shape[-1], 4))
        backward, forward = matrices(case.network, traced.image, source, sink, units)
        np.testing.assert_allclose(forward, backward, rtol=1e-4, atol=1e-5, err_msg=f"{source} -> {sink}")
        assert np.abs(forward).max() > 0


def linear_net(fixed_weights):
    return built(
        fixed_weights,
        (8, 8, 3),
        layers.Conv2D(5, 3, name="one"),
        layers.AveragePooling2D(2, name="pool"),
        layers.Conv2D(4, 2, name="two"),
        layers.Flatten(name="flat"),
        layers.Dense(3, activation="softmax", name="answer"),
    )


@pytest.mark.parametrize(("source", "sink"), [("one", "two"), ("one", LOGITS), ("pool", "two"), ("two", LOGITS)])
def test_on_a_linear_net_influence_is_what_a_knock_out_takes_away(fixed_weights, source, sink):
    network = linear_net(fixed_weights)
    image = picture(network)
    feeds = inputs(network, tf.constant(image[None]))
    whole = network.graph.run(feeds, [sink])[sink].numpy()[0]
    for unit in range(network.layer(source).output_shape[-1]):
        mask = np.ones(network.layer(source).output_shape[-1], np.float32)
        mask[unit] = 0
        without = network.graph.run(feeds, [sink], {source: lambda value, mask=mask: value * mask})[sink].numpy()[0]
        lost = (whole - without).reshape(-1, whole.shape[-1]).sum(axis=0)
        np.testing.assert_allclose(outputs_of(network, image, source, unit, sink), lost, rtol=1e-3, atol=1e-4)
        assert np.abs(lost).max() > 1e-3


def test_on_a_net_that_is_not_linear_it_is_the_slope_at_a_small_turn_down(cases):
    """A knock-out by a little, per little: central differences of the scores in the scale of one channel."""
    case, step = cases["branched"], 2e-3
    traced = trace(case.network, case.picture)
    feeds = inputs(case.network, tf.constant(traced.image[None]))
    for unit in range(4):

        def score(amount, unit=unit):
            gain = np.ones(4, np.float32)
            gain[unit] += amount
            edits = {"stem": lambda value: value * gain}
            return case.network.graph.run(feeds, [LOGITS], edits)[LOGITS].numpy()[0].astype(float)

        expected = (score(step) - score(-step)) / (2 * step)
        found = outputs_of(case.network, traced.image, "stem", unit, LOGITS)
        np.testing.assert_allclose(found, expected, rtol=0.02, atol=5e-3)


def test_another_unit_costs_no_new_function(cases):
    case = cases["sequential_cnn"]
    image = trace(case.network, case.picture).image

    def all_units():
        for unit in range(4):
            outputs_of(case.network, image, "conv1", unit, "conv2")
            inputs_of(case.network, image, "conv1", targets.channel("conv2", unit))

    all_units()
    keys = [("outputs", "conv1", "conv2"), ("contributions", "conv1", "conv2")]
    functions = [case.network.compiled(key, lambda: None) for key in keys]
    assert [function.experimental_get_tracing_count() for function in functions] == [1, 1]


@pytest.mark.parametrize(
    ("source", "target"),
    [("conv2", targets.channel("conv1", 0)), ("answer", targets.logit(0))],
)
def test_a_layer_behind_the_target_is_refused_in_one_sentence(cases, source, target):
    case = cases["sequential_cnn"]
    image = trace(case.network, case.picture).image
    with pytest.raises(NnvizError, match=r"^A layer before .* was expected. Received: ") as caught:
        contributions(case.network, image, source, target)
    assert len(str(caught.value)) < 120


def test_what_does_not_lead_there_adds_nothing(cases):
    case = cases["sequential_cnn"]
    image = trace(case.network, case.picture).image
    np.testing.assert_array_equal(outputs_of(case.network, image, "conv2", 0, "conv1"), np.zeros(4))


def test_a_layer_leads_to_another_where_a_change_of_it_changes_the_other(cases):
    network = cases["branched"].network
    traced = trace(network, cases["branched"].picture)
    feeds = inputs(network, tf.constant(traced.image[None]))
    names = [layer.name for layer in network.layers]
    for source in names:
        found = network.graph.run(feeds, names, {source: lambda value: value * 1.5 + 1})
        for sink in names:
            changed = np.abs(found[sink].numpy()[0] - traced.activations[sink]).max() > 1e-6
            assert leads_to(network, source, sink) == (changed and sink != source), (source, sink)


ENDINGS = {
    "fused softmax": (lambda: [layers.Flatten(name="flat"), layers.Dense(3, activation="softmax", name="d")], "flat"),
    "separate softmax": (
        lambda: [layers.Flatten(name="flat"), layers.Dense(3, name="d"), layers.Softmax(name="s")],
        "flat",
    ),
    "logits": (lambda: [layers.Flatten(name="flat"), layers.Dense(3, name="d")], "flat"),
    "dropout before": (
        lambda: [layers.Flatten(name="flat"), layers.Dropout(0.5, name="drop"), layers.Dense(3, name="d")],
        "flat",
    ),
    "pooled, dense": (
        lambda: [layers.GlobalAveragePooling2D(name="pooled"), layers.Dense(3, activation="softmax", name="d")],
        "pooled",
    ),
    "convolution, flattened": (lambda: [layers.Conv2D(3, 6, name="d"), layers.Flatten(name="f")], "conv"),
    "convolution, pooled": (lambda: [layers.Conv2D(3, 1, name="d"), layers.GlobalAveragePooling2D(name="p")], "conv"),
    "convolution, pooled, softmax": (
        lambda: [layers.Conv2D(3, 1, name="d"), layers.GlobalAveragePooling2D(name="p"), layers.Softmax(name="s")],
        "conv",
    ),
    "convolution with softmax, flattened": (
        lambda: [layers.Conv2D(3, 6, activation="softmax", name="d"), layers.Flatten(name="f")],
        "conv",
    ),
    "one sigmoid": (lambda: [layers.Flatten(name="flat"), layers.Dense(1, activation="sigmoid", name="d")], "flat"),
}
ANSWERS = {
    "fused softmax": "d",
    "separate softmax": "d",
    "logits": "d",
    "dropout before": "d",
    "pooled, dense": "d",
    "convolution, flattened": "f",
    "convolution, pooled": "p",
    "convolution, pooled, softmax": "p",
    "convolution with softmax, flattened": "d",
    "one sigmoid": "d",
}


@pytest.mark.parametrize("ending", list(ENDINGS))
def test_the_deciding_layer_is_what_the_last_weights_read(fixed_weights, ending):
    made, decides = ENDINGS[ending]
    network = built(fixed_weights, (8, 8, 1), layers.Conv2D(4, 3, activation="relu", name="conv"), *made())
    assert deciding_layer(network) == decides
    assert answer_layer(network) == ANSWERS[ending]
    # All after it is linear, so what it adds and the biases make the score.
    image = picture(network)
    biases = np.asarray(network.layer("d").keras_layer.bias)
    if ending == "one sigmoid":
        biases = np.append(0, biases)  # the other class has the fixed logit 0
    assert len(biases) == network.graph.classes
    for index, bias in enumerate(biases):
        terms, score = contributions(network, image, decides, targets.logit(index))
        assert terms.sum() + bias == pytest.approx(score, rel=1e-4, abs=1e-5)


def test_a_network_without_weights_is_decided_by_its_input():
    network = load(keras.Sequential([keras.Input((4, 4, 3), name="picture"), layers.GlobalAveragePooling2D(name="p")]))
    assert (deciding_layer(network), answer_layer(network)) == ("picture", "p")
    terms, score = contributions(network, picture(network), "picture", targets.logit(1))
    assert terms.sum() == pytest.approx(score, rel=1e-5)


def test_what_a_channel_adds_through_layers_of_steps_is_its_derivative(fixed_weights):
    """There TensorFlow has no tangent: the same by gradients of each unit, channel by channel."""
    model = fixed_weights(
        keras.Sequential([keras.Input((5, 3)), layers.Dense(4, "tanh", name="d"), layers.GRU(2, name="g")]), 6
    )
    network = load(model)
    steps = trace(network, np.random.default_rng(0).random((5, 3)).astype(np.float32))
    start = tf.constant(steps.activations["d"][None])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(start)
        made = tf.unstack(model.get_layer("g")(start)[0])
    for channel in range(4):
        expected = [float(tf.reduce_sum((tape.gradient(unit, start) * start)[..., channel])) for unit in made]
        found = outputs_of(network, steps.image, "d", channel, "g")
        np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())


def test_what_a_channel_adds_where_tensorflow_has_no_slope_of_a_slope(fixed_weights):
    """Softsign: what a channel gives to a unit is what the unit gets of it."""
    network = built(
        fixed_weights, (9, 9, 1), layers.Conv2D(3, 3, name="c"), layers.Conv2D(2, 3, activation="softsign", name="s")
    )
    image = picture(network)
    taken = [inputs_of(network, image, "c", targets.channel("s", unit)) for unit in range(2)]
    given = [outputs_of(network, image, "c", channel, "s") for channel in range(3)]
    np.testing.assert_allclose(np.transpose(given), taken, atol=1e-3 * np.abs(taken).max())
