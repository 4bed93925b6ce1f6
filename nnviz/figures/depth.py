"""A measure layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from nnviz.figures.answers import ANSWER
from nnviz.figures.colour import NEUTRAL, PICKED
from nnviz.figures.words import percent, shortened, verbatim

COLOURS, DASHES = (ANSWER, NEUTRAL), ("solid", "dash")
LONGEST = 14
"""Letters of a layer's name beside the axis."""


def depth_curves(
    layers: Sequence[str],
    lines: Mapping[str, Sequence[float | None]],
    *,
    now: str | None = None,
    height: int = 300,
    font: int = 18,
) -> go.Figure:
    """Shares in the layers of a network, which follow each other downwards, one line each, from 0 to 100 %.

    Args:
        layers: names, in order.
        lines: by name a share a layer, 0..1; None where it is not known. Two at most have a look of their own.
        now: the layer under study, marked.
        height: pixels.
        font: size of numbers and names, pixels.
    """
    named = [verbatim(name) for name in layers]
    figure = go.Figure()
    for index, (name, values) in enumerate(lines.items()):
        colour = COLOURS[index % 2]
        figure.add_scatter(
            x=list(values),
            y=named,
            customdata=["" if value is None else percent(float(value)) for value in values],
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 4, "dash": DASHES[index % 2]},
            marker={"size": 10},
            hovertemplate=f"{name}, %{{y}}: %{{customdata}}<extra></extra>",
            cliponaxis=False,
        )
    if now is not None and now in layers:
        figure.add_hline(y=list(layers).index(now), line={"width": 3, "color": PICKED}, layer="below")
    # A category that no line has a value for yet would be left out.
    figure.update_yaxes(type="category", range=[len(layers) - 0.6, -0.4], categoryarray=named, tickfont_size=font)
    ticks = [verbatim(name) for name in shortened(layers, LONGEST)]
    figure.update_yaxes(tickvals=list(range(len(layers))), ticktext=ticks, categoryorder="array", zeroline=False)
    figure.update_xaxes(tickformat=".0%", range=[0, 1.04], dtick=0.25, tickfont_size=font, zeroline=False, tickangle=0)
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 24, "t": 10, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": font}},
    )
    return figure
