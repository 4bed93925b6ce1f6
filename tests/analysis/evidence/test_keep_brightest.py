"""What is left of a class by the brightest and the dimmest part of a map, against pictures put together by hand."""

import keras
import numpy as np
import pytest
from keras import layers
from shipped import shipped

import nnviz
from nnviz import load
from nnviz.analysis.attribution.reference import reference
from nnviz.analysis.evidence import brightest_kept
from nnviz.analysis.network.targets import difference
from nnviz.errors import NnvizError


@pytest.fixture(scope="module")
def linear():
    """score of class k = sum(kernel[..., k] * image): what a part gives can be summed by hand."""
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(2, use_bias=False, activation="linear")]
    )
    kernel = np.random.default_rng(3).normal(size=(36, 2)).astype(np.float32)
    model.layers[-1].set_weights([kernel])
    return load(model), kernel.reshape(6, 6, 2)


def test_of_a_linear_score_each_part_gives_its_own_sum(linear):
    network, kernel = linear
    image = np.random.default_rng(4).random((6, 6, 1)).astype(np.float32)
    values = (kernel[..., 1] * image[..., 0]) ** 2
    found = brightest_kept(network, image, values, 1, share=0.25, measure="score")
    assert found.share == 0.25
    blurred = reference(network, image, "blurred", "baseline")[..., 0]
    order = sorted(range(36), key=lambda at: -values.flat[at])
    for part, value in ((order[:9], found.brightest), (order[27:], found.dimmest)):
        left = blurred.copy()
        for at in part:
            left.flat[at] = image.flat[at]
        assert value == pytest.approx(float((kernel[..., 1] * left).sum()), rel=1e-4)


def test_the_probability_is_that_of_the_trace_on_such_a_picture():
    network = shipped("mnist-cnn")
    picture, _ = nnviz.digits.digit(0)
    trace = nnviz.trace(network, picture)
    values = nnviz.explain(network, picture, "integrated-gradients").over_image(magnitude=True)
    found = brightest_kept(network, picture, values, trace.winner)
    left = reference(network, trace.image, "blurred", "baseline").copy()
    for at in np.argsort(-values.ravel(), kind="stable")[: round(values.size / 3)]:
        left[at // 28, at % 28] = trace.image[at // 28, at % 28]
    assert found.brightest == pytest.approx(float(nnviz.trace(network, left).probabilities[trace.winner]), abs=1e-4)


@pytest.mark.parametrize(
    ("values", "more", "words"),
    [
        (np.zeros((5, 6)), {}, "6x6 pixels"),
        (np.full((6, 6), np.nan), {}, "finite"),
        (np.zeros((6, 6)), {"share": 0}, "share"),
        (np.zeros((6, 6)), {"share": 1.0}, "share"),
        (np.zeros((6, 6)), {"target": 2}, "2"),
        (np.zeros((6, 6)), {"target": difference(0, 1)}, "the score of one class"),
    ],
)
def test_what_cannot_be_measured_is_said(linear, values, more, words):
    network, _ = linear
    with pytest.raises(NnvizError, match=words):
        brightest_kept(network, np.zeros((6, 6, 1), np.float32), values, **{"target": 0, **more})
