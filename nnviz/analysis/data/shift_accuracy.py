"""What the bundled digit networks lose by a shift and by a shuffle, as pretrained/measure_shift.py measured it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nnviz.analysis.network.network import PRETRAINED
from nnviz.errors import NnvizError

Axis = Literal["right", "down"]


@dataclass(frozen=True, eq=False)
class ShiftAccuracy:
    """Counts on the bundled test digits.

    Attributes:
        digits: n, of every count.
        shifts: (s,) whole pixels, rising.
        right, down: by network, how many digits are right (s,) after that shift along the one axis.
        trained: by network, the largest shift along an axis that it saw while it trained, pixels.
        seed: of the shuffle of the pixels.
        plain, shuffled: by network, how many digits are right as they are, and with their pixels shuffled.
    """

    digits: int
    shifts: np.ndarray
    right: Mapping[str, np.ndarray]
    down: Mapping[str, np.ndarray]
    trained: Mapping[str, float]
    seed: int
    plain: Mapping[str, int]
    shuffled: Mapping[str, int]

    def accuracy(self, name: str, axis: Axis, shift: int) -> float:
        """Share of the digits, 0..1, that a network reads after a shift along one axis.

        Raises:
            NnvizError: a network or a shift that was not measured.
        """
        counts = getattr(self, axis)
        where = np.flatnonzero(self.shifts == shift)
        if name not in counts or not len(where):
            raise NnvizError(
                f"One of {', '.join(counts)} and a shift from {self.shifts[0]} to {self.shifts[-1]} were expected. "
                f"Received: {name!r}, {shift!r}."
            )
        return int(counts[name][where[0]]) / self.digits


def read(path: Path) -> ShiftAccuracy:
    """What a file of pretrained/measure_shift.py says.

    Raises:
        NnvizError: no such file, or not one of that script.
    """
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        shifts, right, down = np.asarray(facts["shifts"], int), _counts(facts["right"]), _counts(facts["down"])
        return ShiftAccuracy(
            int(facts["digits"]),
            shifts,
            right,
            down,
            facts["trained shift"],
            int(facts["shuffle"]),
            facts["plain"],
            facts["shuffled"],
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise NnvizError(
            f"The measurements of pretrained/measure_shift.py were expected. Received: {path.name}, {error!r}."
        ) from error


@lru_cache(maxsize=1)
def shift_accuracy() -> ShiftAccuracy:
    """What ships."""
    return read(PRETRAINED / "measured.json")


def _counts(facts: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.asarray(counts, int) for name, counts in facts.items()}
