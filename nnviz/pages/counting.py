"""How many test digits the network reads with units off and as trained: counted on demand, kept for all viewers."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial

import streamlit as st

from nnviz.analysis import digits
from nnviz.analysis.knockout import Accuracy, accuracy
from nnviz.analysis.network import Network
from nnviz.analysis.progress import Progress
from nnviz.pages import work
from nnviz.pages.page import small
from nnviz.pages.session import Session
from nnviz.pages.switched import Switched

_NAME = "knock-out accuracy"
Both = tuple[Accuracy, Accuracy]


def button(current: Session, chosen: Switched) -> None:
    """Begin to count, or why nothing can be."""
    if not digits.read_by(current.network):
        count = len(current.network.classes)
        its = "its output is no class" if count == 1 else f"its {count:,} classes are others"
        small(f"No accuracy: the test pictures are digits, {its}.", width="content")
        return
    key = _key(current, chosen)
    job = work.job(_NAME)
    if job is not None and job.key != key:
        work.forget(_NAME)
    st.button(
        "Count test digits",
        icon=":material/fact_check:",
        key="knock-count",
        disabled=not chosen.off or work.result(key) is not None or _running(),
        on_click=partial(_begin, current.network, chosen, key),
    )


def clause(current: Session, chosen: Switched) -> str:
    """What was counted, as the end of a sentence; "" where nothing was yet."""
    found: Both | None = work.result(_key(current, chosen))
    if found is None:
        return ""
    before, after = found
    if before.correct == after.correct:
        return f"; of {after.total:,} test digits it reads {after.correct:,}, as many as before"
    return f"; of {after.total:,} test digits it reads {after.correct:,} instead of {before.correct:,}"


def told() -> None:
    """The bar while it is counted, and how far it came where it was stopped."""
    work.bar(_NAME)
    job = work.job(_NAME)
    if job is not None and job.state == "stopped" and job.progress is not None:
        small(f"Stopped at {job.progress.done:,} of {job.progress.total:,}.")
    elif job is not None and job.state == "failed":
        small(job.reason)


def _key(current: Session, chosen: Switched) -> tuple[object, ...]:
    return _NAME, current.key, chosen.layer.name, chosen.off


def _running() -> bool:
    job = work.job(_NAME)
    return job is not None and job.state == "running"


def _begin(network: Network, chosen: Switched, key: tuple[object, ...]) -> None:
    work.forget(_NAME)
    work.begin(_NAME, "Test digits, as trained and now", key, partial(_both, network, chosen))


def _both(network: Network, chosen: Switched) -> Generator[Progress, None, Both]:
    """The same count twice: as trained, and with the units off."""
    images, labels = digits.labelled(network)
    found: list[Accuracy] = []
    for off in ((), chosen.off):
        steps = accuracy(network, images, labels, chosen.layer.name, off)
        done = len(found) * len(images)
        while True:
            try:
                progress = next(steps)
            except StopIteration as finished:
                found.append(finished.value)
                break
            yield Progress(done + progress.done, 2 * len(images), progress.so_far)
    return found[0], found[1]
