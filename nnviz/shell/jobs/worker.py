"""Work that all viewers share: done in one thread of the process, a step at a time, and not while a page is drawn.

It goes on whatever page is looked at, and whoever looks at it sees the same bar. One job works at a time: the one whose
bar was looked at last.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable, Iterator
from contextlib import ExitStack, contextmanager

from nnviz.shell.jobs.job import Job

_PATIENCE, _BREATH = 1.0, 0.01
"""Seconds that a step waits for pages that are drawn, at most, and those between two steps in which one can begin."""


class Worker:
    """One thread, and the jobs that it has. It ends with the process: one killed inside TensorFlow would abort it."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._jobs: dict[Hashable, Job] = {}
        self._given: list[Job] = []
        self._thread: threading.Thread | None = None
        self._drawing = 0
        self._closing = False

    def begin(self, job: Job, viewer: object = None) -> Job:
        """The job of the same key, whoever began it, also one that was stopped or failed; else this one, which is done
        at once where its result is kept. It is wanted by that viewer's queue until he leaves it."""
        with self._condition:
            job = self._jobs.get(job.key, job)
            if viewer is not None:
                job.wanted_by.add(viewer)
            if job.key in self._jobs:
                return job
            job.shared, job.looked_at = True, time.monotonic()
            # In the lock: a job that has ended meanwhile left its result before it left this list.
            if job.look_up():
                return job
            self._jobs[job.key] = job
            self._given.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="nnviz background")
                self._thread.start()
            return job

    def forget(self, key: Hashable) -> None:
        """Let the job of that key be begun anew, where it has ended."""
        with self._condition:
            if key in self._jobs and not self._jobs[key].busy:
                del self._jobs[key]

    def leave(self, job: Job, viewer: object, end: bool = False) -> None:
        """A viewer's queue has it no more; with `end` it is stopped, and can be begun anew, where no other has it."""
        with self._condition:
            job.wanted_by.discard(viewer)
            if not end or job.wanted_by:
                return
            if self._jobs.get(job.key) is job:
                del self._jobs[job.key]
        job.stop()

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """While a page is drawn no step begins."""
        with self._condition:
            self._drawing += 1
        try:
            yield
        finally:
            with self._condition:
                self._drawing -= 1
                self._condition.notify_all()

    def close(self) -> None:
        """Stop all jobs, each after its step under way, and wait for that. What is begun later is worked on again."""
        with self._condition:
            thread = self._thread
            self._closing = thread is not None
            self._condition.notify_all()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._closing or not self._drawing, _PATIENCE)
                # At the end of the process, which waits for this thread, nobody is left to close it.
                if self._closing or not threading.main_thread().is_alive():
                    self._end()
                    return
                for job in self._given:
                    if job.state == "done" and self._jobs.get(job.key) is job:
                        del self._jobs[job.key]
                self._given = [job for job in self._given if job.busy]
                if not self._given:
                    self._thread = None
                    return
                chosen = max(self._given, key=lambda job: job.looked_at)
            chosen.step(None)
            time.sleep(_BREATH)

    def _end(self) -> None:
        """Stop all, in the thread and the lock of the worker: what is begun afterwards finds it as it was at first."""
        given, self._given, self._thread, self._closing = self._given, [], None, False
        with ExitStack() as all_of_them:
            for job in given:
                self._jobs.pop(job.key, None)
                all_of_them.callback(job.stop)


worker = Worker()
"""That of this process."""
