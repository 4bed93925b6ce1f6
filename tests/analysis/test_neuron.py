"""One neuron's own numbers: what it reads, its weights, its bias and F make what the network made."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

from nnviz.analysis.graph import LOGITS, PROBABILITIES
from nnviz.analysis.network import load
from nnviz.analysis.neuron import has_neurons, nearest_with_neurons, neuron, neurons_of, responses
from nnviz.analysis.trace import trace
from nnviz.analysis.turning import turned
from nnviz.analysis.wiring import taps
from nnviz.errors import NnvizError


def every_kind() -> keras.Model:
    """Every way of weighing inputs, with strides, dilations, groups and both paddings."""
    given = keras.Input((13, 11, 3), name="picture")
    x = layers.Conv2D(6, (3, 4), padding="same", activation="leaky_relu", name="plain")(given)
    x = layers.Conv2D(6, (3, 2), strides=(2, 3), padding="same", activation="elu", name="strided")(x)
    x = layers.Conv2D(8, 3, dilation_rate=(2, 1), padding="same", activation="tanh", name="dilated")(x)
    x = layers.Conv2D(6, 3, groups=2, padding="same", activation="relu", name="grouped")(x)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", activation="gelu", name="depthwise")(x)
    x = layers.SeparableConv2D(
        5, 3, depth_multiplier=2, strides=2, padding="same", activation="silu", name="separable"
    )(x)
    x = layers.Conv2D(4, 1, use_bias=False, name="mix")(x)
    x = layers.Dense(4, activation="softmax", name="attention")(x)
    x = layers.Conv2DTranspose(3, (3, 2), strides=(2, 3), padding="same", activation="softplus", name="transposed")(x)
    x = layers.Conv2DTranspose(5, 4, strides=3, activation="relu", name="wide")(x)
    x = layers.Reshape((-1, 5), name="steps")(x)
    x = layers.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="sigmoid", name="causal")(x)
    x = layers.DepthwiseConv1D(3, strides=2, activation="relu", name="depthwise1d")(x)
    x = layers.SeparableConv1D(3, 2, activation=layers.LeakyReLU(0.3), name="separable1d")(x)
    x = layers.Dense(6, activation="hard_sigmoid", name="each_step")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(7, activation="tanh", name="dense")(x)
    return keras.Model(given, layers.Dense(4, activation="softmax", name="answer")(x), name="every_kind")


WEIGHED = (
    *("plain", "strided", "dilated", "grouped", "depthwise", "separable", "mix", "attention", "transposed", "wide"),
    *("causal", "depthwise1d", "separable1d", "each_step", "dense", "answer"),
)


@pytest.fixture(scope="module")
def every(fixed_weights):
    """The model, its network, a picture and what that leaves."""
    model = fixed_weights(every_kind(), 5)
    network = load(model)
    picture = np.random.default_rng(3).random((13, 11, 3)).astype(np.float32)
    return SimpleNamespace(model=model, network=network, picture=picture, trace=trace(network, picture))


def close(found, wanted):
    return np.isclose(found, wanted, rtol=1e-5, atol=1e-6)


def some_cells(shape):
    """Corners, edges and a few between; () of a vector."""
    if not shape:
        return [()]
    ends = [{0, size // 2, size - 1, size // 3} for size in shape]
    return sorted({(a, *rest) for a in ends[0] for rest in ([(b,) for b in ends[1]] if len(ends) > 1 else [()])})


@pytest.mark.parametrize("name", WEIGHED)
def test_its_sum_through_f_is_what_the_network_made(name, every):
    values = every.trace.activations[name]
    for cell in some_cells(values.shape[:-1]):
        for unit in range(values.shape[-1]):
            one = neuron(every.network, every.trace, name, unit, cell)
            where = f"{name}, unit {unit}, cell {cell}"
            assert close(one.output, values[(*cell, unit)]), where
            assert close(one.terms.sum() + one.bias, one.sum), where
            assert one.inputs.shape == one.weights.shape == one.places.shape[:-1], where


@pytest.mark.parametrize("name", [name for name in WEIGHED if "separable" not in name])
def test_each_input_comes_from_the_place_that_is_named(name, every):
    shape = every.trace.activations[name].shape
    for cell in some_cells(shape[:-1])[::3]:
        one = neuron(every.network, every.trace, name, shape[-1] - 1, cell)
        read = every.trace.activations[one.source]
        outside = (one.places < 0).any(axis=-1)
        assert (one.inputs[outside] == 0).all()
        picked = one.places[~outside]
        np.testing.assert_array_equal(one.inputs[~outside], read[tuple(picked.T)])
        assert len(np.unique(picked, axis=0)) == len(picked)


def test_the_first_convolution_by_hand(every):
    """Padded 3x4 at the top left corner: one row and one column of the kernel lie outside."""
    one = neuron(every.network, every.trace, "plain", 2, (0, 0))
    kernel = every.model.get_layer("plain").kernel.numpy()[..., 2]
    np.testing.assert_array_equal(one.weights, kernel)
    wanted = np.zeros((3, 4, 3), np.float32)
    wanted[1:, 1:] = every.picture[:2, :3]
    np.testing.assert_array_equal(one.inputs, wanted)
    assert one.source == "picture"
    assert one.activation == "leaky_relu"
    assert one.cell == (0, 0)
    assert (one.places[0] == -1).all()
    assert one.places[2, 3, 1].tolist() == [1, 2, 1]


def test_a_group_reads_its_own_channels(every):
    low = neuron(every.network, every.trace, "grouped", 2, (2, 1))
    high = neuron(every.network, every.trace, "grouped", 3, (2, 1))
    assert set(low.places[1, 1, :, 2].tolist()) == {0, 1, 2, 3}
    assert set(high.places[1, 1, :, 2].tolist()) == {4, 5, 6, 7}
    deep = neuron(every.network, every.trace, "depthwise", 7, (2, 1))
    assert set(deep.places[1, 1, :, 2].tolist()) == {3}


def test_the_pointwise_stage_reads_the_inner_maps(every):
    layer = every.model.get_layer("separable")
    one = neuron(every.network, every.trace, "separable", 4, (1, 1))
    assert one.stage == "pointwise"
    np.testing.assert_array_equal(one.weights, layer.pointwise_kernel.numpy()[0, 0, :, 4])
    inner = keras.ops.nn.depthwise_conv(
        every.trace.activations["depthwise"][None], layer.depthwise_kernel, strides=2, padding="same"
    )
    np.testing.assert_allclose(one.inputs, np.asarray(inner)[0, 1, 1], rtol=1e-4, atol=1e-6)
    assert one.places[:, -1].tolist() == [index // 2 for index in range(24)]


def test_every_unit_of_every_network(case):
    """All the tiny models: nested, branching, shared, of free size, ending in whatever they end in."""
    found = trace(case.network, case.picture)
    named = [layer for layer in case.network.layers if has_neurons(layer)]
    assert named
    for layer in named:
        values = found.activations[layer.name]
        for unit in range(values.shape[-1]):
            one = neuron(case.network, found, layer.name, unit)
            assert close(one.output, values[(*one.cell, unit)]), f"{layer.name}, unit {unit}"
            assert abs(one.output) == np.abs(values[..., unit]).max() or close(
                abs(one.output), np.abs(values[..., unit]).max()
            )


def test_a_softmax_reads_all_logits(every):
    ones = [neuron(every.network, every.trace, "answer", unit) for unit in range(4)]
    for unit, one in enumerate(ones):
        assert one.activation == "softmax"
        assert not one.elementwise
        assert close(one.sum, every.trace.logits[unit])
        np.testing.assert_allclose(one.peers, every.trace.logits, rtol=1e-5, atol=1e-6)
        assert close(one.output, every.trace.probabilities[unit])
    assert sum(one.output for one in ones) == pytest.approx(1)
    others = np.exp(np.delete(every.trace.logits.astype(float), 1)).sum()
    curve = responses(every.network.layer("answer"), ones[1], np.array([-1.0, 0.0, 2.0]))
    np.testing.assert_allclose(curve, [np.exp(s) / (np.exp(s) + others) for s in (-1, 0, 2)], rtol=1e-5)


def test_one_sigmoid_has_the_logit_of_the_second_class(cases):
    case = cases["one_sigmoid"]
    found = trace(case.network, case.picture)
    one = neuron(case.network, found, "answer", 0)
    assert one.elementwise
    assert close(one.sum, found.logits[1])
    assert close(one.output, found.probabilities[1])


@pytest.mark.parametrize(("name", "unit", "cell"), [("plain", 1, (5, 5)), ("dense", 3, None)])
def test_the_curve_is_f(name, unit, cell, every):
    one = neuron(every.network, every.trace, name, unit, cell)
    sums = np.linspace(-3, 3, 13)
    wanted = np.where(sums > 0, sums, 0.2 * sums) if name == "plain" else np.tanh(sums)
    np.testing.assert_allclose(responses(every.network.layer(name), one, sums), wanted, rtol=1e-5, atol=1e-6)


def test_what_it_gives_is_read_only_and_the_strongest_cell_by_default(every):
    one = neuron(every.network, every.trace, "strided", 1)
    tile = np.abs(every.trace.activations["strided"][..., 1])
    assert one.cell == np.unravel_index(tile.argmax(), tile.shape)
    for array in (one.inputs, one.weights):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("flatten", 0), "the nearest is dense. Received: flatten (Flatten)"),
        (("plain", 6), "from 0 to 5 was expected. Received: 6"),
        (("plain", -1), "Received: -1"),
        (("plain", 0, (13, 0)), "13x11 cells, was expected. Received: (13, 0)"),
        (("plain", 0, (1,)), "Received: (1,)"),
        (("dense", 0, (0, 0)), "no cells, was expected. Received: (0, 0)"),
        (("nowhere", 0), "Received: 'nowhere'"),
    ],
)
def test_what_is_not_there_is_said(arguments, said, every):
    with pytest.raises(NnvizError) as error:
        neuron(every.network, every.trace, *arguments)
    assert said in str(error.value)


def test_a_layer_of_a_class_of_its_own_is_no_neuron(every):
    class Own(layers.Dense):
        def call(self, inputs):
            return super().call(inputs) * 2

    model = keras.Sequential([keras.Input((4,)), Own(3, name="own"), layers.Activation("relu", name="cut")])
    network = load(model)
    assert not has_neurons(network.layer("own"))
    assert nearest_with_neurons(network, "own") is None
    with pytest.raises(NnvizError, match=r"this network has none. Received: own \(Own\)"):
        neurons_of(network, "own")


def test_taps_of_a_padded_stride_by_hand():
    layer = layers.Conv2D(1, 3, strides=2, padding="same")
    assert [taps(layer, 0, at, 5).tolist() for at in range(3)] == [[-1, 0, 1], [1, 2, 3], [3, 4, -1]]
    assert [taps(layer, 0, at, 6).tolist() for at in range(3)] == [[0, 1, 2], [2, 3, 4], [4, 5, -1]]
    spread = layers.Conv2D(1, 3, dilation_rate=2)
    assert taps(spread, 1, 1, 9).tolist() == [1, 3, 5]


def modified(model, name, index, weight, bias, kernel="kernel"):
    """A real clone with a real other weight."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    layer = copy.get_layer(name)
    values = getattr(layer, kernel).numpy()
    if weight is not None:
        values[index] = weight
    getattr(layer, kernel).assign(values)
    if bias is not None:
        values = layer.bias.numpy()
        values[bias[0]] = bias[1]
        layer.bias.assign(values)
    return copy


