"""What a visualisation cannot be asked for: each is refused in a sentence, at once where it can be told at once."""

import pytest
from shipped import shipped

import nnviz
from nnviz import objectives
from nnviz.analysis.visualization import transforms


@pytest.fixture(scope="module")
def network():
    return shipped("mnist-cnn")


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        (10, {}, "class from 0 to 9 was expected in mnist-cnn. Received: 10"),
        (-1, {}, "Received: -1"),
        (objectives.channel("conv2", 99), {}, "A unit of conv2 in mnist-cnn was expected.*Received: 99"),
        (objectives.channel("conv2", -1), {}, "Received: -1"),
        (objectives.neuron("dense", 1, 1, 1), {}, r"A unit of dense.*Received: \(1, 1, 1\)"),
        (objectives.channel("conv9", 0), {}, "A layer of mnist-cnn was expected"),
        (None, {}, "A class, a unit or an objective was expected"),
        (3, {"parametrization": "wavelets"}, "fourier or pixels. Received: 'wavelets'"),
        (3, {"steps": 0}, "steps was expected to be a whole number from 1 to 4096. Received: 0"),
        (3, {"rate": 0.0}, "rate was expected"),
        (3, {"seed": -1}, "seed was expected"),
        (3, {"count": 99}, "count was expected"),
        (3, {"rate": "x"}, "rate was expected to be a number, 1e-06 or more. Received: 'x'"),
        (3, {"rate": float("inf")}, "rate was expected.*Received: inf"),
        (3, {"rate": float("nan")}, "rate was expected.*Received: nan"),
        (3, {"diversity": None}, "diversity was expected to be a number, 0 or more. Received: None"),
        (3, {"diversity": -1}, "diversity was expected.*Received: -1"),
        (3, {"every": 0}, "every was expected.*Received: 0"),
        (3, {"parametrization": ["pixels"]}, r"fourier or pixels. Received: \['pixels'\]"),
        (3, {"transforms": [3]}, "a list of transformations. Received: 3 in it"),
        (3, {"transforms": 3}, "a list of transformations. Received: 3"),
        (3, {"transforms": [transforms.Jitter(40)]}, r"by 28 pixels at most.*Received: Jitter\(pixels=40\)"),
        (3, {"transforms": [transforms.Pad(-40)]}, r"pictures of 28x28 can be given. Received: Pad\(pixels=-40\)"),
        (3, {"transforms": [lambda image: image]}, "pictures of 28x28 can be given.*positional argument"),
        (3, {"size": (14, 14)}, "size was expected to be left out, for mnist-cnn takes 28x28.*Received: 14x14"),
        (objectives.interpolation(objectives.logit(1), objectives.logit(2), 5), {"count": 3}, "be 5.*Received: 3"),
        (3, {"optimizer": "sgd"}, "adam or gradient. Received: 'sgd'"),
        (3, {"count": 2, "diversity": 1.0, "alike": True}, "Different starts were expected"),
    ],
)
def test_what_is_not_there_is_refused_at_once_in_a_sentence(target, more, said, network):
    with pytest.raises(nnviz.NnvizError, match=said):
        nnviz.visualizing(network, target, **more)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((0, 0), "rows of size was expected to be a whole number from 1 to 1024. Received: 0"),
        ((-3, 5), "rows of size.*Received: -3"),
        ((5, 2.5), "columns of size.*Received: 2.5"),
        ((10,), r"size was expected to be two whole numbers, rows and columns. Received: \(10,\)"),
        ("ab", "Received: 'ab'"),
        (10, "Received: 10"),
    ],
)
def test_a_size_that_is_none_is_refused_at_once(size, said, cases):
    with pytest.raises(nnviz.NnvizError, match=said):
        nnviz.visualizing(cases["any_size"].network, 1, size=size)


def test_a_size_that_the_network_cannot_work_on_is_said(cases):
    case = cases["any_size"]
    with pytest.raises(nnviz.NnvizError, match=r"A size that .* can work on was expected. Received: 2x2, and Tensor"):
        nnviz.visualize(case.network, objectives.layer("conv2"), 2, size=(2, 2))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: objectives.interpolation(objectives.logit(1), objectives.logit(2), 1), "from 2 to 16. Received: 1"),
        (lambda: objectives.interpolation(objectives.logit(1), objectives.logit(2), "x"), "Received: 'x'"),
        (lambda: objectives.logit(1) * [1, 2] + objectives.logit(2) * [1, 2, 3], "Received: 2 and 3"),
        (lambda: objectives.logit(1) * [1, 2] * [1, 2, 3], "2 weights were expected.*Received: 3"),
        (lambda: objectives.logit(1) * "much", "A weight was expected.*Received: 'much'"),
        (lambda: objectives.logit(1) * [[1, 2]], r"Received: \[\[1, 2\]\]"),
        (lambda: objectives.logit(1) * float("nan"), "A finite weight was expected.*Received: nan"),
    ],
)
def test_an_objective_that_is_for_no_pictures_is_refused(make, said):
    with pytest.raises(nnviz.NnvizError, match=said):
        make()


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        (12, {}, "Received: 12"),
        (1, {"octaves": 0}, "octaves was expected"),
        (1, {"steps": 2.5}, "steps was expected.*Received: 2.5"),
        (1, {"rate": 0.0}, "rate was expected to be a number, 1e-06 to 1. Received: 0.0"),
        (1, {"rate": "x"}, "rate was expected.*Received: 'x'"),
        (1, {"seed": "a"}, "seed was expected.*Received: 'a'"),
        (objectives.interpolation(objectives.logit(1), objectives.logit(2), 5), {}, "one picture.*Received: one for 5"),
    ],
)
def test_what_cannot_be_dreamt_is_said(target, more, said, network):
    with pytest.raises(nnviz.NnvizError, match=said):
        nnviz.dreaming(network, nnviz.digits.digit(0)[0], target, **more)
