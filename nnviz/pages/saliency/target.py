"""What is explained: its control in the page's head, and what the address says of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from nnviz.pages import address, controls
from nnviz.pages.markdown import plain
from nnviz.pages.page import small
from nnviz.pages.session import Session, default_layer

EXPLAIN, MINUS = "explain", "minus"
_CLASS, _LESS, _UNIT = "class", "less", "unit"
_TITLES = {_CLASS: "A class", _LESS: "This and not that", _UNIT: "A unit"}
_ROOM, _ALONE = 7, 40
"""Letters that the head has room for: of a second class beside the buttons of ten classes; of a unit alone."""


def chosen(current: Session) -> tuple[Session, list[str]]:
    """The session with what the address wants explained; and what it wants and does not get, a sentence each."""
    if address.choice(EXPLAIN, (_CLASS, _UNIT), _CLASS) == _UNIT:
        if current.layer.index:
            return replace(current, explains="unit"), []
        first = current.network.layers[1].name
        return current, [
            f"A unit of a layer behind the picture, such as {first}, was expected to be explained, so "
            f"{current.target_name} is. Received: unit {current.unit} of {current.layer.name}."
        ]
    said, text = address.unknown(EXPLAIN), address.read().get(MINUS)
    if text is None:
        return current, said
    most = current.network.graph.classes - 1
    index, replaced = address.whole(MINUS, 0, 0, most)
    if index == current.class_index:
        known = f"another class than {current.class_name(index)}, from 0 to {most}," if most else "no class of one"
        return current, [
            *said,
            f"For minus {known} was expected, so {current.target_name} alone is explained. Received: {text[:40]}.",
        ]
    if replaced:
        said.append(f"minus runs from 0 to {most} here, so {index} is taken off. Received: {text[:40]}.")
    return replace(current, minus=index), said


def control(current: Session) -> None:
    """The class, and beside it what else may be explained; in the place of both the unit, where that is."""
    kind = _UNIT if current.explains == _UNIT else _CLASS if current.minus is None else _LESS
    if kind != _UNIT:
        controls.classes(current, width=260)
    with st.popover(_label(current, kind), key="explained", help="What is explained"):
        _kinds(current, kind)
        if kind == _LESS:
            _other(current)
        elif kind == _UNIT:
            _unit(current)
        else:
            small("Or why this class and not another; or what a unit of any layer answers to.")


def _label(current: Session, kind: str) -> str:
    """What the button says: all of a unit, of a second class as much as there is room for."""
    if current.minus is not None:
        return plain(f"not {_short(current.class_name(current.minus), _ROOM)}")
    return plain(_short(current.target_name, _ALONE)) if kind == _UNIT else "or …"


def _short(name: str, room: int) -> str:
    return name if len(name) <= room else f"{name[: room - 1]}…"


def _kinds(current: Session, kind: str) -> None:
    """A class, a difference of two, or a unit; a network of one output has no second class."""
    key = "explained-kind"
    options = [each for each in _TITLES if each != _LESS or current.network.graph.classes > 1]

    def write() -> None:
        wanted = st.session_state[key]
        minus = _next_best(current) if wanted == _LESS else None
        if wanted == _UNIT and not current.layer.index:
            # A pixel of the picture is no unit to explain: the layer that a network opens on has some.
            controls.go_to(default_layer(current.network))
        address.write(**{EXPLAIN: _UNIT if wanted == _UNIT else None, MINUS: minus})

    address.bound(key, kind, tuple(options))
    titles = _TITLES.__getitem__
    st.segmented_control(
        "What is explained", options, default=kind, format_func=titles, key=key, required=True, on_change=write
    )


def _next_best(current: Session) -> int:
    """The class with the highest logit but for the one under study."""
    order = np.argsort(-current.trace.logits, kind="stable")
    return next(int(index) for index in order if index != current.class_index)


def _other(current: Session) -> None:
    names, key = current.network.classes, "explained-minus"
    options = [index for index in range(len(names)) if index != current.class_index]
    label = plain(f"{current.class_name(current.class_index)}, and not")
    controls.listed(label, key, options, current.minus, address.writer(MINUS, key), title=names.__getitem__)


def _unit(current: Session) -> None:
    """The layer and the unit, which are those of every page."""
    names, key = [layer.name for layer in current.network.layers[1:]], "explained-layer"
    controls.listed("Layer", key, names, current.layer.name, lambda: controls.go_to(st.session_state[key]))
    controls.slider("Unit", "unit", current.unit, 0, current.activations.shape[-1] - 1)
    if current.cell is not None:
        row, column = current.cell
        st.button(
            f"All cells, not only row {row}, column {column}",
            key="explained-whole",
            on_click=lambda: address.write(row=None, column=None),
        )
    elif current.layer.spatial:
        small("A cell of it alone: click one on Feature maps.")
