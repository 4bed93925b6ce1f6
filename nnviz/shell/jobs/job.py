"""A viewer's long job, worked on in slices, and the results of all such jobs, kept for every viewer."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Literal

from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError
from nnviz.shell.jobs.step_thread import Steps

_SLICE = 0.25
_MOST = 64

_results: dict[Hashable, Any] = {}
_lock = threading.Lock()


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
        keep(self.key, result)


def keep(key: Hashable, result: Any) -> None:
    """Keep what a job made, for this viewer and all others."""
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
