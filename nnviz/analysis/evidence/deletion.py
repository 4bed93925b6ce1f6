"""Deletion and insertion: the score as the pixels are taken away, or given, in the order of a map.

Petsiuk et al. 2018, RISE, arXiv:1806.07421, section 4: a map that knows what the score rests on makes it fall early
when its first pixels go (a small area under the curve), and rise early when they come (a large one).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from nnviz.analysis.attribution.base import chunks
from nnviz.analysis.attribution.reference import reference
from nnviz.analysis.graph import LOGITS, PROBABILITIES
from nnviz.analysis.network import Network
from nnviz.analysis.progress import Progress
from nnviz.analysis.targets import class_score
from nnviz.analysis.trace import fitted_to, inputs, scoring
from nnviz.errors import NnvizError

Measure = Literal["probability", "logit"]


@dataclass(frozen=True, eq=False)
class Curves:
    """What became of a class as the pixels went and came.

    Attributes:
        shares: (n + 1,) share of the pixels that are gone, or there, 0..1 rising.
        deletion, insertion: (n + 1,) the class' probability or score after each share.
        random_deletion, random_insertion: (maps, n + 1) the same in as many random orders.
        measure: which of the two the curves are of.
        baseline: what a pixel that is gone is replaced by.
    """

    shares: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray
    random_deletion: np.ndarray
    random_insertion: np.ndarray
    measure: Measure
    baseline: str

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


def deleting(
    network: Network,
    image: Any,
    values: np.ndarray,
    index: int,
    *,
    steps: int = 28,
    baseline: Any = "black",
    measure: Measure = "probability",
    maps: int = 10,
    seed: int = 0,
) -> Generator[Progress, None, Curves]:
    """Both curves of a map, and of random maps beside it, in steps of one map.

    Args:
        network: as `nnviz.load` gives it.
        image: as `nnviz.trace` takes it.
        values: (H, W), one value a pixel; the largest goes, or comes, first (equal ones in order of their place).
        index: the class.
        steps: how many equal shares the pixels go in.
        baseline: what replaces a pixel, as `integrated-gradients` takes it.
        measure: the class' probability, or its score.
        maps: random orders beside it.
        seed: of these.

    Raises:
        NnvizError: no such class, a map of another size, a number out of range, a bad image or baseline.
    """
    picture = fitted_to(network, image).image
    values = np.asarray(values)
    if values.shape != picture.shape[:2] or not np.isfinite(values).all():
        raise NnvizError(
            f"A map with a finite value for each of {picture.shape[0]}x{picture.shape[1]} pixels was expected. "
            f"Received: shape {values.shape}."
        )
    if steps < 1 or maps < 1 or measure not in ("probability", "logit"):
        raise NnvizError(
            "At least one step and one random map, and probability or logit as the measure, were expected. "
            f"Received: {steps}, {maps}, {measure!r}."
        )
    class_score(network, index).spread(network)
    return _deleting(network, picture, values, index, steps, baseline, measure, maps, seed)


def _deleting(
    network: Network,
    picture: np.ndarray,
    values: np.ndarray,
    index: int,
    steps: int,
    baseline: Any,
    measure: Measure,
    maps: int,
    seed: int,
) -> Generator[Progress, None, Curves]:
    fill = reference(network, picture, baseline, "baseline")
    counts = np.round(np.linspace(0, values.size, min(steps, values.size) + 1)).astype(int)
    generator = np.random.default_rng(seed)
    orders = [np.argsort(-values.ravel(), kind="stable")]
    orders += [generator.permutation(values.size) for _ in range(maps)]
    found = np.zeros((2, len(orders), len(counts)))
    for at, order in enumerate(orders):
        ranks = np.empty(values.size, int)
        ranks[order] = np.arange(values.size)
        gone = (ranks.reshape(values.shape)[None] < counts[:, None, None])[..., None]
        for part in chunks(network, picture, len(counts), kept=0.25):
            without = np.where(gone[part], fill, picture)
            having = np.where(gone[part], picture, fill)
            found[0, at, part] = measured(network, without, index, measure)
            found[1, at, part] = measured(network, having, index, measure)
            if part.stop < len(counts):
                yield Progress(at, len(orders))
        yield Progress(at + 1, len(orders))
    named = baseline if isinstance(baseline, str) else "given"
    shares = counts / values.size
    return Curves(shares, found[0, 0], found[1, 0], found[0, 1:], found[1, 1:], measure, named)


def measured(network: Network, images: np.ndarray, index: int, measure: Measure) -> np.ndarray:
    """A class on images (n, H, W, C): its probability or its score, (n,)."""

    def build() -> Any:
        def call(run: Any, images: Any) -> Any:
            return run(inputs(network, images), [LOGITS, PROBABILITIES])

        return scoring(network, call)

    found = network.compiled("answer", build)(tf.constant(images, tf.float32))
    if measure == "probability":
        return found[PROBABILITIES].numpy()[:, index]
    return found[LOGITS].numpy() @ class_score(network, index).spread(network)
