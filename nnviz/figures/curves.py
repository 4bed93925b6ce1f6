"""Curves: what becomes of a measure as one thing is changed step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from nnviz.figures.colour import NEGATIVE, PICKED, POSITIVE
from nnviz.figures.words import percent

COLOURS = (POSITIVE, NEGATIVE)
DASHES = ("solid", "dash")


def accuracy_curves(
    steps: Sequence[float] | np.ndarray,
    groups: Mapping[str, Mapping[str, np.ndarray]],
    *,
    current: Sequence[float | None] = (),
    height: int = 340,
    font: int = 18,
) -> go.Figure:
    """Accuracy against a step, one chart a group side by side, one line a network, all on one scale of 0 to 100 %.

    Args:
        steps: (n,) what is changed, rising.
        groups: by title of the axis, for each network by name its accuracy (n,), 0..1. The networks, two of
            them, have their colour and their dash in every group.
        current: the step that is shown now, one a group, or None; it is marked.
        height: pixels.
        font: size of axis numbers and titles, pixels.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=1, cols=max(len(groups), 1), shared_yaxes=True, horizontal_spacing=0.06)
    for column, (title, lines) in enumerate(groups.items(), start=1):
        now = current[column - 1] if column <= len(current) else None
        for index, (name, values) in enumerate(lines.items()):
            line = {"color": COLOURS[index % 2], "width": 4, "dash": DASHES[index % 2]}
            figure.add_scatter(
                x=np.asarray(steps),
                y=np.asarray(values, float),
                customdata=[percent(float(value), 2) for value in values],
                name=name,
                legendgroup=name,
                showlegend=column == 1,
                mode="lines",
                line=line,
                hovertemplate=f"{name}, %{{x}}: %{{customdata}}<extra></extra>",
                row=1,
                col=column,
            )
            at = np.flatnonzero(np.asarray(steps) == now)
            if len(at):
                figure.add_scatter(
                    x=[now],
                    y=[float(values[at[0]])],
                    legendgroup=name,
                    showlegend=False,
                    mode="markers",
                    marker={"size": 15, "color": line["color"], "line": {"width": 3, "color": PICKED}},
                    hoverinfo="skip",
                    cliponaxis=False,
                    row=1,
                    col=column,
                )
        if now is not None:
            figure.add_vline(x=now, line={"width": 2, "color": PICKED}, layer="below", row=1, col=column)
        figure.update_xaxes(title_text=title, title_standoff=4, row=1, col=column)
    figure.update_xaxes(tickfont_size=font, title_font_size=font, nticks=6, zeroline=False)
    figure.update_yaxes(tickfont_size=font, tickformat=".0%", range=[0, 1.04], dtick=0.25, zeroline=False)
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 34, "b": 10},
        # Above both charts, where neither a curve nor the mark of a step ever stands.
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": 1, "yanchor": "bottom", "font": {"size": font}},
    )
    return figure
