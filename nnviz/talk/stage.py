"""Which scene each talk shows now: written by the window on the wall, read by the speaker's.

Talks are told apart by a random id in their addresses, so that two speakers on one server do not meet.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass

_MOST = 64
_LETTERS = 40


@dataclass(frozen=True)
class Shown:
    """What a talk shows.

    Attributes:
        scene: from 1.
        began: when its first scene was shown, seconds since the epoch.
    """

    scene: int
    began: float


_shown: dict[str, Shown] = {}
_lock = threading.Lock()


def new_id() -> str:
    """An id that no other talk has."""
    return secrets.token_urlsafe(6)


def show(talk: str, scene: int) -> Shown:
    """Note that a talk shows a scene; the oldest of more than 64 talks go."""
    talk = talk[:_LETTERS]
    with _lock:
        before = _shown.pop(talk, None)
        while len(_shown) >= _MOST:
            _shown.pop(next(iter(_shown)))
        _shown[talk] = Shown(scene, before.began if before else time.time())
        return _shown[talk]


def shown(talk: str) -> Shown | None:
    """What a talk shows now; None where no window shows it yet."""
    return _shown.get(talk[:_LETTERS])
