"""HTML into which nothing comes unescaped: names of files, layers and classes are somebody else's, and never markup.

`html` makes `Markup` of a template and values; a plain `str` is text, and is escaped by whatever takes it in. So words
are put together with f-strings as long as they are text, and with `html` from the first tag on.
"""

from __future__ import annotations

from typing import Any

import streamlit as st
from markupsafe import Markup

from nnviz.figures.words import in_reading_order


def html(template: str, *values: Any, **named: Any) -> Markup:
    """The template with the values in its braces, as `str.format` puts them: each is escaped unless it is Markup."""
    return Markup(template).format(*map(_plain, values), **{name: _plain(value) for name, value in named.items()})


def _plain(value: Any) -> Any:
    return in_reading_order(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def write_html(template: str, *values: Any, width: Any = "stretch") -> None:
    """Draw `html` of a template and values: the one call of `st.html`."""
    st.html(str(html(template, *values)), width=width)


def style(rules: str) -> None:
    """Add rules to the page's style: CSS, and ours alone."""
    write_html("<style>{}</style>", Markup(rules))
