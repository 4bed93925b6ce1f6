"""Preferred picture: the picture that raises the unit under study, or a class, most; watched as it forms."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from nnviz.analysis.network.trace import Trace, trace
from nnviz.analysis.visualization import Visualization, objectives
from nnviz.figures.words import number, span, told_apart
from nnviz.pages.preferred import pictures
from nnviz.pages.preferred.knobs import knobs, study, subject
from nnviz.pages.preferred.pictures import name
from nnviz.shell import jobs, library
from nnviz.shell.markup import html
from nnviz.shell.page import Page, Reading, caption, head, small
from nnviz.shell.session import Session
from nnviz.shell.target_words import unit_name
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
    with head(PAGE, lambda: study(session, what)):
        subject(what)
        with st.popover("Settings", key="preferred-settings"):
            knobs(session, what)
    jobs.stage(JOB, lambda: _draw(session, what, wanted), forming.SLICE, forming.PAUSE)


def _draw(session: Session, what: VisualizationRequest, wanted: VisualizationPlan) -> None:
    mine = jobs.begin(JOB, forming.job("Forming", wanted))
    found: Visualization | None = mine.found
    shown = min(what.shown, what.count - 1)
    seen = None if found is None else _seen(session, found, shown, not mine.busy)
    large, beside, says = st.columns([45, 29, 26], gap="medium")
    with large:
        pictures.forming(session, what, found, shown)
    with beside:
        pictures.beside(session, what, seen)
    with says:
        _says(session, seen)
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
        said, so_far = sentence(session, what, wanted, found, seen, shown), ""
        if mine.busy:
            so_far = f"So far at step {found.steps}: "
        elif mine.halted:
            so_far = f"Stopped at {forming.steps_of(mine)}, unfinished: "
        caption(so_far + (said[0].lower() + said[1:] if so_far else said))
    if mine.halted:
        jobs.again_button(JOB, "Form it from the start", forming.job("Forming", wanted), forming.seconds(wanted))


def _says(session: Session, seen: Trace | None) -> None:
    """What the net makes of the picture, in bars where it has classes."""
    if seen is None:
        return
    small(html("<b>What the net says of it</b>"))
    if session.network.output.shares and not session.network.output.placed:
        answer.few(replace(session, trace=seen))
    else:
        small(answer.said_of(session.network, seen))


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
    return unit_name(session.network, what.other_layer, what.other)


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
    objective = raised(session, what.subject, at(session, what.subject), session.layer.name)
    here, there = objectives.value(objective, seen), objectives.value(objective, session.trace)
    who = name(session, what)
    if what.way == "between":
        other = raised(session, what.subject, what.other, what.other_layer)
        share = shown * 100 // (BETWEEN - 1)
        return (
            f"{100 - share}% {who} and {share}% {_other(session, what)}: on this picture the one gives {number(here)}, "
            f"the other {number(objectives.value(other, seen))}."
        )
    if what.way == "four":
        reached = span(float(found.scores.min()), float(found.scores.max()))
        return (
            f"On these four {who} {_gives(session, what, seen, reached)}, on the present picture {number(there)}: "
            "what they share is what raises it, the rest is free."
        )
    reached, present = told_apart(here, there)
    return (
        f"On this picture {who} {_gives(session, what, seen, reached)}, on the present one {present}: "
        f"{so_what(here, there)}."
    )


def so_what(here: float, there: float) -> str:
    """What it means that a unit gives so much on the picture that was made for it, and on the present one."""
    if number(here) == number(there) == number(0.0):
        return "nothing that was tried excites it"
    if here > there:
        return "this is what it looks for"
    return "the present one excites it no less" if here == there else "the present one excites it more"


def _gives(session: Session, what: VisualizationRequest, seen: Trace, much: str) -> str:
    """That a unit, or a class, gives so much."""
    network, layer = session.network, session.layer.name
    if what.subject == "class" or not of_map(raised(session, "unit", session.unit, layer)):
        return f"has the {'mean ' * network.output.placed}logit {much}" if network.output.shares else f"reaches {much}"
    return f"reaches {much}" if seen.activations[layer].ndim == 1 else f"averages {much} over its map"


def _dream(
    session: Session, what: VisualizationRequest, requested: VisualizationPlan, found: Visualization, seen: Trace
) -> str:
    here, there = found.score, objectives.value(requested.objective, session.trace)
    if number(here) == number(there):
        goes, so = f"stays at {number(here)}", "as if nothing had been done"
    elif here > there:
        goes, so = f"rises from {number(there)} to {number(here)}", "what it sees a little of, it is given more of"
    else:
        # At the least rate that the slider has there is none to try.
        goes = f"falls from {number(there)} to {number(here)}"
        so = "each step goes too far" + ("; try a smaller rate" if what.rate > 1 else "")
    return f"{whom(session, what)} {goes} in the dream: {so}."


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
