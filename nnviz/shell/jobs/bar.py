"""A viewer's long job: worked on in slices while its bar is drawn, stopped by a button, its result kept for all.

What a widget in a fragment sends does not interrupt a run of that fragment, so the work is done in slices, one a run
of a small fragment that reruns by itself: between two of them a click on Stop, or another request, is heard. A step
that takes longer than a slice goes on in its thread (`step_thread`), so that it is heard then too. A job that all
viewers share is worked on elsewhere (`worker`); its bar, its Stop and its result are the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Hashable
from functools import partial
from typing import Any, Protocol, runtime_checkable

import streamlit as st

from nnviz.analysis.progress import Progress
from nnviz.shell.jobs.job import Job, keep, result
from nnviz.shell.jobs.step_thread import Steps
from nnviz.shell.jobs.worker import Shared, worker
from nnviz.shell.markdown import plain

_PAUSE = 0.3
_MOST_STOPPED = 8
"""Stopped jobs that are kept for each viewer."""


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
    if found is not None and found.key == key and (found.state != "done" or result(key) is not None):
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
    found = worker.begin(title, key, steps, keep)
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
        return 0.0, f"{plain(found.title)}: begins"
    return progress.done / max(progress.total, 1), f"{plain(found.title)}: {progress.done:,} of {progress.total:,}"
