"""Scenes drawn with nobody looking, in the background: the next one while one is shown, or all before the talk."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from nnviz.errors import NnvizError
from nnviz.pages import registry
from nnviz.shell import address, page
from nnviz.shell.session import read
from nnviz.talk import headless
from nnviz.talk.scenes import Scene

State = Literal["waiting", "running", "ready", "not ready"]


@dataclass(frozen=True)
class Outcome:
    """How a scene went.

    Attributes:
        state: whether it can be shown.
        seconds: that it took.
        reasons: why it is not ready, or what was not as the file says, a sentence each.
    """

    state: State = "waiting"
    seconds: float = 0.0
    reasons: tuple[str, ...] = ()


def rehearse(scene: Scene, stopped: threading.Event | None = None) -> Outcome:
    """Draw a scene off stage, to the end of all work that its page begins."""
    found: list[str] = []

    def render() -> None:
        found.clear()
        address.forget_asked()
        session = read()
        found.extend(session.notices)
        st.session_state[page.ON_WALL] = scene.say
        registry.page(scene.page).render(session)
        unread = sorted(set(scene.parameters) - address.asked())
        found.extend(f"Nothing on the page {scene.page} asks for {name!r}." for name in unread)
        found.extend(address.unknown())

    began = time.perf_counter()
    try:
        headless.draw(render, scene.parameters, stopped)
    except NnvizError as error:
        found.append(str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is why this scene cannot be shown
        found.append(f"{type(error).__name__}: {error}")
    return Outcome("not ready" if found else "ready", time.perf_counter() - began, tuple(found))


_prepared: set[Scene] = set()
_next = threading.Lock()
_wanted: dict[str, tuple[Scene, threading.Event]] = {}
_change = threading.Lock()


def prepare(wall: str, scene: Scene | None) -> None:
    """Have the scene that comes next on a wall computed in the background, once; None where none does.

    What was to be computed for that wall before is not any more: it was passed over, or stands there now. Where a scene
    is being prepared for another wall, that one goes first.
    """
    with _change:
        before = _wanted.get(wall)
        if before is not None and before[0] == scene:
            return
        if before is not None:
            before[1].set()
            del _wanted[wall]
        if scene is None or scene in _prepared:
            return
        stopped = threading.Event()
        _wanted[wall] = scene, stopped

    def run() -> None:
        with _next:
            if not stopped.is_set() and scene not in _prepared:
                rehearse(scene, stopped)
                if not stopped.is_set():
                    _prepared.add(scene)
        with _change:
            if _wanted.get(wall) == (scene, stopped):
                del _wanted[wall]

    threading.Thread(target=run, daemon=True, name="next scene").start()


@dataclass(eq=False)
class Rehearsal:
    """All scenes of a talk, one after the other, in a thread of its own.

    Attributes:
        scenes: in order.
        outcomes: of each, so far.
    """

    scenes: Sequence[Scene]
    outcomes: list[Outcome] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, from the first scene."""
        self.stop()
        self.outcomes = [Outcome() for _ in self.scenes]
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(self.outcomes, self._stopped), daemon=True, name="rehearsal"
        )
        self._thread.start()

    def stop(self) -> None:
        """End after the step that is under way."""
        self._stopped.set()

    @property
    def running(self) -> bool:
        """Whether there is work left, and somebody at it."""
        return self._thread is not None and self._thread.is_alive() and not self._stopped.is_set()

    @property
    def done(self) -> int:
        """How many scenes are through."""
        return sum(outcome.state in ("ready", "not ready") for outcome in self.outcomes)

    def _run(self, outcomes: list[Outcome], stopped: threading.Event) -> None:
        for index, scene in enumerate(self.scenes):
            if stopped.is_set():
                return
            outcomes[index] = Outcome("running")
            found = rehearse(scene, stopped)
            outcomes[index] = Outcome() if stopped.is_set() else found
            if not stopped.is_set():
                _prepared.add(scene)
