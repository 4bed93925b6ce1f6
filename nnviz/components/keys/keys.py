"""The keys component: which stop of the talk is wanted, told by keys; blank screen and list of keys, drawn here.

A stop is a scene after so many of its steps. The browser counts, and reports the stop that is wanted rather than a
turn: presses that come faster than the server draws are all counted, though not every stop between need be drawn. In
the speaker's window the same keys are passed on to the wall of that name, from window to window inside the browser,
and what comes next stands there as a wall of its own, small, which that window turns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent


def keys(
    at: int,
    steps: Sequence[int],
    *,
    key: str,
    on_change: Callable[[int], None],
    wall: str | None = None,
    session: str = "",
    sure: bool = False,
    page: str = "",
    speaker: str = "",
) -> None:
    """Listen on the whole document, and show how far the talk is.

    Args:
        at: stop that is shown, from 1.
        steps: how many steps each scene has beside its opening.
        key: of the component, stable over reruns.
        on_change: called with the stop that is wanted, before the rerun.
        wall: name of this wall; without one it is a preview, which hears no keys but the speaker's window around it.
        session: name that this viewer's session would give it; a window that was a wall before keeps its own.
        sure: whether another window follows the wall of that name already, so that it keeps it.
        page: address that shows this scene as an ordinary page.
        speaker: address of the speaker's view.
    """
    wanted = _told(key, "wanted") or {}

    def report() -> None:
        found = _told(key, "wanted")
        if found:
            on_change(int(found["at"]))

    data = {"at": at, "steps": list(steps), "page": page, "speaker": speaker, "seen": wanted.get("count", 0)}
    _component()(
        key=key,
        data=data | {"wall": wall, "session": session, "sure": sure},
        on_wanted_change=report,
        on_wall_change=lambda: None,
    )


def remote(
    wall: str, *, key: str, steps: Sequence[int], scenes: Sequence[str], after: int | None, preview: str
) -> None:
    """Listen on the whole document, pass the talk's keys on to a wall, and show a picture of what comes next.

    Args:
        wall: its name.
        key: of the component, stable over reruns.
        steps: how many steps each scene has beside its opening.
        scenes: the sentence of each, to jump to it.
        after: stop that comes next, from 1; None where none does.
        preview: address of the wall that shows it.
    """
    data = {"remote": wall, "steps": list(steps), "scenes": list(scenes), "after": after, "preview": preview}
    _component()(key=key, data=data)


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
        html, css = ((_FOLDER / f"keys.{kind}").read_text() for kind in ("html", "css"))
        js = "\n".join((_FOLDER / name).read_text() for name in SCRIPTS)
        _registered = st.components.v2.component("nnviz_keys", html=html, css=css, js=js)
    return _registered


SCRIPTS = ("stops.js", "curtain.js", "walls.js", "keys.js")

_registered: Any = None