TURNS = [
    ("plain", 2, (1, 3, 2), (1, 3, 2, 2), "kernel"),
    ("strided", 5, (2, 1, 4), (2, 1, 4, 5), "kernel"),
    ("dilated", 0, (0, 0, 5), (0, 0, 5, 0), "kernel"),
    ("grouped", 4, (2, 2, 3), (2, 2, 3, 4), "kernel"),
    ("depthwise", 7, (1, 0, 0), (1, 0, 3, 1), "kernel"),
    ("separable", 3, (11,), (0, 0, 11, 3), "pointwise_kernel"),
    ("attention", 1, (2,), (2, 1), "kernel"),
    ("transposed", 2, (1, 1, 3), (1, 1, 2, 3), "kernel"),
    ("causal", 3, (2, 4), (2, 4, 3), "kernel"),
    ("dense", 6, (13,), (13, 6), "kernel"),
    ("answer", 2, (5,), (5, 2), "kernel"),
]


@pytest.mark.parametrize(("name", "unit", "place", "index", "kernel"), TURNS)
def test_a_turned_weight_is_a_really_modified_model(name, unit, place, index, kernel, every):
    before = [weight.copy() for weight in every.model.get_weights()]
    copy = modified(every.model, name, index, 2.5, (unit, -0.75), kernel)
    taps_of_it = keras.Model(copy.inputs, [copy.get_layer(name).output, copy.output])
    values, answer = (np.asarray(value)[0] for value in taps_of_it(every.picture[None]))
    found = turned(every.network, every.picture, name, unit, place, weight=2.5, bias=-0.75)
    np.testing.assert_allclose(found.activations, values[..., unit], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.probabilities, answer, rtol=1e-4, atol=1e-6)
    assert np.isclose(found.output, values[(*found.neuron.cell, unit)], rtol=1e-4, atol=1e-5)
    assert found.neuron.weights[place] == np.float32(2.5)
    assert found.neuron.bias == -0.75
    for was, is_ in zip(before, every.model.get_weights(), strict=True):
        np.testing.assert_array_equal(was, is_)
    again = trace(every.network, every.picture)
    np.testing.assert_array_equal(again.logits, every.trace.logits)


