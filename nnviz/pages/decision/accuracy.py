"""How many test digits the network reads with units off and as trained: counted on demand, kept for all viewers."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial

import streamlit as st

from nnviz.analysis.data import digits
from nnviz.analysis.intervention.knockout import Accuracy, accuracy
from nnviz.analysis.network.network import Network
from nnviz.analysis.progress import Progress, retold
from nnviz.pages.decision.units_off import UnitsOff
from nnviz.shell import caches, jobs
from nnviz.shell.jobs import Job
from nnviz.shell.page import small
from nnviz.shell.session import Session

_NAME = "knock-out accuracy"
Both = tuple[Accuracy, Accuracy]


def button(session: Session, chosen: UnitsOff) -> None:
    """Begin to count, or why nothing can be."""
    if not digits.read_by(session.network):
        classes = len(session.network.classes)
        chooses = session.network.output.chooses
        its = f"its {classes:,} classes are others" if chooses else "what it gives is no class"
        small(f"No accuracy: the test pictures are digits, {its}.", width="content")
        return
    count = _job(session, chosen)
    mine = jobs.look(_NAME, count)
    st.button(
        "Count test digits",
        icon=":material/fact_check:",
        key="knock-count",
        disabled=not chosen.off or (mine is not None and not mine.halted),
        on_click=partial(jobs.again, _NAME, count),
    )


def accuracy_line(session: Session, chosen: UnitsOff) -> None:
    """What was counted; the bar while it is counted, and how far it came where it was stopped."""
    jobs.progress_bar(_NAME)
    mine, found = jobs.look(_NAME, _job(session, chosen)), caches.results.get(_key(session, chosen))
    if found is not None:
        small(counted(chosen, found))
    elif mine is not None and mine.state == "stopped" and mine.progress is not None:
        small(f"Stopped at {mine.progress.done:,} of {mine.progress.total:,}.")
    elif mine is not None and mine.state == "failed":
        small(mine.reason)


def counted(chosen: UnitsOff, found: Both) -> str:
    """What was counted, in words."""
    before, after = found
    reads = f"With{chosen.who} the net reads {after.correct:,} of {after.total:,} test digits"
    return f"{reads}, {'as' if before.correct == after.correct else f'{before.correct:,} as'} trained."


def _key(session: Session, chosen: UnitsOff) -> tuple[object, ...]:
    return _NAME, session.key, chosen.layer.name, chosen.off


def _job(session: Session, chosen: UnitsOff) -> Job:
    count = partial(_both, session.network, chosen)
    return Job("Test digits, as trained and now", _key(session, chosen), count)


def _both(network: Network, chosen: UnitsOff) -> Generator[Progress, None, Both]:
    """The same count twice: as trained, and with the units off."""
    images, labels = digits.labelled(network)
    found: list[Accuracy] = []
    for off in ((), chosen.off):
        done = len(found) * len(images)

        def told(own: Progress, done: int = done) -> Progress:
            return Progress(done + own.done, 2 * len(images), own.so_far)

        steps = accuracy(network, images, labels, chosen.layer.name, off)
        found.append((yield from retold(steps, told)))
    return found[0], found[1]
