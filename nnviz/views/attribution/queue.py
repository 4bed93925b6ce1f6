"""Attributions as a page wants them: at once where they are quick, in slices with a bar and a stop where they are not.

What a widget in a fragment sends does not interrupt a run of that fragment: Streamlit lets the run end first. So a
long method is worked on in slices, one a run of a small fragment that reruns by itself: between two slices a click
on Stop, or a new class, is heard. A step that takes longer than a slice goes on in its own thread (`step_thread`), so
that it can be stopped too. The generator waits in the session between them, and is closed by a stop, or as soon as
what it makes is wanted no more.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import streamlit as st

from nnviz.analysis.attribution import Attribution, Progress, SaliencyMethod, explaining
from nnviz.analysis.attribution import Steps as Explaining
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.targets import Target
from nnviz.errors import NnvizError
from nnviz.shell import library
from nnviz.shell.jobs.step_thread import Steps
from nnviz.shell.session import Session

AT_ONCE = 0.3
"""Seconds that a page waits before it draws; what takes longer gets a bar."""
_SLICE, _PAUSE, _REDRAWN = 0.25, 0.3, 2.0
_DESK = "attributions under way"


@dataclass(frozen=True, eq=False)
class AttributionRequest:
    """An attribution that is wanted, and the key under which all viewers keep it."""

    method: SaliencyMethod
    network: Network
    image: np.ndarray
    target: Target
    parameters: Mapping[str, Any]
    key: Hashable

    def begun(self) -> Explaining:
        return explaining(self.network, self.image, self.method.name, self.target, **self.parameters)


@dataclass(frozen=True, eq=False)
class Found:
    """What there is of a request.

    Attributes:
        state: "done", or why it is not.
        attribution: the result, or what a method that was not finished had so far, or None.
        progress: how far a method came that was not finished; None where it has not begun.
        reason: why there is none, in a sentence.
    """

    method: SaliencyMethod
    state: Literal["done", "running", "waiting", "stopped", "unfit", "failed"]
    attribution: Attribution | None = None
    progress: Progress | None = None
    reason: str = ""


@dataclass(eq=False)
class _Run:
    request: AttributionRequest
    steps: Steps
    progress: Progress | None = None


@dataclass(eq=False)
class AttributionQueue:
    """One viewer's work: the method under way, and those that were stopped or failed.

    Attributes:
        changed: whether a method ended that the page does not show yet.
        drawn: when the page was drawn last.
    """

    running: _Run | None = None
    waiting: list[AttributionRequest] = field(default_factory=list)
    stopped: dict[Hashable, Progress | None] = field(default_factory=dict)
    failed: dict[Hashable, str] = field(default_factory=dict)
    changed: bool = False
    drawn: float = 0.0

    def gather(self, requests: Sequence[AttributionRequest], seconds: float = AT_ONCE) -> list[Found]:
        """Work on what is wanted, in this order, for so many seconds; say what there is then."""
        wanted = {request.key for request in requests}
        if self.running is not None and self.running.request.key not in wanted:
            self._close()
        self.stopped = {key: progress for key, progress in self.stopped.items() if key in wanted}
        self.failed = {key: reason for key, reason in self.failed.items() if key in wanted}
        under_way = self.running and self.running.request.key
        self.waiting = [
            request
            for request in requests
            if request.key not in {*library.kept_attributions(), *self.stopped, *self.failed, under_way}
            and not request.method.unfit(request.network)
        ]
        if seconds > 0:
            self.work(seconds)
        self.changed, self.drawn = False, time.perf_counter()
        return [self._found(request) for request in requests]

    def work(self, seconds: float) -> None:
        """Work for so many seconds, and at least one step, unless that takes longer than a slice."""
        end = time.perf_counter() + seconds
        while self.busy:
            try:
                self._step(max(end - time.perf_counter(), _SLICE))
            except NnvizError as error:
                request = self.running.request if self.running else self.waiting.pop(0)
                self.failed[request.key], self.changed = str(error), True
                self._close()
            except BaseException:
                self._close()
                raise
            if time.perf_counter() >= end:
                break

    @property
    def busy(self) -> bool:
        return self.running is not None or bool(self.waiting)

    @property
    def news(self) -> bool:
        """Whether the page is worth drawing anew: a method ended, or a map has had time to form further."""
        formed = self.running is not None and self.running.progress and self.running.progress.so_far
        return self.changed or bool(formed and time.perf_counter() - self.drawn > _REDRAWN)

    def stop(self) -> None:
        """Stop the method whose bar is shown; it keeps what it has until it is asked for again. The rest goes on."""
        if self.running is not None:
            self.stopped[self.running.request.key] = self.running.progress
            self._close()
        elif self.waiting:
            self.stopped[self.waiting.pop(0).key] = None
        self.changed = True

    def again(self, key: Hashable) -> None:
        """Take up a method that was stopped."""
        self.stopped.pop(key, None)

    def _step(self, seconds: float) -> None:
        if self.running is None:
            self.running = _Run(self.waiting[0], Steps(self.waiting[0].begun()))
            self.waiting.pop(0)
        run = self.running
        try:
            progress = run.steps.next(seconds)
        except StopIteration as end:
            result = end.value
            self.running, self.changed = None, True
            library.remember(run.request.key, result)
            return
        if progress is None:
            return
        before = run.progress.so_far if run.progress else None
        run.progress = Progress(progress.done, progress.total, progress.so_far or before)

    def _close(self) -> None:
        if self.running is not None:
            self.running.steps.close()
            self.running = None

    def _found(self, request: AttributionRequest) -> Found:
        kept = library.kept_attributions().get(request.key)
        if kept is not None:
            return Found(request.method, "done", kept)
        if reason := request.method.unfit(request.network):
            return Found(request.method, "unfit", reason=reason)
        if request.key in self.failed:
            return Found(request.method, "failed", reason=self.failed[request.key])
        if self.running is not None and self.running.request.key == request.key:
            return _unfinished(request, "running", self.running.progress)
        if request.key in self.stopped:
            return _unfinished(request, "stopped", self.stopped[request.key])
        return Found(request.method, "waiting")


def _unfinished(request: AttributionRequest, state: Literal["running", "stopped"], progress: Progress | None) -> Found:
    return Found(request.method, state, progress.so_far if progress else None, progress)


def request(session: Session, method: SaliencyMethod, parameters: Mapping[str, Any]) -> AttributionRequest:
    """What is wanted of a method for network and picture of the address, and for what the session explains."""
    image, target = session.fitted.image, session.explained.target
    key = (session.key, session.fitted.digest, method.name, target, tuple(sorted(parameters.items())))
    return AttributionRequest(method, session.network, image, target, parameters, key)


def own_queue() -> AttributionQueue:
    """This viewer's."""
    if _DESK not in st.session_state:
        st.session_state[_DESK] = AttributionQueue()
    return st.session_state[_DESK]


