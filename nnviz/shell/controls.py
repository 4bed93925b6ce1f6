"""Controls that several pages share. Each shows what the address says, and writes what is chosen to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal

import streamlit as st

from nnviz.analysis.network.layers import LayerInfo
from nnviz.shell import address
from nnviz.shell.markdown import escape_markdown
from nnviz.shell.page import small
from nnviz.shell.session import Session

MANY = 40
"""Layers that a slider has a place for each of."""
_BUTTONS = 30
"""Letters of class names that a row of buttons holds; beyond them the classes are a list."""


def slider(label: str, name: str, value: int, low: int, high: int, *, step: int = 1, **more: Any) -> None:
    """A slider for a whole number of the address."""
    key = f"slider-{name}"
    if high <= low:
        st.slider(escape_markdown(label), low, low + 1, low, disabled=True, key=f"{key}-fixed", **more)
        return

    def write() -> None:
        # Another unit may stand on another page of tiles: that is found anew.
        clears = {} if name == "page" else {"page": None}
        if not address.unheard(name, st.session_state[key]):
            address.write(**{name: st.session_state[key], **clears})

    knob(label, key, value, low, high, write, step=step, **more)


def knob(
    label: str, key: str, value: float, low: float, high: float, write: Callable[[], None], *, step: float, **more: Any
) -> None:
    """A slider of whole numbers (a whole step) or others, of which every press counts.

    Args:
        label: above it; plain text.
        key: of its value in the session.
        value: what the address says.
        low, high, step: of one kind with the value, int or float.
        write: writes what stands under the key to the address.
        more: of `st.slider`.
    """
    address.bound(key, value, (low, high), near=step / 100 if isinstance(step, float) else 0.0)
    st.slider(escape_markdown(label), low, high, value, step=step, key=key, on_change=write, **more)


def switch(
    label: str,
    name: str,
    options: Sequence[str],
    value: str,
    *,
    titles: dict[str, str] | None = None,
    hide: bool = True,
) -> None:
    """A segmented switch between a few options."""
    key = f"switch-{name}"
    address.bound(key, value)
    st.segmented_control(
        label,
        list(options),
        default=value,
        format_func=lambda option: (titles or {}).get(option, option),
        key=key,
        required=True,
        on_change=address.writer(name, key),
        label_visibility="collapsed" if hide else "visible",
    )


def listed(
    label: str,
    key: str,
    options: Sequence[Any],
    value: Any,
    choose: Callable[[], None],
    *,
    title: Callable[[Any], str] = str,
    hide: bool = False,
    width: int | Literal["stretch"] = "stretch",
    help: str = "",
) -> None:
    """A list to choose one option from; its value stands in the session under `key`."""
    address.bound(key, value, tuple(options))
    st.selectbox(
        label,
        options,
        None if value is None else options.index(value),
        format_func=title,
        key=key,
        on_change=choose,
        label_visibility="collapsed" if hide else "visible",
        width=width,
        help=help or None,
    )


def informative_layers(layers: Sequence[LayerInfo]) -> list[LayerInfo]:
    """All of them; in a deep network those whose output other layers work on.

    What only an activation function or a batch normalisation reads is left out: their output is what goes on.
    """
    if len(layers) <= MANY:
        return list(layers)
    inner = {layer.inputs[0] for layer in layers if layer.pointwise and layer.inputs}
    read = Counter(name for layer in layers for name in layer.inputs)
    return [layer for layer in layers if layer.name not in inner or read[layer.name] > 1]


def study(
    session: Session,
    options: Sequence[LayerInfo],
    noun: str = "unit",
    *,
    count: int | None = None,
    unit: int | None = None,
    name: str = "unit",
    write: Callable[[int], None] | None = None,
) -> None:
    """The layer and the unit under study: the one kind of these controls, for the head of every page.

    Args:
        options: layers to choose from.
        noun: what the page calls a unit of the layer: "unit", "map", "filter".
        count: of the units; by default as many as the layer has. Of one, or of none, there is no choice.
        unit: the one under study; by default the session's.
        name: of it in the address.
        write: takes the unit that is chosen, where more is to be written than its name.
    """
    count = session.activations.shape[-1] if count is None else count
    unit = session.unit if unit is None else unit
    key, words = f"slider-{name}", noun[0].upper() + noun[1:]

    def moved() -> None:
        if write is not None and not address.unheard(name, st.session_state[key]):
            write(st.session_state[key])

    places = st.columns([3, 2], vertical_alignment="center", gap="medium") if count > 1 else [st.container()]
    with places[0], st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
        layers(session, options)
    if count > 1:
        more: dict[str, Any] = {"format": f"{noun} %d", "label_visibility": "collapsed"}
        with places[1]:
            if write is None:
                slider(words, name, unit, 0, count - 1, **more)
            else:
                knob(words, key, unit, 0, count - 1, moved, step=1, **more)


def layers(session: Session, options: Sequence[LayerInfo]) -> None:
    """Step through layers: two buttons and a slider."""
    names = [layer.name for layer in options]
    if session.layer.name not in names:
        names = sorted({*names, session.layer.name}, key=lambda name: session.network.layer(name).index)
    if len(names) < 2:
        st.markdown(f"layer **{escape_markdown(names[0])}**", width="content")
        return
    at = names.index(session.layer.name)
    _step("Layer before", "arrow_back", "layer-back", names[at - 1] if at else None)
    address.bound("slider-layer", session.layer.name, tuple(names))
    st.select_slider(
        "Layer",
        names,
        session.layer.name,
        format_func=lambda name: f"layer {escape_markdown(name)}",
        key="slider-layer",
        on_change=_slid,
        label_visibility="collapsed",
    )
    _step("Next layer", "arrow_forward", "layer-on", names[at + 1] if at + 1 < len(names) else None)


def _slid() -> None:
    layer = st.session_state["slider-layer"]
    if not address.unheard("layer", layer):
        go_to(layer)


def _step(label: str, icon: str, key: str, layer: str | None) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=key,
        disabled=layer is None,
        on_click=None if layer is None else lambda: go_to(layer),
    )


def go_to(layer: str) -> None:
    """Take another layer under study: its strongest unit, no cell."""
    address.write(layer=layer, unit=None, row=None, column=None, page=None)


def explained(session: Session) -> None:
    """The class that is explained, behind the word that stands before it on every page."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        small("Explain", width="content")
        classes(session)


def classes(session: Session, width: int = 320) -> None:
    """The class that is explained; the winner is what the address need not say. `width` is that of a list, in px."""
    names, winner, key = session.network.classes, session.trace.winner, "target-class"

    def title(index: int) -> str:
        return f"{names[index]} wins" if index == winner and session.network.output.shares else names[index]

    def choose() -> None:
        index = st.session_state[key]
        # A class is not explained against itself.
        clears = {"minus": None} if address.read().get("minus") == str(index) else {}
        address.write(target=None if index == winner else index, **clears)

    address.bound(key, session.class_index, names)
    shown = session.class_index
    more: dict[str, Any] = {"key": key, "on_change": choose, "label_visibility": "collapsed"}
    if sum(map(len, names)) <= _BUTTONS:
        # The names on buttons are Markdown, those of a list are not.
        st.segmented_control(
            "Class",
            range(len(names)),
            default=shown,
            required=True,
            format_func=lambda i: escape_markdown(title(i)),
            width="content",
            **more,
        )
    else:
        st.selectbox("Class", range(len(names)), shown, format_func=title, width=width, **more)
