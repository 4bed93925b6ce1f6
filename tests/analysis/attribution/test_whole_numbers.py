"""Networks whose own input is of whole numbers: explained as their twins on floats are, or refused in a sentence."""

import keras
import numpy as np
import pytest
from keras import layers

from nnviz.analysis.attribution import METHODS, explain
from nnviz.analysis.network import targets
from nnviz.analysis.network.influence import contributions
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace
from nnviz.errors import NnvizError


def network(fixed_weights, dtype):
    model = keras.Sequential(
        [
            keras.Input((9, 9, 1), dtype=dtype, name="picture"),
            layers.Rescaling(1 / 255, name="rescaling"),
            layers.Conv2D(3, 3, activation="relu", name="conv"),
            layers.Flatten(name="flatten"),
            layers.Dense(4, activation="softmax", name="answer"),
        ]
    )
    return load(fixed_weights(model, 21))


@pytest.fixture(scope="module")
def twins(fixed_weights):
    """Two networks that set nothing but the type of their input apart."""
    return [network(fixed_weights, dtype) for dtype in ("uint8", "float32")]


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (9, 9)).astype(np.uint8)


@pytest.mark.parametrize("method", [method.name for method in METHODS])
def test_a_network_on_whole_numbers_is_explained_as_its_twin_on_floats(twins, pixels, method):
    whole, floats = (explain(each, pixels, method, 2) for each in twins)
    np.testing.assert_array_equal(whole.values, floats.values)
    assert np.abs(whole.values).max() > 0


def test_contributions_of_its_pixels(twins, pixels):
    found = []
    for own in twins:
        found.append(contributions(own, trace(own, pixels).image, "picture", targets.logit(1))[0])
    np.testing.assert_array_equal(*found)
    assert np.abs(found[0]).max() > 0


def test_pixels_that_are_looked_up_have_no_gradient_and_it_is_said(fixed_weights):
    model = keras.Sequential(
        [
            keras.Input((4, 4), dtype="uint8", name="picture"),
            layers.Flatten(),
            layers.Embedding(256, 2),
            layers.Flatten(),
            layers.Dense(3),
        ],
        name="looked_up",
    )
    with pytest.raises(NnvizError, match=r"depends on the image.*looked_up, which passes no gradient back"):
        explain(load(fixed_weights(model, 3)), np.zeros((4, 4), np.uint8), "gradient", 1)
