"""A real neuron's output over two of its inputs, all others as one image gives them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nnviz.analysis.layer.neuron import Neuron, responses

SIDE = 61
"""Cells along an axis of the surface."""

Ends = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class NeuronSurface:
    """F(sum) while two inputs run through what the neuron's inputs run through.

    Attributes:
        first, second: flat indexes of the two inputs.
        low, high: both run from low to high.
        values: (SIDE, SIDE) float64, row 0 where the second input is `high`, column 0 where the first is `low`.
        at: (first, second) as the image gives them.
        border: the two ends (first, second) of the line where the sum is 0; None where it misses the square.
    """

    first: int
    second: int
    low: float
    high: float
    values: np.ndarray = field(repr=False)
    at: tuple[float, float]
    border: Ends | None

    def cell_of(self, first: float, second: float) -> tuple[int, int]:
        """Row and column of the surface that is nearest to a pair of inputs."""
        step = (self.high - self.low) / (SIDE - 1)
        row, column = round((self.high - second) / step), round((first - self.low) / step)
        return min(max(row, 0), SIDE - 1), min(max(column, 0), SIDE - 1)


def neuron_surface(of: Neuron, first: int, second: int) -> NeuronSurface:
    """The surface over two different inputs of a neuron, given by their flat indexes."""
    inputs, weights = of.inputs.ravel().astype(float), of.weights.ravel().astype(float)
    low, high = min(0.0, inputs.min()), max(0.0, inputs.max())
    if low == high:
        high = 1.0
    x, y = inputs[first], inputs[second]
    rest = of.sum - x * weights[first] - y * weights[second]
    axis = np.linspace(low, high, SIDE)
    across, up = np.meshgrid(axis, axis[::-1])
    sums = rest + weights[first] * across + weights[second] * up
    values = responses(of, sums.ravel()).reshape(SIDE, SIDE)
    line = border(weights[first], weights[second], rest, low, high)
    return NeuronSurface(first, second, low, high, values, (x, y), line)


def border(w1: float, w2: float, rest: float, low: float, high: float) -> Ends | None:
    """The ends of the line w1 * x1 + w2 * x2 + rest = 0 in the square from low to high; None where it misses it."""
    ends: list[tuple[float, float]] = []
    for side in (low, high):
        if w2:
            ends.append((side, -(w1 * side + rest) / w2))
        if w1:
            ends.append((-(w2 * side + rest) / w1, side))
    inside = sorted(
        {(round(a, 9), round(b, 9)) for a, b in ends if all(low - 1e-9 <= c <= high + 1e-9 for c in (a, b))}
    )
    return (inside[0], inside[-1]) if len(inside) > 1 else None
