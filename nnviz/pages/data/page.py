"""The data as the net sees it: a map of the digits in any layer, the nearest to a picture, and the mistakes."""

from __future__ import annotations

import streamlit as st

from nnviz.analysis.data import digits
from nnviz.analysis.data.pictures import taken_by
from nnviz.analysis.network.network import Network
from nnviz.pages.data import digit_map, mistakes, neighbours, results
from nnviz.pages.data.opening import tell_sidebar
from nnviz.shell import address, controls
from nnviz.shell.page import Page, Reading, head, small
from nnviz.shell.session import Session

VIEWS = {"map": "Map", "neighbours": "Neighbours", "mistakes": "Mistakes"}


def render(session: Session) -> None:
    """Draw the page."""
    tell_sidebar()
    view = address.choice("view", tuple(VIEWS), "map")
    layers = controls.informative_layers(session.network.layers)
    study = None if view == "mistakes" else lambda: controls.study(session, layers, count=0)
    with head(PAGE, study):
        controls.switch("View", "view", tuple(VIEWS), view, titles=VIEWS)
        counted = view != "mistakes" and len(results.counts(session)) > 1
        if counted or view == "map":
            with st.popover("Settings", key="data-settings"):
                if view == "map":
                    digit_map.settings()
                if counted:
                    _count(session)
    if "data" not in session.network.card and not digits.read_by(session.network):
        small(f"The data are the handwritten digits that ship, which {session.network.name} was not made to read.")
    {"map": digit_map, "neighbours": neighbours, "mistakes": mistakes}[view].render(session)


def _count(session: Session) -> None:
    """How many digits are looked at."""
    titles = {count: f"{int(count):,} digits" for count in results.counts(session)}
    controls.switch("Digits", results.COUNT, tuple(titles), results.count(session), titles=titles, hide=False)


def unfit(network: Network) -> str:
    """Why it shows nothing of a network: digits are nothing that it takes."""
    if taken_by(network):
        return ""
    return f"Data shows the digits as a network sees them, and {network.name} takes no pictures."


PAGE = Page(
    "Data",
    ":material/scatter_plot:",
    "data",
    "Why?",
    render,
    unfit,
    reading=(
        Reading("How to use t-SNE effectively", "Wattenberg et al. 2016", "https://distill.pub/2016/misread-tsne/"),
        Reading(
            "Visualizing representations",
            "Olah 2015",
            "https://colah.github.io/posts/2015-01-Visualizing-Representations/",
        ),
    ),
)
