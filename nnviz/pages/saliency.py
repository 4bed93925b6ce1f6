"""Saliency: what made the net decide, by every method that there is, side by side."""

from __future__ import annotations

import html
from typing import Any, Literal

import numpy as np
import streamlit as st

from nnviz.analysis.attribution import METHODS, Attribution, SaliencyMethod, method_named
from nnviz.components.raster import Panel, Place, raster
from nnviz.figures.colour import from_zero, symmetric
from nnviz.pages import address, attributions, controls, parameters, views
from nnviz.pages.attributions import Found, Wish
from nnviz.pages.page import Page, caption, head, small
from nnviz.pages.session import Session

_NAMES = tuple(method.name for method in METHODS)
_FIRST = "integrated-gradients"


def render(current: Session) -> None:
    """Draw the page."""
    chosen = address.choice("method", _NAMES, _FIRST)
    signed = address.choice("signed", ("1", "0"), "1") == "1"
    # Rounded up, so that a little of the map is not taken for the map alone.
    strength = -(-address.whole("strength", 0, 0, 100)[0] // 10) * 10
    wishes = {m.name: attributions.wish(current, m, parameters.chosen(m, current.network)) for m in METHODS}
    # The one under study comes first, in the work as in the interest.
    order = sorted(_NAMES, key=lambda name: name != chosen)
    gathered = attributions.desk().gather([wishes[name] for name in order])
    found = {each.method.name: each for each in gathered}
    with head(PAGE):
        controls.classes(current)
        controls.switch("Values", "signed", ("1", "0"), "1" if signed else "0", titles=_VALUES)
    shown = [found[name] for name in _NAMES if found[name].state != "unfit"]
    if found[chosen].state == "unfit":
        chosen = _FIRST
    _side_by_side(current, shown, chosen, signed, strength)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _enlarged(current, found[chosen], signed, strength)
        _overlay(strength)
    with right:
        # Two places that stay what they are, so that the bar is the same fragment in every run.
        words, work = st.container(), st.container()
    with words:
        _in_words(current, found[chosen], signed)
        parameters.sliders(method_named(chosen), current.network)
        _again(found[chosen], wishes[chosen])
        for each in found.values():
            if each.state == "unfit":
                small(html.escape(each.reason))
    with work:
        attributions.progress_bar()


_STRENGTHS = (0, *range(100, 0, -10))
_VALUES = {"1": "Signed", "0": "Magnitude"}


def _overlay(strength: int) -> None:
    """Strength 0 stands for the map alone; then comes all of the map over the picture, and ever less of it."""
    key = "overlay-strength"
    address.bound(key, strength)
    st.select_slider(
        "Over the picture",
        _STRENGTHS,
        format_func=lambda value: f"map at {value}%" if value else "map alone",
        key=key,
        on_change=lambda: address.write(strength=st.session_state[key] or None),
    )


def _map(found: Found, signed: bool) -> np.ndarray | None:
    """What is drawn of an attribution, (rows, columns)."""
    if found.attribution is None:
        return None
    return found.attribution.over_image(magnitude=not (signed and found.method.signed))


def _panel(current: Session, found: Found, signed: bool, strength: int, **more: Any) -> Panel:
    values = _map(found, signed)
    if values is None:
        blank = np.full((1, *current.fitted.pixels.shape[:2], 3), 128.0)
        return Panel(blank, title=found.method.title, note=_state(found), pick="tile", **more)
    colour: Literal["diverging", "inferno"] = "diverging" if signed and found.method.signed else "inferno"
    ranges = symmetric(values) if colour == "diverging" else from_zero(values)
    note = _state(found) or (f"±{ranges[1]:.2g}" if colour == "diverging" else f"0 to {ranges[1]:.2g}")
    return Panel(
        values[None],
        colour,
        ranges,
        title=found.method.title,
        note=note,
        names=[found.method.title],
        pick="tile",
        say_zero=True,
        under=_washed(current.fitted_tile[0]) if strength else None,
        strength=strength / 100 or 1.0,
        **more,
    )


def _washed(picture: np.ndarray) -> np.ndarray:
    """The picture half way to white: on black, blue and orange would both be dark."""
    return 255 - (255 - picture.astype(np.float32)) / 2


def _state(found: Found) -> str:
    """How far a method came that is not finished."""
    if found.reason:
        return "could not be computed"
    if found.state == "done":
        return ""
    if found.progress is None:
        return "stopped" if found.state == "stopped" else "to come"
    at = f"{found.progress.done} of {found.progress.total}"
    return f"stopped at {at}" if found.state == "stopped" else at


def _side_by_side(current: Session, shown: list[Found], chosen: str, signed: bool, strength: int) -> None:
    at = [found.method.name for found in shown].index(chosen)
    raster(
        [views.picture_panel(current, title="Picture", note=_size(current), most=196)]
        + [_panel(current, found, signed, strength, most=196) for found in shown],
        key="methods",
        alt=f"The picture, and its attribution by {', '.join(found.method.title for found in shown)}",
        picked=Place(at + 1, 0, 0, 0),
        height=0.26,
        least=84,
        on_pick=lambda place: address.write(method=shown[place.panel - 1].method.name),
    )


def _size(current: Session) -> str:
    rows, columns = current.fitted.pixels.shape[:2]
    return f"{rows}x{columns}"


def _enlarged(current: Session, found: Found, signed: bool, strength: int) -> None:
    values = _map(found, signed)
    most = None if values is None or not values.any() else np.unravel_index(np.abs(values).argmax(), values.shape)
    panel = _panel(current, found, signed, strength, most=448)
    raster(
        [panel],
        key="method",
        alt=f"{found.method.title}, enlarged",
        marks=[] if most is None else [Place(0, 0, int(most[0]), int(most[1]))],
        height=0.47,
        least=120,
    )


def _in_words(current: Session, found: Found, signed: bool) -> None:
    method, attribution = found.method, found.attribution
    small(f"<b>{html.escape(method.title)}</b>: {html.escape(method.paper)}")
    if found.reason:
        caption(html.escape(found.reason))
    elif attribution is None:
        caption(f"{method.what} {'It was stopped before its first step.' if found.state == 'stopped' else ''}")
    else:
        at = _state(found)
        so_far = {"running": f"So far, {at}: ", "stopped": f"{at.capitalize()}: "}.get(found.state, "")
        caption(so_far + sentence(current.class_name(current.class_index), method, attribution, signed))
    if attribution is not None and attribution.adds_up_to is not None and attribution.gap is not None:
        small(
            f"<b>Completeness</b>: the map adds up to {_minus(f'{attribution.values.sum():.3f}')}; "
            f"logit(image) − logit(baseline) is {_minus(f'{attribution.adds_up_to:.3f}')}; "
            f"gap {_minus(f'{attribution.gap:+.3f}')}."
        )


def _minus(number: str) -> str:
    return number.replace("-", "−")


def sentence(name: str, method: SaliencyMethod, attribution: Attribution, signed: bool) -> str:
    """What one sees, with the numbers of the map."""
    name, title, signed = html.escape(name), method.title, signed and method.signed
    values = attribution.over_image(magnitude=not signed)
    what = method.what.rstrip(".")
    what = what[0].lower() + what[1:]
    if not values.any():
        return f"{title} is zero everywhere ({what}): no pixel speaks for {name}, none against."
    row, column = (int(i) for i in np.unravel_index(np.abs(values).argmax(), values.shape))
    colours = "bright is much, black nothing"
    number = _minus(f"{values[row, column]:.3g}")
    if signed:
        colours = f"orange speaks for {name}, blue against"
        number = _minus(f"{values[row, column]:+.3g}")
    return (
        f"{title} gives the most to row {row}, column {column}: {number}, where the logit of {name} is "
        f"{_minus(f'{attribution.score:.1f}')}. It shows {what}; {colours}."
    )


def _again(found: Found, wish: Wish) -> None:
    if found.state == "stopped":
        st.button(
            "Compute",
            icon=":material/play_arrow:",
            key="attribution-again",
            on_click=lambda: attributions.desk().again(wish.key),
        )


PAGE = Page("Saliency", ":material/target:", "saliency", "Believe", render)
