"""Convolution step by step, against an independent convolution by loops and against the network's own activations."""

import keras
import numpy as np
import pytest
from keras import layers

from nnviz.analysis.layer.convolution import convolution_steps, nearest_that_slides, slides
from nnviz.analysis.layer.filters import stages
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace
from nnviz.errors import NnvizError

CLOSE = 1e-4
"""Of the map's largest."""

PICTURE = (11, 9, 3)
VARIANTS = {
    "same": (PICTURE, lambda: layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")),
    "valid": (PICTURE, lambda: layers.Conv2D(4, (3, 2), activation="tanh", name="conv")),
    "even kernel, same": (PICTURE, lambda: layers.Conv2D(3, 4, padding="same", name="conv")),
    "strided, same": (PICTURE, lambda: layers.Conv2D(3, 3, strides=2, padding="same", name="conv")),
    "strided, same, odd cell": (
        (10, 12, 1),
        lambda: layers.Conv2D(3, 5, strides=(2, 3), padding="same", activation="relu", name="conv"),
    ),
    "strided, valid": (PICTURE, lambda: layers.Conv2D(3, 3, strides=(3, 2), activation="relu6", name="conv")),
    "dilated, same": (PICTURE, lambda: layers.Conv2D(3, 3, dilation_rate=2, padding="same", name="conv")),
    "dilated, valid": (PICTURE, lambda: layers.Conv2D(3, 3, dilation_rate=(2, 3), activation="sigmoid", name="conv")),
    "1x1": (PICTURE, lambda: layers.Conv2D(5, 1, activation="relu", name="conv")),
    "1x1 strided": (PICTURE, lambda: layers.Conv2D(5, 1, strides=2, padding="same", name="conv")),
    "no bias": (PICTURE, lambda: layers.Conv2D(3, 3, use_bias=False, activation="elu", name="conv")),
    "softmax over the channels": (PICTURE, lambda: layers.Conv2D(3, 3, activation="softmax", name="conv")),
    "depthwise": (PICTURE, lambda: layers.DepthwiseConv2D(3, padding="same", activation="relu", name="conv")),
    "depthwise, multiplied": (
        PICTURE,
        lambda: layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2, padding="same", name="conv"),
    ),
    "depthwise, dilated": (PICTURE, lambda: layers.DepthwiseConv2D(3, dilation_rate=2, name="conv")),
    "separable": (
        PICTURE,
        lambda: layers.SeparableConv2D(5, 3, padding="same", depth_multiplier=2, activation="tanh", name="conv"),
    ),
    "separable, strided": (PICTURE, lambda: layers.SeparableConv2D(4, 3, strides=2, activation="relu", name="conv")),
    "1-D": ((12, 5), lambda: layers.Conv1D(4, 3, strides=2, padding="same", activation="relu", name="conv")),
    "1-D, causal": ((12, 5), lambda: layers.Conv1D(4, 3, dilation_rate=2, padding="causal", name="conv")),
    "1-D, depthwise": ((12, 5), lambda: layers.DepthwiseConv1D(3, name="conv")),
    "1-D, separable": ((12, 5), lambda: layers.SeparableConv1D(4, 3, padding="same", name="conv")),
}


@pytest.fixture
def run(fixed_weights):
    """Layers to a network with fixed weights that ends in two scores, and the trace of a picture."""

    def build(shape, *made):
        end = [layers.Flatten(name="end_flatten"), layers.Dense(2, name="end")]
        network = load(fixed_weights(keras.Sequential([keras.Input(shape, name="picture"), *made, *end]), 5))
        image = np.random.default_rng(3).normal(size=network.image_shape).astype(np.float32)
        return network, trace(network, image)

    return build


def as_maps(values):
    return values[None] if values.ndim == 2 else values