def test_a_layer_that_is_used_twice_turns_at_both_uses(cases):
    case = cases["shared"]
    copy = modified(case.model, "twice", (1, 1, 0, 2), -1.5, None)
    wanted = np.asarray(copy(case.batch))[0]
    first = turned(case.network, case.picture, "twice", 2, (1, 1, 0), weight=-1.5)
    second = turned(case.network, case.picture, "twice#2", 2, (1, 1, 0), weight=-1.5)
    for found in (first, second):
        np.testing.assert_allclose(found.probabilities, wanted, rtol=1e-4, atol=1e-6)
    twice = copy.get_layer("twice")
    inner = np.asarray(twice(twice(case.batch)))[0, ..., 2]
    np.testing.assert_allclose(second.activations, inner, rtol=1e-4, atol=1e-6)
    assert np.isclose(second.output, inner[second.neuron.cell], rtol=1e-4)


def test_nothing_turned_is_the_network_itself(case):
    found = trace(case.network, case.picture)
    for layer in [layer for layer in case.network.layers if has_neurons(layer)]:
        same = turned(case.network, case.picture, layer.name, 0)
        np.testing.assert_allclose(same.logits, found.logits, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(same.activations, found.activations[layer.name][..., 0], rtol=1e-5, atol=1e-5)


def test_two_viewers_do_not_meet(every):
    """One turns while another looks: his numbers, and the shared graph's own weights, are as before."""
    mine = turned(every.network, every.picture, "dense", 0, (3,), weight=40.0)
    assert mine.winner == int(mine.logits.argmax())
    assert not np.allclose(mine.logits, every.trace.logits)
    theirs = turned(every.network, every.picture, "dense", 1, (3,), bias=3.0)
    copy = modified(every.model, "dense", (3, 1), None, (1, 3.0))
    np.testing.assert_allclose(theirs.probabilities, np.asarray(copy(every.picture[None]))[0], rtol=1e-4)
    found = every.network.graph.run({"picture": every.picture[None]}, [LOGITS, PROBABILITIES])
    np.testing.assert_allclose(found[LOGITS][0], every.trace.logits, rtol=1e-5, atol=1e-6)
    again = turned(every.network, every.picture, "dense", 0, (3,), weight=40.0)
    np.testing.assert_array_equal(again.logits, mine.logits)
    # One compiled function serves every weight of a layer.
    assert every.network._functions[("turned", "dense")].experimental_get_tracing_count() == 1


@pytest.mark.parametrize(
    ("arguments", "more", "said"),
    [
        (("plain", 0, (3, 0, 0)), {"weight": 1.0}, "A weight within (3, 4, 3) of plain was expected"),
        (("plain", 0, (1, 1)), {"weight": 1.0}, "Received: (1, 1)"),
        (("plain", 0), {"weight": 1.0}, "Received: None"),
        (("plain", 6, (0, 0, 0)), {"weight": 1.0}, "Received: 6"),
        (("mix", 0), {"bias": 1.0}, "A layer with biases was expected. Received: mix"),
        (("flatten", 0), {"bias": 1.0}, "Received: flatten"),
    ],
)
def test_what_cannot_be_turned_is_said(arguments, more, said, every):
    with pytest.raises(NnvizError) as error:
        turned(every.network, every.picture, *arguments, **more)
    assert said in str(error.value)
