"""A Plotly chart, drawn for the back row."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st


def plot(figure: go.Figure, key: str) -> None:
    """A chart with numbers dark enough, and large enough, for the back row; style.css gives each its height."""
    ink = "#f2f4f6" if st.context.theme.type == "dark" else "#14171a"
    figure.update_layout(font_color=ink, font_size=18, height=None)
    figure.update_xaxes(tickfont_color=ink, title_font={"color": ink, "size": 18})
    figure.update_yaxes(tickfont_color=ink, title_font={"color": ink, "size": 18})
    figure.update_annotations(font_color=ink)
    figure.update_traces(textfont_color=ink, selector={"type": "waterfall"})
    with st.container(key=f"plot-{key}", height="content"):
        st.plotly_chart(figure, key=key, height="stretch", config={"displayModeBar": False})