def by_loops(steps):
    """Sum of patch * kernel, cell by cell, and the bias: straight from what the steps say that is read."""
    (sr, sc), (dr, dc), (top, left) = steps.place.strides, steps.place.dilation, steps.place.padding
    found = np.zeros(steps.place.size)
    for row, column in np.ndindex(*found.shape):
        for i, j in np.ndindex(*steps.kernel.shape[:2]):
            y, x = row * sr + i * dr - top, column * sc + j * dc - left
            if 0 <= y < steps.maps.shape[0] and 0 <= x < steps.maps.shape[1]:
                found[row, column] += np.dot(steps.maps[y, x].astype(float), steps.kernel[i, j].astype(float))
    return found + (steps.bias or 0)


def assert_close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=CLOSE * max(np.abs(wanted).max(), 1e-12))


ACTIVATIONS = {
    "linear": lambda x: x,
    "ReLU": lambda x: np.maximum(x, 0),
    "ReLU6": lambda x: np.clip(x, 0, 6),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "elu": lambda x: np.where(x > 0, x, np.exp(x) - 1),
}


def ruled(step, before):
    """What a step's own rule makes of the values before it."""
    return {
        "linear": lambda x: x,
        "clip": lambda x: np.clip(x, step.a, step.b),
        "affine": lambda x: step.a * x + step.b,
        "tanh": np.tanh,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "given": lambda x: step.values,
    }[step.rule](before.astype(np.float64))


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_number_is_the_networks_own(variant, run):
    shape, make = VARIANTS[variant]
    network, found = run(shape, make())
    info = network.layer("conv")
    made = as_maps(found.activations["conv"])
    stage = stages(info)[-1]
    softmax = []
    for index in range(made.shape[2]):
        steps = convolution_steps(network, found, "conv", index, stage)
        assert steps.stage == stage
        assert (steps.bias is None) == (variant == "no bias")
        sums = by_loops(steps)
        assert_close(steps.pre_activation, sums)
        assert_close(steps.output, made[..., index])
        if steps.activation.kind == "softmax":
            softmax.append(np.exp(sums))
        else:
            assert_close(ACTIVATIONS[steps.activation.kind](sums), made[..., index])
        assert_close(ruled(steps.activation, steps.pre_activation), made[..., index])
    for index, values in enumerate(softmax):
        assert_close(values / sum(softmax), made[..., index])


