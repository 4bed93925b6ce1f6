"""Long work that was asked for: what it is, how far it has come, and how it ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass, field
from typing import Any, Literal
from weakref import WeakSet

from nnviz.analysis.cache import Cache
from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError
from nnviz.shell import caches
from nnviz.shell.jobs.step_thread import Steps

SLICE = 0.25
"""Seconds that are worked between two looks at what was clicked."""

State = Literal["waiting", "running", "stopped", "failed", "done"]


@dataclass(eq=False)
class Job:
    """Long work: a viewer's own, done while his page stands, or shared by all and done in the background.

    Which of the two depends on how it is begun (`jobs.begin`, `jobs.share`); until then it is only what is wanted.

    Attributes:
        title: what is done, as the bar says it.
        key: what its result is kept under: everything that it depends on.
        steps: makes the work: a generator of `Progress` that returns the result. Called when it is this job's turn.
        cache: where its result is kept; by default `caches.results`.
        state: how it ended, or that it has not.
        progress: how far it came; its `so_far` is the last that there was.
        reason: why it failed, in a sentence that a user can act on.
        error: what it met that no user can mend, until that was raised.
        result: what it made.
        shared: whether all viewers share it.
        wanted_by: the queues that it is in, where it is shared; those of viewers who are gone do not count.
        looked_at: when a viewer asked for it last.
    """

    title: str
    key: Hashable
    steps: Callable[[], Generator[Progress, None, Any]]
    cache: Cache[Any] | None = None
    state: State = field(default="waiting", init=False)
    progress: Progress | None = field(default=None, init=False)
    reason: str = field(default="", init=False)
    error: Exception | None = field(default=None, init=False)
    result: Any = field(default=None, init=False, repr=False)
    shared: bool = field(default=False, init=False)
    wanted_by: WeakSet[Any] = field(default_factory=WeakSet, init=False, repr=False)
    looked_at: float = field(default_factory=time.monotonic, init=False)
    _steps: Steps | None = field(default=None, init=False, repr=False)
    _stopping: bool = field(default=False, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _ended: threading.Event = field(default_factory=threading.Event, init=False, repr=False)

    @property
    def busy(self) -> bool:
        """Whether there is work left."""
        return self.state in ("waiting", "running")

    @property
    def stopping(self) -> bool:
        """Whether it was stopped, maybe while a step is still under way, which may then end early."""
        return self._stopping

    @property
    def halted(self) -> bool:
        """Whether it ended before it was done: it was stopped, or failed."""
        return self.state in ("stopped", "failed")

    @property
    def found(self) -> Any:
        """Its result, or what there is of it so far, or None."""
        if self.state == "done":
            return self.result
        return None if self.progress is None else self.progress.so_far

    @property
    def kept_in(self) -> Cache[Any]:
        """Where its result is kept."""
        return caches.results if self.cache is None else self.cache

    def look_up(self) -> bool:
        """Take the result that this viewer or another has made already; whether there is one."""
        kept = self.kept_in.get(self.key)
        if kept is not None:
            self._finish(kept)
        return kept is not None

    def work(self, seconds: float) -> None:
        """Work for so many seconds, and at least one step, unless that takes longer than a slice. One that is shared
        is worked on elsewhere: wait for its end, for so many seconds at most.

        Raises:
            whatever it met that no user can mend.
        """
        if self.shared:
            self.looked_at = time.monotonic()
            self._ended.wait(seconds)
        else:
            end = time.perf_counter() + seconds
            while self.busy:
                self.step(max(end - time.perf_counter(), SLICE))
                if time.perf_counter() >= end:
                    break
        self.raise_unforeseen()

    def raise_unforeseen(self) -> None:
        """Raise what it met that no user can mend, once: a page that is drawn again and again would never end."""
        with self._lock:
            error, self.error = self.error, None
        if error is not None:
            raise error

    def step(self, seconds: float | None) -> None:
        """Wait for the next step for so many seconds; None: do it in this thread."""
        try:
            steps = self._steps or Steps(self.steps())
            with self._lock:
                if self._stopping:
                    return
                self._steps, self.state = steps, "running"
            self._note(steps.next(seconds))
        except StopIteration as finished:
            # One that was stopped may have ended early for it: nobody may take that for its result.
            if self._stopping:
                self._end("stopped")
                return
            self.kept_in.keep(self.key, finished.value)
            self._finish(finished.value)
        except NnvizError as error:
            self._end("failed", reason=str(error))
        except Exception as error:  # noqa: BLE001 - raised where somebody looks at it
            self._end("failed", f"It ended with an error that was not foreseen: {type(error).__name__}.", error)

    def stop(self) -> None:
        """End it where it is, for all who share it; what it had so far stays."""
        with self._lock:
            self._stopping, steps = True, self._steps
        try:
            if steps is not None:
                steps.close()
        finally:
            # Only now: who begins it anew finds what it left when it was closed, unless a step is still under way.
            self._end("stopped")

    def _note(self, progress: Progress | None) -> None:
        with self._lock:
            # What a bar said when it was stopped stands.
            if progress is None or not self.busy:
                return
            if progress.so_far is None and self.progress is not None:
                progress = Progress(progress.done, progress.total, self.progress.so_far)
            self.progress = progress

    def _finish(self, result: Any) -> None:
        with self._lock:
            # One that was stopped while its last step was under way stays so: its bar has said it.
            if self.busy:
                self.result, self.state, self._steps = result, "done", None
        self._ended.set()

    def _end(self, state: State, reason: str = "", error: Exception | None = None) -> None:
        with self._lock:
            self.error = error or self.error
            if self.busy:
                self.state, self.reason, self._steps = state, reason, None
        self._ended.set()
