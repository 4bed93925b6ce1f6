"""How many test digits the network reads with units off and as trained: counted on demand, kept for all viewers."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial

import numpy as np
import streamlit as st

from nnviz.analysis.data import digits
from nnviz.analysis.intervention.knockout import Accuracy, accuracy
from nnviz.analysis.network.network import Network
from nnviz.analysis.progress import Progress, retold
from nnviz.components.dots import Readings, dots
from nnviz.pages.decision.units_off import UnitsOff
from nnviz.shell import address, caches, jobs
from nnviz.shell.jobs import Job
from nnviz.shell.page import small
from nnviz.shell.session import Session

_NAME = "knock-out accuracy"
_COUNTED = "counted"
"""In the address: 1 shows what was counted in place of the scores."""
_PRESSED = "knock-count-pressed"
"""Where the session keeps how often Count was pressed, and for which count last."""
_HEIGHT = 0.36
Both = tuple[Accuracy, Accuracy]


def button(session: Session, chosen: UnitsOff) -> None:
    """Begin to count, or go back to the scores, or why nothing can be counted."""
    if not digits.read_by(session.network):
        classes = len(session.network.classes)
        chooses = session.network.output.chooses
        its = f"its {classes:,} classes are others" if chooses else "what it gives is no class"
        small(f"No accuracy: the test pictures are digits, {its}.", width="content")
        return
    if counts(session, chosen) is not None:
        st.button(
            "Back to the scores",
            icon=":material/arrow_back:",
            key="knock-scores",
            on_click=partial(address.write, **{_COUNTED: None}),
        )
        return
    count = _job(session, chosen)
    mine = jobs.look(_NAME, count)
    st.button(
        "Count test digits",
        icon=":material/fact_check:",
        key="knock-count",
        disabled=not chosen.off or (mine is not None and mine.busy),
        on_click=partial(_begin, count),
    )


def _begin(count: Job) -> None:
    """Count them, unless somebody has, and have what was counted move when it is there: once for each press."""
    if caches.results.get(count.key) is None:
        jobs.again(_NAME, count)
    before, _ = st.session_state.get(_PRESSED, (0, None))
    st.session_state[_PRESSED] = before + 1, count.key
    address.write(**{_COUNTED: 1})


def counts(session: Session, chosen: UnitsOff) -> Both | None:
    """What was counted of these units, where the address asks for it and it is there."""
    asked = address.read().get(_COUNTED) == "1"
    return caches.results.get(_key(session, chosen)) if asked and chosen.off else None


def sort_dots(session: Session, chosen: UnitsOff, found: Both) -> None:
    """Every test digit as a dot, sorted into right and wrong; a click on one shows that digit."""
    before, after = found
    images, labels = digits.labelled(session.network)
    pressed, key = st.session_state.get(_PRESSED, (0, None))
    number = session.picture.name.removeprefix("test-")
    dots(
        Readings(labels, before.said, after.said, session.network.classes, "test digit", pictures=images),
        key="knock",
        alt=f"{len(labels):,} test digits as dots, sorted into right and wrong: {counted(chosen, found)}",
        play=pressed if key == _key(session, chosen) else 0,
        picked=int(number) if number.isdecimal() else None,
        height=_HEIGHT,
        on_pick=lambda index: address.write(image=f"test-{index}"),
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
    text = f"{reads}, {'as' if before.correct == after.correct else f'{before.correct:,} as'} trained"
    changed = int(np.count_nonzero(before.said != after.said))
    return f"{text}; it reads {changed:,} otherwise than before." if changed else f"{text}."


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
