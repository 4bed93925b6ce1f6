"""The weights as pictures: slid over (or laid on) what the layer reads, they must give what the layer makes."""

import keras
import numpy as np
import pytest
from keras import layers

from nnviz.analysis.layer.filters import filter_bank, nearest_with_filters, stages
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace
from nnviz.errors import NnvizError

CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture
def run(fixed_weights):
    """Layers to a network with fixed weights that ends in two scores, and the trace of a picture."""

    def build(shape, *made):
        end = [layers.Flatten(name="end_flatten"), layers.Dense(2, name="end")]
        network = load(fixed_weights(keras.Sequential([keras.Input(shape, name="picture"), *made, *end]), 5))
        image = np.random.default_rng(3).normal(size=[size or 9 for size in network.image_shape]).astype(np.float32)
        return network, trace(network, image)

    return build


def as_maps(values):
    """Activations as (rows, columns, channels): steps are one row of columns."""
    return values[None] if values.ndim == 2 else values


def slid(x, bank, stride=1, dilation=1, same=False):
    """All filters slid over maps (rows, columns, channels), by loops: no bias."""
    count, height, width, depth = bank.weights.shape
    reach = [(height - 1) * dilation + 1, (width - 1) * dilation + 1]
    strides = [1 if height == 1 and x.shape[0] == 1 else stride, stride]
    if same:
        sizes = [-(-n // s) for n, s in zip(x.shape, strides, strict=False)]
        needed = [max((o - 1) * s + r - n, 0) for o, s, r, n in zip(sizes, strides, reach, x.shape, strict=False)]
        x = np.pad(x, [(n // 2, n - n // 2) for n in needed] + [(0, 0)])
    else:
        sizes = [(n - r) // s + 1 for n, r, s in zip(x.shape, reach, strides, strict=False)]
    found = np.zeros((*sizes, count))
    for row, column, index in np.ndindex(*found.shape):
        for i, j, channel in np.ndindex(height, width, depth):
            cell = x[row * strides[0] + i * dilation, column * strides[1] + j * dilation]
            found[row, column, index] += cell[bank.channel_read(index, channel)] * bank.weights[index, i, j, channel]
    return found


def stamped(x, bank, stride, cut):
    """All filters stamped onto the output once an input cell, as a transposed convolution does; no bias."""
    count, height, width, depth = bank.weights.shape
    rows, columns = [(n - 1) * stride + k for n, k in zip(x.shape, (height, width), strict=False)]
    found = np.zeros((rows, columns, count))
    for row, column, index in np.ndindex(*x.shape[:2], count):
        for i, j, channel in np.ndindex(height, width, depth):
            found[row * stride + i, column * stride + j, index] += (
                x[row, column, channel] * bank.weights[index, i, j, channel]
            )
    return found[cut[0] : rows - cut[1], cut[0] : columns - cut[1]]


SLIDING = {
    "plain": ((9, 8, 3), lambda: layers.Conv2D(4, (3, 2), name="it"), {}),
    "same, strided": ((9, 8, 3), lambda: layers.Conv2D(4, 3, 2, "same", name="it"), {"stride": 2, "same": True}),
    "dilated": ((9, 8, 3), lambda: layers.Conv2D(4, 3, dilation_rate=2, name="it"), {"dilation": 2}),
    "without bias": ((9, 8, 3), lambda: layers.Conv2D(4, 3, use_bias=False, name="it"), {}),
    "1x1": ((5, 4, 3), lambda: layers.Conv2D(6, 1, name="it"), {}),
    "depthwise, multiplier": ((7, 6, 3), lambda: layers.DepthwiseConv2D(3, depth_multiplier=2, name="it"), {}),
    "depthwise, strided": ((7, 8, 3), lambda: layers.DepthwiseConv2D(3, 2, name="it"), {"stride": 2}),
    "steps": ((9, 4), lambda: layers.Conv1D(5, 3, name="it"), {}),
    "steps, strided, same": ((9, 4), lambda: layers.Conv1D(5, 3, 2, "same", name="it"), {"stride": 2, "same": True}),
    "steps, depthwise": ((9, 4), lambda: layers.DepthwiseConv1D(3, depth_multiplier=3, name="it"), {}),
}


@pytest.mark.parametrize("kind", list(SLIDING))
def test_filters_slid_over_what_is_read_give_the_maps(kind, run):
    shape, made, how = SLIDING[kind]
    network, traced = run(shape, made())
    bank = filter_bank(network, "it")
    x = as_maps(traced.activations[bank.reads])
    bias = 0 if bank.bias is None else bank.bias
    np.testing.assert_allclose(slid(x, bank, **how) + bias, as_maps(traced.activations["it"]), **CLOSE)
    assert bank.reads == "picture"
    assert bank.kind == ("mix" if kind == "1x1" else "kernel")
    assert (bank.bias is None) == (kind == "without bias")


@pytest.mark.parametrize("groups", [2, 4])
def test_grouped_filters_read_the_channels_of_their_group(groups, run):
    first = layers.Conv2D(8, 3, name="first")
    network, traced = run((8, 8, 1), first, layers.Conv2D(12, 3, groups=groups, name="it"))
    bank = filter_bank(network, "it")
    assert bank.weights.shape == (12, 3, 3, 8 // groups)
    np.testing.assert_allclose(slid(traced.activations["first"], bank) + bank.bias, traced.activations["it"], **CLOSE)
    # Grouped by hand: filters 0.. read the first channels, the last filters the last.
    assert (bank.channel_read(0, 0), bank.channel_read(11, 8 // groups - 1)) == (0, 7)
    assert bank.channel_read(12 // groups, 0) == 8 // groups


@pytest.mark.parametrize(
    ("shape", "made"),
    [
        ((8, 7, 3), lambda: layers.SeparableConv2D(5, 3, depth_multiplier=2, name="it")),
        ((9, 4), lambda: layers.SeparableConv1D(5, 3, depth_multiplier=2, name="it")),
    ],
)
def test_both_stages_of_a_separable_convolution(shape, made, run):
    network, traced = run(shape, made())
    assert stages(network.layer("it")) == ("depthwise", "pointwise")
    inner, outer = (filter_bank(network, "it", stage) for stage in stages(network.layer("it")))
    assert (inner.kind, outer.kind, inner.bias) == ("kernel", "mix", None)
    between = slid(as_maps(traced.activations["picture"]), inner)
    assert between.shape[2] == 2 * shape[-1]
    np.testing.assert_allclose(slid(between, outer) + outer.bias, as_maps(traced.activations["it"]), **CLOSE)
    np.testing.assert_array_equal(filter_bank(network, "it").weights, inner.weights)


@pytest.mark.parametrize(
    ("made", "cut"),
    [
        (lambda: layers.Conv2DTranspose(4, 3, 2, name="it"), (0, 0)),
        (lambda: layers.Conv2DTranspose(4, 4, 2, "same", name="it"), (1, 1)),
    ],
)
def test_filters_of_a_transposed_convolution_are_stamped(made, cut, run):
    network, traced = run((5, 4, 3), made())
    bank = filter_bank(network, "it")
    expected = stamped(traced.activations["picture"], bank, 2, cut) + bank.bias
    np.testing.assert_allclose(expected, traced.activations["it"], **CLOSE)


def on_a_picture(bank, values):
    """Weights laid on a picture, multiplied and summed, with the bias."""
    return (bank.weights * values.reshape(bank.weights.shape[1:])).sum(axis=(1, 2, 3)) + bank.bias


DENSE = {
    "flattened maps": ((8, 7, 3), lambda: [layers.Conv2D(3, 3, name="conv"), layers.Flatten()], "conv", (6, 5, 3)),
    "flattened maps, after dropout": (
        (8, 7, 3),
        lambda: [layers.Conv2D(3, 3, name="conv"), layers.Flatten(), layers.Dropout(0.4), layers.Dropout(0.1)],
        "conv",
        (6, 5, 3),
    ),
    "dropped maps": (
        (8, 7, 3),
        lambda: [layers.Conv2D(3, 3, name="conv"), layers.Dropout(0.4, name="dropped"), layers.Flatten()],
        "dropped",
        (6, 5, 3),
    ),
    "an image": ((6, 5, 3), lambda: [layers.Flatten()], "picture", (6, 5, 3)),
    "a grey image without channels": ((6, 6), lambda: [layers.Flatten()], "picture", (6, 6, 1)),
    "a vector that is an image": ((64,), lambda: [layers.Dropout(0.2)], "picture", (8, 8, 1)),
    "steps": ((9, 4), lambda: [layers.Conv1D(5, 3, name="steps"), layers.Flatten()], "steps", (7, 5, 1)),
    "a vector": (
        (8, 7, 3),
        lambda: [layers.Conv2D(3, 3), layers.GlobalAveragePooling2D(name="pooled"), layers.Dropout(0.3)],
        "pooled",
        None,
    ),
    "a dense layer": ((64,), lambda: [layers.Dense(9, activation="relu", name="hidden")], "hidden", None),
}


@pytest.mark.parametrize("kind", list(DENSE))
def test_weights_of_a_dense_layer_lie_on_what_it_reads(kind, run):
    shape, before, reads, picture = DENSE[kind]
    network, traced = run(shape, *before(), layers.Dense(4, name="it"))
    bank = filter_bank(network, "it")
    values = traced.activations[bank.reads]
    assert bank.reads == reads
    assert bank.kind == ("vector" if picture is None else "picture")
    assert bank.weights.shape[1:] == (picture or (1, 1, values.size))
    np.testing.assert_allclose(on_a_picture(bank, values), traced.activations["it"], **CLOSE)


def test_a_dense_layer_on_maps_has_one_weight_a_channel(run):
    network, traced = run((5, 4, 3), layers.Dense(6, name="it"))
    bank = filter_bank(network, "it")
    assert bank.weights.shape == (6, 1, 1, 3)
    np.testing.assert_allclose(slid(traced.activations["picture"], bank) + bank.bias, traced.activations["it"], **CLOSE)


def test_norms_are_those_of_each_filter(run):
    network, _ = run((8, 8, 3), layers.Conv2D(5, 3, name="it"))
    kernel = np.asarray(network.layer("it").keras_layer.kernel)
    expected = [np.linalg.norm(kernel[..., index]) for index in range(5)]
    np.testing.assert_allclose(filter_bank(network, "it").norms, expected, rtol=1e-6)


def test_nothing_of_it_can_be_written_to(case):
    for layer in case.network.layers:
        for stage in stages(layer):
            bank = filter_bank(case.network, layer.name, stage)
            assert not bank.weights.flags.writeable
            assert bank.bias is None or not bank.bias.flags.writeable


def test_every_layer_of_every_network_has_filters_or_names_the_nearest_that_has(case):
    names = {layer.name for layer in case.network.layers if stages(layer)}
    assert names
    for layer in case.network.layers:
        if layer.name in names:
            assert nearest_with_filters(case.network, layer.name) == layer.name
            assert len(filter_bank(case.network, layer.name).weights) >= 1
        else:
            near = nearest_with_filters(case.network, layer.name)
            assert near in names
            with pytest.raises(NnvizError, match=rf"the nearest that has is {near}\. Received: {layer.name} \("):
                filter_bank(case.network, layer.name)


def test_the_nearest_is_the_later_one_of_two(cases):
    network = cases["sequential_cnn"].network
    names = [layer.name for layer in network.layers]
    assert names[names.index("pool1") - 1 : names.index("pool1") + 2] == ["conv1", "pool1", "conv2"]
    assert nearest_with_filters(network, "pool1") == "conv2"
    assert nearest_with_filters(network, "picture") == "conv1"
    assert nearest_with_filters(network, "pool2") == "conv2"


def test_a_network_without_filters_says_so():
    network = load(keras.Sequential([keras.Input((4, 4, 3)), layers.GlobalAveragePooling2D(name="pooled")]))
    assert nearest_with_filters(network, "pooled") is None
    with pytest.raises(NnvizError, match=r"none at all\. Received: pooled"):
        filter_bank(network, "pooled")
