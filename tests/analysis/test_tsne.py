"""t-SNE against its definition, central differences, and scikit-learn's."""

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.manifold import TSNE

from nnviz import NnvizError
from nnviz.analysis.embedding import apart, squared_distances
from nnviz.analysis.tsne import divergence, gradient, shares, tsne

VALUES, LABELS = make_blobs(240, 20, centers=6, cluster_std=3.0, random_state=0)
VALUES = VALUES.astype(np.float32)
START = VALUES[:, :2] - VALUES[:, :2].mean(axis=0)


def drained(steps):
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return end.value, told


def test_every_point_has_the_perplexity():
    """Read back from the definition: with all others in, p_j|i of each row has the entropy log(perplexity)."""
    squared = squared_distances(VALUES)
    found = shares(squared, 12.0).astype(float)
    np.testing.assert_allclose(found, found.T, atol=1e-9)
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert (np.diag(found) == 0).all()
    # One point whose width is found by another hand.
    others = np.delete(squared[3], 3).astype(float)
    widths = np.linspace(0.001, 0.2, 20_000)
    for narrow in widths:
        weights = np.exp(-(others - others.min()) * narrow)
        weights /= weights.sum()
        if -(weights[weights > 0] * np.log(weights[weights > 0])).sum() < np.log(12):
            break
    mutual = [found[3, j] * 2 * len(VALUES) for j in range(len(VALUES)) if j != 3]
    # p_ij holds both directions: none can be less than its own.
    assert all(both >= own * 0.99 - 1e-4 for both, own in zip(mutual, weights, strict=True))


def test_the_gradient_is_that_of_the_divergence():
    wanted = shares(squared_distances(VALUES[:150]), 8.0)
    points = np.random.default_rng(1).normal(size=(150, 3))
    found, step = gradient(points, wanted), 1e-5
    for i, axis in [(0, 0), (17, 2), (149, 1), (128, 0)]:
        up, down = points.copy(), points.copy()
        up[i, axis] += step
        down[i, axis] -= step
        slope = (divergence(up, wanted) - divergence(down, wanted)) / (2 * step)
        assert found[i, axis] == pytest.approx(slope, rel=1e-4, abs=1e-8)


@pytest.mark.parametrize("axes", [2, 3])
def test_it_ends_as_low_as_scikit_learns(axes):
    squared = squared_distances(VALUES)
    start = VALUES[:, :axes] - VALUES[:, :axes].mean(axis=0)
    found, told = drained(tsne(squared, start, perplexity=20.0))
    assert found.shape == (240, axes)
    assert (told[-1].done, told[-1].total) == (500, 500)
    other = TSNE(axes, perplexity=20.0, init=start / start[:, 0].std() * 1e-4, method="exact", max_iter=500)
    theirs = other.fit_transform(VALUES)
    wanted = shares(squared, 20.0)
    assert divergence(found, wanted) <= 1.1 * divergence(theirs, wanted) + 0.02
    assert apart(squared_distances(found), LABELS).accuracy >= apart(squared, LABELS).accuracy - 0.03


def test_it_is_the_same_each_time_and_can_be_watched_and_stopped():
    squared = squared_distances(VALUES)
    first, told = drained(tsne(squared, START, steps=60))
    np.testing.assert_array_equal(first, drained(tsne(squared, START, steps=60))[0])
    assert [progress.done for progress in told] == list(range(5, 61, 5))
    assert all(np.isfinite(progress.so_far).all() for progress in told)
    np.testing.assert_array_equal(told[-1].so_far, first)
    steps = tsne(squared, START, steps=60)
    next(steps)
    steps.close()


def test_more_points_than_the_perplexity_are_needed():
    with pytest.raises(NnvizError, match="Received: 20, 30"):
        next(tsne(np.ones((20, 20)), np.ones((20, 2))))
