"""Deletion and insertion: the score as the pixels are taken away, or given, in the order of a map.

Petsiuk et al. 2018, RISE, arXiv:1806.07421, section 4: a map that knows what the score rests on makes it fall early
when its first pixels go (a small area under the curve), and rise early when they come (a large one).

An area alone says little: beside it stand those of random orders. What a map has to beat, the null hypothesis, is one
that knows the picture and nothing of the network. Orders of all pixels alike would be too weak for that: where what is
gone is black, the black around a digit changes nothing when it goes, so any map that lies on the ink would beat them,
also one of plain noise. So a random order is that of a map as grainy as the one in question (`surrogates`), times how
much each pixel changes when it goes; and a pixel that does not change goes with the last share, in every order. One
more such map would beat all ten at one curve one time in eleven. Noise that lies on the ink beat one of ten on average,
on eight digits, and never all at both curves; the picture itself, whose order is that of the change without any chance,
beat all ten at both on two of the eight. So a win says more than that a map lies on the ink, not that it must be right.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz.analysis.attribution.reference import reference
from nnviz.analysis.evidence.measure import Measure, class_of, measure_of, one_a_pixel, probabilities_of, wanted
from nnviz.analysis.evidence.surrogates import surrogate_map
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import chunks
from nnviz.analysis.network.targets import Target
from nnviz.analysis.network.trace import fitted_to
from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError

_SAME = 1 / 512
"""Share of the largest difference up to which a pixel looks like what replaces it: half a grey level, of 256."""


@dataclass(frozen=True, eq=False)
class Erased:
    """The pictures that were measured: what a pixel is, what it is once it is gone, and when it goes.

    Attributes:
        picture, fill: (H, W, C) float32 in the network's own range: as it is, and with every pixel gone.
        until: (n + 1,) int, how many pixels of an order are gone, or there, after each step.
        ranks: (1 + maps, H, W) int32, the place of each pixel in each order, from 0: the map's own first, then the
            random ones.
        said: (2, 1 + maps, n + 1) int32, the class that wins on each picture as the pixels go, and as they come; None
            where the score alone was measured.
        sure: (2, 1 + maps, n + 1) float32, the probability of that class.
    """

    picture: np.ndarray
    fill: np.ndarray
    until: np.ndarray
    ranks: np.ndarray
    said: np.ndarray | None
    sure: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Curves:
    """What became of a score as the pixels went and came.

    Attributes:
        shares: (n + 1,) share of the pixels that are gone, or there, of those that differ, 0..1 rising.
        deletion, insertion: (n + 1,) the probability or the score after each share.
        random_deletion, random_insertion: (maps, n + 1) the same in as many random orders.
        differ: how many pixels differ from what replaces them; the others go, and come, with the last share.
        pixels: how many there are.
        target: what was measured; the winner is resolved to its class.
        measure: its probability or its score.
        baseline: what a pixel that is gone is replaced by.
        erased: the pictures themselves.
    """

    shares: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray
    random_deletion: np.ndarray
    random_insertion: np.ndarray
    differ: int
    pixels: int
    target: Target
    measure: Measure
    baseline: str
    erased: Erased

    @property
    def deletion_area(self) -> float:
        """Area under the deletion curve, by trapezia: the smaller, the better."""
        return float(np.trapezoid(self.deletion, self.shares))

    @property
    def insertion_area(self) -> float:
        """Area under the insertion curve, by trapezia: the larger, the better."""
        return float(np.trapezoid(self.insertion, self.shares))

    @property
    def random_areas(self) -> tuple[np.ndarray, np.ndarray]:
        """Areas (maps,) under the curves in random order: of deletion, of insertion."""
        gone, there = (
            np.trapezoid(each, self.shares, axis=1) for each in (self.random_deletion, self.random_insertion)
        )
        return gone, there

    @property
    def beaten(self) -> tuple[int, int]:
        """How many random orders have a worse area: of deletion, of insertion."""
        gone, there = self.random_areas
        return int((self.deletion_area < gone).sum()), int((self.insertion_area > there).sum())

    @property
    def middle(self) -> int:
        """The random order in the middle of all: by its area under insertion less that under deletion, the lower one
        where two are in the middle."""
        gone, there = self.random_areas
        return int(np.argsort(there - gone, kind="stable")[(len(gone) - 1) // 2])


def deleting(
    network: Network,
    image: Any,
    values: np.ndarray,
    target: Target | int,
    *,
    steps: int = 28,
    baseline: Any = "black",
    measure: Measure = "probability",
    maps: int = 10,
    seed: int = 0,
) -> Generator[Progress, None, Curves]:
    """Both curves of a map, and of random orders beside it, in steps of one order.

    Args:
        network: as `nnviz.load` gives it.
        image: as `nnviz.trace` takes it.
        values: (H, W), one value a pixel; the largest goes, or comes, first (equal ones in order of their place).
        target: what is measured; an int is a class.
        steps: how many equal shares the pixels that differ go in.
        baseline: what replaces a pixel, as `integrated-gradients` takes it.
        measure: the probability of the target's class, or the target's score.
        maps: random orders beside it.
        seed: of these.

    Raises:
        NnvizError: no such target, a probability of what is no class score, a map of another size, a number out of
            range, a bad image or baseline, a picture that looks like its baseline everywhere.
    """
    picture = fitted_to(network, image).image
    values = one_a_pixel(values, picture)
    if steps < 1 or maps < 1:
        raise NnvizError(f"At least one step and one random order were expected. Received: {steps}, {maps}.")
    target = wanted(network, picture, target, measure)
    fill = reference(network, picture, baseline, "baseline")
    change = np.abs(picture - fill).max(axis=2)
    differs = change > _SAME * change.max()
    named = baseline if isinstance(baseline, str) else "given"
    if not differs.any():
        raise NnvizError(
            f"A picture that differs from its baseline was expected. Received: one that is {named} everywhere."
        )
    generator = np.random.default_rng(seed)
    random = (surrogate_map(values, generator, change, differs) for _ in range(maps))
    orders = [_order(each, differs) for each in (values, *random)]
    count = int(differs.sum())
    counts = np.round(np.linspace(0, count, min(steps, count) + 1)).astype(int)
    return _deleting(network, picture, fill, orders, counts, target, measure, named)


def _order(values: np.ndarray, differs: np.ndarray) -> np.ndarray:
    """Rank (H, W) of each pixel: the largest value first, all that do not differ after those that do."""
    ranks = np.empty(values.size, np.int32)
    ranks[np.lexsort((-values.ravel().astype(float), ~differs.ravel()))] = np.arange(values.size)
    return ranks.reshape(values.shape)


def _deleting(
    network: Network,
    picture: np.ndarray,
    fill: np.ndarray,
    orders: list[np.ndarray],
    counts: np.ndarray,
    target: Target,
    measure: Measure,
    named: str,
) -> Generator[Progress, None, Curves]:
    found = np.zeros((2, len(orders), len(counts)))
    sure, said = np.zeros(found.shape, np.float32), np.zeros(found.shape, np.int32)
    until = np.array([*counts[:-1], orders[0].size])
    for at, ranks in enumerate(orders):
        gone = (ranks < until[:, None, None])[..., None]
        for part in chunks(network, picture, len(counts), kept=0.25):
            pictures = (np.where(gone[part], fill, picture), np.where(gone[part], picture, fill))
            for way, images in enumerate(pictures):
                if measure == "score":
                    found[way, at, part] = measure_of(network, images, target, measure)
                    continue
                answers = probabilities_of(network, images)
                found[way, at, part] = answers[:, class_of(network, target)]
                said[way, at, part], sure[way, at, part] = answers.argmax(axis=1), answers.max(axis=1)
            if part.stop < len(counts):
                yield Progress(at, len(orders))
        yield Progress(at + 1, len(orders))
    shares, differ = counts / counts[-1], int(counts[-1])
    own, random = found[:, 0], found[:, 1:]
    chose = measure == "probability"
    erased = Erased(picture, fill, until, np.stack(orders), said if chose else None, sure if chose else None)
    return Curves(shares, own[0], own[1], random[0], random[1], differ, orders[0].size, target, measure, named, erased)
