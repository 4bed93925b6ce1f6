"""Scenes drawn with nobody looking, in the background: the next one while one is shown, or all before the talk."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass
from typing import Literal

from nnviz.analysis.progress import Progress, retold
from nnviz.errors import NnvizError
from nnviz.shell import address, caches, jobs
from nnviz.shell.jobs import Job
from nnviz.shell.session import read
from nnviz.talk import headless, shown
from nnviz.talk.scenes import Scene, Talk

_NEXT = "next scene"
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


def drawn(scene: Scene, stopping: Callable[[], bool]) -> Generator[Progress, None, Outcome]:
    """Draw a scene headless, to the end of all work that its page begins, or until nobody wants it any more."""
    found: list[str] = []

    def render() -> None:
        found.clear()
        address.forget_asked()
        session = read()
        found.extend(session.notices)
        with shown.on_wall(scene):
            shown.page_of(scene).render(session)
        unread = sorted(set(scene.parameters) - address.asked())
        found.extend(f"Nothing on the page {scene.page} asks for {name!r}." for name in unread)
        found.extend(address.unknown())

    began = time.perf_counter()
    try:
        yield from headless.drawing(render, scene.parameters, stopping)
    except NnvizError as error:
        found.append(str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is why this scene cannot be shown
        found.append(f"{type(error).__name__}: {error}")
    return Outcome("not ready" if found else "ready", time.perf_counter() - began, tuple(found))


def pass_over(scene: Scene | None) -> None:
    """End what this viewer's wall has computed, where no other wall wants it, but for the scene that comes next."""
    jobs.queue_of(_NEXT).cancel(but=None if scene is None else _key(scene))


def prepare(scene: Scene | None) -> Job | None:
    """Have the scene that comes next computed in the background, once for all talks; None where none does.

    What this viewer's wall had computed before is not any more, where no other wall wants it: it was passed over, or
    stands there now.
    """
    if scene is None:
        pass_over(None)
        return None
    job = Job(f"Preparing {scene.say}", _key(scene), lambda: drawn(scene, lambda: job.stopping), caches.scenes)
    return jobs.share(_NEXT, job, alone=True)


def prerender_all(talk: Talk) -> Job:
    """All stops of a talk, one after the other; its result, and `so_far`, are the outcomes of all."""
    job = Job("Scenes drawn", ("prerender", talk), lambda: _prerendering(talk, lambda: job.stopping), caches.scenes)
    return job


def _prerendering(talk: Talk, stopping: Callable[[], bool]) -> Generator[Progress, None, tuple[Outcome, ...]]:
    outcomes, total = [Outcome() for _ in talk.stops], len(talk.stops)
    for index, scene in enumerate(stop.shown for stop in talk.stops):
        outcomes[index] = Outcome("running")
        yield Progress(index, total, tuple(outcomes))

        def told(_: Progress, index: int = index) -> Progress:
            return Progress(index, total, tuple(outcomes))

        outcome = yield from retold(drawn(scene, stopping), told)
        if stopping():
            break
        outcomes[index] = outcome
        caches.scenes.keep(_key(scene), outcomes[index])
    return tuple(outcomes)


def _key(scene: Scene) -> Hashable:
    return "scene", scene
