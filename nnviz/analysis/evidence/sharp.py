"""What is left of a class when only the brightest part of a map stays sharp, and what when only the dimmest does.

One point of an insertion curve (Petsiuk et al. 2018, RISE, arXiv:1806.07421), taken from either end: a map that
points at what the answer rests on has it live by its bright part, and not by its dim one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz.analysis.attribution.reference import reference
from nnviz.analysis.evidence.deletion import Measure, measured
from nnviz.analysis.network import Network
from nnviz.analysis.targets import class_score
from nnviz.analysis.trace import fitted_to
from nnviz.errors import NnvizError


@dataclass(frozen=True)
class Sharp:
    """A class on pictures of which a part is left, and the rest blurred.

    Attributes:
        share: how much of the pixels is left, 0..1.
        brightest, dimmest: the class' probability or score where the map is brightest, or dimmest, there.
    """

    share: float
    brightest: float
    dimmest: float


def sharpening(
    network: Network,
    image: Any,
    values: np.ndarray,
    index: int,
    *,
    share: float = 1 / 3,
    measure: Measure = "probability",
) -> Sharp:
    """Measure both, in one batch of two pictures.

    Args:
        network: as `nnviz.load` gives it.
        image: as `nnviz.trace` takes it.
        values: (H, W), a saliency map, one value a pixel; of equal ones the first in reading order is the brighter.
        index: the class.
        share: how much of the pixels is left, above 0 and below 1.
        measure: the class' probability, or its score.

    Raises:
        NnvizError: no such class, a map of another size, a share out of range, a bad image.
    """
    picture = fitted_to(network, image).image
    values = np.asarray(values)
    if values.shape != picture.shape[:2] or not np.isfinite(values).all():
        raise NnvizError(
            f"A map with a finite value for each of {picture.shape[0]}x{picture.shape[1]} pixels was expected. "
            f"Received: shape {values.shape}."
        )
    if not 0 < share < 1:
        raise NnvizError(f"share was expected to be above 0 and below 1. Received: {share!r}.")
    class_score(network, index).spread(network)
    count = max(round(share * values.size), 1)
    order = np.argsort(-values.ravel(), kind="stable")
    images = np.stack([reference(network, picture, "blurred", "baseline")] * 2)
    for at, part in enumerate((order[:count], order[-count:])):
        left = np.zeros(values.shape, bool)
        left.ravel()[part] = True
        images[at, left] = picture[left]
    brightest, dimmest = (float(value) for value in measured(network, images, index, measure))
    return Sharp(count / values.size, brightest, dimmest)
