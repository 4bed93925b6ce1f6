"""Work that all viewers share: done in one thread of the process, a step at a time, and not while a page is drawn.

It goes on whatever page is looked at, and whoever looks at it sees the same bar. One job works at a time: the one whose
bar was looked at last. This module imports neither TensorFlow nor Streamlit: it is used before they are there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError

_PATIENCE, _BREATH = 1.0, 0.01
"""Seconds that a step waits for pages that are drawn, at most, and those between two steps in which one can begin."""


class Shared:
    """A job that all viewers share; its attributes are those of `nnviz.shell.jobs.bar.Job`.

    Args:
        title: what is done, as the bar says it.
        key: what the result is kept under: everything that it depends on.
        steps: makes the work, in the thread that does it.
        keep: takes key and result when it is done.
    """

    wait = 0.0
    """Seconds that a bar waits for it: nothing, since it is worked on elsewhere."""

    def __init__(
        self,
        title: str,
        key: Hashable,
        steps: Callable[[], Generator[Progress, None, Any]],
        keep: Callable[[Hashable, Any], None],
    ) -> None:
        self.title, self.key = title, key
        self.state: Literal["running", "stopped", "failed", "done"] = "running"
        self.progress: Progress | None = None
        self.reason = ""
        self.looked_at = time.monotonic()
        self.ended = threading.Event()
        self._make, self._keep = steps, keep
        self._steps: Generator[Progress, None, Any] | None = None
        self._error: BaseException | None = None

    @property
    def busy(self) -> bool:
        """Whether there is work left."""
        return self.state == "running"

    def work(self, seconds: float) -> None:
        """Wait for its end, for so many seconds at most. Raises what it met, where no user can mend that."""
        self.looked_at = time.monotonic()
        self.ended.wait(seconds)
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """End it where it is, for all viewers; what it had so far stands in `progress.so_far`."""
        if self.busy:
            self._end("stopped")

    def leave(self) -> None:
        """A viewer turns away: it goes on."""

    def step(self) -> None:
        """Do one step, in the thread of the worker."""
        try:
            if self._steps is None:
                self._steps = self._make()
            progress = next(self._steps)
            if self.busy:  # what a bar said when it was stopped stands
                self.progress = progress
        except StopIteration as finished:
            self._keep(self.key, finished.value)
            self._end("done")
        except NnvizError as error:
            self.reason = str(error)
            self._end("failed")
        except Exception as error:  # noqa: BLE001 - raised again for who looks at it
            self._error = error
            self._end("failed")

    def close(self) -> None:
        """Let go of the work, in the thread of the worker."""
        if self._steps is not None:
            self._steps.close()

    def _end(self, state: Literal["stopped", "failed", "done"]) -> None:
        # One that was stopped while its last step was under way stays so: its bar has said it.
        if self.busy:
            self.state = state
        self.ended.set()


class Worker:
    """One thread, and the jobs that it has. It ends with the process: one killed inside TensorFlow would abort it."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._jobs: dict[Hashable, Shared] = {}
        self._given: list[Shared] = []
        self._thread: threading.Thread | None = None
        self._drawing = 0
        self._closing = False

    def begin(
        self,
        title: str,
        key: Hashable,
        steps: Callable[[], Generator[Progress, None, Any]],
        keep: Callable[[Hashable, Any], None],
    ) -> Shared:
        """The job of that key, whoever began it, also one that was stopped or failed; else a new one."""
        with self._condition:
            found = self._jobs.get(key)
            if found is None or found.state == "done":
                found = self._jobs[key] = Shared(title, key, steps, keep)
                self._given.append(found)
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="nnviz background")
                    self._thread.start()
            return found

    def forget(self, key: Hashable) -> None:
        """Let the job of that key be begun anew, where it has ended."""
        with self._condition:
            if key in self._jobs and not self._jobs[key].busy:
                del self._jobs[key]

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
            thread, self._closing = self._thread, True
            self._condition.notify_all()
        if thread is not None:
            thread.join()
        self._closing = False

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._closing or not self._drawing, _PATIENCE)
                # At the end of the process, which waits for this thread, nobody is left to close it.
                if self._closing or not threading.main_thread().is_alive():
                    for job in self._given:
                        job.stop()
                        job.close()
                        self._jobs.pop(job.key, None)
                    self._given, self._thread = [], None
                    return
                ended = [job for job in self._given if not job.busy]
                self._given = [job for job in self._given if job.busy]
                for job in ended:
                    if job.state == "done" and self._jobs.get(job.key) is job:
                        del self._jobs[job.key]
                if not self._given and not ended:
                    self._thread = None
                    return
                chosen = max(self._given, key=lambda job: job.looked_at, default=None)
            for job in ended:
                # Closed before another of its key may begin: it keeps what it has.
                job.close()
            if chosen is not None and not ended:
                chosen.step()
                time.sleep(_BREATH)


worker = Worker()
"""That of this process."""
