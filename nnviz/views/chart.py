"""A Plotly chart, drawn for the back row."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

_INK = "#14171a"
"""Of what is written on the page's own paper: style.css makes it the ink of the theme, whichever is chosen later."""


def plot(figure: go.Figure, key: str) -> None:
    """A chart with numbers dark enough, and large enough, for the back row; style.css gives each its height."""
    figure.update_layout(font_color=_INK, font_size=18, height=None)
    figure.update_xaxes(tickfont_color=_INK, title_font={"color": _INK, "size": 18})
    figure.update_yaxes(tickfont_color=_INK, title_font={"color": _INK, "size": 18})
    figure.update_annotations(font_color=_INK)
    figure.update_traces(textfont_color=_INK, selector={"type": "waterfall"})
    with st.container(key=f"plot-{key}", height="content"):
        st.plotly_chart(figure, key=key, height="stretch", config={"displayModeBar": False})
