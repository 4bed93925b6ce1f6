"""t-SNE in several runs against a single one of scikit-learn's: as low, as true to the neighbours."""

import numpy as np
import pytest
from draining import drained
from sklearn.datasets import make_blobs
from sklearn.manifold import TSNE, trustworthiness
from threadpoolctl import threadpool_limits

from nnviz import NnvizError
from nnviz.analysis.embedding.tsne import STEPS, tsne

VALUES, LABELS = make_blobs(400, 20, centers=8, cluster_std=4.0, random_state=0)
VALUES = VALUES.astype(np.float32)


@pytest.fixture(autouse=True)
def one_thread():
    """On a busy machine OpenMP's threads wait for each other ten times as long as the work takes."""
    with threadpool_limits(1, user_api="openmp"):
        yield


def start(axes):
    return VALUES[:, :axes] - VALUES[:, :axes].mean(axis=0)


def divergence(points, values=VALUES):
    """KL(p || q) as scikit-learn measures it, with all neighbours counted: without a step it stays where it is."""
    still = TSNE(points.shape[1], init=points, learning_rate=1e-9, early_exaggeration=1.0, max_iter=251, method="exact")
    still.fit(values)
    return still.kl_divergence_


@pytest.mark.parametrize("axes", [2, pytest.param(3, marks=pytest.mark.full)])
def test_it_ends_as_low_as_one_run_and_keeps_as_many_neighbours(axes):
    found, told = drained(tsne(VALUES, start(axes)))
    assert found.shape == (400, axes)
    assert found.dtype == np.float32
    whole = TSNE(axes, init=start(axes) / start(axes)[:, 0].std() * 1e-4, max_iter=STEPS).fit_transform(VALUES)
    assert divergence(found) <= 1.03 * divergence(whole)
    assert trustworthiness(VALUES, found, n_neighbors=10) >= trustworthiness(VALUES, whole, n_neighbors=10) - 0.005
    assert [(progress.done, progress.total) for progress in told] == [(at, STEPS) for at in range(0, STEPS + 1, 250)]


def test_it_is_the_same_each_time_and_can_be_watched_and_stopped():
    values, begun = VALUES[:150], start(2)[:150]
    first, told = drained(tsne(values, begun))
    np.testing.assert_array_equal(first, drained(tsne(values, begun))[0])
    # Each run goes on where the last one ended: what is shown is what the next one has.
    assert told[0].so_far is None
    lows = [divergence(progress.so_far, values) for progress in told[1:]]
    assert lows == sorted(lows, reverse=True)
    np.testing.assert_array_equal(told[-1].so_far, first)
    steps = tsne(values, begun)
    next(steps)
    steps.close()


def test_points_that_are_all_alike_stay_finite():
    found, _ = drained(tsne(np.ones((120, 4), np.float32), np.zeros((120, 2), np.float32)))
    assert np.isfinite(found).all()


def test_more_points_than_the_perplexity_are_needed():
    with pytest.raises(NnvizError, match="Received: 20, 30"):
        next(tsne(np.ones((20, 20), np.float32), np.ones((20, 2))))