@pytest.mark.parametrize("variant", ["separable", "separable, strided", "1-D, separable"])
def test_the_first_stage_makes_what_the_second_reads(variant, run):
    shape, make = VARIANTS[variant]
    network, found = run(shape, make())
    second = convolution_steps(network, found, "conv", 1, "pointwise")
    assert second.kernel.shape[:2] == (1, 1)
    layer = network.layer("conv").keras_layer
    kernel = np.asarray(layer.depthwise_kernel)
    multiplier = kernel.shape[-1]
    assert second.maps.shape[2] == as_maps(found.activations["picture"]).shape[2] * multiplier
    for channel in range(second.maps.shape[2]):
        first = convolution_steps(network, found, "conv", channel, "depthwise")
        assert first.first_channel == channel // multiplier
        assert (first.bias, first.activation.kind, first.further) == (None, "linear", ())
        np.testing.assert_array_equal(
            first.kernel.reshape(kernel.shape[:-2]), kernel[..., channel // multiplier, channel % multiplier]
        )
        assert_close(first.output, by_loops(first))
        assert_close(second.maps[..., channel], by_loops(first))


def test_a_group_reads_its_own_channels_only(run):
    network, found = run(
        (8, 8, 3), layers.Conv2D(6, 3, name="before"), layers.Conv2D(4, 3, groups=2, activation="relu", name="conv")
    )
    for index in range(4):
        steps = convolution_steps(network, found, "conv", index)
        assert (steps.first_channel, steps.maps.shape[2]) == (3 * (index // 2), 3)
        first = steps.first_channel
        np.testing.assert_array_equal(steps.maps, found.activations["before"][..., first : first + 3])
        assert_close(np.maximum(by_loops(steps), 0), found.activations["conv"][..., index])


def test_what_follows_is_shown_step_by_step(run):
    network, found = run(
        (9, 9, 1),
        layers.Conv2D(3, 3, use_bias=False, name="conv"),
        layers.BatchNormalization(name="bn"),
        layers.ReLU(6.0, name="relu6"),
        layers.LeakyReLU(name="leaky"),
        layers.MaxPooling2D(name="pool"),
    )
    for index in range(3):
        steps = convolution_steps(network, found, "conv", index)
        assert [step.name for step in steps.further] == ["bn", "relu6", "leaky"]
        assert [step.rule for step in steps.further] == ["affine", "clip", "given"]
        assert [step.kind for step in steps.further] == ["batch normalisation", "ReLU6", "LeakyReLU"]
        values = by_loops(steps)
        for step in steps.further:
            values = ruled(step, values)
            assert_close(values, found.activations[step.name][..., index])
            np.testing.assert_array_equal(step.values, found.activations[step.name][..., index])


def test_normalisation_without_scale_and_a_batch_of_steps(run):
    network, found = run(
        (9, 4),
        layers.Conv1D(3, 3, name="conv"),
        layers.BatchNormalization(scale=False, center=False, name="bn"),
        layers.Activation("tanh", name="act"),
    )
    steps = convolution_steps(network, found, "conv", 2)
    assert [step.rule for step in steps.further] == ["affine", "tanh"]
    assert_close(ruled(steps.further[0], by_loops(steps)), found.activations["bn"][..., 2][None])
    assert_close(ruled(steps.further[1], steps.further[0].values), found.activations["act"][..., 2][None])


def test_the_channels_and_the_bias_add_up_to_the_cell(run):
    network, found = run(PICTURE, layers.Conv2D(4, 3, strides=2, dilation_rate=1, padding="same", name="conv"))
    steps = convolution_steps(network, found, "conv", 3)
    for row, column in [(0, 0), (2, 3), (5, 4)]:
        sums = steps.channel_sums(row, column)
        assert sums.shape == (3,)
        assert sums.sum() + steps.bias == pytest.approx(steps.pre_activation[row, column], abs=1e-5)


def test_every_convolution_of_every_kind_of_network(case):
    """Branches, nesting and shared layers, of free size too: the second use reads what the first one made."""
    found = trace(case.network, case.picture)
    for info in case.network.layers:
        if not slides(info):
            continue
        for index in (0, found.activations[info.name].shape[-1] - 1):
            steps = convolution_steps(case.network, found, info.name, index, stages(info)[-1])
            wanted = as_maps(found.activations[info.name])[..., index]
            values = ruled(steps.activation, by_loops(steps))
            assert_close(values, wanted)


def test_arrays_cannot_be_written_to(cases):
    case = cases["sequential_cnn"]
    steps = convolution_steps(case.network, trace(case.network, case.picture), "conv2", 0)
    for array in (steps.maps, steps.kernel, steps.pre_activation, steps.output):
        assert array.dtype == np.float32
        assert not array.flags.writeable


def test_what_does_not_slide_is_refused_in_a_sentence(run):
    network, found = run(
        (6, 6, 1), layers.Conv2D(2, 3, name="conv"), layers.Conv2DTranspose(3, 3, name="up"), layers.ReLU(name="relu")
    )
    with pytest.raises(NnvizError, match=r"stamps its kernel.*Received: up \(Conv2DTranspose\)\."):
        convolution_steps(network, found, "up", 0)
    with pytest.raises(NnvizError, match=r"Received: relu \(ReLU\)\."):
        convolution_steps(network, found, "relu", 0)
    with pytest.raises(NnvizError, match=r"from 0 to 1 was expected. Received: 2\."):
        convolution_steps(network, found, "conv", 2)
    assert nearest_that_slides(network, "relu") == "conv"
    assert nearest_that_slides(network, "end") == "conv"


def test_a_network_without_any(cases):
    assert nearest_that_slides(cases["mlp_8x8"].network, "hidden1") is None
