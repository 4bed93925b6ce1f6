"""Words of somebody else's (names of files, layers and classes) where Streamlit reads Markdown."""

from __future__ import annotations

import re

# An underscore within a word means nothing, and a screen reader would say the stroke before it.
_MEANS = re.compile(r"[\\`*\[\]<>~$]|(?<![^\W_])_|_(?![^\W_])|:(?=[\w+/-]+[:\[])")


def escape_markdown(text: str) -> str:
    """The text so that Markdown shows it letter by letter: nothing bold, no link, no formula, no icon."""
    return _MEANS.sub(r"\\\g<0>", text)
