"""The measurements that ship are those of the files that ship."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from nnviz import NnvizError, digits, load
from nnviz.analysis.data.shift_accuracy import read, shift_accuracy
from nnviz.analysis.image.images import Transform
from nnviz.analysis.network.trace import scores

PRETRAINED = Path(__file__).parents[2] / "pretrained"
NETS = ("mnist-mlp", "mnist-cnn")
SLACK = 5
"""Digits of 10,000: another processor may add up in another order, and tip one that stands on the edge."""


@pytest.fixture(scope="module")
def script():
    sys.path.insert(0, str(PRETRAINED))
    spec = importlib.util.spec_from_file_location("measure_shift", PRETRAINED / "measure_shift.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(PRETRAINED))


def right(name, images):
    """How many of the test digits (N,28,28), 0..255, the package reads."""
    network = load(name)
    pixels = images[..., np.newaxis].astype(np.float32) * network.scale + network.offset
    read = np.concatenate([scores(network, batch).argmax(axis=1) for batch in np.array_split(pixels, 20)])
    return int((read == digits.test_set()[1]).sum())


@pytest.mark.parametrize("shift", [(0, 0), (4, 0), (-10, 0), (0, 3), (0, -6), (10, 0)])
def test_the_script_shifts_as_the_app_does(script, shift):
    images = digits.test_set()[0][:60].copy()
    images[0] = 255 - images[0]  # what moves in is the border, not black
    wanted = np.stack([Transform(shift=shift).apply(image[..., np.newaxis])[..., 0] for image in images])
    np.testing.assert_array_equal(script.moved(images, *shift), wanted)


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize(("axis", "shift"), [("right", 4), ("down", -7)])
def test_a_shift_costs_what_is_shown(script, name, axis, shift):
    found = shift_accuracy()
    counted = right(name, script.moved(digits.test_set()[0], **{axis: shift}))
    assert abs(counted - round(found.accuracy(name, axis, shift) * found.digits)) <= SLACK


@pytest.mark.parametrize("name", [*NETS, *(f"{name}-shuffled" for name in NETS)])
def test_plain_and_shuffled_digits_are_read_as_shown(name):
    found, images = shift_accuracy(), digits.test_set()[0]
    order = np.random.RandomState(found.seed).permutation(784)
    assert abs(right(name, images) - found.plain[name]) <= SLACK
    mixed = images.reshape(-1, 784)[:, order].reshape(images.shape)
    assert abs(right(name, mixed) - found.shuffled[name]) <= SLACK


def test_the_measurements_agree_with_each_other_and_with_the_cards():
    found = shift_accuracy()
    assert found.digits == len(digits.test_set()[1]) == 10_000
    assert found.shifts.tolist() == list(range(-10, 11))
    for name in NETS:
        card, other = (json.loads((PRETRAINED / f"{net}.json").read_text()) for net in (name, f"{name}-shuffled"))
        middle = found.shifts.tolist().index(0)
        assert found.right[name][middle] == found.down[name][middle] == found.plain[name] == card["test"]["correct"]
        assert found.shuffled[f"{name}-shuffled"] == other["test"]["correct"]
        assert len(found.right[name]) == len(found.down[name]) == 21
        assert found.seed == other["input"]["shuffle"]


def test_what_was_not_measured_is_refused():
    found = shift_accuracy()
    for name, shift in (("mnist-mlp", 11), ("mnist-cat", 0)):
        with pytest.raises(NnvizError, match=r"a shift from -10 to 10 were expected\. Received: "):
            found.accuracy(name, "right", shift)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"digits": 1, "shifts": "x"}'])
def test_a_file_of_something_else_is_refused(content, tmp_path):
    path = tmp_path / "measured.json"
    path.write_text(content)
    with pytest.raises(NnvizError, match=r"The measurements of .* were expected. Received: measured.json"):
        read(path)
