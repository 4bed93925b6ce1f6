"""The work behind a piece of evidence: begun once the map is there, its result kept for every viewer."""

from __future__ import annotations

import html
from collections.abc import Callable, Generator
from typing import Any

from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError
from nnviz.pages import attributions, work
from nnviz.pages.attributions import Found
from nnviz.pages.page import caption
from nnviz.pages.saliency.drawn import state

JOB = "evidence"
"""What a viewer's job is called; there is one at a time."""


def measured(title: str, key: Any, steps: Callable[[], Generator[Progress, None, Any]]) -> tuple[Any, bool]:
    """The result of a job, or what it has so far, or None; and whether that is all."""
    kept = work.result(key)
    if kept is not None:
        work.forget(JOB)
        return kept, True
    try:
        job = work.begin(JOB, title, key, steps)
    except NnvizError as error:
        # Said here, and not as an error of the page: another baseline or method mends it.
        caption(html.escape(str(error)))
        return None, False
    if job.state == "running" and job.progress is None:
        job.work(attributions.AT_ONCE)
    if (kept := work.result(key)) is not None:
        return kept, True
    if job.reason:
        caption(html.escape(job.reason))
    return (job.progress.so_far if job.progress else None), False


def waits(found: Found) -> bool:
    """Whether there is no map yet that anything could be said of."""
    if found.state == "done":
        return False
    work.forget(JOB)
    caption(html.escape(found.reason or f"First comes the map itself: {state(found) or 'it is under way'}."))
    return True
