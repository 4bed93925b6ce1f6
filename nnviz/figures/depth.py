"""A measure layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from nnviz.figures.colour import NEGATIVE, PICKED, POSITIVE
from nnviz.figures.words import percent, verbatim

COLOURS, DASHES = (POSITIVE, NEGATIVE), ("solid", "dash")
LONGEST = 9
"""Letters of a layer's name below the axis."""


def depth_curves(
    layers: Sequence[str],
    lines: Mapping[str, Sequence[float | None]],
    *,
    now: str | None = None,
    height: int = 300,
    font: int = 18,
) -> go.Figure:
    """Shares over the layers of a network, one line each, from 0 to 100 %.

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
            x=named,
            y=list(values),
            customdata=["" if value is None else percent(float(value)) for value in values],
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 4, "dash": DASHES[index % 2]},
            marker={"size": 10},
            hovertemplate=f"{name}, %{{x}}: %{{customdata}}<extra></extra>",
            cliponaxis=False,
        )
    if now is not None and now in layers:
        figure.add_vline(x=list(layers).index(now), line={"width": 3, "color": PICKED}, layer="below")
    # A category that no line has a value for yet would be left out.
    figure.update_xaxes(type="category", range=[-0.3, len(layers) - 0.7], categoryarray=named, tickfont_size=font)
    ticks = [verbatim(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…") for name in layers]
    figure.update_xaxes(tickvals=list(range(len(layers))), ticktext=ticks)
    figure.update_xaxes(categoryorder="array", tickangle=-45 if len(layers) > 4 else 0, zeroline=False)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.04], dtick=0.25, tickfont_size=font, zeroline=False)
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": font}},
    )
    return figure
