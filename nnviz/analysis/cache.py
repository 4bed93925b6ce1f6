"""What was made, kept for whoever asks next: bounded in bytes, shared by threads, least recently used first to go."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Generic, TypeVar

import numpy as np

T = TypeVar("T")


def size_of(value: Any) -> int:
    """Bytes that a value takes: its arrays, over nested dataclasses, mappings and sequences, each counted once.

    A view counts as the whole array that it keeps alive.
    """
    seen: set[int] = set()
    waiting, total = [value], 0
    while waiting:
        each = waiting.pop()
        while isinstance(each, np.ndarray) and isinstance(each.base, np.ndarray):
            each = each.base
        if id(each) in seen:
            continue
        seen.add(id(each))
        total += each.nbytes if isinstance(each, np.ndarray) else sys.getsizeof(each)
        waiting.extend(_inside(each))
    return total


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, tuple | list | set | frozenset):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in fields(value)]
    return ()


class Cache(Generic[T]):
    """Values by key, of which those go that nobody has asked for longest where all would take too much.

    Args:
        ceiling: what all of them, with their keys, take at most. What takes more alone is not kept.
        size: what one takes, by default its bytes.
    """

    def __init__(self, ceiling: int, size: Callable[[Any], int] = size_of) -> None:
        self.ceiling = ceiling
        self._size_of = size
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        """The value of that key, which is then the last to go; None where there is none."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def keep(self, key: Hashable, value: T) -> None:
        """Keep a value, in the place of the one before under that key."""
        size = self._size_of((key, value))
        with self._lock:
            self._drop(key)
            if size > self.ceiling:
                return
            while self._size + size > self.ceiling:
                self._drop(next(iter(self._kept)))
            self._kept[key] = value, size
            self._size += size

    def made(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of that key; made, and kept, where there is none."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        # Not in the lock: others need not wait for it.
        value = make()
        self.keep(key, value)
        return value

    def drop(self, key: Hashable) -> None:
        """Let go of the value of that key."""
        with self._lock:
            self._drop(key)

    def clear(self) -> None:
        """Let go of all."""
        with self._lock:
            self._kept.clear()
            self._size = 0

    @property
    def size(self) -> int:
        """What all of them take."""
        with self._lock:
            return self._size

    def items(self) -> list[tuple[Hashable, T]]:
        """All keys and values, the least recently used first."""
        with self._lock:
            return [(key, value) for key, (value, _) in self._kept.items()]

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._kept

    def __len__(self) -> int:
        with self._lock:
            return len(self._kept)

    def _drop(self, key: Hashable) -> None:
        _, size = self._kept.pop(key, (None, 0))
        self._size -= size
