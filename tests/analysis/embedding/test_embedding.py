"""Principal components against the singular values, neighbours and silhouettes against plain loops."""

import numpy as np
import pytest
from draining import drained
from shipped import shipped
from sklearn.metrics import silhouette_score

from nnviz import NnvizError, digits
from nnviz.analysis.embedding.embedding import apart, embedded, embedding, nearest, principal, squared_distances

GENERATOR = np.random.default_rng(0)


def cloud(count, size):
    """Vectors that vary most along a few axes, and their classes."""
    labels = np.arange(count) % 3
    values = GENERATOR.normal(size=(count, size)) * np.linspace(3, 0.1, size) + labels[:, None] * np.sin(
        np.arange(size)
    )
    return values.astype(np.float32), labels


def distances(values):
    return np.linalg.norm(values[:, None].astype(float) - values[None], axis=2)


@pytest.mark.parametrize(("count", "size"), [(40, 7), (40, 90), (300, 200), (300, 500)])
def test_principal_components_are_the_singular_vectors(count, size):
    values, _ = cloud(count, size)
    centred = values - values.mean(axis=0)
    coordinates, axes, shares = principal(values)
    left, powers, right = np.linalg.svd(centred.astype(float), full_matrices=False)
    signs = np.sign((axes.T * right[:3]).sum(axis=1))
    np.testing.assert_allclose(axes.T, right[:3] * signs[:, None], atol=2e-4)
    np.testing.assert_allclose(coordinates, left[:, :3] * powers[:3] * signs, atol=2e-3)
    np.testing.assert_allclose(shares, powers[:3] ** 2 / (powers**2).sum(), rtol=1e-4)
    assert (axes[np.abs(axes).argmax(axis=0), np.arange(3)] > 0).all()


def test_what_has_fewer_dimensions_than_axes_fills_up_with_zeros():
    values = np.float32([[1], [2], [6]])
    coordinates, axes, shares = principal(values)
    np.testing.assert_allclose(coordinates, [[-2, 0, 0], [-1, 0, 0], [3, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(axes, [[1, 0, 0]])
    np.testing.assert_allclose(shares, [1, 0, 0])
    still = principal(np.zeros((5, 4), np.float32))
    assert not any(part.any() for part in still)


def test_distances_and_neighbours_are_those_of_a_loop():
    values, _ = cloud(60, 20)
    exact = distances(values)
    found = squared_distances(values)
    np.testing.assert_allclose(np.sqrt(found), exact, atol=1e-2)
    assert (np.diag(found) == 0).all()
    near = nearest(found, 5)
    for i in range(60):
        order = [int(j) for j in np.argsort(exact[i], kind="stable") if j != i][:5]
        assert near[i].tolist() == order


@pytest.mark.parametrize("count", [1, 4, 10])
def test_accuracy_and_silhouette_are_those_of_a_loop(count):
    values, labels = cloud(90, 12)
    exact = distances(values)
    right = 0
    for i in range(90):
        others = sorted((j for j in range(90) if j != i), key=lambda j: (exact[i, j], j))[:count]
        votes = [sum(labels[j] == group for j in others) for group in range(3)]
        right += votes.index(max(votes)) == labels[i]
    found = apart(squared_distances(values), labels, count)
    assert found.accuracy == pytest.approx(right / 90)
    assert 1 / 3 < found.accuracy < 1
    assert found.silhouette == pytest.approx(silhouette_score(values, labels), abs=1e-4)


def test_classes_far_apart_are_told_by_all_and_one_alone_counts_nothing():
    values = np.float32([[0, 0], [0, 1], [50, 0], [50, 1], [0, 90]])
    labels = np.array([4, 4, 7, 7, 9])
    found = apart(squared_distances(values), labels, 1)
    assert found.accuracy == pytest.approx(4 / 5)
    assert found.silhouette == pytest.approx(silhouette_score(values, labels), abs=1e-5)


def test_classes_need_to_be_two():
    with pytest.raises(NnvizError, match="Received: 4 of 1"):
        apart(np.ones((4, 4)), np.zeros(4, int))


def test_another_vector_stands_where_its_own_would():
    values, labels = cloud(80, 30)
    found = embedding(values, labels)
    np.testing.assert_allclose(found.place(values[17]), found.coordinates[17], atol=1e-3)
    assert found.place(values[17][:5]) is None
    assert found.space.accuracy >= found.plane.accuracy - 0.1


def test_the_digits_come_apart_with_depth():
    network, (images, labels) = shipped("mnist-mlp"), digits.test_set()
    layers = ("input", "dense1", "dense2", "output")

    def apart():
        return drained(embedded(network, layers, images[:400], labels[:400].astype(int)))

    found, told = apart()
    assert [progress.done for progress in told] == sorted(progress.done for progress in told)
    assert told[-1].done == told[-1].total
    assert tuple(found) == layers
    accuracy = [found[name].space.accuracy for name in layers]
    assert accuracy[0] < accuracy[1] < accuracy[3]
    assert found["output"].space.silhouette > 0.8
    np.testing.assert_allclose(found["input"].mean, images[:400].reshape(400, -1).mean(axis=0) / 255, atol=1e-5)
    # The same each time.
    np.testing.assert_array_equal(apart()[0]["dense1"].coordinates, found["dense1"].coordinates)
