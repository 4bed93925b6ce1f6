"""Stability: how much a map changes under noise so small that the answer stays the same.

Alvarez-Melis and Jaakkola 2018, On the Robustness of Interpretability Methods, arXiv:1806.08049: the largest ratio of
the change of the explanation to that of the input, here over random copies.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz.analysis.attribution import Attribution, explaining
from nnviz.analysis.evidence.agreement import PARTS, inner, spearman
from nnviz.analysis.image.images import Fitted
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.targets import Target
from nnviz.analysis.network.trace import fitted_to, scores
from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError


@dataclass(frozen=True, eq=False)
class Stability:
    """What noise did to a map.

    Attributes:
        changes: (kept,) ||map' - map|| / ||map|| of each copy whose answer stayed the same; NaN where the map is zero.
        alike: (kept,) rank correlation of the magnitudes with those of the map.
        lipschitz: largest ||map' - map|| / ||image' - image||; NaN without a copy.
        copies: how many there were, the answer the same or not.
        noise: standard deviation of the noise, as a share of the image's range.
        sigma: the same in the network's own range; 0 for a picture of one colour, of which there are no noisy copies.
    """

    changes: np.ndarray
    alike: np.ndarray
    lipschitz: float
    copies: int
    noise: float
    sigma: float

    @property
    def largest(self) -> float:
        """The largest change; NaN without a copy."""
        return float(self.changes.max()) if self.changes.size else float("nan")


def shaking(
    network: Network,
    image: Any,
    method: str,
    target: Target,
    parameters: Mapping[str, Any] | None = None,
    *,
    noise: float = 0.02,
    copies: int = 8,
    seed: int = 0,
    known: Attribution | None = None,
) -> Generator[Progress, None, Stability]:
    """The same map on noisy copies of the picture, copy by copy; `so_far` is the `Stability` on those that are done.

    Args:
        network, image, method, target, parameters: as `nnviz.explain` takes them.
        noise: 0..1, standard deviation as a share of the image's range.
        copies: how many.
        seed: of the noise.
        known: the map of the picture itself, where there is one already.

    Raises:
        NnvizError: as `nnviz.explain`; a noise or a number of copies out of range.
    """
    if not 0 < noise <= 1 or copies < 1:
        raise NnvizError(
            f"Noise over 0 and up to 1, and at least one copy, were expected. Received: {noise:g}, {copies}."
        )
    picture = fitted_to(network, image)
    explaining(network, picture, method, target, **(parameters or {})).close()
    return _shaking(network, picture.image, method, target, parameters or {}, noise, copies, seed, known)


def _shaking(
    network: Network,
    picture: np.ndarray,
    method: str,
    target: Target,
    parameters: Mapping[str, Any],
    noise: float,
    copies: int,
    seed: int,
    known: Attribution | None,
) -> Generator[Progress, None, Stability]:
    total = copies + 1
    if known is None:
        known = yield from inner(explaining(network, _as_it_is(picture), method, target, **parameters), 0, total)
    yield Progress(PARTS, PARTS * total)
    generator = np.random.default_rng(seed)
    sigma = np.float32(noise * float(np.ptp(picture)))
    winner = int(scores(network, picture[None])[0].argmax())
    size, plain = float(np.linalg.norm(known.values)), known.over_image(magnitude=True)
    changes: list[float] = []
    alike: list[float] = []
    steepest = float("nan")
    so_far = Stability(np.array(changes), np.array(alike), steepest, 0, noise, float(sigma))
    if not sigma:
        return so_far
    for copy in range(copies):
        shaken = picture + sigma * generator.standard_normal(picture.shape, np.float32)
        if int(scores(network, shaken[None])[0].argmax()) == winner:
            steps = explaining(network, _as_it_is(shaken), method, known.target, **parameters)
            found = yield from inner(steps, copy + 1, total, so_far if copy else None)
            moved = float(np.linalg.norm(found.values - known.values))
            changes.append(moved / size if size else float("nan"))
            alike.append(spearman(plain, found.over_image(magnitude=True)))
            # Noise below the last digit of the pixels moves nothing.
            if distance := float(np.linalg.norm(shaken - picture)):
                steepest = float(np.nanmax([steepest, moved / distance]))
        so_far = Stability(np.array(changes), np.array(alike), steepest, copy + 1, noise, float(sigma))
        yield Progress(PARTS * (copy + 2), PARTS * total, so_far)
    return so_far


def _as_it_is(image: np.ndarray) -> Fitted:
    """A picture in the network's own range already, also where it leaves that: `fit` would scale it."""
    return Fitted(image, image, "")
