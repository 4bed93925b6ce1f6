"""What is left of a class when only the brightest part of a map stays sharp, and what when only the dimmest does.

One point of an insertion curve (Petsiuk et al. 2018, RISE, arXiv:1806.07421), taken from either end: a map that
points at what the answer rests on has it live by its bright part, and not by its dim one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz.analysis.attribution.reference import reference
from nnviz.analysis.evidence.measure import Measure, measure_of, one_a_pixel, wanted
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.targets import Target
from nnviz.analysis.network.trace import fitted_to
from nnviz.errors import NnvizError


@dataclass(frozen=True)
class BrightestKept:
    """A target on pictures of which a part is left, and the rest blurred.

    Attributes:
        share: how much of the pixels is left, 0..1.
        brightest, dimmest: its probability or score where the map is brightest, or dimmest, there.
    """

    share: float
    brightest: float
    dimmest: float


def brightest_kept(
    network: Network,
    image: Any,
    values: np.ndarray,
    target: Target | int,
    *,
    share: float = 1 / 3,
    measure: Measure = "probability",
) -> BrightestKept:
    """Measure both, in one batch of two pictures.

    Args:
        network: as `nnviz.load` gives it.
        image: as `nnviz.trace` takes it.
        values: (H, W), a saliency map, one value a pixel; of equal ones the first in reading order is the brighter.
        target: what is measured; an int is a class.
        share: how much of the pixels is left, above 0 and below 1.
        measure: the probability of the target's class, or the target's score.

    Raises:
        NnvizError: no such target, a probability of what is no class score, a map of another size, a share out of
            range, a bad image.
    """
    picture = fitted_to(network, image).image
    values = one_a_pixel(values, picture)
    if not 0 < share < 1:
        raise NnvizError(f"share was expected to be above 0 and below 1. Received: {share!r}.")
    target = wanted(network, picture, target, measure)
    count = max(round(share * values.size), 1)
    order = np.argsort(-values.ravel(), kind="stable")
    images = np.stack([reference(network, picture, "blurred", "baseline")] * 2)
    for at, part in enumerate((order[:count], order[-count:])):
        left = np.zeros(values.shape, bool)
        left.ravel()[part] = True
        images[at, left] = picture[left]
    brightest, dimmest = (float(value) for value in measure_of(network, images, target, measure))
    return BrightestKept(count / values.size, brightest, dimmest)
