"""The shuffle moves every pixel, loses none, is the same for ever, and comes last."""

import numpy as np
import pytest
from shipped import shipped

from nnviz import NnvizError, digits, load, trace
from nnviz.analysis.image.images import Transform, fit
from nnviz.analysis.image.shuffle import SEED, permutation, shuffled

PIXELS = np.random.default_rng(1).integers(0, 256, (5, 7, 3)).astype(np.float32)


def test_every_pixel_comes_from_one_place():
    order = permutation(784)
    assert sorted(order.tolist()) == list(range(784))
    # Of 784 pixels about one is expected to stay where it is.
    assert (order == np.arange(784)).sum() <= 5


def test_the_seed_is_the_permutation_for_ever():
    """The bundled nets on shuffled pixels know this one and no other."""
    assert SEED == 29
    assert permutation(784)[:8].tolist() == FIRST
    assert permutation(784, 30)[:8].tolist() != FIRST


FIRST = [63, 98, 489, 421, 87, 422, 41, 110]


def test_the_shuffled_picture_reads_where_the_permutation_says():
    result, order = shuffled(PIXELS, 3), permutation(35, 3)
    for place in range(35):
        np.testing.assert_array_equal(result[place // 7, place % 7], PIXELS[order[place] // 7, order[place] % 7])
    back = np.empty_like(result).reshape(35, 3)
    back[order] = result.reshape(35, 3)
    np.testing.assert_array_equal(back.reshape(PIXELS.shape), PIXELS)


def test_the_shuffle_comes_after_all_else():
    before = {"shift": (2, -1), "rotate": 20.0, "noise": 12.0, "invert": True, "seed": 4}
    np.testing.assert_array_equal(
        Transform(**before, shuffle=3).apply(PIXELS), shuffled(Transform(**before).apply(PIXELS), 3)
    )
    np.testing.assert_array_equal(Transform(shuffle=0).apply(PIXELS), shuffled(PIXELS, 0))


@pytest.mark.parametrize("seed", [-1, 1 << 32, 1.5, "29", True, None])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(NnvizError, match=r"A whole seed from 0 to 4294967295 was expected for a shuffle\. Received: "):
        permutation(4, seed)


def test_a_card_says_what_a_network_was_trained_on(cases):
    model = cases["sequential_cnn"].model
    assert load(model).shuffle is None
    assert load(model, {"input": {"scale": 1.0}}).shuffle is None
    assert load(model, {"input": {"scale": 1.0, "shuffle": 7}}).shuffle == 7
    with pytest.raises(NnvizError, match="A whole seed"):
        load(model, {"input": {"scale": 1.0, "shuffle": "no"}})


@pytest.mark.parametrize("name", ["mnist-mlp", "mnist-cnn"])
def test_a_network_reads_the_kind_of_digits_that_it_was_trained_on(name):
    """The first eight, which all four read when they are of their kind."""
    plain, other = shipped(name), shipped(f"{name}-shuffled")
    assert (plain.shuffle, other.shuffle) == (None, SEED)
    right = np.zeros((2, 2), int)
    for index in range(8):
        image, label = digits.digit(index)
        kinds = [image[..., None].astype(np.float32), shuffled(image[..., None], SEED).astype(np.float32)]
        for row, network in enumerate((plain, other)):
            for column, pixels in enumerate(kinds):
                fitted = fit(pixels.astype(np.uint8), network.image_shape, network.scale, network.offset)
                right[row, column] += trace(network, fitted).winner == label
    assert right.diagonal().tolist() == [8, 8]
    assert right[0, 1] + right[1, 0] <= 8
