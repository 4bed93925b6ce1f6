"""What it likes: the picture that raises the unit under study, or a class, most; watched as it forms."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nnviz.analysis.network.trace import Trace, trace
from nnviz.analysis.visualization import Visualization, objectives
from nnviz.figures.words import number
from nnviz.pages.preferred import pictures
from nnviz.pages.preferred.knobs import knobs, study, subject
from nnviz.pages.preferred.pictures import name
from nnviz.shell import jobs, library
from nnviz.shell.page import Page, Reading, caption, head
from nnviz.shell.session import Session
from nnviz.views import answer
from nnviz.views.visualization import forming
from nnviz.views.visualization.request import (
    BETWEEN,
    VisualizationPlan,
    VisualizationRequest,
    at,
    of_map,
    plan,
    raised,
    requested,
)

JOB = "preferred"


def render(session: Session) -> None:
    """Draw the page."""
    what = requested(session)
    wanted = plan(session, what)
    jobs.begin(JOB, forming.job("Forming", wanted), forming.seconds(wanted))
    with head(PAGE, None if what.subject == "class" else lambda: study(session)):
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


def _other(session: Session, what: VisualizationRequest) -> str:
    """What a blend leads to, as it is called in a sentence; plain text."""
    if what.subject == "class":
        return name(session, what, what.other)
    return f"unit {what.other} of {what.other_layer}"


def whom(session: Session, what: VisualizationRequest) -> str:
    """What is raised, as a sentence begins with it; plain text."""
    if what.way == "dream" and what.subject == "unit" and what.dream_of == "layer":
        return f"The mean square of {session.layer.name}"
    text = name(session, what)
    return text[0].upper() + text[1:]


def sentence(
    session: Session,
    what: VisualizationRequest,
    requested: VisualizationPlan,
    found: Visualization,
    seen: Trace,
    shown: int,
) -> str:
    """What one sees, and so what."""
    if what.way == "dream":
        return _dream(session, what, requested, found, seen)
    who = whom(session, what)
    objective = raised(session, what.subject, at(session, what.subject), session.layer.name)
    here, there = objectives.value(objective, seen), objectives.value(objective, session.trace)
    if what.way == "between":
        other = raised(session, what.subject, what.other, what.other_layer)
        share = shown * 100 // (BETWEEN - 1)
        return (
            f"{100 - share}% {name(session, what)} and {share}% "
            f"{_other(session, what)}: on this picture the one gives {number(here)}, the other "
            f"{number(objectives.value(other, seen))}. What lies between two likes shows whether they are kin."
        )
    text = f"{who} {_reaches(session, what, objective, here, seen)} on this picture, {_times(here, there)}"
    if what.way == "four":
        low, high = number(float(found.scores.min())), number(float(found.scores.max()))
        return text + f". The four reach {low} to {high}: what they share is what it looks for, the rest is free."
    if what.subject == "class" or not of_map(objective):
        return text + f": the net says {_says(session, seen)}, though nothing of the kind was ever photographed."
    return text + ": this is what it looks for."


def _reaches(session: Session, what: VisualizationRequest, objective: object, here: float, seen: Trace) -> str:
    values = seen.activations[session.layer.name]
    if what.subject == "class" or not of_map(raised(session, "unit", session.unit, session.layer.name)):
        if not session.network.output.shares:
            return f"reaches {number(here)}"
        return f"has the {'mean ' * session.network.output.placed}logit {number(here)}"
    if values.ndim == 1:
        return f"reaches {number(here)}"
    peak = float(values[..., session.unit].max())
    return f"averages {number(here)} over its map ({number(peak)} at its strongest)"


def _times(here: float, there: float) -> str:
    """Compared with the present picture."""
    if there <= 0 or here <= 0:
        return f"where the present picture gives {number(there)}"
    return f"{here / there:,.1f} times what the present picture gives ({number(there)})"


def _dream(
    session: Session, what: VisualizationRequest, requested: VisualizationPlan, found: Visualization, seen: Trace
) -> str:
    here, there = found.score, objectives.value(requested.objective, session.trace)
    change = float(np.abs(found.pixels[0] - session.fitted.pixels).mean())
    if number(here) == number(there):
        goes, so_what = f"stays at {number(here)}", "as if nothing had been done"
    elif here > there:
        goes, so_what = f"rises from {number(there)} to {number(here)}", "what it sees a little of, it is given more of"
    else:
        # At the least rate that the slider has there is none to try.
        goes = f"falls from {number(there)} to {number(here)}"
        so_what = "each step goes too far" + ("; try a smaller rate" if what.rate > 1 else "")
    return (
        f"{whom(session, what)} {goes} when each pixel may drift ({change:.0f} of 255 on average): "
        f"{so_what}. The net now says {_says(session, seen)}."
    )


def _says(session: Session, seen: Trace) -> str:
    return answer.said_of(session.network, seen)


PAGE = Page(
    "Preferred picture",
    ":material/auto_awesome:",
    "preferred",
    "Why?",
    render,
    reading=(
        Reading("Feature visualization", "Olah et al. 2017", "https://distill.pub/2017/feature-visualization/"),
        Reading("Deep inside convolutional networks", "Simonyan et al. 2013", "https://arxiv.org/abs/1312.6034"),
    ),
)
