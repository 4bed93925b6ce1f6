"""The evidence beside the map: four measurements of whether it is to be believed, on this network and this picture."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nnviz.analysis.attribution import METHODS, SaliencyMethod, method_named
from nnviz.components.raster import raster
from nnviz.pages.saliency import parameters
from nnviz.pages.saliency.evidence import agreement, deletion, randomisation, stability
from nnviz.pages.saliency.evidence.job import JOB, Draw, map_of
from nnviz.shell import address, controls, jobs
from nnviz.shell.jobs import Job
from nnviz.shell.page import caption, small
from nnviz.shell.session import Session
from nnviz.views import scales
from nnviz.views.attribution.panels import panel, state
from nnviz.views.attribution.request import AT_ONCE

TITLES = {
    "deletion": "Deletion",
    "randomisation": "Random weights",
    "stability": "Small noise",
    "agreement": "Agreement",
}
"""What there is, by its name in the address."""
_REDRAW = 1.0
_WIDE = {"deletion": 4, "agreement": 5}
"""How much wider what was measured is than the picture and the map beside it, where it is not three times."""


def render(session: Session, chosen: str, kind: str, settings: DeltaGenerator) -> None:
    """Draw the view; what its measurement takes is chosen in `settings`."""
    method = method_named(chosen)
    alone = kind != "agreement"  # which has no map under study, and makes its own
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        controls.switch("Evidence", "evidence", tuple(TITLES), kind, titles=TITLES)
        if alone:
            _methods(session, chosen)
    with settings:
        wanted, draw = _KINDS[kind](session, parameters.request(session, method))
        if alone:
            parameters.sliders(method, session.network)
        else:
            small("All methods, each as its own settings on Maps have it.")
    mine = jobs.begin(JOB, wanted, AT_ONCE)
    left, right = st.columns([1, _WIDE.get(kind, 3)], gap="large")
    # Deletion has the picture beside its curves.
    shown = [scales.picture_panel(session, title="Picture", most=340)] if kind != "deletion" else []
    shown += [panel(session, map_of(method, mine), True, 0, most=340, row=1)] if alone else []
    with left:
        raster(
            shown,
            key="evidence-map",
            alt=f"The picture, and its attribution by {method.title}" if alone else "The picture",
            height=0.6,
            least=80,
        )
    with right:
        # A place for each, always there and for nothing else: the browser may keep hidden what replaces another thing.
        bar, button = st.container(), st.container()
        say = _measured(method, mine, draw, alone)
    with bar:
        jobs.progress_bar(JOB, redraw=_REDRAW)
    if mine.halted:
        with button:
            jobs.again_button(JOB, "Compute")
    # Always there, as those above.
    with st.container():
        if say is not None:
            say()


def _measured(method: SaliencyMethod, mine: Job, draw: Draw, alone: bool) -> Callable[[], None] | None:
    """What is measured so far, or what it waits for; returns what draws the words that stand below all."""
    result = mine.found.measured if alone and mine.found is not None else mine.found
    if mine.reason:
        caption(mine.reason)
    elif alone and (found := map_of(method, mine)).state != "done":
        caption(f"First comes the map itself: {state(found) or 'it is under way'}.")
    return None if result is None else draw(result, mine.state == "done")


def _methods(session: Session, chosen: str) -> None:
    key = "evidence-method"
    names = [method.name for method in METHODS if not method.unfit(session.network)]

    def choose() -> None:
        address.write(method=st.session_state[key])

    def title(name: str) -> str:
        return method_named(name).title

    controls.listed("Method", key, names, chosen, choose, title=title, hide=True, width=250)


_KINDS = {
    "deletion": deletion.measurement,
    "randomisation": randomisation.measurement,
    "stability": stability.measurement,
    "agreement": agreement.measurement,
}
