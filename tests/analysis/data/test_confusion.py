"""The confusion matrix against the cards and the networks themselves."""

import functools

import numpy as np
import pytest
from draining import drained
from shipped import shipped

from nnviz import NnvizError, digits, trace
from nnviz.analysis.data.confusion import Answers, answers


@functools.cache
def whole(name):
    """The answers to all digits, read once."""
    found, told = drained(answers(shipped(name)))
    assert (told[-1].done, told[-1].total) == (10_000, 10_000)
    return found


@pytest.fixture(params=["mnist-cnn", "mnist-mlp", "mnist-cnn-shuffled"])
def read(request):
    return shipped(request.param), whole(request.param)


def test_it_counts_what_the_card_says(read):
    network, found = read
    counts = found.matrix
    assert counts.sum() == 10_000
    assert np.trace(counts) == found.correct == network.card["test"]["correct"]
    np.testing.assert_array_equal(counts.sum(axis=1), np.bincount(digits.test_set()[1]))
    np.testing.assert_array_equal(counts.sum(axis=0), np.bincount(found.said, minlength=10))
    for digit in range(10):
        own = counts[digit, digit]
        assert found.recall[digit] == own / counts[digit].sum()
        assert found.precision[digit] == own / counts[:, digit].sum()


def test_the_bundled_networks_read_as_many_as_the_readme_says():
    assert whole("mnist-cnn").correct == 9934
    assert whole("mnist-mlp").correct == 9870


def test_mistakes_are_mistakes_and_the_surest_come_first(read):
    network, found = read
    numbers = found.mistakes()
    assert len(numbers) == 10_000 - found.correct
    assert (np.diff(found.sure[numbers]) <= 0).all()
    assert len(set(numbers.tolist())) == len(numbers)
    if network.shuffle is None:
        for number in numbers[:5]:
            image, label = digits.digit(int(number))
            one = trace(network, image)
            assert label != int(network.classes[one.winner]) == found.said[number]
            assert found.labels[number] == label
            assert found.sure[number] == pytest.approx(one.probabilities[one.winner], abs=1e-5)


def test_a_cell_of_the_matrix_is_the_digits_in_it(read):
    _, found = read
    for label in range(10):
        for said in range(10):
            numbers = found.read_as(label, said)
            assert len(numbers) == found.matrix[label, said]
            assert (found.labels[numbers] == label).all()
            assert (found.said[numbers] == said).all()
            assert (np.diff(found.sure[numbers]) * (1 if label == said else -1) >= 0).all()
        np.testing.assert_array_equal(
            np.sort(found.mistakes(label)), np.flatnonzero((found.labels == label) & (found.said != label))
        )
        np.testing.assert_array_equal(
            np.sort(found.mistakes(said=label)), np.flatnonzero((found.said == label) & (found.labels != label))
        )


def test_what_was_never_said_has_no_precision():
    found = Answers(np.array([1, 2, 2]), np.array([1, 1, 2]), np.float32([0.9, 0.5, 0.8]))
    assert found.correct == 2
    assert found.recall[1] == 1
    assert found.recall[2] == 0.5
    assert found.precision[1] == 0.5
    assert np.isnan(found.precision[3])
    assert np.isnan(found.recall[3])
    assert found.mistakes().tolist() == [1]


def test_a_network_for_something_else_is_refused(cases):
    with pytest.raises(NnvizError, match="digits 0 to 9"):
        next(answers(cases["sequential_cnn"].network))
