"""Words of somebody else's (names of files, layers and classes) where Streamlit reads Markdown."""

from __future__ import annotations

import re

from nnviz.figures.words import in_reading_order

# An underscore within a word means nothing, and a screen reader would say the stroke before it.
# A bare address becomes a link and a word between colons a face, however they are escaped, unless something that nobody
# sees stands in them.
_HIDDEN = re.compile(r"(?<=:)(?=//|[\w+/-]+:)|(?<=\bwww)(?=\.)|(?<=\w)(?=@)", re.IGNORECASE)
_UNSEEN = "\u2060"
_MEANS = re.compile(r"[\\`*\[\]<>~$]|(?<![^\W_])_|_(?![^\W_])|:(?=[\w+/-]+\[)|&(?=#?\w+;)|\A[#+-](?=[\s#-])")


def escape_markdown(text: str) -> str:
    """The text so that Markdown shows it letter by letter: nothing bold, no link, no formula, no icon."""
    return _MEANS.sub(r"\\\g<0>", _HIDDEN.sub(_UNSEEN, in_reading_order(text)))
