"""A viewer's long job: worked on in slices while its bar is drawn, stopped by a button, its result kept for all.

What a widget in a fragment sends does not interrupt a run of that fragment, so the work is done in slices, one a run
of a small fragment that reruns by itself: between two of them a click on Stop, or another wish, is heard. A step that
takes longer than a slice goes on in its thread (`stepping`), so that it is heard then too. A job that all viewers
share is worked on elsewhere (`background`); its bar, its Stop and its result are the same.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol, runtime_checkable

import streamlit as st

from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError
from nnviz.pages.background import Shared, worker
from nnviz.pages.stepping import Steps

_SLICE, _PAUSE = 0.25, 0.3
_MOST, _MOST_STOPPED = 64, 8
"""Results that are kept for all, and stopped jobs that are kept for each viewer."""

_results: dict[Hashable, Any] = {}
_lock = threading.Lock()


@runtime_checkable
class Busy(Protocol):
    """What a viewer's session may hold that works in slices."""

    @property
    def busy(self) -> bool:
        """Whether there is work left."""

    def work(self, seconds: float) -> None:
        """Work for so many seconds, at least one step."""


def under_way() -> list[Busy]:
    """All of this viewer's work that is not done."""
    return [each for each in list(st.session_state.values()) if isinstance(each, Busy) and each.busy]


@dataclass(eq=False)
class Job:
    """What one viewer asked for under a name.

    Attributes:
        title: what is done, as the bar says it.
        key: what the result is kept under, with the name: everything that it depends on.
        steps: the work; None once it has ended.
        state: how it ended, or that it has not.
        progress: how far it came.
        reason: why it failed, in a sentence.
    """

    title: str
    key: Hashable
    steps: Steps | None
    state: Literal["running", "stopped", "failed", "done"] = "running"
    progress: Progress | None = None
    reason: str = ""

    @property
    def busy(self) -> bool:
        """Whether there is work left."""
        return self.steps is not None

    def work(self, seconds: float) -> None:
        """Work for so many seconds, and at least one step, unless that takes longer than a slice."""
        end = time.perf_counter() + seconds
        while self.steps is not None:
            try:
                self.progress = self.steps.next(max(end - time.perf_counter(), _SLICE)) or self.progress
            except StopIteration as finished:
                self._keep(finished.value)
            except NnvizError as error:
                self.state, self.reason, self.steps = "failed", str(error), None
            if time.perf_counter() >= end:
                return

    def stop(self) -> None:
        """End it where it is; what it had so far stands in `progress.so_far`."""
        if self.steps is not None:
            self.steps.close()
            self.state, self.steps = "stopped", None

    def leave(self) -> None:
        """Its viewer turns away: nobody looks at it any more."""
        self.stop()

    @property
    def wait(self) -> float:
        """Seconds that a bar works on it between two looks at what was clicked."""
        return _SLICE

    def _keep(self, result: Any) -> None:
        self.state, self.steps = "done", None
        _keep(self.key, result)


def _keep(key: Hashable, result: Any) -> None:
    with _lock:
        if len(_results) >= _MOST:
            _results.pop(next(iter(_results)), None)
        _results[key] = result


def result(key: Hashable) -> Any:
    """What a job with that key made, for this viewer or another; None where none has. What is asked for stays: of more
    than can be kept those go that nobody has asked for longest."""
    with _lock:
        found = _results.pop(key, None)
        if found is not None:
            _results[key] = found
        return found


def job(name: str) -> Job | None:
    """This viewer's own job of that name, if there is one."""
    found = _job(name)
    return found if isinstance(found, Job) else None


def shared(name: str) -> Shared | None:
    """The job that all viewers share which this viewer has under that name, if there is one."""
    found = _job(name)
    return found if isinstance(found, Shared) else None


def _job(name: str) -> Job | Shared | None:
    return st.session_state.get(f"job-{name}")


