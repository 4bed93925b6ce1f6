"""A generator worked on in a thread of its own, one step at a time, so that whoever waits for a step may leave it.

A step is not interrupted: the first of a large network may compile for seconds. Who stops it does not wait for its
end either: the step ends unheard, and the generator is closed then.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Any

from nnviz.analysis.progress import Progress


class Steps:
    """The steps of a long job.

    Args:
        generator: the job.
    """

    def __init__(self, generator: Generator[Progress, None, Any]) -> None:
        self.generator = generator
        self._lock = threading.Lock()
        self._closed = False
        self._under_way = False
        self._ended = threading.Event()
        self._outcome: Progress | BaseException | None = None

    def next(self, seconds: float | None) -> Progress | None:
        """The next report; None where its step takes longer than that, so ask again, and of what is closed.

        Args:
            seconds: how long to wait for it; None: it is worked on in the thread that asks, to its end.

        Raises:
            StopIteration: the job is done; its value is the result.
            NnvizError: what a user can mend, and whatever else the job raises.
        """
        if not self._under_way:
            with self._lock:
                if self._closed:
                    return None
                self._ended.clear()
                self._under_way = True
            if seconds is None:
                self._step()
            else:
                # No daemon: a process that ends inside TensorFlow would abort.
                threading.Thread(target=self._step, name="nnviz step").start()
        if not self._ended.wait(None if seconds is None else max(seconds, 0.0)):
            return None
        outcome, self._outcome = self._outcome, None
        self._under_way = False
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def close(self) -> None:
        """End the job: at once, or with the end of the step under way. From any thread."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._under_way and not self._ended.is_set():
                return
        self.generator.close()

    def _step(self) -> None:
        try:
            self._outcome = next(self.generator)
        except BaseException as error:  # noqa: BLE001 - raised again where the step is asked for
            self._outcome = error
        with self._lock:
            closed = self._closed
            if not closed:
                self._ended.set()
        if closed:
            # Before anybody hears of its end: what the job leaves when it is closed is there for the next one.
            try:
                self.generator.close()
            finally:
                self._ended.set()
