"""Dossier: all that is known of one unit, on one screen."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from nnviz.analysis.receptive import Field
from nnviz.analysis.visualization import Visualization
from nnviz.figures.answers import answer_histogram
from nnviz.pages import controls, indexed, views, work
from nnviz.pages.dossier import bars, pictures, preferred, words
from nnviz.pages.dossier.known import EFFECTS, LEAST, Known, known
from nnviz.pages.page import Page, caption, head, small
from nnviz.pages.patch_panels import gone
from nnviz.pages.session import Session

ABOVE, BELOW, TWO_ROWS = 0.34, 0.335, 0.36
"""Shares of the window's height: the two rows of pictures, and the units alike where these stand in two rows."""
MOST_ROWS = 8
"""Pictures that are told one by one."""


def render(current: Session) -> None:
    """Draw the page."""
    options = [layer for layer in controls.telling(current.network.layers) if layer.index]
    with head(PAGE):
        controls.layers(current, options)
        most = current.activations.shape[-1] - 1
        controls.slider("Unit", "unit", current.unit, 0, most, format="unit %d", label_visibility="collapsed")
    if current.layer.index == 0:
        _picture(current)
        return
    of = indexed.among(current)
    found = indexed.found(current, of)
    seen = known(current, of, found)
    liked = preferred.preferred(current, indexed.running())
    here, there = pictures.fields(current, of)
    _above(current, seen, here, there)
    _below(current, seen, there, liked)
    caption(html.escape(words.sentence(current, seen)))
    # In one row: a bar that is not there would still take the gap below the line.
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium", key="dossier-said")
    with indexed.beside(current), row:
        own = (work.job(EFFECTS), work.job(preferred.JOB))
        busy = indexed.running() or any(job is not None and job.busy for job in own)
        lost = gone(current.network, current.key, of, seen.hits)
        small("" if busy else html.escape(words.note(current, seen) + lost))
        if liked is not None and preferred.stopped(current) is not None:
            preferred.button(current)
        indexed.bar(current, of)
        work.bar(EFFECTS)
        work.bar(preferred.JOB, redraw=1.0)


def _above(current: Session, seen: Known, here: Field | None, there: Field | None) -> None:
    unit, patches, answers = st.columns([4, 8, 5], gap="small")
    with unit:
        pictures.unit(current, here, ABOVE)
    with patches:
        pictures.patches(current, seen, there, ABOVE)
    with answers:
        _answers(current, seen)


def _answers(current: Session, seen: Known) -> None:
    """How strongly it answers: to many pictures as a histogram, to a few one by one."""
    if seen.answers is None or seen.found is None:
        return
    small(f"<b>How strongly it answers</b><br>{html.escape(words.standing(seen))}")
    if seen.answers.constant:
        return
    if seen.answers.values.size >= LEAST:
        views.plot(answer_histogram(seen.answers.values, seen.here, height=300), "dossier-answers")
        return
    values = seen.found.maxima[current.layer.name][:, current.unit]
    order = [int(row) for row in np.argsort(-values, kind="stable")[:MOST_ROWS]]
    names = [seen.of.name(int(seen.found.sampled[row])) for row in order]
    marked = names.index(current.picture.name) if current.picture.name in names else None
    bars.one_by_one(names, values[order], marked)


def _below(current: Session, seen: Known, there: Field | None, liked: Visualization | None) -> None:
    best, classes, like = st.columns([4, 6.5, 6.5], gap="small")
    with best:
        preferred.draw(current, liked, indexed.running(), BELOW)
    with classes:
        if seen.mute:
            small(html.escape(seen.mute))
        else:
            bars.classes(current, seen)
    with like:
        pictures.alike(current, seen, there, TWO_ROWS)


def _picture(current: Session) -> None:
    """The input: it has no units that have learned anything."""
    pictures.unit(current, None, ABOVE + BELOW)
    rows, columns = current.fitted.pixels.shape[:2]
    caption(
        f"This is the picture as the network gets it, {rows}x{columns} pixels: pick a layer, and a unit of it, "
        "to see what is known of it."
    )


PAGE = Page("Dossier", ":material/badge:", "dossier", "Believe", render)
