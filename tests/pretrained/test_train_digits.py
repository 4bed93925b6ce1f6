"""The bundled nets are what their cards say, and the script that trains them is repeatable."""

import dataclasses
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from nnviz.analysis.image.images import Transform

PRETRAINED = Path(__file__).parents[2] / "pretrained"
SCRIPT = PRETRAINED / "train_digits.py"
PLAIN = ("mnist-mlp", "mnist-cnn")
NETS = (*PLAIN, *(f"{name}-shuffled" for name in PLAIN))


@pytest.fixture(scope="module")
def train_digits():
    # As when the script is run: it imports the recipes that stand beside it.
    sys.path.insert(0, str(PRETRAINED))
    spec = importlib.util.spec_from_file_location("train_digits", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(PRETRAINED))


@pytest.fixture(scope="module")
def test_digits():
    with np.load(PRETRAINED / "mnist-test.npz") as archive:
        return archive["images"], archive["labels"]


@pytest.fixture(scope="module")
def cards():
    return {name: json.loads((PRETRAINED / f"{name}.json").read_text()) for name in NETS}


@pytest.fixture(scope="module")
def nets():
    return {name: keras.models.load_model(PRETRAINED / f"{name}.keras", compile=False) for name in NETS}


@pytest.fixture(scope="module")
def answers(nets, cards, test_digits):
    """The class that each shipped net reads in each test digit, its input scaled and shuffled as its card says."""
    flat = test_digits[0].reshape(-1, 784).astype("float32")
    found = {}
    for name, net in nets.items():
        entry = cards[name]["input"]
        order = np.random.RandomState(entry["shuffle"]).permutation(784) if "shuffle" in entry else np.arange(784)
        images = flat[:, order].reshape(-1, 28, 28, 1)
        found[name] = net.predict(images * entry["scale"][0] + entry["offset"][0], 500, verbose=0).argmax(1)
    return found


@pytest.fixture(scope="module")
def gallery():
    return json.loads((PRETRAINED / "gallery.json").read_text())


def test_the_ten_thousand_test_digits_ship(test_digits):
    images, labels = test_digits
    assert images.shape == (10000, 28, 28)
    assert images.dtype == np.uint8
    assert labels.shape == (10000,)
    assert labels.dtype == np.uint8
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.mark.parametrize(
    ("name", "least"),
    [("mnist-mlp", 0.98), ("mnist-cnn", 0.992), ("mnist-mlp-shuffled", 0.98), ("mnist-cnn-shuffled", 0.94)],
)
def test_a_card_tells_the_accuracy_of_its_file(name, least, cards, answers, test_digits):
    test = cards[name]["test"]
    correct = int((answers[name] == test_digits[1]).sum())
    # Another processor may add up in another order, and tip a digit that stands on the edge.
    assert abs(correct - test["correct"]) <= 2
    assert test["digits"] == len(test_digits[1])
    assert test["accuracy"] == test["correct"] / test["digits"] >= least


@pytest.mark.parametrize("name", NETS)
def test_a_card_describes_its_net(name, cards, nets, train_digits):
    card, net = cards[name], nets[name]
    recipe = next(recipe for recipe in train_digits.RECIPES if recipe.name == name)
    assert card["name"] == net.name == name
    assert card["parameters"] == net.count_params()
    assert tuple(card["input"]["shape"]) == net.input_shape[1:]
    assert len(card["classes"]) == net.output_shape[-1]
    assert [layer.name for layer in net.layers] == [layer.name for layer in recipe.build(name).layers]
    assert card["architecture"] == recipe.architecture
    assert card["training"]["epochs"] == recipe.epochs


@pytest.mark.parametrize("name", PLAIN)
def test_a_net_on_shuffled_pixels_is_trained_as_its_twin(name, cards, nets, train_digits):
    recipes = {recipe.name: recipe for recipe in train_digits.RECIPES}
    plain, other = recipes[name], recipes[f"{name}-shuffled"]
    different = {"name", "title", "description", "shuffle"}
    for field in dataclasses.fields(plain):
        if field.name not in different:
            assert getattr(plain, field.name) == getattr(other, field.name), field.name
    one, two = cards[name], cards[other.name]
    assert two["input"] == {**one["input"], "shuffle": other.shuffle}
    for key in ("seed", "epochs", "data", "versions"):
        assert one["training"][key] == two["training"][key]
    assert "act on the image first, then its pixels are shuffled" in two["training"]["alike"]
    shapes = [[weight.shape for weight in nets[net].get_weights()] for net in (name, other.name)]
    assert shapes[0] == shapes[1]


def test_the_shuffle_of_the_training_is_that_of_the_package(train_digits):
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28)).astype(np.float32)
    wanted = np.stack([Transform(shuffle=29).apply(image[..., np.newaxis]) for image in images])
    np.testing.assert_array_equal(train_digits.Shuffle(29)(images[..., np.newaxis]), wanted)
    np.testing.assert_array_equal(train_digits.shuffled(images, 29), wanted[..., 0])
    np.testing.assert_array_equal(train_digits.shuffled(images, None), images)


def test_every_first_filter_of_the_cnn_answers_to_digits(nets, test_digits):
    net = nets["mnist-cnn"]
    first = keras.Model(net.inputs, net.get_layer("conv1").output)
    maps = first.predict(test_digits[0][:500, ..., np.newaxis] / np.float32(255), verbose=0)
    assert maps.max(axis=(0, 1, 2)).min() > 0.5


