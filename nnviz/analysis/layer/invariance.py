"""How much a small shift of the image changes a layer, before and after a pooling.

The measure is the relative change ||a(s) - a(0)|| / ||a(0)||, with the Euclidean norm over all values of a layer,
where a(s) is the layer on the image shifted by s pixels (in the spirit of Zhang 2019, "Making Convolutional Networks
Shift-Invariant Again"). Dividing by ||a(0)|| makes layers of any size and scale comparable: 0 says that nothing
changed, and sqrt(2) = 1.41 is as far as two equally strong answers are that have not one active cell in common.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from nnviz.analysis.image.images import Fitted, Transform, rescale
from nnviz.analysis.layer.pooling import Pool, as_maps, pooled, pooling_layers
from nnviz.analysis.network.influence import deciding_layer
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Trace, fitted_to, trace
from nnviz.errors import NnvizError

DIRECTIONS: dict[str, tuple[int, int]] = {"right": (1, 0), "down": (0, 1), "diagonal": (1, 1)}
"""(dx, dy) of one step."""

MOST = 3
"""Pixels of the largest shift."""

NOTHING_SHARED = math.sqrt(2)
"""The relative change between two equally strong answers without an active cell in common."""


@dataclass(frozen=True, eq=False)
class Invariance:
    """Relative changes at shifts 0..n-1; float64, NaN where the layer is zero without the shift. Read-only.

    Attributes:
        before, after: of what is pooled, and of what the pooling makes of it.
        thinned: of the same grid of cells as `after`, taken from `before` without pooling: what the smaller size
            alone would do. Empty for a global pooling, which leaves no grid.
        last: of the vector that the deciding layer reads.
        scores: of the logits.
        last_layer: name of that vector's layer.
        winners: class with the highest logit at each shift.
        probabilities: at each shift that of the class that wins without one.
    """

    before: np.ndarray = field(repr=False)
    after: np.ndarray = field(repr=False)
    thinned: np.ndarray = field(repr=False)
    last: np.ndarray = field(repr=False)
    scores: np.ndarray = field(repr=False)
    last_layer: str
    winners: tuple[int, ...]
    probabilities: np.ndarray = field(repr=False)


def shifts(start: Transform, direction: str, most: int = MOST) -> tuple[Transform, ...]:
    """The start, and the same moved by 1..most pixels more in a direction.

    Raises:
        NnvizError: no such direction.
    """
    if direction not in DIRECTIONS:
        raise NnvizError(f"A direction was expected: {', '.join(DIRECTIONS)}. Received: {direction!r}.")
    (dx, dy), (right, down) = start.shift, DIRECTIONS[direction]
    return tuple(replace(start, shift=(dx + step * right, dy + step * down)) for step in range(most + 1))


def shifted_traces(
    network: Network, image: np.ndarray, direction: str, start: Transform | None = None, most: int = MOST
) -> tuple[Trace, ...]:
    """A trace at every shift; what moves in from outside is the picture's background (see `Transform`).

    Args:
        network: as `nnviz.load` gives it.
        image: as `nnviz.trace` takes it.
        direction: one of `DIRECTIONS`.
        start: what is done to the image at shift 0.
        most: pixels of the largest shift.
    """
    fitted = fitted_to(network, image)
    found = []
    for transform in shifts(start or Transform(), direction, most):
        pixels = transform.apply(fitted.pixels)
        found.append(trace(network, Fitted(rescale(pixels, network.scale, network.offset), pixels, fitted.note)))
    return tuple(found)


def relative_change(values: Sequence[np.ndarray]) -> np.ndarray:
    """||v - v[0]|| / ||v[0]|| of arrays of one shape: (n,) float64.

    Where v[0] is all zero a change has no measure: 0 for no change, else NaN.
    """
    first = values[0].astype(np.float64)
    norm = float(np.sqrt((first**2).sum()))
    apart = np.array([float(np.sqrt(((value - first) ** 2).sum())) for value in values])
    if norm == 0:
        return np.where(apart == 0, 0.0, np.nan)
    return apart / norm


def invariance(network: Network, traces: Sequence[Trace], source: str, pooling: str | Pool) -> Invariance:
    """How a shift changes a layer before and after a pooling, the last vector, and the class scores.

    Args:
        network: as `nnviz.load` gives it.
        traces: at shift 0, 1, ... pixels.
        source: name of the layer that is pooled.
        pooling: name of the layer that pools it, or windows of one's own.

    Raises:
        NnvizError: no trace at all.
    """
    if not traces:
        raise NnvizError("A trace at shift 0 at least was expected. Received: none.")
    before = [maps_of(network, one, source) for one in traces]
    if isinstance(pooling, str):
        after = [as_maps(one.activations[pooling]) for one in traces]
    else:
        after = [pooled(maps, pooling) for maps in before]
    last = deciding_layer(network)
    winner = traces[0].winner
    steps = [max(n // max(m, 1), 1) for n, m in zip(before[0].shape[:2], after[0].shape[:2], strict=True)]
    grid = after[0].shape[:2]
    thin = [maps[:: steps[0], :: steps[1]][: grid[0], : grid[1]] for maps in before] if max(grid) > 1 else []
    return Invariance(
        before=_frozen(relative_change(before)),
        after=_frozen(relative_change(after)),
        thinned=_frozen(relative_change(thin) if thin else np.zeros(0)),
        last=_frozen(relative_change([one.activations[last] for one in traces])),
        scores=_frozen(relative_change([one.logits for one in traces])),
        last_layer=last,
        winners=tuple(one.winner for one in traces),
        probabilities=_frozen(np.array([float(one.probabilities[winner]) for one in traces])),
    )


def stages(network: Network, traces: Sequence[Trace]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Of every pooling layer by name: the relative changes (n,) of what it reads and of what it makes."""
    found = {}
    for layer in pooling_layers(network):
        read, made = (
            relative_change([one.activations[name] for one in traces]) for name in (layer.inputs[0], layer.name)
        )
        found[layer.name] = (read, made)
    return found


def maps_of(network: Network, of: Trace, source: str) -> np.ndarray:
    """What a layer makes as (rows, columns, channels); of the input the image, even where a network takes a vector."""
    return of.image if source == network.layers[0].name else as_maps(of.activations[source])


def _frozen(values: np.ndarray) -> np.ndarray:
    values.flags.writeable = False
    return values
