"""The maps: those of several methods side by side, the one under study large, with its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.analysis.attribution import METHODS, Attribution, SaliencyMethod, method_named
from nnviz.analysis.network.layers import adds_bias
from nnviz.components.raster import Place, raster
from nnviz.pages.saliency import parameters
from nnviz.shell import address, controls, jobs
from nnviz.shell.markup import html
from nnviz.shell.page import caption, small
from nnviz.shell.session import Session
from nnviz.shell.target_words import TargetWords
from nnviz.views import scales
from nnviz.views.attribution.panels import map_of, panel, state
from nnviz.views.attribution.request import JOB, Found, attributions, progress_bar
from nnviz.views.attribution.zero_map import cause_of_zero

PER_STRIP = 6
"""Methods side by side; one more where it would stand alone. What is not in view is not computed."""
_SHORT = {
    "gradient-x-input": "Grad x input",
    "integrated-gradients": "Integrated",
    "expected-gradients": "Expected",
    "guided-backpropagation": "Guided",
}
"""Titles of thumbnails, where the method's own is wider than one."""
_STRENGTHS = (0, *range(100, 0, -10))
_VALUES = {"1": "Signed", "0": "Magnitude"}


def values_switch() -> None:
    """Signed values, or their magnitudes."""
    controls.switch("Values", "signed", ("1", "0"), "1" if _signed() else "0", titles=_VALUES)


