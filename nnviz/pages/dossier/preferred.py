"""The picture that the unit would like best, formed on the page: the same as on the page of likes, and kept with it."""

from __future__ import annotations

import html
from functools import partial

import numpy as np
import streamlit as st

from nnviz.analysis.visualization import Visualization
from nnviz.components.raster import Panel, raster
from nnviz.figures.words import number
from nnviz.pages import work
from nnviz.pages.likes import job
from nnviz.pages.likes.pictures import tiles_of
from nnviz.pages.likes.wish import RATE, STEPS, Asked, wish
from nnviz.pages.page import small
from nnviz.pages.session import Session

JOB = "dossier-preferred"


def asked() -> Asked:
    """One picture, as the page of likes makes it unless told otherwise."""
    return Asked("unit", "one", "layer", 0, STEPS, RATE, "fourier", True, 0, 3, 0)


def preferred(current: Session, wait: bool) -> Visualization | None:
    """What has formed so far; begins where that is quick, unless something else is to be done first (`wait`)."""
    wanted = wish(current, asked())
    formed = job.take_up(JOB, wanted)
    if formed.missing and not wait and current.network.parameters < job.QUICK:
        job.begin(JOB, "Forming", wanted)
        formed = job.look(JOB, wanted)
    return formed.found


def stopped(current: Session) -> work.Job | None:
    """The work, where it ended before the picture was there."""
    return job.look(JOB, wish(current, asked())).ended


def button(current: Session) -> None:
    """Begins it."""
    st.button(
        "Form it" if stopped(current) is None else "Form it from the start",
        icon=":material/play_arrow:",
        key="dossier-form",
        on_click=partial(job.begin, JOB, "Forming", wish(current, asked())),
    )


def draw(current: Session, found: Visualization | None, wait: bool, height: float) -> None:
    """What has formed; or a button that begins it, where nothing begins by itself."""
    mine = work.job(JOB)
    if found is None and not wait and (mine is None or not mine.busy):
        small("<b>Preferred picture</b>")
        if mine is not None and mine.reason:
            small(html.escape(mine.reason))
        button(current)
        return
    blank = np.full((1, *current.fitted.pixels.shape), 128, np.float32)
    raster(
        [
            Panel(
                tiles_of(blank if found is None else found.pixels),
                "grey",
                (0, 255),
                title="Preferred picture",
                note=_note(current, found),
                most=336,
            )
        ],
        key="dossier-preferred",
        alt="The picture that it would like best: not formed yet"
        if found is None
        else f"The picture that unit {current.unit} of {current.layer.name} would like best",
        height=height,
        least=64,
    )


def _note(current: Session, found: Visualization | None) -> str:
    if found is None:
        return "not formed yet"
    ended = stopped(current)
    of = "" if ended is None or ended.progress is None else f" of {ended.progress.total}"
    return f"{'stopped: ' if of else ''}{number(found.score)} after {found.steps}{of} steps"
