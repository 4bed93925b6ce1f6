"""What is known while a config is mended, and what was mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MODEL_KINDS = ("Model", "Functional", "Sequential", "Network", "Container")
"""Classes of models made of other layers, in all versions."""
_MOST_NOTES, _LONGEST = 50, 300
"""Sentences, and letters of one."""


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
        """Tell what was mended. A name in it may be of any length, and so may the list."""
        if len(self.notes) < _MOST_NOTES:
            self.notes[sentence if len(sentence) <= _LONGEST else f"{sentence[:_LONGEST]}..."] = None
