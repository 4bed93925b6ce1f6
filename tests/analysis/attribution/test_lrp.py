"""LRP against its conservation, gradient x input, and an independent plain numpy propagation."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from shipped import shipped

from nnviz.analysis.attribution import explain, lrp, method_named
from nnviz.analysis.attribution.relevance import padded
from nnviz.analysis.data import digits, photographs
from nnviz.analysis.network import targets
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace
from nnviz.errors import NnvizError

RULES = ("epsilon", "z-plus", "alpha-beta")


@pytest.fixture
def uncompiled(monkeypatch):
    """Nets are propagated through as deep ones are: to compile one takes five times as long as a test's few maps.

    That both ways give the same map is a test of its own. Not for nets that other tests use too: a net keeps its
    functions.
    """
    monkeypatch.setattr(lrp, "_DEEP", 0)


def bias_free(seed=3):
    """All kinds of layers there are rules for, none with a bias."""
    more = {"use_bias": False, "padding": "same"}
    given = keras.Input((12, 12, 3), name="picture")
    x = layers.Conv2D(6, 3, strides=2, activation="relu", name="strided", **more)(given)
    x = layers.Conv2D(6, 3, groups=2, activation="relu", name="grouped", **more)(x)
    y = layers.DepthwiseConv2D(3, depth_multiplier=1, name="depthwise", **more)(x)
    x = layers.Add(name="added")([x, y])
    y = layers.SeparableConv2D(4, 3, activation="relu", name="separable", **more)(x)
    y = layers.Conv2D(4, 3, dilation_rate=2, activation="relu", name="dilated", **more)(y)
    x = layers.Concatenate(name="joined")([x, y])
    y = layers.AveragePooling2D(2, name="averaged")(x)
    y = layers.Conv2DTranspose(10, 2, strides=2, use_bias=False, name="transposed")(y)
    x = layers.Average(name="mean")([x, y])
    x = layers.MaxPooling2D(2, name="pooled")(layers.ReLU(name="relu")(layers.ZeroPadding2D(1, name="padded")(x)))
    x = layers.Dropout(0.5, name="dropout")(x)
    both = layers.Concatenate(name="both")(
        [
            layers.GlobalAveragePooling2D(name="all")(x),
            layers.GlobalMaxPooling2D(name="best")(x),
            layers.Flatten(name="flat")(x),
        ]
    )
    x = layers.Dense(7, activation="relu", use_bias=False, name="hidden")(layers.Reshape((-1,), name="shaped")(both))
    return keras.Model(given, layers.Dense(4, use_bias=False, activation="softmax", name="answer")(x), name="bias_free")


@pytest.fixture(scope="module")
def unbiased(fixed_weights):
    network = load(fixed_weights(bias_free(), 5))
    return network, np.random.default_rng(2).normal(0, 1, (12, 12, 3)).astype(np.float32)


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("target", [1, targets.difference(0, 2), targets.channel("joined", 3)], ids=str)
def test_without_biases_the_map_sums_to_the_score(unbiased, rule, target):
    network, image = unbiased
    found = explain(network, image, "lrp", target, rule=rule, epsilon=0.0)
    assert abs(found.score) > 1e-3
    np.testing.assert_allclose(found.values.sum(), found.score, rtol=2e-3, atol=2e-4)
    assert found.adds_up_to == found.score


@pytest.mark.usefixtures("uncompiled")
def test_the_epsilon_rule_without_epsilon_is_gradient_times_input_on_relus(unbiased):
    network, image = unbiased
    lrp = explain(network, image, "lrp", 1, rule="epsilon", epsilon=0.0)
    plain = explain(network, image, "gradient-x-input", 1)
    np.testing.assert_allclose(lrp.values, plain.values, rtol=1e-3, atol=1e-5)


def by_hand(weights, biases, image, k, rule, epsilon, reads=None, top=np.inf):
    """Dense layers with ReLU between them, term by term; `reads` says which inputs each sum has, where not all."""
    activations = [image.ravel().astype(float)]
    for at, (w, b) in enumerate(zip(weights, biases, strict=True)):
        z = activations[-1] @ w + b
        activations.append(z if at == len(weights) - 1 else np.clip(z, 0, top))
    relevance = np.zeros(len(activations[-1]))
    relevance[k] = activations[-1][k]
    reads = reads or [np.ones(w.shape, bool) for w in weights]
    for a, w, b, read in zip(activations[-2::-1], weights[::-1], biases[::-1], reads[::-1], strict=True):
        below = np.zeros(len(a))
        for out in range(w.shape[1]):
            terms, z = a * w[:, out], float(a @ w[:, out] + b[out])
            if rule == "epsilon":
                below += terms / (z + epsilon * (1 if z >= 0 else -1)) * relevance[out]
                continue
            sign = 1 if z >= 0 else -1
            same, other = np.maximum(sign * terms, 0), np.minimum(sign * terms, 0)
            p, n = same.sum(), other.sum()
            if p == 0:  # the bias alone made it: all that it reads shares alike
                below += read[:, out] / read[:, out].sum() * relevance[out]
            elif rule == "z-plus" or n == 0:
                below += same / p * relevance[out]
            else:
                below += (2 * same / p - other / n) * relevance[out]
        relevance = below
    return relevance


@pytest.mark.usefixtures("uncompiled")
def test_dense_layers_with_biases_agree_with_plain_numpy(fixed_weights):
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Flatten(),
            layers.Dense(6, activation="relu"),
            layers.Dense(5, activation="relu"),
            layers.Dense(4, activation="softmax"),
        ]
    )
    network = load(fixed_weights(model, 11))
    image = np.random.default_rng(4).normal(0, 1, (4, 4, 1)).astype(np.float32)
    dense = [layer for layer in model.layers if isinstance(layer, layers.Dense)]
    weights, biases = ([np.asarray(each[i], float) for each in (one.get_weights() for one in dense)] for i in (0, 1))
    for rule, k in itertools.product(RULES, range(4)):
        found = explain(network, image, "lrp", k, rule=rule, epsilon=0.05)
        expected = by_hand(weights, biases, image, k, rule, 0.05)
        np.testing.assert_allclose(found.values.ravel(), expected, rtol=2e-3, atol=1e-4, err_msg=f"{rule}, {k}")
        np.testing.assert_allclose(found.gap, expected.sum() - found.score, rtol=1e-3, atol=1e-3, err_msg=rule)


def matrix(height, width, stride, taps, make):
    """A 3x3 convolution with padding as a matrix (in, out), and which inputs each output reads.

    `taps` is the kernel (3, 3, in, out); `make` says whether output channel d reads input channel c.
    """
    rows, columns = -(-height // stride), -(-width // stride)
    cin, cout = taps.shape[2:]
    before = [max((n - 1) * stride + 3 - size, 0) // 2 for n, size in ((rows, height), (columns, width))]
    weights, reads = np.zeros((2, height, width, cin, rows, columns, cout))
    for row, column, down, across in np.ndindex(rows, columns, 3, 3):
        y, x = row * stride + down - before[0], column * stride + across - before[1]
        if 0 <= y < height and 0 <= x < width:
            weights[y, x, :, row, column] = taps[down, across]
            reads[y, x, :, row, column] = make
    shape = (height * width * cin, -1)
    return weights.reshape(shape), reads.reshape(shape) > 0


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("rule", ["z-plus", "alpha-beta"])
def test_normalised_and_depthwise_convolutions_agree_with_plain_numpy(rule, fixed_weights):
    """A stride, padding, ReLU6, and shifts so large that many a sum has its sign from the bias alone."""
    given = keras.Input((6, 6, 3), name="picture")
    x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="conv")(given)
    x = layers.ReLU(6.0)(layers.BatchNormalization(name="bn")(x))
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="deep")(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization(name="bn2")(x))
    model = fixed_weights(keras.Model(given, layers.Dense(3, name="answer")(layers.Flatten()(x))), 17)
    model.get_layer("bn2").beta.assign([2.5, -1.0, 3.0, 0.5])
    image = np.random.default_rng(8).normal(0, 1, (6, 6, 3)).astype(np.float32)
    weights, biases, reads = [], [], []
    for conv, bn, size in (("conv", "bn", 6), ("deep", "bn2", 3)):
        taps = np.asarray(model.get_layer(conv).get_weights()[0], float)
        make = np.ones((3, 4))
        if conv == "deep":
            taps, make = taps * np.eye(4), np.eye(4)
        gamma, beta, mean, variance = (np.asarray(each, float) for each in model.get_layer(bn).get_weights())
        scale = gamma / np.sqrt(variance + model.get_layer(bn).epsilon)
        w, read = matrix(size, size, 2 if conv == "conv" else 1, taps * scale, make)
        weights.append(w)
        reads.append(read)
        biases.append(np.tile(beta - mean * scale, w.shape[1] // 4))
    kernel, bias = (np.asarray(each, float) for each in model.get_layer("answer").get_weights())
    expected = by_hand(
        [*weights, kernel], [*biases, bias], image, 1, rule, 0, [*reads, np.ones(kernel.shape, bool)], top=6.0
    )
    found = explain(load(model), image, "lrp", 1, rule=rule)
    np.testing.assert_allclose(found.values.ravel(), expected, rtol=2e-3, atol=1e-4 * np.abs(expected).max())
    np.testing.assert_allclose(expected.sum(), found.score, rtol=1e-4)


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("rule", ["z-plus", "alpha-beta"])
def test_a_bias_has_no_share_and_what_it_makes_alone_is_shared_equally(rule):
    """One neuron: 2 * 1 - 1 * 1 + bias; with a bias of 3 the terms still take all, with one of -5 the bias has all."""
    for bias, expected in ((3.0, 4.0), (-5.0, -4.0)):
        model = keras.Sequential([keras.Input((1, 2, 1)), layers.Flatten(), layers.Dense(2)])
        model.layers[-1].set_weights([np.array([[2, 0], [-1, 0]], np.float32), np.array([bias, 0], np.float32)])
        found = explain(load(model), np.ones((1, 2, 1), np.float32), "lrp", 0, rule=rule)
        np.testing.assert_allclose([found.values.sum(), found.score], expected, rtol=1e-5)
    model.layers[-1].set_weights([np.array([[2, 0], [1, 0]], np.float32), np.array([-5, 0], np.float32)])
    found = explain(load(model), np.ones((1, 2, 1), np.float32), "lrp", 0, rule=rule)
    np.testing.assert_array_equal(found.values.ravel(), [-1, -1])
    assert found.gap == 0.0


@pytest.mark.parametrize("rule", ["z-plus", "alpha-beta"])
@pytest.mark.parametrize("name", ["mnist-mlp", "mnist-cnn"])
def test_the_map_sums_to_the_logit_of_trained_digit_nets_with_their_biases(name, rule):
    network = shipped(name)
    for index in range(4):
        found = explain(network, digits.digit(index)[0], "lrp", index, rule=rule)
        assert abs(found.gap) < 1e-3 * np.abs(found.values).sum()


@pytest.mark.usefixtures("uncompiled")
def test_the_map_sums_to_the_logit_of_a_deep_net_with_batch_normalisations():
    network = load("photo-cnn")
    for each in photographs.gallery()[:2]:
        found = explain(network, photographs.photograph(each.name), "lrp")
        assert abs(found.gap) < 1e-3 * found.score


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("kind", ["conv", "depthwise", "transposed", "separable", "dense"])
def test_a_batch_normalisation_is_folded_into_the_layer_before_it(kind, fixed_weights):
    """The same net with the normalisation worked into its weights by hand has the same map."""
    made = {
        "conv": lambda name, bias: layers.Conv2D(4, 3, use_bias=bias, name=name),
        "depthwise": lambda name, bias: layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=bias, name=name),
        "transposed": lambda name, bias: layers.Conv2DTranspose(4, 2, strides=2, use_bias=bias, name=name),
        "separable": lambda name, bias: layers.SeparableConv2D(4, 3, use_bias=bias, name=name),
        "dense": lambda name, bias: layers.Dense(4, use_bias=bias, name=name),
    }[kind]

    def model(normalised):
        given = keras.Input((6, 6, 2), name="picture")
        x = made("linear", not normalised)(given)
        x = layers.BatchNormalization(name="bn")(x) if normalised else x
        x = layers.Flatten()(layers.ReLU()(x))
        return keras.Model(given, layers.Dense(3, activation="softmax", name="answer")(x))

    one, other = fixed_weights(model(True), 21), model(False)
    bn = one.get_layer("bn")
    gamma, beta, mean, variance = (np.asarray(w) for w in bn.get_weights())
    scale = gamma / np.sqrt(variance + bn.epsilon)
    kernels = one.get_layer("linear").get_weights()
    if kind == "depthwise":
        kernels[-1] = kernels[-1] * scale.reshape(2, 2)
    elif kind == "transposed":
        kernels[-1] = kernels[-1] * scale[:, None]
    else:
        kernels[-1] = kernels[-1] * scale
    other.get_layer("linear").set_weights([*kernels, beta - mean * scale])
    other.get_layer("answer").set_weights(one.get_layer("answer").get_weights())
    # Images have 1 or 3 channels; the two of these nets come from three by a 1x1 convolution without bias.
    networks = []
    for inner in (one, other):
        picture = keras.Input((6, 6, 3), name="rgb")
        mixed = layers.Conv2D(2, 1, use_bias=False, name="mix")
        whole = keras.Model(picture, inner(mixed(picture)))
        mixed.set_weights([np.random.default_rng(6).normal(0, 1, (1, 1, 3, 2))])
        networks.append(load(whole))
    image = np.random.default_rng(4).normal(0, 1, (6, 6, 3)).astype(np.float32)
    for rule in RULES:
        maps = [explain(network, image, "lrp", 1, rule=rule, epsilon=0.02) for network in networks]
        np.testing.assert_allclose(maps[0].score, maps[1].score, rtol=1e-4, err_msg=rule)
        np.testing.assert_allclose(maps[0].values, maps[1].values, rtol=1e-3, atol=1e-4, err_msg=rule)


@pytest.mark.usefixtures("uncompiled")
def test_what_only_scales_the_pixels_keeps_no_relevance(fixed_weights):
    def model(scaled):
        given = keras.Input((6, 6, 3), name="picture")
        x = layers.Rescaling(1 / 127.5, -1, name="scaled")(given) if scaled else given
        x = layers.Conv2D(3, 3, use_bias=False, activation="relu", name="conv")(x)
        return keras.Model(given, layers.Dense(3, use_bias=False, name="answer")(layers.Flatten()(x)))

    one, other = fixed_weights(model(True), 8), fixed_weights(model(False), 8)
    pixels = np.random.default_rng(1).integers(0, 256, (6, 6, 3)).astype(np.float32)
    maps = [
        explain(load(one, {"input": {"scale": 1}}), pixels, "lrp", 2),
        explain(load(other, {"input": {"scale": 1 / 127.5, "offset": -1}}), pixels / 127.5 - 1, "lrp", 2),
    ]
    np.testing.assert_allclose(maps[0].values, maps[1].values, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(maps[0].gap, 0, atol=1e-3)


@pytest.mark.usefixtures("uncompiled")
def test_a_gate_takes_nothing_and_the_score_stays_whole(fixed_weights):
    given = keras.Input((6, 6, 3), name="picture")
    x = layers.Conv2D(4, 3, use_bias=False, activation="relu")(given)
    gate = layers.Dense(4, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.Flatten()(layers.Multiply()([x, gate]))
    network = load(fixed_weights(keras.Model(given, layers.Dense(3, use_bias=False)(x)), 4))
    found = explain(network, np.random.default_rng(3).random((6, 6, 3), np.float32), "lrp", 0)
    np.testing.assert_allclose(found.values.sum(), found.score, rtol=1e-3)


def many_kinds():
    """Kinds of layers that have rules and stand in no other net here, with biases, one after another."""
    given = keras.Input((12, 12, 3), name="picture")
    x = keras.applications.resnet.preprocess_input(layers.RandomFlip()(given))
    x = layers.Resizing(16, 16)(layers.Rescaling(1 / 60)(x))
    x = layers.GroupNormalization(2)(layers.Conv2D(6, 3, activation="gelu")(layers.ZeroPadding2D((2, 1))(x)))
    gate = layers.Dense(6, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.Multiply()([x, gate])
    x = layers.LayerNormalization()(x + layers.DepthwiseConv2D(3, padding="same", activation="swish")(x))
    x = layers.UpSampling2D(2, interpolation="bilinear")(layers.AveragePooling2D(2)(layers.ZeroPadding2D(1)(x)))
    x = layers.Multiply()([x, layers.Conv2DTranspose(6, 3, padding="same", activation="tanh")(x)])
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(layers.CenterCrop(12, 10)(x)))
    x = layers.Reshape((30, 6))(layers.GaussianNoise(1.0)(x))
    x = layers.Add()([x, layers.MultiHeadAttention(2, 3)(x, x)])
    x = layers.EinsumDense("abc,cd->abd", (30, 5), bias_axes="d", activation="silu")(layers.UnitNormalization()(x))
    x = layers.Conv1D(4, 3, padding="causal")(layers.Cropping1D(1)(x))
    x = layers.GlobalAveragePooling1D()(layers.PReLU()(layers.BatchNormalization()(layers.ELU()(x))))
    return keras.Model(given, layers.Dense(3, name="answer")(x), name="many_kinds")


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("rule", ["z-plus", "alpha-beta"])
def test_a_net_of_many_kinds_keeps_its_score_whole(rule, fixed_weights):
    network = load(fixed_weights(many_kinds(), 7), {"input": {"scale": 1}})
    picture = np.random.default_rng(5).integers(0, 256, (12, 12, 3)).astype(np.uint8)
    found = explain(network, picture, "lrp", 1, rule=rule)
    np.testing.assert_allclose(found.score, trace(network, picture).logits[1], rtol=1e-4)
    assert abs(found.score) > 1e-3
    assert abs(found.gap) < 2e-3 * np.abs(found.values).sum(), f"gap {found.gap} of {found.score}"


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("pool", [True, False])
def test_cells_put_around_have_the_map_of_the_same_padding_in_the_layer(pool, fixed_weights):
    """As MobileNet and ResNet pad before a stride; shifts so large that many a sum is of the bias alone."""

    def model(apart):
        given = keras.Input((8, 8, 3), name="picture")
        x = layers.Conv2D(4, 3, padding="same", activation="relu", name="first")(given)
        x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x) if apart else x
        padding = "valid" if apart else "same"
        layer = layers.MaxPooling2D(3, 2, padding) if pool else layers.DepthwiseConv2D(3, 2, padding, name="deep")
        return keras.Model(given, layers.Dense(3, name="answer")(layers.Flatten()(layer(x))))

    maps = []
    for apart in (False, True):
        made = fixed_weights(model(apart), 3)
        if not pool:
            made.get_layer("deep").bias.assign([-3.0, 2.0, -2.0, 3.0])
        found = explain(load(made), np.random.default_rng(8).normal(0, 1, (8, 8, 3)).astype(np.float32), "lrp", 1)
        assert abs(found.gap) < 1e-4 * np.abs(found.values).sum()
        maps.append(found.values)
    np.testing.assert_allclose(maps[1], maps[0], rtol=1e-3, atol=1e-4 * np.abs(maps[0]).max())


def test_what_falls_on_a_cell_that_was_put_around_is_that_of_the_nearest_inside():
    edges, rng = [(2, 1), (0, 3)], np.random.default_rng(4)
    picture, relevance = tf.ones((1, 3, 4, 2)), rng.normal(size=(1, 6, 7, 2)).astype(np.float32)
    with tf.GradientTape() as tape:
        tape.watch(picture)
        around = padded(picture, lambda x: tf.pad(x, [(0, 0), *edges, (0, 0)]), edges)
    expected = np.zeros(picture.shape)
    for row, column in np.ndindex(6, 7):
        expected[:, np.clip(row - 2, 0, 2), np.clip(column, 0, 3)] += relevance[:, row, column]
    found = tape.gradient(around, picture, output_gradients=tf.constant(relevance))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_deep_net_is_not_compiled_and_has_the_same_map(fixed_weights, monkeypatch):
    picture = np.random.default_rng(2).normal(0, 1, (12, 12, 3)).astype(np.float32)
    maps = []
    for deep in (lrp._DEEP, 0):
        monkeypatch.setattr(lrp, "_DEEP", deep)
        maps.append(explain(load(fixed_weights(bias_free(), 5)), picture, "lrp", 1).values)
    np.testing.assert_allclose(maps[1], maps[0], rtol=1e-3, atol=1e-5)


def test_what_has_no_rule_is_named(fixed_weights):
    given = keras.Input((6, 6, 3), name="picture")
    x = layers.LSTM(4, name="read")(layers.Reshape((6, 18))(given))
    network = load(keras.Model(given, layers.Dense(3)(x), name="odd"))
    assert method_named("lrp").unfit(network) == (
        "LRP has no rule for LSTM, which odd has as read: try integrated-gradients."
    )
    with pytest.raises(NnvizError, match="LSTM"):
        explain(network, np.zeros((6, 6, 3), np.float32), "lrp")


def test_every_tiny_network_keeps_its_scores_as_they_are(case):
    """The modified steps compute what the layers do; only their gradient is another."""
    found = explain(case.network, case.picture, "lrp")
    traced = trace(case.network, case.picture)
    np.testing.assert_allclose(found.score, traced.logits[traced.winner], rtol=1e-4, atol=1e-5)
    assert np.isfinite(found.values).all()
    assert abs(found.gap) <= 1e-3 * np.abs(found.values).sum()
