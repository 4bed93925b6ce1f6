"""The compiled passes: what only rounding sets apart counts as equal, and nothing else does."""

import keras
import numpy as np
import pytest
from keras import layers
from shipped import shipped

from nnviz.analysis.network import targets
from nnviz.analysis.network.network import load
from nnviz.analysis.network.passes import evaluate
from nnviz.analysis.network.trace import scores


@pytest.mark.parametrize("name", ["mnist-mlp", "mnist-cnn", "photo-cnn"])
@pytest.mark.parametrize("count", [3, 25])
def test_equal_images_have_one_score_for_whatever_class(name, count):
    """By themselves they do not: the last of 25 is multiplied in another way than the first, up to 1e-6 apart."""
    network = shipped(name)
    image = np.random.default_rng(0).random(network.image_shape).astype(np.float32)
    copies = np.repeat(image[None], count, axis=0)
    plain = scores(network, copies)
    for index in (0, 3, int(plain[0].argmin()), int(plain[0].argmax())):
        found, _ = evaluate(network, copies, targets.logit(index))
        assert len(set(found.tolist())) == 1
        assert found[0] == pytest.approx(plain[0, index], abs=1e-5)
        # Another batch of them, which does not hold the first.
        again, _ = evaluate(network, copies[1:], targets.logit(index), float(found[0]))
        assert set(again.tolist()) == {float(found[0])}


def test_a_change_beyond_rounding_stays_as_it_is():
    """w x with w = (1, 2, 4, -8): changes down to a 20,000th of the largest score, each as it is on paper."""
    model = keras.Sequential([keras.Input((2, 2, 1)), layers.Flatten(), layers.Dense(2, use_bias=False)])
    model.layers[-1].set_weights([np.array([[1.0, 1], [2, 1], [4, 1], [-8, 1]])])
    network, change = load(model), np.array([0.0, 1e-3, 1e-4, 1e-5])
    images = np.zeros((4, 2, 2, 1), np.float32)
    images[:, 0, 0, 0] = 0.5 + change
    found, _ = evaluate(network, images, targets.logit(0))
    np.testing.assert_allclose(found - found[0], change, atol=1e-7)
    assert (np.diff(found)[1:] < 0).all()
    found, _ = evaluate(network, images, targets.logit(0), like=0.5 + 1e-4)
    np.testing.assert_allclose(found, 0.5 + change, atol=1e-7)