def render(session: Session, chosen: str) -> None:
    """Draw the view."""
    signed = _signed()
    # Rounded up, so that a little of the map is not taken for the map alone.
    strength = -(-address.whole("strength", 0, 0, 100)[0] // 10) * 10
    fitting = [method for method in METHODS if not method.unfit(session.network)]
    strips = parted(fitting)
    home = next(at for at, strip in enumerate(strips) if any(method.name == chosen for method in strip))
    strip = address.whole("strip", home, 0, len(strips) - 1)[0]
    shown = strips[strip]
    # The one under study comes first, in the work as in the interest.
    order = sorted({chosen, *(m.name for m in shown)}, key=lambda name: (name != chosen, _index(name)))
    requests = {name: parameters.request(session, method_named(name)) for name in order}
    found = {each.method.name: each for each in attributions(list(requests.values()))}
    _side_by_side(session, [found[method.name] for method in shown], chosen, signed, strength)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _enlarged(session, found[chosen], signed, strength)
        _overlay(strength)
    with right:
        # Two places that stay what they are, so that the bar is the same fragment in every run.
        words, work = st.container(), st.container()
    with words:
        _strips(strips, strip)
        _in_words(session, found[chosen], requests[chosen].parameters, signed)
        parameters.sliders(method_named(chosen), session.network)
        if found[chosen].state == "stopped":
            jobs.again_button(JOB, "Compute", requests[chosen].job())
        _left_out(session)
    with work:
        progress_bar()


def parted(methods: Sequence[SaliencyMethod]) -> list[list[SaliencyMethod]]:
    """The methods in strips that one screen holds."""
    parts = [list(methods[start : start + PER_STRIP]) for start in range(0, len(methods), PER_STRIP)]
    if len(parts) > 1 and len(parts[-1]) == 1:
        alone = parts.pop()
        parts[-1] += alone
    return parts


def _signed() -> bool:
    return address.choice("signed", ("1", "0"), "1") == "1"


def _index(name: str) -> int:
    return [method.name for method in METHODS].index(name)


def _strips(strips: Sequence[Sequence[SaliencyMethod]], strip: int) -> None:
    """Which of the methods are side by side, where they are too many for one screen."""
    if len(strips) < 2:
        return
    key = f"saliency-strip-{len(strips)}"
    titles = [f"{short_title(each[0])} … {short_title(each[-1])}" for each in strips]
    address.bound(key, strip)
    st.segmented_control(
        "Methods in view",
        range(len(strips)),
        default=strip,
        format_func=lambda at: titles[at],
        key=key,
        required=True,
        on_change=lambda: address.write(strip=st.session_state[key]),
        label_visibility="collapsed",
    )


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


def _side_by_side(session: Session, shown: list[Found], chosen: str, signed: bool, strength: int) -> None:
    names = [found.method.name for found in shown]
    rows, columns = session.fitted.pixels.shape[:2]
    raster(
        [scales.picture_panel(session, title="Picture", note=f"{rows}x{columns}", most=196)]
        + [panel(session, found, signed, strength, short_title(found.method), brief=True, most=196) for found in shown],
        key="methods",
        alt=f"The picture, and its attribution by {', '.join(found.method.title for found in shown)}",
        picked=Place(names.index(chosen) + 1, 0, 0, 0) if chosen in names else None,
        height=0.26,
        least=84,
        on_pick=lambda place: address.write(method=shown[place.panel - 1].method.name, strip=None),
    )


def _enlarged(session: Session, found: Found, signed: bool, strength: int) -> None:
    values = map_of(found, signed)
    most = None if values is None or not values.any() else np.unravel_index(np.abs(values).argmax(), values.shape)
    raster(
        [panel(session, found, signed, strength, most=448)],
        key="method",
        alt=f"{found.method.title}, enlarged",
        marks=[] if most is None else [Place(0, 0, int(most[0]), int(most[1]))],
        height=0.47,
        least=120,
    )


def _in_words(session: Session, found: Found, asked: Mapping[str, Any], signed: bool) -> None:
    method, attribution = found.method, found.attribution
    small(html("<b>{}</b>: {}", method.title, method.paper))
    if found.reason:
        caption(found.reason)
    elif attribution is None:
        caption(f"{method.what} {'It was stopped before its first step.' if found.state == 'stopped' else ''}")
    else:
        at = state(found)
        so_far = {"running": f"So far, {at}: ", "stopped": f"{at.capitalize()}: "}.get(found.state, "")
        cause = "" if attribution.values.any() else cause_of_zero(session, method)
        caption(so_far + sentence(session.target_words, method, asked, attribution, signed, cause))
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


def minus(text: str) -> str:
    """Hyphens before numbers as true minus signs."""
    return text.replace("-", "\u2212")


def sentence(
    explained: TargetWords,
    method: SaliencyMethod,
    parameters: Mapping[str, Any],
    attribution: Attribution,
    signed: bool,
    cause: str = "",
) -> str:
    """What one sees, with the numbers of the map; `cause` is why it may be zero everywhere."""
    name, title, signed = explained.name, method.title, signed and method.signed
    values = attribution.over_image(magnitude=not signed)
    what = method.reading(parameters).rstrip(".")
    what = what[0].lower() + what[1:]
    if not values.any():
        nothing = f"no pixel speaks for {name}, none {explained.against}"
        if not method.signed:
            nothing = f"no place stands out for {name}"
        return f"{title} is zero everywhere: {nothing}. {cause}".rstrip()
    row, column = (int(i) for i in np.unravel_index(np.abs(values).argmax(), values.shape))
    colours = "bright is much, black nothing"
    number = minus(f"{values[row, column]:.3g}")
    if signed:
        colours = f"orange speaks for {name}, blue {explained.against}"
        number = minus(f"{values[row, column]:+.3g}")
    return (
        f"{title} gives the most to row {row}, column {column}: {number}, where {explained.score} is "
        f"{minus(f'{attribution.score:.1f}')}. It shows {what}; {colours}."
    )


def sums(
    explained: TargetWords,
    method: SaliencyMethod,
    parameters: Mapping[str, Any],
    attribution: Attribution,
    biased: bool,
) -> Markup:
    """What the map adds up to, and what it should; nothing where the method promises no sum.

    `biased` tells whether any layer of the network has a bias, or shifts as a normalisation does.
    """
    if attribution.adds_up_to is None or attribution.gap is None:
        return Markup()
    lrp = method.name == "lrp"
    less = {"lrp": "", "expected-gradients": ", less its mean over the references,"}
    whole = explained.score + less.get(method.name, ", less its value on the baseline,")
    kept = ""
    if lrp and parameters.get("rule") == "epsilon" and abs(attribution.gap) > 1e-3 * abs(attribution.adds_up_to):
        by = ["by the biases"] * biased + ["by epsilon"] * bool(parameters.get("epsilon"))
        kept = f", kept {' and '.join(by)}" if by else ""
    return html(
        "<b>{}</b>: the map adds up to {}; {} is {}; gap {}{}.",
        "Conservation" if lrp else "Completeness",
        minus(f"{attribution.values.sum():.3f}"),
        whole,
        minus(f"{attribution.adds_up_to:.3f}"),
        minus(f"{attribution.gap:+.3f}"),
        kept,
    )
