"""What it likes: the picture that raises the unit under study, or a class, most; watched as it forms."""

from __future__ import annotations

from functools import partial

import streamlit as st

from nnviz.analysis.network.trace import Trace, trace
from nnviz.analysis.visualization import Visualization
from nnviz.figures.words import number
from nnviz.pages.likes import pictures
from nnviz.pages.likes.knobs import knobs, subject
from nnviz.pages.likes.words import name, sentence, whom
from nnviz.shell import library
from nnviz.shell.jobs import bar as jobs
from nnviz.shell.page import Page, caption, head
from nnviz.shell.session import Session
from nnviz.views.visualization import forming
from nnviz.views.visualization.request import VisualizationPlan, VisualizationRequest, plan, requested

JOB = "likes"


def render(session: Session) -> None:
    """Draw the page."""
    what = requested(session)
    wanted = plan(session, what)
    if forming.take_up(JOB, wanted).missing:
        forming.begin(JOB, "Forming", wanted)
    with head(PAGE):
        subject(session, what)
    left, right = st.columns([3, 1], gap="medium")
    with left:
        _stage(session, what, wanted)
    with right:
        knobs(session, what)


def _stage(session: Session, what: VisualizationRequest, wanted: VisualizationPlan) -> None:
    """What forms, in a fragment of its own that works and draws by turns while it does."""
    running = _running(wanted) is not None

    @st.fragment(run_every=forming.PAUSE if running else None)
    def stage(first: list[bool]) -> None:
        mine = _running(wanted)
        # The run of the whole page draws first and works later.
        if mine is not None and not first:
            mine.work(forming.SLICE)
        first.clear()
        if running and _running(wanted) is None:
            st.rerun()
        _draw(session, what, wanted)

    stage([True])


def _running(wanted: VisualizationPlan) -> jobs.Job | None:
    mine = forming.look(JOB, wanted).mine
    return mine if mine is not None and mine.busy else None


def _draw(session: Session, what: VisualizationRequest, wanted: VisualizationPlan) -> None:
    formed = forming.look(JOB, wanted)
    found, mine = formed.found, formed.mine
    shown = min(what.shown, what.count - 1)
    seen = None if found is None else _seen(session, found, shown, mine is None or not mine.busy)
    wide, narrow = st.columns(2, gap="small")
    with wide:
        pictures.forming(session, what, found, shown)
    with narrow:
        pictures.beside(session, what, seen)
    # Always there, so that what follows keeps its place when the bar goes.
    with st.container():
        if mine is not None and mine.busy:
            _bar(mine)
    if mine is not None and mine.reason:
        caption(mine.reason)
    elif found is None:
        caption(f"The picture that raises {name(session, what)} is about to form.")
    elif seen is None:
        caption(f"So far, at step {found.steps}: {whom(session, what)} at {number(found.score)}.")
    else:
        so_far = ""
        if mine is not None:
            so_far = f"So far at step {found.steps}: " if mine.busy else f"Stopped at {formed.steps}, unfinished: "
        caption(so_far + sentence(session, what, wanted, found, seen, shown))
    if formed.ended is not None:
        st.button(
            "Form it from the start",
            icon=":material/play_arrow:",
            key="likes-again",
            on_click=partial(forming.begin, JOB, "Forming", wanted),
        )


def _seen(session: Session, found: Visualization, shown: int, done: bool) -> Trace | None:
    """What the network makes of a picture; kept where it is the last one, and before only of what is quick."""
    fitted = found.fitted(shown)
    if not done:
        return trace(session.network, fitted) if session.network.parameters < forming.QUICK else None
    return library.traced(session.network, session.key, library.digest(fitted.image), fitted)


def _bar(mine: jobs.Job) -> None:
    progress = mine.progress
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if progress is None or not progress.done:
            st.progress(0.0, "Getting ready: compiled once a layer")
        else:
            st.progress(progress.done / progress.total, f"Step {progress.done} of {progress.total}")
        st.button("Stop", icon=":material/stop:", key="likes-stop", on_click=mine.stop)


PAGE = Page("Likes", ":material/auto_awesome:", "likes", "Believe", render)
