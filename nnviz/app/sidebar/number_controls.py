"""What a network on vectors, series, volumes or tokens is given, in the sidebar: numbers instead of a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import streamlit as st

from nnviz.analysis.network import numbers
from nnviz.errors import NnvizError
from nnviz.shell import address, controls, library
from nnviz.shell.markdown import escape_markdown
from nnviz.shell.page import complain
from nnviz.shell.session import Session

SLIDERS = 24
"""Numbers that have a slider each; of more a row is typed in, or taken from a table."""
_IN_ADDRESS = 64
"""Numbers that a link holds; more are the viewer's own, as an upload is."""
_TABLE, _ERROR = "table of rows", "numbers that cannot be taken"


def draw(session: Session) -> None:
    """The controls for what the network takes."""
    takes = session.network.input
    error, there = st.session_state.get(_ERROR, (None, None))
    with st.container():
        if error is not None and there == address.read():
            complain(error)
    if takes.kind == "vector":
        _sliders(session)
    if takes.kind in ("vector", "tokens"):
        _typed(session)
    if takes.kind != "volume" and takes.shape[1] is not None:
        _table(session)
    with st.container(key="picture-known"):
        st.caption(escape_markdown(f"Shown: {session.picture.title}. {session.fitted.note}"))
    if session.picture.name == library.UPLOAD or "values" in address.read():
        st.button(
            "Back to what stands in", icon=":material/undo:", on_click=lambda: address.write(image=None, values=None)
        )


def shown(session: Session) -> list[float]:
    """The numbers that are shown."""
    return [float(value) for value in session.fitted.image.ravel()]


def _sliders(session: Session) -> None:
    takes, values = session.network.input, shown(session)
    given = session.network.card.get("input")
    ends = numbers.ranges(takes, isinstance(given, dict) and "scale" in given)
    for at, (name, value, (low, high)) in enumerate(zip(takes.names, values, ends, strict=True)):
        if at == SLIDERS:
            st.caption(f"The first {SLIDERS} of {len(values):,} numbers; type in a row, or take one of a table.")
            break
        key = f"number-{at}"
        step = 10.0 ** np.floor(np.log10(max(high - low, 1e-6) / 100))
        low, high = (np.floor(min(low, value) / step) * step, np.ceil(max(high, value) / step) * step)
        digits = max(0, -round(np.log10(step)))
        controls.knob(
            name,
            key,
            value,
            float(low),
            float(high),
            partial(_move, session, at, key),
            step=float(step),
            format=f"%.{digits}f",
        )


def _move(session: Session, at: int, key: str) -> None:
    values = shown(session)
    values[at] = st.session_state[key]
    _write(session, values)


def _typed(session: Session) -> None:
    """A row of numbers, or of tokens, as text."""
    tokens = session.network.input.kind == "tokens"
    text = ", ".join(f"{value:.6g}" for value in shown(session))
    address.bound("numbers-typed", text)
    st.text_area(
        "Tokens (whole numbers)" if tokens else "All numbers",
        text,
        key="numbers-typed",
        height=80,
        max_chars=200_000,
        on_change=lambda: _take(
            session, lambda: numbers.listed(st.session_state["numbers-typed"], session.network.input)
        ),
        help="Separated by commas, blanks or semicolons.",
    )


def _table(session: Session) -> None:
    """A row of a table of one's own; of a series all its rows are one."""
    takes = session.network.input
    st.file_uploader("A table (CSV)", type=["csv", "tsv", "txt"], key="numbers-table", on_change=lambda: _read(session))
    name, rows = st.session_state.get(_TABLE, (None, None))
    if rows is not None and rows.shape[1] == takes.shape[1] and len(rows) > 1 and takes.kind != "series":
        st.slider(
            f"Row of {escape_markdown(name)}",
            1,
            len(rows),
            key="numbers-row",
            on_change=lambda: _take(session, lambda: rows[st.session_state["numbers-row"] - 1].tolist()),
        )


def _read(session: Session) -> None:
    file = st.session_state["numbers-table"]
    if file is None:
        st.session_state.pop(_TABLE, None)
        return

    def first() -> list[float] | None:
        rows = numbers.table(file.getvalue(), session.network.input)
        if session.network.input.kind == "series":
            library.keep_numbers(numbers.series(rows, session.network.input))
            address.write(image=library.UPLOAD, values=None)
            return None
        st.session_state[_TABLE] = file.name, rows
        st.session_state["numbers-row"] = 1
        return rows[0].tolist()

    _take(session, first)


def _take(session: Session, found: Callable[[], Sequence[float] | None]) -> None:
    """Show those numbers; what cannot be leaves what was there, and says why."""
    st.session_state.pop(_ERROR, None)
    try:
        if (values := found()) is not None:
            _write(session, numbers.checked(values, session.network.input))
    except NnvizError as error:
        st.session_state[_ERROR] = (error, address.read())


def _write(session: Session, values: Sequence[float]) -> None:
    if len(values) <= _IN_ADDRESS:
        address.write(image=library.NUMBERS, values=",".join(f"{value:.6g}" for value in values))
        return
    library.keep_numbers(np.array(values))
    address.write(image=library.UPLOAD, values=None)
