"""The paste component: it draws nothing, and hears a picture that is pasted anywhere on the page."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from nnviz.errors import NnvizError

MOST_BYTES = 25_000_000
"""Of a picture that is pasted: a screen of eight million pixels takes fewer."""
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, eq=False)
class Pasted:
    """What was pasted: a file's name, as the browser says it, and its content."""

    name: str
    content: bytes


def paste(*, key: str) -> Any:
    """Listen on the whole document, and give what was pasted since the last run, for `read`; None where nothing was.

    Args:
        key: of the component, stable over reruns.
    """
    return _component()(key=key, data={"most": MOST_BYTES}, on_picture_change=lambda: None).picture


def read(told: Any) -> Pasted:
    """What a browser told of a picture; it may tell anything."""
    name, size, content = (told.get(each) if isinstance(told, dict) else None for each in ("name", "size", "content"))
    if not isinstance(name, str) or not isinstance(content, str) or not isinstance(size, int):
        raise NnvizError("A picture from the clipboard was expected. Received: none.")
    if size > MOST_BYTES or len(content) > 4 * (MOST_BYTES // 3 + 1):
        raise NnvizError(
            f"A picture of at most {MOST_BYTES / 1e6:.0f} MB was expected from the clipboard. "
            f"Received: {max(size, len(content) * 3 // 4) / 1e6:,.0f} MB; a file of it can be uploaded."
        )
    try:
        return Pasted(name or "pasted picture", base64.b64decode(content, validate=True))
    except ValueError as error:  # binascii.Error is one
        raise NnvizError("A picture from the clipboard was expected. Received: what is no base64.") from error


def _component() -> Any:
    global _registered
    if _registered is None:
        _registered = st.components.v2.component("nnviz_paste", js=(_FOLDER / "paste.js").read_text())
    return _registered


_registered: Any = None
