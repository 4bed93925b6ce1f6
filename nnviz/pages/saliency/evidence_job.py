"""The work behind a piece of evidence: begun once the map is there, its result kept for every viewer."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError
from nnviz.shell.jobs import bar as jobs
from nnviz.shell.page import caption
from nnviz.views.attribution import queue
from nnviz.views.attribution.panels import state
from nnviz.views.attribution.queue import Found

JOB = "evidence"
"""What a viewer's job is called; there is one at a time."""


def measured(title: str, key: Any, steps: Callable[[], Generator[Progress, None, Any]]) -> tuple[Any, bool]:
    """The result of a job, or what it has so far, or None; and whether that is all."""
    kept = jobs.result(key)
    if kept is not None:
        jobs.forget(JOB)
        return kept, True
    try:
        job = jobs.begin(JOB, title, key, steps)
    except NnvizError as error:
        # Said here, and not as an error of the page: another baseline or method mends it.
        caption(str(error))
        return None, False
    if job.state == "running" and job.progress is None:
        job.work(queue.AT_ONCE)
    if (kept := jobs.result(key)) is not None:
        return kept, True
    if job.reason:
        caption(job.reason)
    return (job.progress.so_far if job.progress else None), False


def waits(found: Found) -> bool:
    """Whether there is no map yet that anything could be said of."""
    if found.state == "done":
        return False
    jobs.forget(JOB)
    caption(found.reason or f"First comes the map itself: {state(found) or 'it is under way'}.")
    return True
