"""The maps: the one under study large, and beside it those of its family, with what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from nnviz.analysis.attribution import FAMILIES, METHODS, SaliencyMethod, method_named
from nnviz.analysis.network.layers import adds_bias
from nnviz.components.raster import Place, raster
from nnviz.pages.saliency import parameters
from nnviz.pages.saliency.sentences import reading, sentence, strongest, sums
from nnviz.shell import address, controls, jobs
from nnviz.shell.page import caption, small
from nnviz.shell.session import Session
from nnviz.views import scales
from nnviz.views.attribution.panels import map_of, panel, state
from nnviz.views.attribution.request import JOB, Found, attributions, progress_bar
from nnviz.views.attribution.zero_map import cause_of_zero

FIRST = "integrated-gradients"
"""The method that the page opens on."""
_SHORT = {
    "gradient-x-input": "Grad x input",
    "integrated-gradients": "Integrated",
    "expected-gradients": "Expected",
    "guided-backpropagation": "Guided",
}
"""Titles of thumbnails, where the method's own is wider than one."""
_STRENGTHS = (0, *range(100, 0, -10))
_VALUES = {"1": "Signed", "0": "Magnitude"}
_LAST = "saliency-last"
"""Where the session keeps the method that was looked at last, by family."""


def settings(session: Session, chosen: str) -> None:
    """How the map is shown, and what its method takes."""
    controls.switch("Values", "signed", ("1", "0"), "1" if _signed() else "0", titles=_VALUES, hide=False)
    parameters.sliders(method_named(chosen), session.network)


def render(session: Session, chosen: str) -> None:
    """Draw the view."""
    shown = families(session)[method_named(chosen).family]
    # The one under study comes first, in the work as in the interest.
    order = sorted((method.name for method in shown), key=lambda name: name != chosen)
    requests = {name: parameters.request(session, method_named(name)) for name in order}
    found = {each.method.name: each for each in attributions(list(requests.values()))}
    left, right = st.columns(_WIDTHS, gap="medium")
    with left:
        _enlarged(session, found[chosen])
        _overlay(_strength())
    with right:
        family_switch(session, chosen)
        _side_by_side(session, [found[method.name] for method in shown], chosen)
        # Two places that stay what they are, so that the bar is the same fragment in every run.
        words, work = st.container(), st.container()
    with words:
        _in_words(session, found[chosen], requests[chosen].parameters)
        if found[chosen].state == "stopped":
            jobs.again_button(JOB, "Compute", requests[chosen].job())
        _left_out(session)
    with work:
        progress_bar()


_WIDTHS = (0.4, 0.6)
"""Of the map, and of what stands beside it: what is said of a map takes more room than the map in a low window."""


def families(session: Session) -> dict[str, list[SaliencyMethod]]:
    """The methods that fit the network by their family; what is not in view is not computed."""
    fitting = [method for method in METHODS if not method.unfit(session.network)]
    found = {family: [method for method in fitting if method.family == family] for family in FAMILIES}
    return {family: methods for family, methods in found.items() if methods}


def family_switch(session: Session, chosen: str) -> None:
    """The families of methods; each opens on the method of it that was looked at last, else on its best known."""
    there, key, family = families(session), "saliency-family", method_named(chosen).family
    last = st.session_state.setdefault(_LAST, {})
    last[family] = chosen

    def write() -> None:
        names = [method.name for method in there[st.session_state[key]]]
        wanted = [last.get(st.session_state[key]), FIRST]
        address.write(method=next((name for name in wanted if name in names), names[0]))

    address.bound(key, family, tuple(there))
    st.segmented_control(
        "Methods",
        list(there),
        default=family,
        format_func=FAMILIES.__getitem__,
        key=key,
        required=True,
        on_change=write,
        label_visibility="collapsed",
    )


def _signed() -> bool:
    return address.choice("signed", ("1", "0"), "1") == "1"


def _strength() -> int:
    # Rounded up, so that a little of the map is not taken for the map alone.
    return -(-address.whole("strength", 0, 0, 100)[0] // 10) * 10


def short_title(method: SaliencyMethod) -> str:
    """The title of a method where there is room for a thumbnail's width alone."""
    return _SHORT.get(method.name, method.title)


def _overlay(strength: int) -> None:
    """Strength 0 stands for the map alone; then comes all of the map over the picture, and ever less of it."""
    key = "overlay-strength"
    address.bound(key, strength)
    st.select_slider(
        "Over the picture",
        _STRENGTHS,
        strength,
        format_func=lambda value: f"map at {value}%" if value else "map alone",
        key=key,
        on_change=lambda: address.write(strength=st.session_state[key] or None),
    )


def _side_by_side(session: Session, shown: list[Found], chosen: str) -> None:
    """The picture and the maps of one family, in one row or two."""
    names, signed, strength = [found.method.name for found in shown], _signed(), _strength()
    rows, columns = session.fitted.pixels.shape[:2]
    first = (len(shown) + 2) // 2
    raster(
        [scales.picture_panel(session, title="Picture", note=f"{rows}x{columns}", most=260)]
        + [
            panel(session, each, signed, strength, short_title(each.method), brief=True, most=260, row=int(at >= first))
            for at, each in enumerate(shown, start=1)
        ],
        key="methods",
        alt=f"The picture, and its attribution by {', '.join(found.method.title for found in shown)}",
        picked=Place(names.index(chosen) + 1, 0, 0, 0),
        height=0.54,
        least=84,
        on_pick=lambda place: address.write(method=shown[place.panel - 1].method.name),
    )


def _enlarged(session: Session, found: Found) -> None:
    values = map_of(found, _signed())
    most = None if values is None or not values.any() else strongest(values)[0]
    raster(
        [panel(session, found, _signed(), _strength(), most=900)],
        key="method",
        alt=f"{found.method.title}, enlarged",
        marks=[] if most is None else [Place(0, 0, *most)],
        height=0.72,
        least=120,
    )


def _in_words(session: Session, found: Found, asked: Mapping[str, Any]) -> None:
    method, attribution = found.method, found.attribution
    if found.reason:
        caption(found.reason)
    elif attribution is None:
        stopped = found.state == "stopped"
        caption(f"{method.title} {'was stopped before its first step' if stopped else 'is under way'}.")
    else:
        at = state(found)
        so_far = {"running": f"So far, {at}: ", "stopped": f"{at.capitalize()}: "}.get(found.state, "")
        cause = "" if attribution.values.any() else cause_of_zero(session, method)
        caption(so_far + sentence(session.target_words, method, attribution, _signed(), cause))
    small(reading(method, asked))
    if attribution is not None:
        biased = any(adds_bias(layer.keras_layer) for layer in session.network.layers)
        if told := sums(session.target_words, method, asked, attribution, biased):
            small(told)


def _left_out(session: Session) -> None:
    """The methods that do not fit the network, those of one reason in one line."""
    reasons: dict[str, list[str]] = {}
    for method in METHODS:
        if reason := method.unfit(session.network):
            # The same reason but for the method's own name.
            reasons.setdefault(reason.replace(method.title, ""), []).append(method.title)
    for titles in reasons.values():
        first = next(method for method in METHODS if method.title == titles[0])
        others = f" Nor {', '.join(titles[1:])}." if titles[1:] else ""
        small(first.unfit(session.network) + others)
