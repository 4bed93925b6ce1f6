"""The picture that the unit would like best, formed on the page: the same as on the page of likes, and kept with it."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.analysis.visualization import Visualization
from nnviz.components.raster import Panel, raster
from nnviz.figures.words import number
from nnviz.shell.jobs import bar as jobs
from nnviz.shell.page import small
from nnviz.shell.session import Session
from nnviz.views.visualization import forming
from nnviz.views.visualization.forming import tiles_of
from nnviz.views.visualization.request import RATE, STEPS, VisualizationRequest, plan

JOB = "dossier-preferred"


def requested() -> VisualizationRequest:
    """One picture, as the page of likes makes it unless told otherwise."""
    return VisualizationRequest("unit", "one", "layer", 0, STEPS, RATE, "fourier", True, 0, 3, 0)


def preferred(session: Session, wait: bool) -> Visualization | None:
    """What has formed so far; begins where that is quick, unless something else is to be done first (`wait`)."""
    wanted = plan(session, requested())
    formed = forming.take_up(JOB, wanted)
    if formed.missing and not wait and session.network.parameters < forming.QUICK:
        forming.begin(JOB, "Forming", wanted)
        formed = forming.look(JOB, wanted)
    return formed.found


def stopped(session: Session) -> jobs.Job | None:
    """The work, where it ended before the picture was there."""
    return forming.look(JOB, plan(session, requested())).ended


def button(session: Session) -> None:
    """Begins it."""
    st.button(
        "Form it" if stopped(session) is None else "Form it from the start",
        icon=":material/play_arrow:",
        key="dossier-form",
        on_click=partial(forming.begin, JOB, "Forming", plan(session, requested())),
    )


def draw(session: Session, found: Visualization | None, wait: bool, height: float) -> None:
    """What has formed; or a button that begins it, where nothing begins by itself."""
    mine = jobs.job(JOB)
    if found is None and not wait and (mine is None or not mine.busy):
        small(Markup("<b>Preferred picture</b>"))
        if mine is not None and mine.reason:
            small(mine.reason)
        button(session)
        return
    blank = np.full((1, *session.fitted.pixels.shape), 128, np.float32)
    raster(
        [
            Panel(
                tiles_of(blank if found is None else found.pixels),
                "grey",
                (0, 255),
                title="Preferred picture",
                note=_note(session, found),
                most=336,
            )
        ],
        key="dossier-preferred",
        alt="The picture that it would like best: not formed yet"
        if found is None
        else f"The picture that unit {session.unit} of {session.layer.name} would like best",
        height=height,
        least=64,
    )


def _note(session: Session, found: Visualization | None) -> str:
    if found is None:
        return "not formed yet"
    ended = stopped(session)
    of = "" if ended is None or ended.progress is None else f" of {ended.progress.total}"
    return f"{'stopped: ' if of else ''}{number(found.score)} after {found.steps}{of} steps"
