"""How strongly a unit answers to the pictures of a data set: one number a picture, its largest activation there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz.errors import NnvizError

SMALL = 0.2
"""Share of the spread within the classes below which a difference of their means says nothing."""


@dataclass(frozen=True, eq=False)
class ClassMeans:
    """A unit's mean answer to the pictures of each class.

    Attributes:
        means: (K,) float64; 0 where there is no picture of a class.
        counts: (K,) int64, pictures of each class.
        spread: standard deviation of the answers within the classes, over all of them.
    """

    means: np.ndarray
    counts: np.ndarray
    spread: float

    @property
    def best(self) -> int:
        """The class that excites the unit most, among those with pictures."""
        return int(np.where(self.counts > 0, self.means, -np.inf).argmax())

    @property
    def alike(self) -> tuple[int, ...]:
        """The best class and those that excite the unit as well as it, the strongest first: their means are nearer to
        its own than a fifth of the spread, which Cohen (1988) calls a small effect."""
        order = np.argsort(-self.means, kind="stable")
        low = self.means[self.best] - SMALL * self.spread
        return tuple(int(at) for at in order if self.counts[at] and (at == self.best or self.means[at] > low))

    @property
    def others(self) -> float | None:
        """The mean over all pictures of the classes that are not `alike`; None where there are none."""
        rest = ~np.isin(np.arange(len(self.counts)), self.alike)
        total = int(self.counts[rest].sum())
        return float((self.means * self.counts)[rest].sum() / total) if total else None


@dataclass(frozen=True, eq=False)
class Distribution:
    """A unit's largest activation in each picture.

    Attributes:
        values: (m,) float32, read-only; pictures that gave no finite number are left out.
    """

    values: np.ndarray

    @property
    def mean(self) -> float:
        return float(self.values.mean(dtype=np.float64))

    @property
    def silent(self) -> float:
        """The share of the pictures whose largest activation is exactly 0, 0..1: behind a ReLU it is 0 everywhere."""
        return float(np.mean(self.values == 0))

    @property
    def constant(self) -> bool:
        """Whether it gives all pictures the same answer."""
        return bool((self.values == self.values[0]).all())

    def below(self, value: float) -> float:
        """Where a value stands: the share of the pictures whose answer is smaller, 0..1."""
        return float(np.mean(self.values < value))


def distribution(maxima: Any, unit: int) -> Distribution:
    """The distribution of one unit's answers.

    Args:
        maxima: (m, units), each picture's largest activation of each unit.
        unit: which of them, from 0.

    Raises:
        NnvizError: no such unit; not a single picture with a finite answer.
    """
    found = column(maxima, unit)
    values = found[np.isfinite(found)]
    if not values.size:
        raise NnvizError(f"At least one finite answer of unit {unit} was expected. Received: {found.size} answers.")
    values.flags.writeable = False
    return Distribution(values)


def class_means(maxima: Any, unit: int, labels: Any, classes: int) -> ClassMeans:
    """What excites a unit, by the data's own labels: its mean answer to the pictures of each class.

    Args:
        maxima, unit: as `distribution` takes them.
        labels: (m,) int, the class of each picture, 0..classes-1; -1 where it has none.
        classes: K.

    Raises:
        NnvizError: no such unit; not one label a picture; a label out of range.
    """
    values, found = column(maxima, unit).astype(np.float64), np.asarray(labels)
    if found.shape != values.shape:
        raise NnvizError(f"One label a picture was expected: {values.size}. Received: {found.size}.")
    if found.size and not -1 <= int(found.min()) <= int(found.max()) < classes:
        raise NnvizError(f"Labels from -1 to {classes - 1} were expected. Received: {found.min()} to {found.max()}.")
    good = (found >= 0) & np.isfinite(values)
    counts = np.bincount(found[good], minlength=classes)
    sums = np.bincount(found[good], weights=values[good], minlength=classes)
    means = sums / np.maximum(counts, 1)
    within = values[good] - means[found[good]]
    return ClassMeans(means, counts, float(np.sqrt(np.mean(within**2))) if within.size else 0.0)


def column(maxima: Any, unit: int) -> np.ndarray:
    """(m,): one unit's answers. Raises NnvizError where there is no such unit."""
    table = np.asarray(maxima)
    if table.ndim != 2:
        raise NnvizError(f"Answers (pictures, units) were expected. Received: an array of shape {table.shape}.")
    if not 0 <= unit < table.shape[1]:
        raise NnvizError(f"A unit from 0 to {table.shape[1] - 1} was expected. Received: {unit}.")
    return table[:, unit]
