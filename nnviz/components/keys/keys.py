"""The keys component: which scene is wanted, told by keys; the blank screen and the list of keys, drawn here.

The browser counts, and reports the scene that is wanted rather than a step: presses that come faster than the
server draws are all counted, though not every scene between need be drawn. In the speaker's window the same keys are
passed on to the wall of that name, from window to window inside the browser.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent


def keys(
    at: int,
    total: int,
    *,
    key: str,
    wall: str,
    session: str,
    sure: bool,
    page: str,
    speaker: str,
    on_change: Callable[[int], None],
) -> None:
    """Listen on the whole document, and show how far the talk is.

    Args:
        at: scene that is shown, from 1.
        total: how many scenes there are.
        key: of the component, stable over reruns.
        wall: name of this wall.
        session: name that this viewer's session would give it; a window that was a wall before keeps its own.
        sure: whether another window follows the wall of that name already, so that it keeps it.
        page: address that shows this scene as an ordinary page.
        speaker: address of the speaker's view.
        on_change: called with the scene that is wanted, before the rerun.
    """
    wanted = _told(key, "wanted") or {}

    def report() -> None:
        found = _told(key, "wanted")
        if found:
            on_change(int(found["at"]))

    data = {"at": at, "total": total, "page": page, "speaker": speaker, "seen": wanted.get("count", 0)}
    _component()(
        key=key,
        data=data | {"wall": wall, "session": session, "sure": sure},
        on_wanted_change=report,
        on_wall_change=lambda: None,
    )


def remote(wall: str, *, key: str) -> None:
    """Listen on the whole document, and pass the talk's keys on to a wall.

    Args:
        wall: its name.
        key: of the component, stable over reruns.
    """
    _component()(key=key, data={"wall": wall})


def kept_name(key: str) -> str | None:
    """The name that this window had as a wall before, under an earlier session; None where it had none."""
    found = _told(key, "wall")
    return str(found) if found else None


def _told(key: str, name: str) -> Any:
    """What the browser told last under that name."""
    return (st.session_state.get(key) or {}).get(name)


def _component() -> Any:
    global _registered
    if _registered is None:
        html, css, js = ((_FOLDER / f"keys.{kind}").read_text() for kind in ("html", "css", "js"))
        _registered = st.components.v2.component("nnviz_keys", html=html, css=css, js=js)
    return _registered


_registered: Any = None
