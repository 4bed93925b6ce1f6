"""How far a long job has come. Long jobs are generators: each `next` works a little and yields one of these."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """How far a long job has come, and what it has so far (or None). The generator returns its result.

    To stop is to close the generator.
    """

    done: int
    total: int
    so_far: Any = None


def retold(steps: Generator[Progress, None, T], tell: Callable[[Progress], Progress]) -> Generator[Progress, None, T]:
    """A long job as a part of another: `tell` says each of its reports as one of the whole. Returns its result."""
    with closing(steps):
        while True:
            try:
                own = next(steps)
            except StopIteration as end:
                return end.value
            yield tell(own)


def finished(steps: Generator[Progress, None, T]) -> T:
    """The result of a long job, done to its end without a word."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
