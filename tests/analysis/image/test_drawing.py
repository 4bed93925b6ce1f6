"""A drawing becomes a digit as MNIST has them."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import ndimage
from shipped import shipped

import nnviz
from nnviz.analysis.data import digits
from nnviz.analysis.image.drawing import as_digit
from nnviz.errors import NnvizError

_COUNT = 100


@given(st.integers(0, 9_999), st.integers(0, 120), st.integers(0, 120), st.integers(1, 6))
@example(0, 0, 0, 1)
def test_a_test_digit_drawn_anywhere_in_any_size_comes_back_as_it_was(index, top, left, size):
    image, _ = digits.digit(index)
    drawn = np.pad(np.kron(image, np.ones((size, size), np.uint8)), ((top, 7), (left, 11)))
    found, (row, column) = as_digit(drawn), ndimage.center_of_mass(image)
    # Some lie half a pixel off the middle, or a hair more: they may go to its other side.
    off = [np.roll(image, (down, right), (0, 1)) for down, right in _sides(row - 14, column - 14)]
    assert any(np.array_equal(found, each) for each in off)


def _sides(row, column):
    rows, columns = ([0, -int(np.sign(at))] if abs(at) > 0.49 else [0] for at in (row, column))
    return [(down, right) for down in rows for right in columns]


def test_digits_that_were_drawn_large_are_still_read():
    network = shipped("mnist-cnn")
    read = []
    for index in range(_COUNT):
        image, label = digits.digit(index)
        drawn = as_digit(np.pad(np.kron(image, np.ones((9, 9), np.uint8)), ((60, 0), (0, 40))))
        read.append(int(np.argmax(nnviz.trace(network, drawn).logits)) == label)
    assert np.mean(read) >= 0.98


def test_a_thin_stroke_keeps_its_proportions():
    pixels = np.zeros((280, 280), np.uint8)
    pixels[20:220, 100:120] = 255
    found = as_digit(pixels)
    assert found.any(axis=1).sum() == 20
    assert found.any(axis=0).sum() == 2
    assert found.max() == 255


@pytest.mark.parametrize(
    ("pixels", "said"),
    [(np.zeros((280, 280), np.uint8), "an empty one"), (np.zeros((9, 9, 3), np.uint8), "(9, 9, 3)")],
)
def test_what_is_no_drawing_is_refused_in_a_sentence(pixels, said):
    with pytest.raises(NnvizError, match="was expected") as caught:
        as_digit(pixels)
    assert said in str(caught.value)