def progress_bar() -> None:
    """The bar of the method under way, and Stop; nothing where no method is. It works on while it is drawn."""

    # Drawn also where nothing is under way: a late timer of the browser then still finds the fragment.
    @st.fragment(run_every=_PAUSE if own_queue().busy or own_queue().news else None)
    def bar(first: list[bool]) -> None:
        mine = own_queue()
        # The page has worked before it drew: only the runs of this fragment alone take a slice.
        if mine.busy and not mine.changed:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                place = st.empty()
                place.progress(*_done(mine))
                st.button("Stop", icon=":material/stop:", key="attribution-stop", on_click=mine.stop)
            if not first:
                mine.work(_SLICE)
            if mine.busy:
                place.progress(*_done(mine))
        # Not in the run of the page itself: what that has sent might be dropped, and a part of it would be missing.
        if mine.news and not first:
            st.rerun()
        first.clear()

    bar([True])


def _done(shown: AttributionQueue) -> tuple[float, str]:
    """How far the method under way is, as a share and in words."""
    run, more = shown.running, len(shown.waiting) - (shown.running is None)
    method = (run.request if run else shown.waiting[0]).method
    rest = f" ({more} more to come)" if more else ""
    if run is None or run.progress is None:
        return 0.0, f"{method.title}: begins{rest}"
    progress = run.progress
    return progress.done / progress.total, f"{method.title}: {progress.done} of {progress.total}{rest}"
