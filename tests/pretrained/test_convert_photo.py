"""The photograph net is what its card says, and the script that converts it puts every array in its place."""

import importlib.util
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import nnviz
from nnviz.analysis.data import photographs

PRETRAINED = Path(__file__).parents[2] / "pretrained"
CARD = json.loads((PRETRAINED / "photo-cnn.json").read_text(encoding="utf-8"))
LIKELIEST = {
    "cat": ("Egyptian Mau", 0.35503),
    "coffee": ("espresso", 0.93252),
    "rocket": ("drilling rig", 0.24210),
    "astronaut": ("bobsleigh", 0.18716),
}
"""What the net says of each photograph that ships, as measured on the file that ships."""


@pytest.fixture(scope="module")
def convert():
    spec = importlib.util.spec_from_file_location("convert_photo", PRETRAINED / "convert_photo.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def built(convert):
    return convert.network()


@pytest.fixture(scope="module")
def shipped():
    return nnviz.load("photo-cnn")


def arrays_of(layer):
    """Names and shapes of a layer's arrays as PyTorch has them."""
    if isinstance(layer, layers.BatchNormalization):
        return dict.fromkeys(("weight", "bias", "running_mean", "running_var"), layer.gamma.shape)
    if isinstance(layer, layers.DepthwiseConv2D):
        rows, columns, channels, _ = layer.kernel.shape
        return {"weight": (channels, 1, rows, columns)}
    if isinstance(layer, layers.Conv2D):
        rows, columns, read, made = layer.kernel.shape
        return {"weight": (made, read, rows, columns)}
    return {"weight": layer.kernel.shape[::-1], "bias": layer.bias.shape}


def random_weights(convert, net):
    """As the file has them: an array for each, none like another."""
    generator, found = np.random.default_rng(5), {}
    for layer in net.layers:
        if layer.weights:
            for kind, shape in arrays_of(layer).items():
                found[f"{convert.theirs(layer.name)}.{kind}"] = generator.normal(0, 1, shape).astype(np.float32)
    return found


def small(convert, monkeypatch):
    """The same architecture with one block of each kind, so that a test has few weights to make."""
    monkeypatch.setattr(convert, "STAGES", ((1, 3, 1, 1, 16), (2, 5, 2, 6, 24)))
    return convert.network()


def test_each_layer_has_a_name_of_its_own_in_the_file(convert, built):
    names = [convert.theirs(layer.name) for layer in built.layers if layer.weights]
    assert len(set(names)) == len(names)
    blocks = {int(name.split(".")[1]) for name in names if name.startswith("_blocks.")}
    assert blocks == set(range(16))
    assert {name for name in names if not name.startswith("_blocks.")} == {
        *("_conv_stem", "_bn0", "_conv_head", "_bn1", "_fc"),
    }
    of_a_block = {name.split(".")[2] for name in names if name.startswith("_blocks.5.")}
    assert of_a_block == {"_expand_conv", "_bn0", "_depthwise_conv", "_bn1", "_project_conv", "_bn2"}
    # The first block does not expand.
    assert not [name for name in names if name.startswith("_blocks.0._expand")]


def test_the_architecture_is_that_of_the_paper(built):
    """Table 1 of Tan and Le 2019: output channels and resolution of each stage."""
    ends = {"block01": (112, 16), "block03": (56, 24), "block05": (28, 40), "block08": (14, 80), "block11": (14, 112)}
    ends |= {"block15": (7, 192), "block16": (7, 320)}
    for name, (size, channels) in ends.items():
        layer = next(layer for layer in reversed(built.layers) if layer.name.startswith(name))
        assert tuple(layer.output.shape[1:]) == (size, size, channels), name
    added = [layer.name for layer in built.layers if isinstance(layer, layers.Add)]
    assert added == [f"block{n:02d}_add" for n in (3, 5, 7, 8, 10, 11, 13, 14, 15)]
    assert built.count_params() == CARD["parameters"] == 4_694_024


def convolved(image, kernel):
    """A plain convolution, stride 1, zeros around: image (rows, columns, in), kernel (out, in, rows, columns)."""
    made, _, height, width = kernel.shape
    padded = np.pad(image, ((height // 2,) * 2, (width // 2,) * 2, (0, 0)))
    found = np.zeros((*image.shape[:2], made))
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            patch = padded[row : row + height, column : column + width]
            found[row, column] = np.einsum("ijc,ocij->o", patch, kernel)
    return found


def test_the_kernels_stand_as_pytorch_applies_them(convert, monkeypatch):
    net = small(convert, monkeypatch)
    weights = random_weights(convert, net)
    convert.fill(net, weights)
    generator = np.random.default_rng(6)
    # A 1x1 convolution, and a depthwise one of 5x5 with stride 1, each channel by itself.
    expand = net.get_layer("block03_expand")
    image = generator.normal(0, 1, (6, 6, expand.kernel.shape[2])).astype(np.float32)
    expected = convolved(image, weights["_blocks.2._expand_conv.weight"])
    np.testing.assert_allclose(np.asarray(expand(image[None]))[0], expected, atol=1e-4)
    depthwise = net.get_layer("block03_depthwise")
    image = generator.normal(0, 1, (6, 6, depthwise.kernel.shape[2])).astype(np.float32)
    theirs = weights["_blocks.2._depthwise_conv.weight"]
    expected = np.concatenate([convolved(image[..., [c]], theirs[[c]]) for c in range(len(theirs))], axis=2)
    np.testing.assert_allclose(np.asarray(depthwise(image[None]))[0], expected, atol=1e-4)
    # A dense layer, and a batch normalisation whose four arrays have one shape.
    vector = generator.normal(0, 1, 1280).astype(np.float32)
    dense = net.get_layer("classes")
    sums = weights["_fc.weight"] @ vector + weights["_fc.bias"]
    expected = np.exp(sums - sums.max()) / np.exp(sums - sums.max()).sum()
    np.testing.assert_allclose(np.asarray(dense(vector[None]))[0], expected, atol=1e-5)
    normal = net.get_layer("stem_conv_bn")
    kinds = ("weight", "bias", "running_mean", "running_var")
    for kind, weight in zip(
        kinds, (normal.gamma, normal.beta, normal.moving_mean, normal.moving_variance), strict=True
    ):
        np.testing.assert_array_equal(np.asarray(weight), weights[f"_bn0.{kind}"])


def test_an_array_without_a_layer_is_refused(convert, monkeypatch):
    net = small(convert, monkeypatch)
    weights = random_weights(convert, net)
    convert.fill(net, weights | {"_bn0.num_batches_tracked": np.zeros(())})
    with pytest.raises(ValueError, match=r"Received: _extra\.weight\."):
        convert.fill(net, weights | {"_extra.weight": np.zeros(3)})


@pytest.mark.parametrize("name", LIKELIEST)
def test_the_shipped_net_says_what_was_measured(shipped, name):
    found = nnviz.trace(shipped, photographs.photograph(name))
    said, probability = LIKELIEST[name]
    assert shipped.classes[found.winner] == said
    assert found.probabilities[found.winner] == pytest.approx(probability, abs=1e-4)
    assert found.probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_the_flat_graph_is_the_model_of_the_file(shipped):
    image = np.random.default_rng(7).uniform(-1, 1, (224, 224, 3)).astype(np.float32)
    model = keras.models.load_model(PRETRAINED / "photo-cnn.keras", compile=False)
    expected = np.asarray(model(image[None], training=False))[0]
    np.testing.assert_allclose(nnviz.trace(shipped, image).probabilities, expected, atol=1e-5)


def test_the_card_says_what_the_net_is(shipped):
    assert len(shipped.layers) == 143
    assert shipped.parameters == CARD["parameters"]
    assert len(set(CARD["classes"])) == len(CARD["classes"]) == 1000
    assert all(name.strip() == name and 0 < len(name) <= 40 for name in CARD["classes"])
    assert [CARD["classes"][index] for index in (0, 281, 282, 657, 744, 999)] == [
        *("tench", "tabby cat", "tiger cat", "missile", "projectile, missile", "toilet paper"),
    ]
    black, white = (np.full(3, value) * CARD["input"]["scale"] + CARD["input"]["offset"] for value in (0, 255))
    np.testing.assert_allclose(black, -127 / 128)
    np.testing.assert_allclose(white, 1)
    assert photographs.read_by(shipped)
    assert not photographs.read_by(nnviz.load("mnist-cnn"))


def test_the_files_are_as_small_as_they_are_said_to_be():
    assert (PRETRAINED / "photo-cnn.keras").stat().st_size < 20e6
    assert sum(path.stat().st_size for path in (PRETRAINED / "photos").iterdir()) < 250e3
