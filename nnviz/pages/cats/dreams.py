"""Dreamed: the photograph changed so that a layer sees more of what it sees; begun by a button, and kept."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from nnviz.analysis.network.trace import trace
from nnviz.analysis.visualization import Visualization
from nnviz.components.raster import Panel, raster
from nnviz.pages.cats.depths import Depth
from nnviz.shell import address, controls, jobs
from nnviz.shell.jobs import Job
from nnviz.shell.page import small
from nnviz.shell.session import Session
from nnviz.views import answer
from nnviz.views.visualization import forming
from nnviz.views.visualization import request as visualization_request
from nnviz.views.visualization.forming import tiles_of

JOB = "cats"


def chosen(found: list[Depth]) -> Depth:
    """The layer that dreams: the address' own, else the middle one."""
    names = tuple(depth.name for depth in found)
    name = address.choice("cats.dream", names, "middle" if "middle" in names else names[-1])
    return next(depth for depth in found if depth.name == name)


def plan_of(session: Session, depth: Depth) -> visualization_request.VisualizationPlan:
    """The dream, as the page of preferred pictures makes it: what one of them made the other has."""
    requested = visualization_request.VisualizationRequest(
        subject="unit",
        way="dream",
        dream_of="layer",
        other=0,
        steps=visualization_request.DREAM_STEPS,
        rate=1,
        kind="fourier",
        moved=True,
        seed=0,
        octaves=3,
        shown=0,
    )
    return visualization_request.plan(replace(session, layer=depth.layer, unit=0), requested)


def draw(session: Session, found: list[Depth], height: float) -> None:
    """The picture that forms, in a fragment of its own that works and draws by turns while it does."""
    depth = chosen(found)
    if address.read().get(address.PLAY) == "1":
        jobs.begin(JOB, forming.job("Dreaming", plan_of(session, depth)))
    look(session, depth)
    jobs.stage(JOB, lambda: _draw(session, found, depth, height), forming.SLICE, forming.PAUSE)


def look(session: Session, depth: Depth) -> Job | None:
    """What there is of the dream of a layer; None where nobody has begun it."""
    return jobs.look(JOB, forming.job("Dreaming", plan_of(session, depth)))


def _draw(session: Session, found: list[Depth], depth: Depth, height: float) -> None:
    mine = look(session, depth)
    dreamt = None if mine is None else mine.found
    raster(
        [_panel(session, depth, mine)],
        key="cats-dream",
        alt=f"The photograph as {depth.layer.name} dreams it" if dreamt else "The photograph, not dreamt yet",
        height=height,
        least=80,
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        jobs.row(JOB)
        if mine is not None and mine.busy:
            return
        titles = {each.name: each.name.capitalize() for each in found}
        controls.switch("Which layer dreams", "cats.dream", tuple(titles), depth.name, titles=titles)
        if mine is None or mine.halted:
            wanted = plan_of(session, depth)
            title = "Dream" if dreamt is None else "Dream from the start"
            work = forming.job("Dreaming", wanted)
            jobs.again_button(JOB, title, work, forming.seconds(wanted), icon=None, type="primary")
    if mine is not None and mine.reason:
        small(mine.reason)


def made(session: Session, found: list[Depth]) -> str:
    """What came of the dream that is shown, in a sentence; nothing before it was dreamt."""
    depth = chosen(found)
    mine = look(session, depth)
    if mine is None or mine.found is None or mine.busy:
        return ""
    return _sentence(session, depth, mine.found, forming.steps_of(mine) if mine.halted else "")


def _panel(session: Session, depth: Depth, mine: Job | None) -> Panel:
    tiles, title = session.fitted_tile, "Not dreamed yet"
    if mine is not None and mine.found is not None:
        tiles, title = tiles_of(mine.found.pixels), "Dreamed"
        if mine.state != "done":
            title = "Dreams" if mine.busy else f"Stopped at {forming.steps_of(mine)}"
    return Panel(tiles, "grey", (0, 255), title=title, note=f"by {depth.layer.name}", most=672, smooth=True)


def _sentence(session: Session, depth: Depth, dreamt: Visualization, stopped: str) -> str:
    """What the net says of the dream, and at which step it was stopped where it was."""
    says = answer.said(replace(session, trace=trace(session.network, dreamt.fitted())))
    if stopped:
        return f"The dream of its {depth.name} layer was stopped at {stopped}; of what there is it says {says}."
    return f"As its {depth.name} layer dreams it, it says {says}."
