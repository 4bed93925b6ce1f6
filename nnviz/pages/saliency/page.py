"""Saliency: what made the net decide, by every method that there is; and whether the map is to be believed."""

from __future__ import annotations

import streamlit as st

from nnviz.analysis.attribution import METHODS, method_named
from nnviz.pages.saliency import maps, parameters, target
from nnviz.pages.saliency.evidence import view as evidence
from nnviz.shell import address
from nnviz.shell.page import Page, Reading, head, inform
from nnviz.shell.session import Session

NAMES = tuple(method.name for method in METHODS)
_MAPS = "maps"


def render(session: Session) -> None:
    """Draw the page."""
    session, notices = target.chosen(session)
    # Always there, so that a notice which comes or goes moves nothing below it.
    with st.container():
        chosen = _method(session)
        for notice in [*notices, *parameters.replaced(method_named(chosen), session.network)]:
            inform(notice)
        _no_such_evidence()
    view = address.choice("evidence", (_MAPS, *evidence.TITLES), _MAPS)
    with head(PAGE, lambda: target.control(session)):
        _views(view)
        settings = st.popover("Settings", key="saliency-settings")
    if view == _MAPS:
        with settings:
            maps.settings(session, chosen)
        maps.render(session, chosen)
    else:
        evidence.render(session, chosen, view, settings)


def _no_such_evidence() -> None:
    asked = address.read().get("evidence", _MAPS)
    if asked not in (_MAPS, *evidence.TITLES):
        inform(f"Evidence was expected to be one of {', '.join(evidence.TITLES)}. Received: {asked}.")


def _views(view: str) -> None:
    """Maps, or their evidence: it opens on the first kind, or on the one that was looked at last."""
    key, last = "saliency-view", "saliency-evidence-last"
    if view != _MAPS:
        st.session_state[last] = view

    def write() -> None:
        one = st.session_state.get(last, next(iter(evidence.TITLES)))
        address.write(evidence=one if st.session_state[key] == "Evidence" else None)

    options, shown = ("Maps", "Evidence"), "Maps" if view == _MAPS else "Evidence"
    address.bound(key, shown)
    st.segmented_control(
        "View", options, default=shown, key=key, required=True, on_change=write, label_visibility="collapsed"
    )


def _method(session: Session) -> str:
    """The method of the address; one that is not there, or does not fit the network, is replaced, and that is said."""
    asked = address.read().get("method", maps.FIRST)
    if asked not in NAMES:
        inform(f"There is no method {asked[:40]!r}, so {maps.FIRST} is shown. There are: {', '.join(NAMES)}.")
        return maps.FIRST
    if reason := method_named(asked).unfit(session.network):
        inform(f"{reason} Shown is {maps.FIRST}.")
        return maps.FIRST
    return asked


PAGE = Page(
    "Saliency",
    ":material/target:",
    "saliency",
    "Why?",
    render,
    reading=(
        Reading("Integrated gradients", "Sundararajan et al. 2017", "https://arxiv.org/abs/1703.01365"),
        Reading("Sanity checks for saliency maps", "Adebayo et al. 2018", "https://arxiv.org/abs/1810.03292"),
        Reading("Interpretable machine learning", "Molnar", "https://christophm.github.io/interpretable-ml-book/"),
    ),
)
