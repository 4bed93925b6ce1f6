"""Opening a test digit from this page: it is the picture on every page then."""

from __future__ import annotations

from typing import Any

import streamlit as st

from nnviz.shell import address

_OPENED = "data-opened"


def open_digit(number: int) -> None:
    """Let the address name a test digit, as it is: moved or turned it would not be the one that was picked."""
    plain: dict[str, Any] = dict.fromkeys(("dx", "dy", "rotate", "noise", "invert", "stretch", "row", "column", "unit"))
    address.write(image=f"test-{number}", **plain)
    st.session_state[_OPENED] = True


def tell_sidebar() -> None:
    """Run all of the app where a digit was opened: a page's own run leaves the sidebar at the picture before. Called
    before anything is drawn, since what was would be lost."""
    if st.session_state.pop(_OPENED, False):
        st.rerun()


def number_of(name: str) -> int | None:
    """The number of a test digit by its name in the address; None for another picture."""
    kind, _, number = name.partition("-")
    return int(number) if kind == "test" and number.isdecimal() else None
