"""t-SNE: points in the plane or in space that have the same neighbours as their vectors.

van der Maaten and Hinton 2008, Visualizing Data using t-SNE; scikit-learn's, by the approximation of Barnes and Hut.

scikit-learn's can neither be watched nor stopped while it runs, so it runs several times, each from where the last
one ended. That costs no quality if two things are minded (2,000 digits, 4 runs against one of as many steps: a
divergence at most 0.3 % larger, the same time; `tests/analysis/embedding/test_tsne.py` holds it):

- Only the first run exaggerates. All later ones begin with the low momentum of that phase and forget the gains of
  their coordinates, so they take longer steps.
- The neighbours are searched once. The graph must hold each point itself, as `KNeighborsTransformer` makes it:
  without, scikit-learn leaves out the nearest neighbour in its place.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import numpy as np

from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError

PERPLEXITY = 30.0
STEPS = 1000
_RUN = 250
"""Steps of a run: the fewest that scikit-learn allows."""
_EXAGGERATION = 12.0
_ANGLES = {2: 0.5, 3: 0.7}
"""How coarsely far points are summed: in space a quarter of the time less, and a divergence 1 % larger at most."""
_LONGER = 10.0
"""How much longer the steps of all but the first run are."""


def tsne(
    values: np.ndarray, start: np.ndarray, perplexity: float = PERPLEXITY
) -> Generator[Progress, None, np.ndarray]:
    """Points that have the neighbours of vectors.

    Args:
        values: (n, size) float32.
        start: (n, axes), 2 or 3: where the points come from, in any scale. Nothing is drawn at random.
        perplexity: neighbours of a point, about.

    Yields:
        Steps done; `so_far` the points (n, axes) float32 as they stand.

    Raises:
        NnvizError: fewer points than the perplexity needs.
    """
    count = len(values)
    if not 1 < perplexity < count - 1:
        raise NnvizError(f"More points than the perplexity were expected. Received: {count}, {perplexity:g}.")
    from sklearn.manifold import TSNE
    from sklearn.neighbors import KNeighborsTransformer
    from threadpoolctl import threadpool_limits

    # A core is left to the page: OpenMP's threads wait for each other, and for one that is held up ten times as long.
    cores = max(1, (os.cpu_count() or 2) - 1)
    near = min(count - 1, int(3 * perplexity) + 2)
    with threadpool_limits(cores, user_api="openmp"):
        graph = KNeighborsTransformer(mode="distance", n_neighbors=near).fit_transform(values)
    points = (start / max(float(start[:, 0].std()), 1e-30) * 1e-4).astype(np.float32)
    rate = max(count / _EXAGGERATION / 4, 50.0)
    yield Progress(0, STEPS)
    for done in range(0, STEPS, _RUN):
        run = TSNE(
            start.shape[1],
            perplexity=perplexity,
            init=points,
            metric="precomputed",
            early_exaggeration=1.0 if done else _EXAGGERATION,
            learning_rate=rate * _LONGER if done else rate,
            max_iter=_RUN,
            angle=_ANGLES[start.shape[1]],
        )
        with threadpool_limits(cores, user_api="openmp"):
            points = run.fit_transform(graph)
        yield Progress(done + _RUN, STEPS, points)
    return points
