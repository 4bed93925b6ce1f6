"""How strongly a unit answers to many pictures, and where one of them stands among these."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from nnviz.figures.colour import NEGATIVE, NEUTRAL, PICKED, POSITIVE

ANSWER = "#21918c"
"""The middle of viridis, which activations are drawn in."""


def answer_histogram(
    values: np.ndarray, here: float, *, title: str = "", height: int = 300, font: int = 18, bins: int = 32
) -> go.Figure:
    """A histogram of answers that are not exactly 0, with the present picture's marked.

    Args:
        values: (m,) answers; those that are 0 are left out: there may be so many that nothing else could be seen.
        here: the present picture's answer.
        title: of the axis with the answers.
        height: pixels.
        font: size of all text, pixels.
        bins: bars.
    """
    shown = np.asarray(values, float)
    shown = shown[shown != 0]
    figure = go.Figure()
    low, high = (float(shown.min()), float(shown.max())) if shown.size else (0.0, 1.0)
    low = min(low, 0.0) if low > 0 else low
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(shown, bins=bins, range=(low, high))
    centres = (edges[:-1] + edges[1:]) / 2
    signed = low < 0
    figure.add_bar(
        x=centres,
        y=counts,
        width=np.diff(edges),
        marker_color=[(NEGATIVE if at < 0 else POSITIVE) if signed else ANSWER for at in centres],
        marker_line_width=0,
        customdata=np.stack([edges[:-1], edges[1:]], axis=1),
        hovertemplate="%{y} pictures between %{customdata[0]:.3g} and %{customdata[1]:.3g}<extra></extra>",
    )
    figure.add_vline(x=here, line={"width": 4, "color": PICKED}, name="this picture")
    span = [min(low, here), max(high, here)]
    room = 0.04 * (span[1] - span[0])
    figure.update_xaxes(
        range=[span[0] - room, span[1] + room],
        tickfont_size=font,
        title_font_size=font,
        title_text=title,
        title_standoff=4,
        nticks=5,
        zerolinecolor=NEUTRAL,
    )
    figure.update_yaxes(tickfont_size=font, nticks=4)
    figure.update_layout(height=height, margin={"l": 10, "r": 10, "t": 8, "b": 10}, showlegend=False, bargap=0)
    return figure
