"""Dreamed: the photograph changed so that a layer sees more of what it sees; begun by a button, and kept."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from nnviz.components.raster import Panel, raster
from nnviz.pages.cats.depths import Depth
from nnviz.pages.cats.words import of_dream
from nnviz.shell import address, controls
from nnviz.shell.jobs import bar as jobs
from nnviz.shell.page import small
from nnviz.shell.session import Session
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
    """The dream, as the page of what a unit likes makes it: what one of them made the other has."""
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
    wanted = plan_of(session, depth)
    running = _running(forming.take_up(JOB, wanted)) is not None

    @st.fragment(run_every=forming.PAUSE if running else None)
    def stage(first: list[bool]) -> None:
        mine = _running(forming.look(JOB, wanted))
        # The run of the whole page draws first and works later.
        if mine is not None and not first:
            mine.work(forming.SLICE)
        first.clear()
        # Begun or ended since the page was drawn: its timer is set with the page.
        if running != (_running(forming.look(JOB, wanted)) is not None):
            st.rerun()
        _draw(session, found, depth, wanted, height)

    stage([True])


def _running(formed: forming.Formed) -> jobs.Job | None:
    return formed.mine if formed.mine is not None and formed.mine.busy else None


def _draw(
    session: Session, found: list[Depth], depth: Depth, wanted: visualization_request.VisualizationPlan, height: float
) -> None:
    formed = forming.look(JOB, wanted)
    dreamt, mine = formed.found, formed.mine
    raster(
        [_panel(session, depth, formed)],
        key="cats-dream",
        alt=f"The photograph as {depth.layer.name} dreams it" if dreamt else "The photograph, not dreamt yet",
        height=height,
        least=80,
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if mine is not None and mine.busy:
            st.progress(*_said(mine))
            st.button("Stop", icon=":material/stop:", key="cats-stop", on_click=mine.stop)
            return
        titles = {each.name: each.name.capitalize() for each in found}
        controls.switch("Which layer dreams", "cats.dream", tuple(titles), depth.name, titles=titles)
        if dreamt is None or mine is not None:
            st.button(
                "Dream" if dreamt is None else "Dream from the start",
                type="primary",
                key="cats-begin",
                on_click=partial(forming.begin, JOB, "Dreaming", wanted),
            )
    if mine is not None and mine.reason:
        small(mine.reason)


def _said(mine: jobs.Job) -> tuple[float, str]:
    progress = mine.progress
    if progress is None or not progress.done:
        return 0.0, "Getting ready"
    return progress.done / progress.total, f"Step {progress.done} of {progress.total}"


def made(session: Session, found: list[Depth]) -> str:
    """What came of the dream that is shown, in a sentence; nothing before it was dreamt."""
    depth = chosen(found)
    formed = forming.take_up(JOB, plan_of(session, depth))
    if formed.found is None or _running(formed) is not None:
        return ""
    return of_dream(session, depth, formed.found, formed.steps)


def _panel(session: Session, depth: Depth, formed: forming.Formed) -> Panel:
    tiles, title = session.fitted_tile, "Not dreamed yet"
    if formed.found is not None:
        tiles, title = tiles_of(formed.found.pixels), "Dreamed"
        if formed.mine is not None:
            title = "Dreams" if formed.mine.busy else f"Stopped at {formed.steps}"
    return Panel(tiles, "grey", (0, 255), title=title, note=f"by {depth.layer.name}", most=672, smooth=True)
