"""F taken out of all layers: what the net then says of this picture, and how many test digits it still reads.

`without=1` in the address asks for it; the shared network stays as it is.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from nnviz.analysis.data import digits
from nnviz.analysis.intervention.without_activations import (
    BothAccuracies,
    accuracy_without,
    answer_without,
    layers_without,
)
from nnviz.shell import address, jobs
from nnviz.shell.jobs import Job
from nnviz.shell.page import small
from nnviz.shell.session import Session
from nnviz.views import answer

JOB = "without-f"
_AT_ONCE = 0.4
"""Seconds that are counted before there is a bar."""
_LISTED = 4
"""Layers that are named; more are counted."""


def asked() -> bool:
    """Whether F is taken out."""
    return address.choice("without", ("0", "1"), "0") == "1"


def button(session: Session) -> None:
    """Take F out, or put it back."""
    out = asked()
    if not layers_without(session.network):
        small("Its only F makes the answer: there is none to take out.")
        return
    st.button(
        "Put F back" if out else "Take F out of all layers",
        icon=":material/undo:" if out else ":material/trending_flat:",
        key="without-f",
        type="secondary" if out else "primary",
        on_click=partial(address.write, without=None if out else 1),
    )


def begin(session: Session) -> Job | None:
    """The two countings, begun where F is taken out; None where it is not, or where no digits are read."""
    wanted = []
    if asked() and layers_without(session.network) and digits.read_by(session.network):
        steps = partial(accuracy_without, session.network)
        wanted = [Job("Test digits with and without F", ("accuracy without F", session.key), steps)]
    return next(iter(jobs.begin_all(JOB, wanted, _AT_ONCE)), None)


def draw(session: Session, mine: Job | None) -> None:
    """Draw the answer with and without F, and the countings."""
    digits_side, picture_side = st.columns(2, gap="large")
    with picture_side:
        small("This picture:")
        answer.compared(session, _answer(session), ("with F", "without"))
    with digits_side:
        if mine is None:
            small("No accuracy: it does not read the ten digits, and other labelled pictures do not ship.")
            return
        small("Test digits read, n = 10,000:")
        found: BothAccuracies | None = mine.result
        if found is not None:
            both = (found.trained, found.without)
            answer.bars(
                ["with F", "without F"],
                np.array([one.share for one in both]),
                [f"{one.share:.2%} ({one.correct:,})" for one in both],
                colour=answer.ink(session.network),
            )
        elif mine.halted:
            small(mine.reason)
            jobs.again_button(JOB, "Count")


def sentence(session: Session, mine: Job | None) -> str:
    """What becomes of the net without F."""
    count = len(layers_without(session.network))
    start = f"Without F in {'its one layer' if count == 1 else f'its {count} layers'} that "
    start += f"ha{'s' if count == 1 else 've'} one, {session.name}"
    counted: BothAccuracies | None = None if mine is None else mine.result
    if counted is not None:
        right, was, total = counted.without.correct, counted.trained.correct, counted.without.total
        if right == was:
            return f"{start} reads {right:,} of {total:,} test digits, as many as with F."
        return f"{start} reads {right:,} of {total:,} test digits instead of {was:,}."
    now, before = _answer(session), session.trace
    winner = int(np.argmax(now))
    share = answer.value(session.network, float(now[winner if session.network.output.chooses else before.winner]))
    if not session.network.output.chooses:
        return f"{start} gives {share} for {session.class_name(before.winner)} of this picture."
    if winner == before.winner:
        return f"{start} still says {session.class_name(winner)} of this picture, with {share}."
    return (
        f"{start} says {session.class_name(winner)} ({share}) of this picture instead of "
        f"{session.class_name(before.winner)}."
    )


def detail(session: Session) -> str:
    """Which layers those are, and what is left of non-linearity."""
    names = layers_without(session.network)
    listed = ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")
    text = f"Taken out of {listed}; the weights stay as they were learned with F."
    if any("MaxPool" in layer.kind for layer in session.network.layers):
        text += " Max pooling, which is not linear either, stays."
    return text


def _answer(session: Session) -> np.ndarray:
    return answer_without(session.network, session.trace.image)[1]