def begin(name: str, title: str, key: Hashable, steps: Callable[[], Generator[Progress, None, Any]]) -> Job:
    """This viewer's job of that name: the one under way where it has the same key, else a new one.

    One that is under way for another key is closed: nobody looks at it any more. A callback of a button may begin
    one, or a page while it is drawn.
    """
    found = job(name)
    if found is not None and found.key == key and (found.state != "done" or key in _results):
        return found
    forget(name)
    _stopped().pop(key, None)
    found = Job(title, key, Steps(steps()))
    st.session_state[f"job-{name}"] = found
    return found


def standing(name: str, key: Hashable) -> Job | None:
    """This viewer's job of that name where it has that key, else one of that key that he stopped earlier, which takes
    its place with what it had so far; None where there is neither. One for another key is closed."""
    found = job(name)
    if found is not None and found.key == key and found.state != "done":
        return found
    forget(name)
    found = _stopped().pop(key, None)
    if found is not None:
        st.session_state[f"job-{name}"] = found
    return found


def _stopped() -> dict[Hashable, Job]:
    """What this viewer stopped and turned away from, by key, the latest last."""
    return st.session_state.setdefault("stopped jobs", {})


def share(name: str, title: str, key: Hashable, steps: Callable[[], Generator[Progress, None, Any]]) -> Shared:
    """The job of that key that all viewers share, as this viewer's of that name: begun where nobody has yet.

    It goes on when its viewers turn away, and stays stopped for all when one has stopped it, until `again`. What it
    met that no user can mend is raised here, and the next look at it begins it anew.
    """
    found = worker.begin(title, key, steps, _keep)
    if found.state == "failed" and not found.reason:
        worker.forget(key)
        found.work(0)
    st.session_state[f"job-{name}"] = found
    return found


def forget(name: str) -> None:
    """Close this viewer's job of that name, so that it can be begun anew; one that is shared goes on.

    What he stopped himself is still there when he comes back to it (`standing`).
    """
    found = st.session_state.pop(f"job-{name}", None)
    if found is None:
        return
    if isinstance(found, Job) and found.state == "stopped" and found.progress and found.progress.so_far is not None:
        put_by = _stopped()
        put_by[found.key] = found
        if len(put_by) > _MOST_STOPPED:
            del put_by[next(iter(put_by))]
    found.leave()


def again(name: str) -> None:
    """Let a job that was stopped or has failed be begun anew, for all viewers where they share it."""
    found = shared(name)
    forget(name)
    if found is not None:
        worker.forget(found.key)


def bar(name: str, redraw: float | None = None) -> None:
    """The bar of the job and its Stop while it is under way; the page is drawn anew when it ends.

    With `redraw` also every so many seconds while it is under way, for a page that shows what there is so far.

    To be called on every run of the page that may have the job, at the same place: a late timer of the browser must
    still find the fragment.
    """
    found = _job(name)
    # One that all viewers share may have ended since the page asked for its result.
    ended = isinstance(found, Shared) and found.state == "done"
    running = ended or (found is not None and found.state == "running")
    drawn = time.perf_counter()

    @st.fragment(run_every=_PAUSE if running else None)
    def fragment(first: list[bool]) -> None:
        mine = _job(name)
        if mine is None or mine.state != "running":
            # Stopped by its button, or ended elsewhere, between two runs.
            if running and not first:
                st.rerun()
            first.clear()
            return
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            place = st.empty()
            place.progress(*_said(mine))
            st.button("Stop", icon=":material/stop:", key=f"stop-{name}", on_click=partial(_stop, name))
        # The run of the whole page draws first and works later. Nor may it end in a rerun: what it has just sent might
        # be dropped before it reaches the browser, and sliders would be drawn without their values.
        if first:
            first.clear()
            return
        mine.work(mine.wait)
        place.progress(*_said(mine))
        if mine.state != "running" or (redraw is not None and time.perf_counter() - drawn > redraw):
            st.rerun()

    fragment([True])


def _stop(name: str) -> None:
    found = _job(name)
    if found is not None:
        found.stop()


def _said(found: Job | Shared) -> tuple[float, str]:
    progress = found.progress
    if progress is None:
        return 0.0, f"{found.title}: begins"
    return progress.done / max(progress.total, 1), f"{found.title}: {progress.done:,} of {progress.total:,}"
