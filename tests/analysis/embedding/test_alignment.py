"""Procrustes alignment against maps that were turned by hand, scipy's, and all other angles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes
from scipy.spatial.distance import pdist

from nnviz.analysis.embedding.alignment import align, chained


def cloud(seed, axes, count=60):
    return np.random.default_rng(seed).normal(size=(count, axes)) * np.arange(1, axes + 1)[::-1] + 5


def orthogonal(seed, axes):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(axes, axes)))[0]


@given(st.integers(0, 1000), st.integers(2, 3), st.booleans(), st.floats(1e-3, 1e3))
def test_a_map_that_was_turned_mirrored_moved_and_enlarged_comes_back(seed, axes, mirrored, factor):
    points, turn = cloud(seed, axes), orthogonal(seed + 1, axes)
    turn[:, 0] *= -1 if mirrored else 1
    moved = factor * points @ turn + 7 * factor
    found = align(moved, points)
    np.testing.assert_allclose(found.place(moved) / factor, points - points.mean(axis=0), atol=1e-6)
    assert found.residual == pytest.approx(0, abs=1e-9)


@given(st.integers(0, 1000), st.integers(2, 3))
def test_no_distance_changes_and_no_other_turn_leaves_less(seed, axes):
    points, other = cloud(seed, axes), cloud(seed + 1, axes) ** 2
    found = align(points, other)
    np.testing.assert_allclose(pdist(found.place(points)), pdist(points), rtol=1e-9)
    mine, theirs = (each - each.mean(axis=0) for each in (points, other))
    mine, theirs = (each / np.sqrt((each**2).sum(axis=1).mean()) for each in (mine, theirs))
    np.testing.assert_allclose(found.turn, orthogonal_procrustes(mine, theirs)[0], atol=1e-9)
    for number in range(20):
        left = ((mine @ orthogonal(number, axes) - theirs) ** 2).sum(axis=1).mean()
        assert left >= found.residual - 1e-12
    assert 0 <= found.residual <= 2


def test_each_lies_upon_the_one_before_and_one_without_extent_is_passed_over():
    first, last = cloud(0, 2), cloud(0, 2) @ orthogonal(3, 2)
    found = chained([first, np.ones((60, 2)), last])
    np.testing.assert_array_equal(found[0].turn.round(12), np.eye(2))
    np.testing.assert_array_equal(found[1].place(np.ones((60, 2))), 0)
    np.testing.assert_allclose(found[2].place(last), first - first.mean(axis=0), atol=1e-9)
