"""The unit's preferred picture, formed on the page: the same as on the page of that name, and kept with it."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from nnviz.analysis.visualization import Visualization
from nnviz.components.raster import Panel, raster
from nnviz.figures.words import number
from nnviz.shell import jobs
from nnviz.shell.jobs import Job
from nnviz.shell.page import small
from nnviz.shell.session import Session
from nnviz.views.visualization import forming
from nnviz.views.visualization.forming import tiles_of
from nnviz.views.visualization.request import RATE, STEPS, VisualizationRequest, plan

JOB = "dossier-preferred"


def requested() -> VisualizationRequest:
    """One picture, as the page of preferred pictures makes it unless told otherwise."""
    return VisualizationRequest("unit", "one", "layer", 0, STEPS, RATE, "fourier", True, 0, 3, 0)


def preferred(session: Session, wait: bool) -> Job | None:
    """What has formed so far; begins where that is quick, unless something else is to be done first (`wait`). None
    where nobody has begun."""
    wanted = plan(session, requested())
    mine = forming.job("Forming", wanted)
    if wait or session.network.parameters >= forming.QUICK:
        return jobs.look(JOB, mine)
    return jobs.begin(JOB, mine, forming.seconds(wanted))


def button(session: Session, mine: Job | None) -> None:
    """Begins it."""
    wanted = plan(session, requested())
    stopped = mine is not None and mine.halted
    title = "Form it from the start" if stopped else "Form it"
    jobs.again_button(JOB, title, forming.job("Forming", wanted), forming.seconds(wanted))


def draw(session: Session, mine: Job | None, wait: bool, height: float) -> None:
    """What has formed; or a button that begins it, where nothing begins by itself."""
    found: Visualization | None = None if mine is None else mine.found
    if found is None and not wait and (mine is None or not mine.busy):
        small(Markup("<b>Preferred picture</b>"))
        if mine is not None and mine.reason:
            small(mine.reason)
        button(session, mine)
        return
    blank = np.full((1, *session.fitted.pixels.shape), 128, np.float32)
    raster(
        [
            Panel(
                tiles_of(blank if found is None else found.pixels),
                "grey",
                (0, 255),
                title="Preferred picture",
                note=_note(mine, found),
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


def _note(mine: Job | None, found: Visualization | None) -> str:
    if found is None or mine is None:
        return "not formed yet"
    of = f" of {mine.progress.total}" if mine.halted and mine.progress is not None else ""
    return f"{'stopped: ' if of else ''}{number(found.score)} after {found.steps}{of} steps"
