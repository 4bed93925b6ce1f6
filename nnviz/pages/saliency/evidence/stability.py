"""Small noise: how much a map changes where the answer does not."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from markupsafe import Markup

from nnviz.analysis import evidence
from nnviz.analysis.attribution import Attribution, SaliencyMethod
from nnviz.analysis.evidence import Stability
from nnviz.analysis.progress import Progress
from nnviz.figures.evidence import change_bars
from nnviz.figures.words import number
from nnviz.pages.saliency.evidence.job import Draw, measuring
from nnviz.shell import address, controls
from nnviz.shell.jobs import Job
from nnviz.shell.markup import html
from nnviz.shell.page import caption, small
from nnviz.shell.session import Session
from nnviz.views import chart
from nnviz.views.attribution.request import AttributionRequest

_COPIES = 8


def measurement(session: Session, request: AttributionRequest) -> tuple[Job, Draw]:
    """Its job and what draws it; its own control is drawn here."""
    percent = address.whole("shake", 2, 1, 20)[0]
    controls.slider("Noise (% of the range)", "shake", percent, 1, 20)
    network, image, method = session.network, session.fitted, request.method

    def shaken(known: Attribution) -> Generator[Progress, None, Stability]:
        noise, target = percent / 100, request.target
        return evidence.shaking(
            network, image, method.name, target, request.parameters, noise=noise, copies=_COPIES, known=known
        )

    def draw(result: Stability, whole: bool) -> None:
        caption(sentence(session, method, result, whole))
        if not result.sigma:
            return
        title = "noisy copy, and how much its map differs: ‖ map′ − map ‖ / ‖ map ‖"
        chart.plot(change_bars(result.changes, _COPIES, title=title), "evidence-stability")
        small(note(result))

    return Job(
        f"{method.title} on {_COPIES} noisy copies, in tenths",
        ("stability", request.key, percent),
        lambda: measuring(request, _COPIES + 1, shaken),
    ), draw


def sentence(session: Session, method: SaliencyMethod, found: Stability, whole: bool) -> str:
    """How much the map changes where the answer does not."""
    if not found.sigma:
        return Markup(
            "<b>No noise could be added</b>: it is a share of the picture's range, and the whole picture is of one "
            "colour. Nothing can be said of how steady the map is."
        )
    kept, name = len(found.changes), session.class_name(session.trace.winner)
    if not kept:
        return (
            f"None of {found.copies} noisy copies is still read as {name}: the noise of {found.noise:.0%} is not small "
            "for this network."
        )
    so_far = "" if whole else "So far: "
    head = (
        f"{so_far}Under noise of {found.noise:.0%}, which leaves the answer {name} in {kept} of {found.copies} copies, "
    )
    if np.isnan(found.changes).any():
        return f"{head}nothing can be said: the map itself is zero everywhere."
    mean = float(found.changes.mean())
    verdict = (
        "it does not change at all"
        if found.largest == 0
        else "it is steady"
        if mean < 0.25
        else ("it changes with it" if mean < 0.75 else "it is another map each time")
    )
    alike = float(np.nanmean(found.alike)) if np.isfinite(found.alike).any() else float("nan")
    order = "" if np.isnan(alike) else f", and its order stays {number(alike)} alike"
    text = f"{head}the map of {method.title} differs by {number(mean)} of its size on average, "
    return html("{}{} at most{}: <b>{}</b>.", text, number(found.largest), order, verdict)


def note(found: Stability) -> str:
    """The local Lipschitz constant."""
    steepest = (
        "" if np.isnan(found.lipschitz) else f"Steepest: the map moves {number(found.lipschitz)} for each 1 that "
    )
    moved = f"{steepest}the picture moves (local Lipschitz). " if steepest else ""
    return f"{moved}Copies that are read as something else do not count. Alvarez-Melis and Jaakkola 2018."
