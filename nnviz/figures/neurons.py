"""A neuron's activation function as a curve, with the point that it stands at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from nnviz.figures.colour import NEUTRAL, PICKED, POSITIVE
from nnviz.figures.words import verbatim


def activation_curve(
    sums: np.ndarray,
    outputs: np.ndarray,
    point: tuple[float, float],
    *,
    before: tuple[float, float] | None = None,
    title: str = "output",
    height: int = 300,
    font: int = 18,
) -> go.Figure:
    """F over the sums, and on it where the neuron stands.

    Args:
        sums: (n,) rising.
        outputs: (n,) F of them.
        point: (sum, output) of the neuron; dotted lines lead to it from both axes.
        before: where it stood before it was turned: a hollow point.
        title: of the upright axis.
        height: pixels.
        font: size of numbers and titles, pixels.
    """
    figure = go.Figure(
        go.Scatter(
            x=sums,
            y=outputs,
            mode="lines",
            line={"width": 4, "color": POSITIVE},
            hovertemplate="F(%{x:.3g}) = %{y:.3g}<extra></extra>",
        )
    )
    low = float(min(outputs.min(), 0.0))
    figure.add_scatter(
        x=[point[0], point[0], float(sums.min())],
        y=[low, point[1], point[1]],
        mode="lines",
        line={"width": 2, "dash": "dot", "color": PICKED},
        hoverinfo="skip",
    )
    if before is not None:
        _point(figure, before, "rgba(0,0,0,0)", NEUTRAL, "before")
    _point(figure, point, PICKED, "#ffffff", "now")
    figure.add_vline(x=0, line={"width": 1, "color": NEUTRAL}, layer="below")
    figure.add_hline(y=0, line={"width": 1, "color": NEUTRAL}, layer="below")
    figure.update_xaxes(title_text="sum", tickfont_size=font, title_font_size=font, nticks=5, zeroline=False)
    figure.update_yaxes(title_text=verbatim(title), tickfont_size=font, title_font_size=font, nticks=5, zeroline=False)
    figure.update_xaxes(title_standoff=2, range=[float(sums.min()), float(sums.max())])
    figure.update_yaxes(title_standoff=4)
    figure.update_layout(height=height, margin={"l": 10, "r": 14, "t": 10, "b": 10}, showlegend=False)
    return figure


def curve_span(points: Sequence[float], count: int = 161) -> np.ndarray:
    """Sums (count,) for the curve of F: symmetric around zero, and so wide that all `points` stand well inside."""
    reach = max(2.0, 1.3 * max((abs(point) for point in points), default=0.0))
    return np.linspace(-reach, reach, count)


def _point(figure: go.Figure, at: tuple[float, float], fill: str, edge: str, what: str) -> None:
    figure.add_scatter(
        x=[at[0]],
        y=[at[1]],
        mode="markers",
        marker={"size": 16, "color": fill, "line": {"width": 3, "color": edge}},
        hovertemplate=f"{what}: F(%{{x:.3g}}) = %{{y:.3g}}<extra></extra>",
        cliponaxis=False,
    )
