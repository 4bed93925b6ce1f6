"""The digits that ship, against facts of MNIST that are known from elsewhere."""

import keras
import numpy as np
import pytest
from keras import layers
from shipped import shipped

from nnviz.analysis.data import digits
from nnviz.analysis.image.images import Transform, fit, rescale
from nnviz.analysis.network.network import load
from nnviz.errors import NnvizError


def test_the_test_set_is_that_of_mnist():
    images, labels = digits.test_set()
    assert images.shape == (10_000, 28, 28)
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert images.mean() / 255 == pytest.approx(0.1325, abs=1e-4)


def test_it_is_shared_so_nobody_writes_to_it():
    for array in digits.test_set():
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert not digits.digit(3)[0].flags.writeable


def test_a_digit_is_the_one_of_that_number():
    images, labels = digits.test_set()
    for index in (0, 1, 4321, 9999):
        image, label = digits.digit(index)
        np.testing.assert_array_equal(image, images[index])
        assert label == labels[index]
        assert type(label) is int


@pytest.mark.parametrize("name", ["mnist-cnn", "mnist-mlp-shuffled", "photo-cnn"])
def test_many_are_given_to_a_network_as_one_is(name):
    network, images = shipped(name), digits.test_set()[0][[3, 500, 9999]]
    found = digits.fitted(network, images)
    assert found.dtype == np.float32
    for given, image in zip(found, images, strict=True):
        alone = fit(image, network.image_shape, network.scale, network.offset).pixels
        moved = Transform(shuffle=network.shuffle).apply(alone)
        np.testing.assert_array_equal(given, rescale(moved, network.scale, network.offset))


@pytest.mark.parametrize("index", [-1, 10_000])
def test_no_digit_of_that_number(index):
    with pytest.raises(NnvizError, match=rf"from 0 to 9999 was expected\. Received: {index}\."):
        digits.digit(index)


def test_the_gallery_shows_ten_of_each_as_they_are_labelled():
    chosen = digits.gallery()
    assert sorted(entry.label for entry in chosen) == sorted([*range(10)] * 10)
    assert all(digits.digit(entry.index)[1] == entry.label for entry in chosen)
    assert len({entry.index for entry in chosen}) == len(chosen)
    assert all(entry.why for entry in chosen)


def test_a_series_of_ten_classes_is_no_net_for_digits():
    """Its numbers are drawn as an image of a digit's size, and are none."""
    along = [layers.Conv1D(3, 3), layers.GlobalAveragePooling1D(), layers.Dense(10, "softmax")]
    assert not digits.read_by(load(keras.Sequential([keras.Input((32, 9)), *along])))
