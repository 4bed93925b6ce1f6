"""The appearance component: a button that changes between light, dark and a dark room, in the browser alone.

What it switches stands in the page itself (`app/theme.js`), so that a page is never drawn in another theme first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent
_HTML = """
<button type="button">
  <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true"><path></path></svg>
</button>
"""


def appearance(*, key: str) -> None:
    """Draw the button.

    Args:
        key: of the component, stable over reruns.
    """
    _component()(key=key)


def _component() -> Any:
    global _registered
    if _registered is None:
        css, script = ((_FOLDER / name).read_text() for name in ("appearance.css", "appearance.js"))
        _registered = st.components.v2.component("nnviz_appearance", html=_HTML, css=css, js=script)
    return _registered


_registered: Any = None
