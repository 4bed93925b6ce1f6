"""A neuron with two inputs: small enough to see its output for all of them at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnviz.analysis.layer.activation_functions import Activation
from nnviz.analysis.layer.neuron_surface import border

REACH = 2.0
"""The inputs run from -REACH to REACH."""

SIDE = 81
"""Cells along an axis of the surface: an odd number, so that the middle one is exactly zero."""


@dataclass(frozen=True)
class Toy:
    """output = F(w1 * x1 + w2 * x2 + b)."""

    w1: float
    w2: float
    bias: float
    activation: Activation

    def sums(self, x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
        """Pre-activations, in the shape of the inputs."""
        return self.w1 * x1 + self.w2 * x2 + self.bias

    def output(self, x1: float, x2: float) -> float:
        """F of the sum at one pair of inputs."""
        return float(self.activation.apply(self.sums(np.asarray(x1), np.asarray(x2))))

    def surface(self) -> np.ndarray:
        """The output for all inputs: (SIDE, SIDE), row 0 where x2 is REACH, column 0 where x1 is -REACH."""
        x1, x2 = np.meshgrid(axis(), axis()[::-1])
        return self.activation.apply(self.sums(x1, x2))

    def fires(self) -> float:
        """Share of the surface, 0..1, where the sum is above zero."""
        x1, x2 = np.meshgrid(axis(), axis()[::-1])
        return float(np.mean(self.sums(x1, x2) > 1e-9))

    def border(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """The two ends (x1, x2) of the line in the square where the sum is 0; None where it misses the square."""
        return border(self.w1, self.w2, self.bias, -REACH, REACH)


def axis() -> np.ndarray:
    """The inputs along one axis of the surface: (SIDE,), rising."""
    return np.linspace(-REACH, REACH, SIDE)


def cell_of(x1: float, x2: float) -> tuple[int, int]:
    """Row and column of the surface that is nearest to a pair of inputs; those outside go to its edge."""
    step = 2 * REACH / (SIDE - 1)
    row, column = round((REACH - x2) / step), round((x1 + REACH) / step)
    return min(max(row, 0), SIDE - 1), min(max(column, 0), SIDE - 1)


def inputs_at(row: int, column: int) -> tuple[float, float]:
    """The inputs (x1, x2) at a cell of the surface: the inverse of `cell_of`."""
    return float(axis()[column]), float(axis()[::-1][row])
