"""Where digits stand to each other in a layer: flat pictures of their vectors, and how well the classes come apart.

Distances are Euclidean, of the activations as they are.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from nnviz.analysis.network import Network
from nnviz.analysis.progress import Progress
from nnviz.analysis.vectors import lengths, vectors
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
    """Squared Euclidean distances (n, n) float32 of vectors (n, size); exactly 0 on the diagonal."""
    centred = values - values.mean(axis=0)
    return _distances(centred @ centred.T)


def _distances(products: np.ndarray) -> np.ndarray:
    """From inner products (n, n): |a|^2 + |b|^2 - 2ab."""
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
    classes, index = np.unique(labels, return_inverse=True)
    if len(labels) < 2 or len(classes) < 2:
        raise NnvizError(f"Digits of two classes or more were expected. Received: {len(labels)} of {len(classes)}.")
    votes = index[nearest(squared, min(count, len(labels) - 1))]
    said = (votes[:, :, None] == np.arange(len(classes))).sum(axis=1).argmax(axis=1)
    member = np.eye(len(classes), dtype=np.float32)[index]
    sizes = member.sum(axis=0)
    sums = np.sqrt(squared) @ member
    own, rows = sizes[index], np.arange(len(labels))
    inside = sums[rows, index] / np.maximum(own - 1, 1)
    means = sums / sizes
    means[rows, index] = np.inf
    outside = means.min(axis=1)
    larger = np.maximum(np.maximum(inside, outside), 1e-30)
    # One that is alone in its class counts 0 by definition.
    silhouette = np.where(own > 1, (outside - inside) / larger, 0.0)
    return Apart(float((said == index).mean()), float(silhouette.mean()))


def principal(values: np.ndarray, products: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Principal components (Pearson 1901): the axes along which vectors vary most.

    Args:
        values: (n, size) float32, centred on their mean.
        products: their inner products (n, n), where they are known already.

    Returns:
        coordinates (n, 3), axes (size, 3) of length 1, and the share of the variance that each shows (3,). What a
        vector has too few dimensions for is 0. The largest coordinate of each axis is positive.
    """
    count, size = values.shape
    total = float((values.astype(np.float64) ** 2).sum())
    wide = size > count
    matrix = (values @ values.T if products is None else products) if wide else values.T @ values
    kept = min(AXES, len(matrix))
    coordinates, axes, shares = np.zeros((count, AXES)), np.zeros((size, AXES)), np.zeros(AXES)
    if total > 0:
        powers, found = _largest(matrix.astype(np.float64), kept)
        if wide:
            found = values.T @ found / np.sqrt(np.maximum(powers, 1e-30))
        axes[:, :kept], shares[:kept] = found, np.maximum(powers, 0) / total
        coordinates = values @ axes
        peaks = coordinates[np.abs(coordinates).argmax(axis=0), np.arange(AXES)]
        signs = np.where(peaks < 0, -1.0, 1.0)
        coordinates, axes = coordinates * signs, axes * signs
    return coordinates.astype(np.float32), axes.astype(np.float32), shares


def _largest(matrix: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The largest eigenvalues of a symmetric matrix, falling, and their vectors as columns."""
    if len(matrix) <= 128:
        values, columns = np.linalg.eigh(matrix)
    else:
        from scipy.sparse.linalg import eigsh

        values, columns = eigsh(matrix, k=count, v0=np.random.RandomState(0).standard_normal(len(matrix)))
    order = np.argsort(-values)[:count]
    return values[order], columns[:, order]


def embedding(values: np.ndarray, labels: np.ndarray) -> Embedding:
    """Vectors (n, size) of digits with their classes (n,), by their principal components, measured."""
    mean = values.mean(axis=0)
    centred = values - mean
    products = centred @ centred.T
    coordinates, axes, shares = principal(centred, products)
    plane = apart(squared_distances(coordinates[:, :2]), labels)
    return Embedding(coordinates, mean, axes, shares, apart(_distances(products), labels), plane)


def embedded(
    network: Network, layers: Sequence[str], images: np.ndarray, labels: np.ndarray
) -> Generator[Progress, None, dict[str, Embedding]]:
    """Digits in several layers by their principal components, in as few passes as the memory bears.

    Args:
        layers: names.
        images: (n, 28, 28) uint8.
        labels: (n,) their classes.

    Yields:
        How far it has come; `so_far` has the layers that are done.

    Raises:
        NnvizError: no such layer; digits of one class only.
    """
    found: dict[str, Embedding] = {}
    done, total = 0, 2 * len(layers)
    for group in _groups(network, layers, len(images)):
        steps = vectors(network, group, images)
        while True:
            try:
                part = next(steps)
            except StopIteration as finished:
                held = finished.value
                break
            yield Progress(done + len(group) * part.done // part.total, total, dict(found))
        done += len(group)
        for name in group:
            found[name] = embedding(held.pop(name), labels)
            done += 1
            yield Progress(done, total, dict(found))
    return found


def _groups(network: Network, layers: Sequence[str], count: int) -> list[list[str]]:
    """Layers whose vectors are held together."""
    found: list[list[str]] = []
    room = 0.0
    for name, length in lengths(network, layers).items():
        room -= 4 * length * count
        if room < 0 or not found:
            found.append([])
            room = _GROUP_BYTES - 4 * length * count
        found[-1].append(name)
    return found
