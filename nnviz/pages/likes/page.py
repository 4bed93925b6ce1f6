"""What it likes: the picture that raises the unit under study, or a class, most; watched as it forms."""

from __future__ import annotations

import streamlit as st

from nnviz.analysis.network.trace import Trace, trace
from nnviz.analysis.visualization import Visualization
from nnviz.figures.words import number
from nnviz.pages.likes import pictures
from nnviz.pages.likes.knobs import knobs, subject
from nnviz.pages.likes.words import name, sentence, whom
from nnviz.shell import jobs, library
from nnviz.shell.page import Page, caption, head
from nnviz.shell.session import Session
from nnviz.views.visualization import forming
from nnviz.views.visualization.request import VisualizationPlan, VisualizationRequest, plan, requested

JOB = "likes"


def render(session: Session) -> None:
    """Draw the page."""
    what = requested(session)
    wanted = plan(session, what)
    jobs.begin(JOB, forming.job("Forming", wanted), forming.seconds(wanted))
    with head(PAGE):
        subject(session, what)
    left, right = st.columns([3, 1], gap="medium")
    with left:
        jobs.stage(JOB, lambda: _draw(session, what, wanted), forming.SLICE, forming.PAUSE)
    with right:
        knobs(session, what)


def _draw(session: Session, what: VisualizationRequest, wanted: VisualizationPlan) -> None:
    mine = jobs.begin(JOB, forming.job("Forming", wanted))
    found: Visualization | None = mine.found
    shown = min(what.shown, what.count - 1)
    seen = None if found is None else _seen(session, found, shown, not mine.busy)
    wide, narrow = st.columns(2, gap="small")
    with wide:
        pictures.forming(session, what, found, shown)
    with narrow:
        pictures.beside(session, what, seen)
    # Always there, so that what follows keeps its place when the bar goes.
    with st.container():
        jobs.row(JOB)
    if mine.reason:
        caption(mine.reason)
    elif found is None:
        caption(f"The picture that raises {name(session, what)} is about to form.")
    elif seen is None:
        caption(f"So far, at step {found.steps}: {whom(session, what)} at {number(found.score)}.")
    else:
        so_far = f"So far at step {found.steps}: " if mine.busy else ""
        if mine.halted:
            so_far = f"Stopped at {forming.steps_of(mine)}, unfinished: "
        caption(so_far + sentence(session, what, wanted, found, seen, shown))
    if mine.halted:
        jobs.again_button(JOB, "Form it from the start", forming.job("Forming", wanted), forming.seconds(wanted))


def _seen(session: Session, found: Visualization, shown: int, done: bool) -> Trace | None:
    """What the network makes of a picture; kept where it is the last one, and before only of what is quick."""
    fitted = found.fitted(shown)
    if not done:
        return trace(session.network, fitted) if session.network.parameters < forming.QUICK else None
    return library.traced(session.network, session.key, fitted.digest, fitted)


PAGE = Page("Likes", ":material/auto_awesome:", "likes", "Believe", render)
