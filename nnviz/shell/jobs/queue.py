"""A viewer's jobs: a queue under each name, taken up when the page wants them, left when it wants others."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from nnviz.shell.jobs.job import SLICE, Job
from nnviz.shell.jobs.worker import worker

_MOST_STOPPED = 8
"""Stopped jobs that are put by under each name."""


class Queue:
    """A viewer's jobs under one name, in the order in which they are wanted: one is under way, the rest wait.

    Attributes:
        jobs: those that were begun, and those that others have done.
        asked_for: whether the page that is drawn has asked for it.
    """

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.asked_for = False
        self._put_by: dict[Hashable, Job] = {}
        self._told = self._ends()

    @property
    def current(self) -> Job | None:
        """The job under way, or the next."""
        busy = [job for job in self.jobs if job.busy]
        return next((job for job in busy if job.state == "running"), busy[0] if busy else None)

    @property
    def busy(self) -> bool:
        """Whether there is work left."""
        return self.current is not None

    @property
    def pause(self) -> float:
        """Seconds that a bar works on it between two looks at what was clicked: none on what is worked on elsewhere."""
        return 0.0 if self.current is None or self.current.shared else SLICE

    @property
    def news(self) -> bool:
        """Whether a job has begun or ended that the page does not show so yet."""
        return self._ends() != self._told

    def tell(self) -> None:
        """The page shows, or is about to, what there is now."""
        self._told = self._ends()

    def work(self, seconds: float) -> None:
        """Work for so many seconds, and at least one step, unless that takes longer than a slice."""
        end = time.perf_counter() + seconds
        while (job := self.current) is not None:
            job.work(max(end - time.perf_counter(), 0.0))
            if time.perf_counter() >= end:
                return

    def want(self, jobs: Sequence[Job], begin: bool) -> list[Job | None]:
        """What there is of each of these: done, under way, or as it was left; where nobody has it and it is not to be
        begun, None. What is not among them is wanted no more: the viewer's own is closed, what all share goes on."""
        before = {job.key: job for job in self.jobs}
        found = [self._standing(job, before.get(job.key)) or (job if begin else None) for job in jobs]
        self.jobs = [job for job in found if job is not None]
        for job in before.values():
            if job not in self.jobs:
                self._leave(job)
        self.tell()
        return found

    def share(self, wanted: Job) -> Job:
        """What there is of a job that all viewers share: done, or under way, begun where nobody has yet."""
        wanted = worker.begin(wanted, self)
        for job in self.jobs:
            if job is not wanted:
                worker.leave(job, self)
        self.jobs = [wanted]
        self.tell()
        wanted.raise_unforeseen()
        return wanted

    def again(self, job: Job | None = None) -> None:
        """Let what was stopped or has failed be begun anew when it is wanted next: all of it; or one job, also where
        it was done, which is begun now unless it is one that all share."""
        old = [each for each in self.jobs if (each.halted if job is None else each.key == job.key and not each.busy)]
        self.jobs = [each for each in self.jobs if each not in old]
        for each in old:
            worker.forget(each.key)
        if job is not None:
            job.kept_in.drop(job.key)
            if not any(each.shared for each in old) and all(each.key != job.key for each in self.jobs):
                self.jobs.append(job)

    def cancel(self, but: Hashable = None) -> None:
        """End all that no other viewer wants, except the job of a key; it can be begun anew."""
        for job in self.jobs:
            if job.key != but:
                worker.leave(job, self, end=True)
        self.jobs = [job for job in self.jobs if job.key == but]

    def put_down(self) -> None:
        """Let go of what was made: where it is wanted again, it is looked up."""
        self.jobs = [job for job in self.jobs if job.state != "done"]
        self.tell()

    def _standing(self, wanted: Job, before: Job | None) -> Job | None:
        """What there is of a job already."""
        if wanted.look_up():
            return wanted
        return before or self._put_by.pop(wanted.key, None)

    def _leave(self, job: Job) -> None:
        if job.shared:
            worker.leave(job, self)
        elif job.busy:
            job.stop()
        elif job.state == "stopped" and job.found is not None:
            self._put_by[job.key] = job
            if len(self._put_by) > _MOST_STOPPED:
                del self._put_by[next(iter(self._put_by))]

    def _ends(self) -> list[tuple[Hashable, str]]:
        return [(job.key, "" if job.busy else job.state) for job in self.jobs]


def queue_of(name: str) -> Queue:
    """This viewer's queue of that name."""
    found: Queue = st.session_state.setdefault(f"jobs-{name}", Queue())
    found.asked_for = True
    return found


@contextmanager
def drawing() -> Iterator[None]:
    """While a page is drawn, shared work rests. Afterwards this viewer holds no results but those that it asked for:
    a page that he has left keeps nothing beyond the ceilings of the caches."""
    for each in _all():
        each.asked_for = False
    with worker.drawing():
        yield
    for each in _all():
        if not each.asked_for:
            each.put_down()


def under_way() -> list[Queue]:
    """All of this viewer's queues that have work left."""
    return [each for each in _all() if each.busy]


def _all() -> list[Queue]:
    return [each for each in list(st.session_state.values()) if isinstance(each, Queue)]


def begin_all(name: str, jobs: Sequence[Job], seconds: float = 0.0) -> list[Job]:
    """What there is of what is wanted under a name, one after the other; begun where nobody has it yet.

    To be called by a page while it is drawn. What was stopped or has failed stays so until `again`. Whatever else the
    viewer had under that name is left.

    Args:
        seconds: worked before the page is drawn, on what has not taken a step yet: what is quick needs no bar.
    """
    mine = queue_of(name)
    found = [job for job in mine.want(jobs, begin=True) if job is not None]
    if seconds and mine.current is not None and mine.current.progress is None:
        mine.work(seconds)
        mine.tell()
    return found


def begin(name: str, job: Job, seconds: float = 0.0) -> Job:
    """`begin_all` of one job."""
    return begin_all(name, [job], seconds)[0]


def look(name: str, job: Job) -> Job | None:
    """What there is of a job that begins with a button (`again`); None where nobody has begun it."""
    return queue_of(name).want([job], begin=False)[0]


def share(name: str, job: Job, alone: bool = False) -> Job:
    """What there is of a job that all viewers share; begun where nobody has yet.

    It goes on when its viewers turn away, and stays stopped for all when one has stopped it, until `again`. What it
    met that no user can mend is raised where it is looked at first; then it has failed.

    Args:
        alone: what the viewer had under that name before is ended, where no other viewer wants it.
    """
    mine = queue_of(name)
    if alone:
        mine.cancel(but=job.key)
    return mine.share(job)


def again(name: str, job: Job | None = None, seconds: float = 0.0) -> None:
    """Begin anew what was stopped or has failed, or what was not begun yet; for a button's callback.

    Args:
        job: begun now; by default what the page wants when it is drawn next.
        seconds: worked on it at once.
    """
    queue_of(name).again(job)
    if seconds:
        queue_of(name).work(seconds)


def stop(name: str) -> None:
    """Stop the job whose bar is shown under that name; the rest goes on."""
    found = queue_of(name).current
    if found is not None:
        found.stop()
