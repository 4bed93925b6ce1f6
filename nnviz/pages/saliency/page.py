"""Saliency: what made the net decide, by every method that there is; and whether the map is to be believed."""

from __future__ import annotations

import streamlit as st

from nnviz.analysis.attribution import METHODS, method_named
from nnviz.pages import address, parameters
from nnviz.pages.page import Page, head, inform
from nnviz.pages.saliency import evidence, maps, target
from nnviz.pages.session import Session

NAMES = tuple(method.name for method in METHODS)
FIRST = "integrated-gradients"
_MAPS = "maps"


def render(current: Session) -> None:
    """Draw the page."""
    current, notices = target.chosen(current)
    # Always there, so that a notice which comes or goes moves nothing below it.
    with st.container():
        chosen = _method(current)
        for notice in [*notices, *parameters.replaced(method_named(chosen), current.network)]:
            inform(notice)
        _no_such_evidence()
    view = address.choice("evidence", (_MAPS, *evidence.TITLES), _MAPS)
    with head(PAGE):
        target.control(current)
        if view == _MAPS:
            maps.values_switch()
        _views(view)
    if view == _MAPS:
        maps.render(current, chosen)
    else:
        evidence.render(current, chosen, view)


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


def _method(current: Session) -> str:
    """The method of the address; one that is not there, or does not fit the network, is replaced, and that is said."""
    asked = address.read().get("method", FIRST)
    if asked not in NAMES:
        inform(f"There is no method {asked[:40]!r}, so {FIRST} is shown. There are: {', '.join(NAMES)}.")
        return FIRST
    if reason := method_named(asked).unfit(current.network):
        inform(f"{reason} Shown is {FIRST}.")
        return FIRST
    return asked


PAGE = Page("Saliency", ":material/target:", "saliency", "Believe", render)
