"""HTML into which nothing comes unescaped: names of files, layers and classes are somebody else's, and never markup.

`html` makes `Markup` of a template and values; a plain `str` is text, and is escaped by whatever takes it in. So words
are put together with f-strings as long as they are text, and with `html` from the first tag on.
"""

from __future__ import annotations

from typing import Any

import streamlit as st
from markupsafe import Markup


def html(template: str, *values: Any, **named: Any) -> Markup:
    """The template with the values in its braces, as `str.format` puts them: each is escaped unless it is Markup."""
    return Markup(template).format(*values, **named)


def write_html(template: str, *values: Any, width: Any = "stretch") -> None:
    """Draw `html` of a template and values: the one call of `st.html`."""
    st.html(str(html(template, *values)), width=width)


def style(rules: str) -> None:
    """Add rules to the page's style: CSS, and ours alone."""
    write_html("<style>{}</style>", Markup(rules))
