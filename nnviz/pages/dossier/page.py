"""Dossier: all that is known of one unit, on one screen."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nnviz.analysis.network.receptive import Field
from nnviz.figures.answers import answer_histogram
from nnviz.pages.dossier import bars, pictures, preferred, words
from nnviz.pages.dossier.facts import EFFECTS, LEAST, Known, known
from nnviz.shell import controls, jobs
from nnviz.shell.jobs import Job
from nnviz.shell.markup import html
from nnviz.shell.page import Page, caption, head, small
from nnviz.shell.session import Session
from nnviz.views import chart
from nnviz.views.search import index_job
from nnviz.views.search.patch_panels import gone

ABOVE, BELOW, TWO_ROWS = 0.34, 0.335, 0.36
"""Shares of the window's height: the two rows of pictures, and the units alike where these stand in two rows."""
MOST_ROWS = 8
"""Pictures that are told one by one."""


def render(session: Session) -> None:
    """Draw the page."""
    options = [layer for layer in controls.informative_layers(session.network.layers) if layer.index]
    with head(PAGE):
        controls.layers(session, options)
        most = session.activations.shape[-1] - 1
        controls.slider("Unit", "unit", session.unit, 0, most, format="unit %d", label_visibility="collapsed")
    if session.layer.index == 0:
        _picture(session)
        return
    of = index_job.among(session)
    index = index_job.begun(session, of)
    seen = known(session, of, index)
    liked = preferred.preferred(session, wait=index.busy)
    here, there = pictures.fields(session, of)
    _above(session, seen, here, there)
    _below(session, seen, there, liked, wait=index.busy)
    caption(words.sentence(session, seen))
    # In one row: a bar that is not there would still take the gap below the line.
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium", key="dossier-said")
    with index_job.beside(session), row:
        busy = index.busy or seen.measuring or (liked is not None and liked.busy)
        lost = gone(session.network, session.key, of, seen.hits)
        small("" if busy else words.note(session, seen) + lost)
        if liked is not None and liked.halted and liked.found is not None:
            preferred.button(session, liked)
        index_job.bar(index)
        jobs.progress_bar(EFFECTS)
        jobs.progress_bar(preferred.JOB, redraw=1.0)


def _above(session: Session, seen: Known, here: Field | None, there: Field | None) -> None:
    unit, patches, answers = st.columns([4, 8, 5], gap="small")
    with unit:
        pictures.unit(session, here, ABOVE)
    with patches:
        pictures.patches(session, seen, there, ABOVE)
    with answers:
        _answers(session, seen)


def _answers(session: Session, seen: Known) -> None:
    """How strongly it answers: to many pictures as a histogram, to a few one by one."""
    if seen.answers is None or seen.found is None:
        return
    small(html("<b>How strongly it answers</b><br>{}", words.standing(seen)))
    if seen.answers.constant:
        return
    if seen.answers.values.size >= LEAST:
        chart.plot(answer_histogram(seen.answers.values, seen.here, height=300), "dossier-answers")
        return
    values = seen.found.maxima[session.layer.name][:, session.unit]
    order = [int(row) for row in np.argsort(-values, kind="stable")[:MOST_ROWS]]
    names = [seen.of.name(int(seen.found.sampled[row])) for row in order]
    marked = names.index(session.picture.name) if session.picture.name in names else None
    bars.one_by_one(names, values[order], marked)


def _below(session: Session, seen: Known, there: Field | None, liked: Job | None, wait: bool) -> None:
    best, classes, like = st.columns([4, 6.5, 6.5], gap="small")
    with best:
        preferred.draw(session, liked, wait, BELOW)
    with classes:
        if seen.mute:
            small(seen.mute)
        else:
            bars.classes(session, seen)
    with like:
        pictures.alike(session, seen, there, TWO_ROWS)


def _picture(session: Session) -> None:
    """The input: it has no units that have learned anything."""
    pictures.unit(session, None, ABOVE + BELOW)
    rows, columns = session.fitted.pixels.shape[:2]
    caption(
        f"This is the picture as the network gets it, {rows}x{columns} pixels: pick a layer, and a unit of it, "
        "to see what is known of it."
    )


PAGE = Page("Dossier", ":material/badge:", "dossier", "Believe", render)
