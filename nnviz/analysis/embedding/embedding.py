"""Where digits stand to each other in a layer: flat pictures of their vectors, and how well the classes come apart.

Distances are Euclidean, of the activations as they are.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from nnviz.analysis.embedding.vectors import lengths, vectors
from nnviz.analysis.network.network import Network
from nnviz.analysis.progress import Progress, retold
from nnviz.errors import NnvizError

NEIGHBOURS = 10
AXES = 3
_GROUP_BYTES = 256 * 2**20
"""Vectors that are held at once."""


@dataclass(frozen=True)
class Apart:
    """How well the classes come apart.

    Attributes:
        accuracy: share of the digits, 0..1, that their `NEIGHBOURS` nearest (without themselves) vote for rightly.
        silhouette: mean over the digits of (b - a) / max(a, b), -1..1: a the mean distance to the others of its
            class, b the smallest mean distance to another class (Rousseeuw 1987).
    """

    accuracy: float
    silhouette: float


@dataclass(frozen=True, eq=False)
class Embedding:
    """Digits in one layer by their principal components.

    Attributes:
        coordinates: (n, 3) float32, from the mean.
        mean, axes: (size,) and (size, 3) float32: another vector stands at (vector - mean) @ axes.
        explained: (3,) share of the variance that each axis shows.
        space: how the classes come apart by the whole vectors.
        plane: and by the first two coordinates.
    """

    coordinates: np.ndarray
    mean: np.ndarray
    axes: np.ndarray
    explained: np.ndarray
    space: Apart
    plane: Apart

    def place(self, vector: np.ndarray) -> np.ndarray | None:
        """Where another vector stands, (3,); None where it is of another length."""
        return (vector - self.mean) @ self.axes if vector.shape == self.mean.shape else None


def squared_distances(values: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances (n, n) float32 of vectors (n, size), |a|^2 + |b|^2 - 2ab; exactly 0 on the diagonal.

    scikit-learn's take ten times as long for vectors of some thousand float32, since they go through float64.
    """
    # Of vectors far from 0 the differences would drown in the squares.
    centred = values - values.mean(axis=0)
    products = centred @ centred.T
    norms = np.diag(products).copy()
    found = norms[:, None] + norms[None] - 2 * products
    np.maximum(found, 0, out=found)
    np.fill_diagonal(found, 0)
    return found


def nearest(squared: np.ndarray, count: int) -> np.ndarray:
    """The nearest others of each, (n, count) int, the nearest first; of equals the lower number."""
    inner = squared.copy()
    np.fill_diagonal(inner, np.inf)
    some = np.sort(np.argpartition(inner, count - 1, axis=1)[:, :count], axis=1)
    order = np.argsort(np.take_along_axis(inner, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, order, axis=1)


def apart(squared: np.ndarray, labels: np.ndarray, count: int = NEIGHBOURS) -> Apart:
    """How well classes come apart.

    Args:
        squared: squared distances (n, n).
        labels: (n,) int. Of classes with as many votes the lower one wins.
        count: neighbours that vote.

    Raises:
        NnvizError: fewer than two digits, or all of one class.
    """
    from sklearn.metrics import silhouette_score

    classes, index = np.unique(labels, return_inverse=True)
    if len(labels) < 2 or len(classes) < 2:
        raise NnvizError(f"Digits of two classes or more were expected. Received: {len(labels)} of {len(classes)}.")
    votes = index[nearest(squared, min(count, len(labels) - 1))]
    said = (votes[:, :, None] == np.arange(len(classes))).sum(axis=1).argmax(axis=1)
    if len(classes) == len(labels):
        # Each is alone in its class, and counts 0 by definition.
        return Apart(float((said == index).mean()), 0.0)
    silhouette = silhouette_score(np.sqrt(squared), labels, metric="precomputed")
    return Apart(float((said == index).mean()), float(silhouette))


def principal(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Principal components (Pearson 1901): the axes along which vectors vary most; scikit-learn's.

    Args:
        values: (n, size) float32.

    Returns:
        coordinates (n, 3) from the mean, axes (size, 3) of length 1, and the share of the variance that each shows
        (3,). What a vector has too few dimensions for is 0. The largest number of each axis is positive.
    """
    from sklearn.decomposition import PCA

    count, size = values.shape
    kept = min(AXES, count, size)
    coordinates, axes, shares = np.zeros((count, AXES)), np.zeros((size, AXES)), np.zeros(AXES)
    if np.ptp(values, axis=0).any():
        # The solver that is exact and looks for the largest alone; it needs one more than it looks for.
        found = PCA(kept, svd_solver="arpack" if kept < min(count, size) else "full", random_state=0)
        coordinates[:, :kept] = found.fit_transform(values)
        axes[:, :kept], shares[:kept] = found.components_.T, found.explained_variance_ratio_
    return coordinates.astype(np.float32), axes.astype(np.float32), shares


def embedding(values: np.ndarray, labels: np.ndarray) -> Embedding:
    """Vectors (n, size) of digits with their classes (n,), by their principal components, measured."""
    mean = values.mean(axis=0)
    coordinates, axes, shares = principal(values)
    plane = apart(squared_distances(coordinates[:, :2]), labels)
    return Embedding(coordinates, mean, axes, shares, apart(squared_distances(values), labels), plane)


def embedded(
    network: Network, layers: Sequence[str], images: np.ndarray, labels: np.ndarray
) -> Generator[Progress, None, dict[str, Embedding]]:
    """Digits in several layers by their principal components, in as few passes as the memory bears.

    Args:
        layers: names, the one that is waited for first.
        images: (n, 28, 28) uint8.
        labels: (n,) their classes.

    Yields:
        How far it has come; `so_far` has the layers that are done.

    Raises:
        NnvizError: no such layer; digits of one class only.
    """
    found: dict[str, Embedding] = {}
    # In digits: of a large network one pass alone takes many seconds.
    done, total = 0, 2 * len(layers) * len(images)
    for group in _groups(network, layers, len(images)):

        def told(part: Progress, done: int = done, count: int = len(group)) -> Progress:
            return Progress(done + count * part.done, total, dict(found))

        held = yield from retold(vectors(network, group, images), told)
        done += len(group) * len(images)
        for name in group:
            found[name] = embedding(held.pop(name), labels)
            done += len(images)
            yield Progress(done, total, dict(found))
    return found


def _groups(network: Network, layers: Sequence[str], count: int) -> list[list[str]]:
    """Layers whose vectors are held together. The first, which is waited for, comes by itself."""
    found: list[list[str]] = []
    room = 0.0
    for name, length in lengths(network, layers).items():
        room -= 4 * length * count
        if room < 0 or len(found) < 2:
            found.append([])
            room = _GROUP_BYTES - 4 * length * count
        found[-1].append(name)
    return found
