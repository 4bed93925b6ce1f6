"""The strongest places of every unit of every layer in a set of pictures: what a search has found, and how two parts of
it become one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

SAMPLE, SAMPLE_BYTES = 2000, 128 * 2**20
"""Images of which every unit's largest activation is kept, and bytes that all of these may take: of a deep network
there are fewer images."""


@dataclass(frozen=True)
class Hit:
    """One of the places that excite a unit most: its value there, the image's number, and the cell of its map.

    The cell is None in a layer without maps.
    """

    value: float
    image: int
    cell: tuple[int, int] | None


@dataclass(frozen=True, eq=False)
class Ranking:
    """The strongest places of each unit of one layer: read-only arrays (units, k), the strongest first.

    Where values are equal the image with the lower number comes first, and in one image the first cell, row by row.

    Attributes:
        values: float32, activations, but logits where `by_logits`; -inf for an image that gave no number.
        images: int64, numbers in the set that was searched, each at most once a unit.
        rows, columns: int64, the cell; -1 in a layer without maps. A layer of steps has them as rows.
    """

    values: np.ndarray
    images: np.ndarray
    rows: np.ndarray
    columns: np.ndarray

    def of(self, unit: int) -> tuple[Hit, ...]:
        """The hits of one unit."""
        return tuple(
            Hit(float(value), int(image), None if row < 0 else (int(row), int(column)))
            for value, image, row, column in zip(
                self.values[unit], self.images[unit], self.rows[unit], self.columns[unit], strict=True
            )
            if np.isfinite(value)
        )


@dataclass(frozen=True, eq=False)
class Strongest:
    """The result of a search, or what it has so far.

    Attributes:
        layers: rankings by layer name.
        searched: how many images were searched.
        available: of how many.
        maxima: by layer name (m, units) float32, read-only: the largest activation of each unit over its map in each
            image of a fair sample, as `Ranking.values` has them (logits where `by_logits`, -inf where no number). All
            images that were searched while they are few, else the first of the order that was drawn.
        sampled: (m,) int64, read-only, the numbers of those images, in the order in which they were searched.
        skipped: numbers of those that could not be read; they count as neither searched nor sampled.
    """

    layers: Mapping[str, Ranking]
    searched: int
    available: int
    maxima: Mapping[str, np.ndarray] = field(default_factory=dict)
    sampled: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    skipped: tuple[int, ...] = ()

    @property
    def seen(self) -> int:
        """How far it came: images that were searched or skipped."""
        return self.searched + len(self.skipped)


def merged(before: Ranking | None, more: Ranking, count: int) -> Ranking:
    """The strongest `count` of both; of equals the lower image first."""
    both = [more] if before is None else [before, more]
    values, images, rows, columns = (
        np.concatenate([getattr(each, name) for each in both], axis=1)
        for name in ("values", "images", "rows", "columns")
    )
    order = np.lexsort((images, -values), axis=1)[:, :count]
    return Ranking(*(_closed(np.take_along_axis(array, order, axis=1)) for array in (values, images, rows, columns)))


def by_layer(ranking: Ranking, units: Mapping[str, int]) -> Mapping[str, Ranking]:
    """The ranking of all units, layer after layer, as one a layer; views, no copies."""
    found, start = {}, 0
    for name, count in units.items():
        part = slice(start, start + count)
        start += count
        found[name] = Ranking(ranking.values[part], ranking.images[part], ranking.rows[part], ranking.columns[part])
    return MappingProxyType(found)


def of_all(layers: Mapping[str, Ranking]) -> Ranking | None:
    """The rankings of all layers as one, the inverse of `by_layer`; None where there is none."""
    if not layers:
        return None
    names, each = ("values", "images", "rows", "columns"), list(layers.values())
    return Ranking(*(_closed(np.concatenate([getattr(ranking, name) for ranking in each])) for name in names))


class Sample:
    """The largest activations of the first images of an order, a row an image, as they come in.

    Rows are only ever added, so what was handed out does not change.

    Args:
        order: (n,) in which the images are searched.
        since: what a search had when it was stopped.
    """

    def __init__(self, order: np.ndarray, since: Strongest | None = None) -> None:
        self._order = order
        self._rows = np.empty((0, 0), np.float32)
        self._images = np.empty(0, np.int64)
        self._filled = 0
        if since is not None and since.maxima:
            self.add(since.sampled, np.concatenate(list(since.maxima.values()), axis=1))

    def add(self, images: np.ndarray, maxima: np.ndarray) -> None:
        """Take those of the images (n,) that are of the sample in, and their maxima (n, units of all layers)."""
        if not self._rows.size:
            most = min(len(self._order), SAMPLE, max(1, SAMPLE_BYTES // (4 * maxima.shape[1])))
            self._images, self._rows = np.empty(most, np.int64), np.empty((most, maxima.shape[1]), np.float32)
        inside = np.isin(images, self._order[: len(self._images)])
        end = self._filled + int(inside.sum())
        self._images[self._filled : end] = images[inside]
        self._rows[self._filled : end] = maxima[inside]
        self._filled = end

    def maxima(self, units: Mapping[str, int]) -> Mapping[str, np.ndarray]:
        """What there is so far, by layer; views, no copies."""
        ends = np.cumsum(list(units.values()))
        rows = _closed(self._rows[: self._filled])
        return MappingProxyType({n: rows[:, e - units[n] : e] for n, e in zip(units, ends.tolist(), strict=True)})

    @property
    def images(self) -> np.ndarray:
        """The images of its rows."""
        return _closed(self._images[: self._filled])


def _closed(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
