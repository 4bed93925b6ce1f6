"""One neuron's own numbers: what it reads, its weights, its bias and F make what the network made."""

import keras
import numpy as np
import pytest
from keras import layers

from nnviz.analysis.layer.connectivity import taps
from nnviz.analysis.layer.neuron import has_neurons, nearest_with_neurons, neuron, neurons_of, responses
from nnviz.analysis.layer.neuron_surface import neuron_surface
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace
from nnviz.errors import NnvizError

WEIGHED = (
    *("plain", "strided", "dilated", "grouped", "depthwise", "separable", "mix", "attention", "transposed", "wide"),
    *("causal", "depthwise1d", "separable1d", "each_step", "dense", "answer"),
)


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
    curve = responses(ones[1], np.array([-1.0, 0.0, 2.0]))
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
    np.testing.assert_allclose(responses(one, sums), wanted, rtol=1e-5, atol=1e-6)


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


@pytest.mark.parametrize(("name", "unit"), [("plain", 1), ("dense", 3), ("answer", 2)])
def test_the_surface_is_the_neurons_output_with_two_other_inputs(name, unit, every):
    one = neuron(every.network, every.trace, name, unit)
    first, second = (int(k) for k in np.argsort(-np.abs(one.terms.ravel()))[:2])
    found = neuron_surface(one, first, second)
    row, column = 11, 40
    x = found.low + (found.high - found.low) * column / (found.values.shape[0] - 1)
    y = found.high - (found.high - found.low) * row / (found.values.shape[0] - 1)
    changed = one.inputs.astype(float).ravel()
    changed[[first, second]] = x, y
    total = changed @ one.weights.ravel() + one.bias
    assert close(found.values[row, column], responses(one, np.array([total]))[0])
    assert found.cell_of(x, y) == (row, column)
    at, beside = found.cell_of(*found.at)
    around = found.values[max(at - 1, 0) : at + 2, max(beside - 1, 0) : beside + 2]
    assert around.min() - 1e-6 <= one.output <= around.max() + 1e-6
