"""The bar of long work, with its Stop: work is done in slices while it is drawn.

What a widget in a fragment sends does not interrupt a run of that fragment, so the work is done in slices, one a run
of a small fragment that reruns by itself: between two of them a click on Stop, or another request, is heard. A step
that takes longer than a slice goes on in its thread (`step_thread`), so that it is heard then too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from nnviz.shell.jobs.job import Job
from nnviz.shell.jobs.queue import Queue, again, queue_of, stop
from nnviz.shell.markdown import escape_markdown

_PAUSE = 0.3


def progress_bar(name: str, redraw: float | None = None) -> None:
    """The bar of what is under way under a name; the page is drawn anew when a job of it ends.

    With `redraw` also every so many seconds while it is under way, for a page that shows what there is so far.

    To be called on every run of the page that may have the job, at the same place: a late timer of the browser must
    still find the fragment.
    """
    drawn, waits = time.perf_counter(), queue_of(name).busy or queue_of(name).news

    @st.fragment(run_every=_PAUSE if waits else None)
    def fragment(first: list[bool]) -> None:
        mine = queue_of(name)
        # The run of the whole page draws first and works later. Nor may it end in a rerun: what it has just sent might
        # be dropped before it reaches the browser, and sliders would be drawn without their values.
        if first:
            first.clear()
            row(name)
            return
        if not mine.news:
            told = row(name)
            mine.work(mine.pause)
            told()
        formed = mine.current is not None and mine.current.found is not None
        late = redraw is not None and time.perf_counter() - drawn > redraw
        if mine.news or (waits and not mine.busy) or (formed and late):
            mine.tell()
            st.rerun()

    fragment([True])


def stage(name: str, draw: Callable[[], None], seconds: float, pause: float) -> None:
    """What forms, drawn and worked on by turns in a fragment of its own; the page is drawn anew when it ends.

    Args:
        draw: draws what there is, and the `row` where it belongs.
        seconds: worked before each drawing.
        pause: between a drawing and the next run.
    """
    waits = queue_of(name).busy or queue_of(name).news

    @st.fragment(run_every=pause if waits else None)
    def fragment(first: list[bool]) -> None:
        mine = queue_of(name)
        if not first:
            if not mine.news:
                mine.work(seconds)
            # Also where `draw` has seen the end of it, made by another viewer.
            if mine.news or (waits and not mine.busy):
                mine.tell()
                st.rerun()
        first.clear()
        draw()

    fragment([True])


def row(name: str) -> Callable[[], None]:
    """The bar and its Stop, where anything is under way; returns what brings the bar up to date."""
    if not queue_of(name).busy:
        return lambda: None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        place = st.empty()
        st.button("Stop", icon=":material/stop:", key=f"stop-{name}", on_click=partial(stop, name))

    def told() -> None:
        current = queue_of(name).current
        if current is not None:
            place.progress(*_said(queue_of(name), current))

    told()
    return told


def again_button(name: str, title: str, job: Job | None = None, seconds: float = 0.0, **more: Any) -> None:
    """A button that begins the job, or begins anew what was stopped or has failed under that name (see `again`);
    `more` is of the button."""
    more = {"icon": ":material/play_arrow:", **more}
    st.button(title, key=f"again-{name}", on_click=partial(again, name, job, seconds), **more)


def _said(mine: Queue, current: Job) -> tuple[float, str]:
    """How far the job under way is, as a share and in words."""
    waiting = sum(job.busy for job in mine.jobs) - 1
    more = f" ({waiting} more to come)" if waiting else ""
    progress = current.progress
    if progress is None or not progress.done:
        return 0.0, f"{escape_markdown(current.title)}: begins{more}"
    return progress.done / max(
        progress.total, 1
    ), f"{escape_markdown(current.title)}: {progress.done:,} of {progress.total:,}{more}"