def test_the_gallery_shows_ten_digits_of_each_class(gallery, test_digits):
    digits, labels = gallery["digits"], test_digits[1]
    indices = [digit["index"] for digit in digits]
    assert len(set(indices)) == len(indices)
    assert min(indices) >= 0
    assert max(indices) < len(labels)
    assert [digit["label"] for digit in digits] == labels[indices].tolist()
    assert [digit["label"] for digit in digits] == sorted([*range(10)] * 10)
    assert digits[70] == {"index": 0, "label": 7, "why": "the classic 7"}


def test_what_the_gallery_says_of_a_net_is_so(gallery, answers):
    claims = [(d["index"], *d["why"].split(" reads ")) for d in gallery["digits"] if " reads " in d["why"]]
    assert {name for _, name, _ in claims} == set(PLAIN)
    assert all(answers[name][index] == int(read) for index, name, read in claims)


@pytest.fixture
def tiny_mnist(tmp_path):
    """300 digits to train on and 40 to test on: bars whose column tells the class, in noise."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part, count in (("train", 300), ("test", 40)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        images = rng.integers(0, 60, (count, 28, 28)).astype(np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[4:24, 4 + 2 * label] = 255
        arrays |= {f"x_{part}": images, f"y_{part}": labels}
    path = tmp_path / "tiny.npz"
    np.savez(path, **arrays)
    return path


@pytest.mark.full
def test_the_same_seed_trains_the_same_nets(tiny_mnist, tmp_path):
    outs = [tmp_path / "one", tmp_path / "two"]
    # Processes of their own: the script makes TensorFlow deterministic, which cannot be undone.
    runs = [
        subprocess.Popen(
            [sys.executable, SCRIPT, "--data", tiny_mnist, "--epochs", "1", "--seed", "5", "--out", out],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        )
        for out in outs
    ]
    for run in runs:
        _, errors = run.communicate(timeout=120)
        assert run.returncode == 0, errors
    for name in NETS:
        one, two = (keras.models.load_model(out / f"{name}.keras", compile=False).get_weights() for out in outs)
        for a, b in zip(one, two, strict=True):
            np.testing.assert_array_equal(a, b)
            assert np.isfinite(a).all()
            assert np.any(a), "an epoch must have moved the biases away from zero"
        card = json.loads((outs[0] / f"{name}.json").read_text())
        assert card["training"]["data"] == "MNIST training set, 300 digits"
        assert card["training"]["seed"] == 5
    assert (outs[0] / "gallery.json").read_bytes() == (outs[1] / "gallery.json").read_bytes()
    assert (outs[0] / "mnist-test.npz").read_bytes() == (outs[1] / "mnist-test.npz").read_bytes()


def failure(train_digits, capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        train_digits.main([str(argument) for argument in arguments])
    return stop.value.code if isinstance(stop.value.code, str) else capsys.readouterr().err


EXPECTED = "Expected --data to be an npz file with the arrays x_train, y_train, x_test, y_test"


def test_data_that_is_not_there(train_digits, capsys, tmp_path):
    path = tmp_path / "none.npz"
    message = failure(train_digits, capsys, "--data", path, "--out", tmp_path)
    assert message == f"{EXPECTED}. Received: {path}, which is not a file."


def test_data_without_one_of_its_arrays(train_digits, capsys, tmp_path, tiny_mnist):
    with np.load(tiny_mnist) as archive:
        np.savez(tmp_path / "some.npz", **{name: archive[name] for name in ("x_train", "y_train", "x_test")})
    message = failure(train_digits, capsys, "--data", tmp_path / "some.npz", "--out", tmp_path)
    assert message == f"{EXPECTED}. Received: {tmp_path / 'some.npz'}, without y_test."


@pytest.mark.parametrize("content", [b"", b"digits", b"PK\x03\x04 cut short"])
def test_data_that_is_no_npz(train_digits, capsys, tmp_path, content):
    path = tmp_path / "digits.npz"
    path.write_bytes(content)
    message = failure(train_digits, capsys, "--data", path, "--out", tmp_path)
    assert message == f"{EXPECTED}. Received: {path}, which cannot be read as one."


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({"x_test": np.zeros((40, 32, 32), np.uint8)}, "uint8 images (40, 32, 32), uint8 labels (40,)"),
        ({"x_train": np.zeros((300, 28, 28))}, "float64 images (300, 28, 28), uint8 labels (300,)"),
        ({"y_train": np.zeros(299, np.uint8)}, "uint8 images (300, 28, 28), uint8 labels (299,)"),
        ({"y_test": np.full(40, 10)}, "uint8 images (40, 28, 28), int64 labels (40,)"),
    ],
)
def test_data_not_shaped_as_mnist(train_digits, capsys, tmp_path, tiny_mnist, wrong, found):
    with np.load(tiny_mnist) as archive:
        np.savez(tmp_path / "odd.npz", **{**archive, **wrong})
    message = failure(train_digits, capsys, "--data", tmp_path / "odd.npz", "--out", tmp_path)
    assert message.startswith(EXPECTED)
    assert message.endswith(f"Received: {found}.")


def test_no_epochs(train_digits, capsys, tmp_path):
    message = failure(train_digits, capsys, "--epochs", "0", "--out", tmp_path)
    assert "Expected --epochs to be at least 1. Received: 0." in message
