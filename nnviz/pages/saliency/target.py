"""What is explained: its control in the page's head, and what the address says of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from nnviz.shell import address, controls
from nnviz.shell.markdown import escape_markdown
from nnviz.shell.page import small
from nnviz.shell.session import Session, default_layer

EXPLAIN, MINUS = "explain", "minus"
_CLASS, _LESS, _UNIT = "class", "less", "unit"
_TITLES = {_CLASS: "A class", _LESS: "This and not that", _UNIT: "A unit"}


def chosen(session: Session) -> tuple[Session, list[str]]:
    """The session with what the address wants explained; and what it wants and does not get, a sentence each."""
    if address.choice(EXPLAIN, (_CLASS, _UNIT), _CLASS) == _UNIT:
        if session.layer.index:
            return replace(session, explains="unit"), []
        first = session.network.layers[1].name
        return session, [
            f"A unit of a layer behind the picture, such as {first}, was expected to be explained, so "
            f"{session.target_name} is. Received: unit {session.unit} of {session.layer.name}."
        ]
    said, text = address.unknown(EXPLAIN), address.read().get(MINUS)
    if text is None:
        return session, said
    most = session.network.graph.classes - 1
    index, replaced = address.whole(MINUS, 0, 0, most)
    if index == session.class_index:
        known = f"another class than {session.class_name(index)}, from 0 to {most}," if most else "no class of one"
        return session, [
            *said,
            f"For minus {known} was expected, so {session.target_name} alone is explained. Received: {text[:40]}.",
        ]
    if replaced:
        said.append(f"minus runs from 0 to {most} here, so {index} is taken off. Received: {text[:40]}.")
    return replace(session, minus=index), said


def control(session: Session) -> None:
    """The one control of what is explained: its kind in a list that opens, and beside it the class, the two classes, or
    the layer and the unit, which are those of every page."""
    kind = _UNIT if session.explains == _UNIT else _CLASS if session.minus is None else _LESS
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="explain"):
        with st.popover("Explain", key="explained", help=f"What is explained: {escape_markdown(session.target_name)}"):
            _kinds(session, kind)
            if kind == _UNIT:
                _cell(session)
        if kind == _UNIT:
            controls.study(session, session.network.layers[1:])
            return
        controls.classes(session, width=260)
        if kind == _LESS:
            small("and not", width="content")
            _other(session)


def _kinds(session: Session, kind: str) -> None:
    """A class, a difference of two, or a unit; a network of one output has no second class."""
    key = "explained-kind"
    options = [each for each in _TITLES if each != _LESS or session.network.graph.classes > 1]

    def write() -> None:
        wanted = st.session_state[key]
        minus = _next_best(session) if wanted == _LESS else None
        if wanted == _UNIT and not session.layer.index:
            # A pixel of the picture is no unit to explain: the layer that a network opens on has some.
            controls.go_to(default_layer(session.network))
        address.write(**{EXPLAIN: _UNIT if wanted == _UNIT else None, MINUS: minus})

    address.bound(key, kind, tuple(options))
    titles = _TITLES.__getitem__
    st.segmented_control(
        "What is explained", options, default=kind, format_func=titles, key=key, required=True, on_change=write
    )


def _next_best(session: Session) -> int:
    """The class with the highest logit but for the one under study."""
    order = np.argsort(-session.trace.logits, kind="stable")
    return next(int(index) for index in order if index != session.class_index)


def _other(session: Session) -> None:
    names, key = session.network.classes, "explained-minus"
    options = [index for index in range(len(names)) if index != session.class_index]
    label = escape_markdown(f"{session.class_name(session.class_index)}, and not")
    width = 110 if max(map(len, names)) <= 4 else 260
    write, title = address.writer(MINUS, key), names.__getitem__
    controls.listed(label, key, options, session.minus, write, title=title, hide=True, width=width)


def _cell(session: Session) -> None:
    """The unit's whole map, or one cell of it."""
    if session.cell is not None:
        row, column = session.cell
        st.button(
            f"All cells, not only row {row}, column {column}",
            key="explained-whole",
            on_click=lambda: address.write(row=None, column=None),
        )
    elif session.layer.spatial:
        small("A cell of it alone: click one on Feature maps.")
