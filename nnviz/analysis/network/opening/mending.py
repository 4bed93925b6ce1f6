"""What is known while a config is mended, and what was mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MODEL_KINDS = ("Model", "Functional", "Sequential", "Network", "Container")
"""Classes of models made of other layers, in all versions."""


@dataclass
class Mending:
    """One config on its way to Keras 3.

    Attributes:
        old: it is of Keras 1 or 2, where some names stood for other numbers.
        weights: shapes of the stored arrays, by path.
        notes: what was mended, each sentence once, in order.
    """

    old: bool
    weights: Mapping[str, tuple[int, ...]]
    notes: dict[str, None] = field(default_factory=dict)

    def note(self, sentence: str) -> None:
        self.notes[sentence] = None
