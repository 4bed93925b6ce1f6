"""How parts add up to a score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from nnviz.figures.colour import NEGATIVE, NEUTRAL, POSITIVE
from nnviz.figures.words import number


def largest_terms(terms: np.ndarray, count: int) -> tuple[np.ndarray, float]:
    """Indices of the `count` terms of the largest magnitude, largest first, and the sum of all others."""
    flat = np.ravel(terms).astype(np.float64)
    order = np.argsort(-np.abs(flat), kind="stable")[:count]
    return order, float(flat.sum() - flat[order].sum())


def adding_up(
    names: Sequence[str], terms: Sequence[float], total: str, *, height: int = 380, font: int = 18
) -> go.Figure:
    """A waterfall: each term stands where the ones before it have come to, and the last bar is their sum.

    Args:
        names: one a term.
        terms: what is added.
        total: name of the sum.
        height: pixels.
        font: size of names and numbers, pixels.
    """
    figure = go.Figure(
        go.Waterfall(
            x=[*names, total],
            y=[*terms, 0],
            measure=["relative"] * len(terms) + ["total"],
            text=[*(number(term, sign=True) for term in terms), f"<b>{number(sum(terms))}</b>"],
            textposition="outside",
            textfont_size=font,
            increasing_marker_color=POSITIVE,
            decreasing_marker_color=NEGATIVE,
            totals_marker_color=NEUTRAL,
            connector={"line": {"width": 1, "color": NEUTRAL}},
            cliponaxis=False,
        )
    )
    figure.update_xaxes(tickfont_size=font, tickangle=0 if len(names) <= 14 else 45, type="category")
    figure.update_yaxes(tickfont_size=font, zeroline=True)
    figure.update_layout(height=height, margin={"l": 10, "r": 10, "t": 40, "b": 10}, showlegend=False)
    return figure
