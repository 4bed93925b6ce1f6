"""What speaks for or against a saliency map: curves of likeness, bars of change, and a matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from nnviz.figures.colour import NEUTRAL, PICKED, POSITIVE, SCALES, TABLES
from nnviz.figures.words import verbatim


def likeness(
    names: Sequence[str],
    alike: np.ndarray,
    *,
    chance: float = float("nan"),
    title: str = "",
    height: int = 340,
    font: int = 18,
) -> go.Figure:
    """How alike a map still is after each step, 1 for the same: a curve over named steps.

    Args:
        names: of all steps, also those to come.
        alike: (n,) of the first steps, -1..1; NaN where there is no measure.
        chance: how alike maps without a network are at most, a dashed line; NaN draws none.
        title: of the axis of the steps.
        height: pixels.
        font: size of all text, pixels.
    """
    values = [None if np.isnan(value) else float(value) for value in alike]
    places = list(range(len(names)))
    figure = go.Figure(
        go.Scatter(
            x=places[: len(values)],
            y=values,
            mode="lines+markers+text",
            line={"color": POSITIVE, "width": 5},
            marker={"size": 14, "color": POSITIVE},
            text=[f"{value:.2f}".replace("-", "\u2212") if value is not None else "" for value in values],
            textposition="top center",
            textfont_size=font + 2,
            cliponaxis=False,
            hovertemplate="%{y:.3f}<extra></extra>",
        )
    )
    figure.add_hline(y=0, line={"width": 2, "color": NEUTRAL, "dash": "dot"}, layer="below")
    if np.isfinite(chance):
        # Its words at the left, where the curve is still at 1.
        figure.add_hline(
            y=chance,
            line={"width": 4, "color": NEUTRAL, "dash": "dash"},
            layer="below",
            annotation={"text": "maps that never saw the network", "font": {"size": font}},
            annotation_position="top left",
        )
    figure.update_xaxes(
        tickvals=places,
        ticktext=[verbatim(name) for name in names],
        tickfont_size=font,
        tickangle=0,
        title_text=title,
        title_font_size=font,
    )
    figure.update_xaxes(range=[-0.5, len(names) - 0.5], title_standoff=4, zeroline=False)
    low = min([-0.15, *(value for value in values if value is not None)])
    figure.update_yaxes(range=[1.1 * low, 1.22], tickvals=[0, 0.25, 0.5, 0.75, 1], tickfont_size=font, zeroline=False)
    figure.update_layout(height=height, margin={"l": 10, "r": 10, "t": 8, "b": 8}, showlegend=False)
    return figure


def change_bars(changes: np.ndarray, copies: int, *, title: str = "", height: int = 340, font: int = 18) -> go.Figure:
    """One bar a noisy copy, the mean as a line, the largest outlined.

    Args:
        changes: (n,) from 0 up, of the copies so far.
        copies: bars that there is room for.
        title: of the axis of the copies.
        height: pixels.
        font: size of all text, pixels.
    """
    values = np.asarray(changes, float)
    largest = int(np.nanargmax(values)) if np.isfinite(values).any() else -1
    figure = go.Figure(
        go.Bar(
            x=list(range(len(values))),
            y=values,
            text=[f"{value:.2f}" if np.isfinite(value) else "" for value in values],
            textposition="inside",
            insidetextanchor="start",
            textangle=0,
            insidetextfont={"size": font + 2, "color": "#000"},
            marker={
                "color": POSITIVE,
                "opacity": 0.85,
                "line": {"color": PICKED, "width": [4 if at == largest else 0 for at in range(len(values))]},
            },
            hovertemplate="copy %{x}: %{y:.3f}<extra></extra>",
        )
    )
    top = 1.08 * float(values[largest]) if largest >= 0 and values[largest] > 0 else 1.0
    if largest >= 0:
        figure.add_hline(y=float(np.nanmean(values)), line={"width": 3, "color": NEUTRAL, "dash": "dash"})
    figure.update_xaxes(
        range=[-0.6, copies - 0.4],
        dtick=1,
        tickfont_size=font,
        title_text=title,
        title_font_size=font,
        title_standoff=4,
    )
    figure.update_yaxes(range=[0, top], tickfont_size=font, nticks=6, zeroline=True, zerolinecolor=NEUTRAL)
    figure.update_layout(height=height, margin={"l": 10, "r": 10, "t": 12, "b": 8}, showlegend=False, bargap=0.3)
    return figure


def matrix(names: Sequence[str], values: np.ndarray, *, height: int = 480, font: int = 18) -> go.Figure:
    """A square of correlations, -1..1 around white, with their numbers.

    Args:
        names: (n,) of rows and columns.
        values: (n, n); NaN stays empty.
        height: pixels.
        font: size of all text, pixels.
    """
    values = np.asarray(values, float)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(names),
            y=list(names),
            zmin=-1,
            zmax=1,
            colorscale=SCALES["diverging"],
            xgap=2,
            ygap=2,
            hovertemplate="%{y} and %{x}: %{z:.3f}<extra></extra>",
            showscale=False,
        )
    )
    # Not as the cells' own text: that is a pale grey on the orange ones.
    rows, columns = np.nonzero(np.isfinite(values))
    figure.add_scatter(
        x=[names[column] for column in columns.tolist()],
        y=[names[row] for row in rows.tolist()],
        mode="text",
        text=[f"{v:.2f}".replace("-", "\u2212").replace("0.", ".") for v in values[rows, columns]],
        textfont={"size": font, "color": [readable(v) for v in values[rows, columns]]},
        hoverinfo="skip",
        showlegend=False,
    )
    last = len(names) - 0.5
    figure.update_yaxes(range=[last, -0.5], tickfont_size=font, dtick=1, showgrid=False, ticks="")
    figure.update_xaxes(range=[-0.5, last], tickfont_size=font, tickangle=-40, dtick=1, showgrid=False, ticks="")
    figure.update_layout(height=height, margin={"l": 10, "r": 10, "t": 6, "b": 6}, plot_bgcolor="rgba(0,0,0,0)")
    return figure


def readable(value: float) -> str:
    """The darker or the lighter ink, whichever stands out more on the diverging colour of a value in -1..1."""
    table = TABLES["diverging"]
    shares = table[round((float(np.clip(value, -1, 1)) + 1) / 2 * (len(table) - 1))] / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ [0.2126, 0.7152, 0.0722])
    # Relative luminance, and the contrasts with black and with white, by WCAG 2.2.
    return "#000000" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "#ffffff"
