"""Histograms of weights, biases and activations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from nnviz.figures.colour import NEGATIVE, POSITIVE
from nnviz.figures.words import verbatim


def histograms(groups: Mapping[str, np.ndarray], *, height: int = 260, font: int = 18) -> go.Figure:
    """Histograms side by side, one a group, each over its own range with zero marked.

    Args:
        groups: values of any shape by title, such as {"weights": ..., "biases": ...}; empty ones are left out.
        height: pixels.
        font: size of axis numbers and titles, pixels.
    """
    from plotly.subplots import make_subplots

    shown = {title: np.ravel(values) for title, values in groups.items() if np.size(values)}
    titles = [f"{verbatim(title)} ({values.size:,})" for title, values in shown.items()]
    figure = make_subplots(rows=1, cols=max(len(shown), 1), subplot_titles=titles, horizontal_spacing=0.12)
    for column, values in enumerate(shown.values(), start=1):
        counts, edges = np.histogram(values.astype(np.float64), bins=min(40, max(8, values.size // 4)))
        centres = (edges[:-1] + edges[1:]) / 2
        figure.add_bar(
            x=centres,
            y=counts,
            width=np.diff(edges),
            marker_color=[NEGATIVE if centre < 0 else POSITIVE for centre in centres],
            hovertemplate="%{y} between %{customdata[0]:.3g} and %{customdata[1]:.3g}<extra></extra>",
            customdata=np.stack([edges[:-1], edges[1:]], axis=1),
            row=1,
            col=column,
        )
        figure.add_vline(x=0, line={"width": 1.5, "dash": "dot"}, row=1, col=column)
    figure.update_annotations(font_size=font)
    figure.update_xaxes(tickfont_size=font, nticks=4, tickangle=0)
    figure.update_yaxes(tickfont_size=font, nticks=4)
    figure.update_layout(height=height, margin={"l": 10, "r": 10, "t": 34, "b": 10}, showlegend=False, bargap=0)
    return figure
