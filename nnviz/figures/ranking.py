"""Units ranked by what a change of them changes."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import plotly.graph_objects as go

from nnviz.figures.colour import NEGATIVE, NEUTRAL, PICKED, POSITIVE
from nnviz.figures.words import signed, verbatim


def ranked_bars(
    changes: np.ndarray,
    *,
    most: int = 24,
    off: Collection[int] = (),
    picked: int | None = None,
    title: str = "",
    height: int = 300,
    font: int = 18,
) -> go.Figure:
    """One bar a unit, the largest fall first; of many units those that change most, either way.

    Args:
        changes: (units,).
        most: bars at most.
        off: units whose bars are pale.
        picked: the unit whose bar has the outline, if it is among them.
        title: of the axis with the numbers of the units.
        height: pixels.
        font: size of all text, pixels.
    """
    largest = np.argsort(-np.abs(changes), kind="stable")[:most]
    shown = largest[np.argsort(changes[largest], kind="stable")]
    values = np.asarray(changes, float)[shown]
    figure = go.Figure(
        go.Bar(
            x=[str(int(unit)) for unit in shown],
            y=values,
            marker={
                "color": [NEGATIVE if value < 0 else POSITIVE if value > 0 else NEUTRAL for value in values],
                "opacity": [0.35 if int(unit) in off else 1.0 for unit in shown],
                "line": {"color": PICKED, "width": [4 if int(unit) == picked else 0 for unit in shown]},
            },
            customdata=[signed(value) for value in values],
            hovertemplate="%{x}: %{customdata}<extra></extra>",
        )
    )
    figure.update_xaxes(
        type="category", tickfont_size=font, tickangle=0, title_text=verbatim(title), title_standoff=4, dtick=1
    )
    figure.update_yaxes(tickfont_size=font, zeroline=True, zerolinecolor=NEUTRAL, nticks=5, automargin=True)
    figure.update_layout(height=height, margin={"l": 10, "r": 10, "t": 8, "b": 8}, showlegend=False, bargap=0.15)
    return figure
