"""A long job done to its end."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from nnviz.analysis.progress import Progress

T = TypeVar("T")


def drained(steps: Generator[Progress, None, T]) -> tuple[T, list[Progress]]:
    """The result of a long job, and all that it told on the way."""
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return end.value, told
