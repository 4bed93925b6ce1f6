"""Agreement: how alike the maps of several methods order the places of one picture."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

from nnviz.analysis.attribution import Attribution, explaining
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.targets import Target
from nnviz.analysis.progress import Progress, retold
from nnviz.errors import NnvizError

PARTS = 10
"""Parts that each piece of a longer work is told in."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """Rank correlations of the magnitudes of maps.

    Attributes:
        methods: their names, in order.
        matrix: (n, n) -1..1, symmetric, 1 on the diagonal; NaN where a map is the same everywhere, or not there yet.
        failed: why a method has no map, by its name.
    """

    methods: tuple[str, ...]
    matrix: np.ndarray
    failed: Mapping[str, str]


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Rank correlation (Spearman 1904) of two maps of one shape, -1..1; NaN where one is the same everywhere.

    Equal values share the mean of their ranks. Places where both maps are zero are left out: the black around a
    digit is zero in every map that multiplies by the input, and would make any two of them alike.
    """
    if np.shape(one) != np.shape(other):
        raise NnvizError(f"Two maps of one size were expected. Received: {np.shape(one)} and {np.shape(other)}.")
    told = (np.asarray(one) != 0) | (np.asarray(other) != 0)
    ranks = [rankdata(np.asarray(values)[told]) for values in (one, other)]
    ranks = [each - each.mean() if each.size else each for each in ranks]
    size = float(np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum()))
    return float(np.clip(ranks[0] @ ranks[1] / size, -1, 1)) if size > 0 else float("nan")


def agreement(maps: Mapping[str, np.ndarray], failed: Mapping[str, str] | None = None) -> Agreement:
    """The matrix of maps (H, W) of magnitudes by the names of their methods."""
    names = tuple(maps)
    matrix = np.full((len(names), len(names)), np.nan)
    for row, name in enumerate(names):
        matrix[row, row] = 1.0
        for column in range(row):
            matrix[row, column] = matrix[column, row] = spearman(maps[name], maps[names[column]])
    return Agreement(names, matrix, dict(failed or {}))


def agreeing(
    network: Network,
    image: Any,
    target: Target,
    methods: Sequence[tuple[str, Mapping[str, Any]]],
    known: Mapping[str, Attribution] | None = None,
    made: Callable[[str, Attribution], None] | None = None,
) -> Generator[Progress, None, Agreement]:
    """The matrix of several methods on one picture, method by method; `so_far` is that of those that are done.

    Args:
        network, image, target: as `nnviz.explain` takes them.
        methods: names and parameters.
        known: attributions that there are already, by name.
        made: is told of each that is made, with its name.
    """
    total = PARTS * len(methods)
    maps: dict[str, np.ndarray] = {}
    failed: dict[str, str] = {}
    for at, (name, parameters) in enumerate(methods):
        found = (known or {}).get(name)
        if found is None:
            try:
                steps = explaining(network, image, name, target, **parameters)
                found = yield from inner(steps, at, len(methods), agreement(maps, failed) if maps else None)
                if made is not None:
                    made(name, found)
            except NnvizError as error:
                failed[name] = str(error)
        if found is not None:
            maps[name] = found.over_image(magnitude=True)
        yield Progress(PARTS * (at + 1), total, agreement(maps, failed) if maps else None)
    return agreement(maps, failed)


def inner(
    steps: Generator[Progress, None, Attribution], done: int, total: int, so_far: Any = None
) -> Generator[Progress, None, Attribution]:
    """A method's own steps as one of `total` pieces of a longer work, of which so many are done.

    Told in `PARTS` of a piece, so that a bar moves within one too.
    """

    def told(own: Progress) -> Progress:
        within = PARTS * own.done // max(own.total, 1)
        return Progress(PARTS * done + min(within, PARTS), PARTS * total, so_far)

    return (yield from retold(steps, told))
