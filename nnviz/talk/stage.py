"""Which scene each wall shows now: written by the window that is the wall, read by the speaker's.

Walls are told apart by a random name, so that two speakers on one server do not meet. The wall's own address does not
carry it: who opens a link to a scene has a wall of his own, and only the speaker's window names the one it follows.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, replace

_MOST = 4096
_LETTERS = 40


@dataclass(frozen=True)
class Shown:
    """What a wall shows.

    Attributes:
        scene: from 1.
        began: when the talk's clock began, seconds since the epoch.
        step: of the scene, from 0.
    """

    scene: int
    began: float
    step: int = 0


_shown: dict[str, Shown] = {}
_lock = threading.Lock()


def new_id() -> str:
    """A name that no other wall has."""
    return secrets.token_urlsafe(6)


def show(wall: str, scene: int, step: int = 0) -> Shown:
    """Note what a wall shows; of too many walls, those go that nobody has turned or followed for longest."""
    wall = wall[:_LETTERS]
    with _lock:
        before = _shown.pop(wall, None)
        while len(_shown) >= _MOST:
            _shown.pop(next(iter(_shown)))
        _shown[wall] = Shown(scene, before.began if before else time.time(), step)
        return _shown[wall]


def claim(wall: str) -> bool:
    """Be the wall of that name, if none is yet: a speaker's window may wait for it. Whether it is this one's now."""
    with _lock:
        return _shown.setdefault(wall[:_LETTERS], found := Shown(1, time.time())) is found


def restart(wall: str) -> None:
    """Set the clock of that wall back to zero."""
    wall = wall[:_LETTERS]
    with _lock:
        if wall in _shown:
            _shown[wall] = replace(_shown[wall], began=time.time())


def drop(wall: str) -> None:
    """Forget a wall that goes on under another name."""
    with _lock:
        _shown.pop(wall[:_LETTERS], None)


def shown(wall: str) -> Shown | None:
    """What a wall shows now; None where no window is that wall yet."""
    wall = wall[:_LETTERS]
    with _lock:
        found = _shown.pop(wall, None)
        if found is not None:
            # A speaker may rest on a scene while a whole audience opens walls of their own.
            _shown[wall] = found
        return found
