"""The keys component: which scene is wanted, told by keys; the blank screen and the list of keys, drawn here.

The browser counts, and reports the scene that is wanted rather than a step: presses that come faster than the
server draws are all counted, though not every scene between need be drawn.
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
    page: str,
    speaker: str,
    on_change: Callable[[int], None],
) -> None:
    """Listen on the whole document, and show how far the talk is.

    Args:
        at: scene that is shown, from 1.
        total: how many scenes there are.
        key: of the component, stable over reruns.
        page: address that shows this scene as an ordinary page.
        speaker: address of the speaker's view.
        on_change: called with the scene that is wanted, before the rerun.
    """
    wanted = (st.session_state.get(key) or {}).get("wanted") or {}

    def report() -> None:
        found = (st.session_state.get(key) or {}).get("wanted")
        if found:
            on_change(int(found["at"]))

    data = {"at": at, "total": total, "page": page, "speaker": speaker, "seen": wanted.get("count", 0)}
    _component()(key=key, data=data, on_wanted_change=report)


def _component() -> Any:
    global _registered
    if _registered is None:
        html, css, js = ((_FOLDER / f"keys.{kind}").read_text() for kind in ("html", "css", "js"))
        _registered = st.components.v2.component("nnviz_keys", html=html, css=css, js=js)
    return _registered


_registered: Any = None
