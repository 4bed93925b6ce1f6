"""How far something has moved from where it was, step by step: a few curves with their names at their ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from nnviz.figures.colour import NEGATIVE, NEUTRAL, PICKED, POSITIVE
from nnviz.figures.words import verbatim

COLOURS = (POSITIVE, "#178a7d", NEGATIVE, NEUTRAL)
DASHES = ("solid", "solid", "dash", "dot")
_ROOM = 0.12
"""Least distance of two names, as a share of the chart's height."""


def change_curves(
    steps: Sequence[int],
    lines: Mapping[str, np.ndarray],
    *,
    now: int | None = None,
    limit: tuple[float, str] | None = None,
    title: str = "shift (pixels)",
    height: int = 380,
    font: int = 18,
) -> go.Figure:
    """Relative changes over steps: one curve each, its name and its value at the last step behind it.

    Args:
        steps: (n,) rising.
        lines: by name the changes (n,), from 0 up; NaN is left out. Four at most have a look of their own.
        now: the step that is shown: marked, with the values there.
        limit: a value, and what it means: a thin line.
        title: of the axis.
        height: pixels.
        font: size of numbers and names, pixels.
    """
    figure = go.Figure()
    last = len(steps) - 1
    finite = np.array([value for values in lines.values() for value in values if np.isfinite(value)] or [1.0])
    top = 1.08 * max(float(finite.max()), 0.1)
    if limit is not None and limit[0] <= 1.25 * top:
        top = max(top, 1.06 * limit[0])
        figure.add_hline(y=limit[0], line={"width": 1.5, "color": NEUTRAL, "dash": "dot"}, layer="below")
        figure.add_annotation(
            x=0,
            y=limit[0],
            xref="paper",
            text=limit[1],
            showarrow=False,
            xanchor="left",
            yanchor="top",
            font_size=font,
        )
    if now is not None:
        figure.add_vline(x=steps[now], line={"width": 2, "color": PICKED}, layer="below")
    names = list(lines)
    for index, name in enumerate(names):
        values, colour = np.asarray(lines[name], float), COLOURS[index % 4]
        figure.add_scatter(
            x=list(steps),
            y=[None if np.isnan(value) else float(value) for value in values],
            name=verbatim(name),
            mode="lines+markers",
            line={"color": colour, "width": 4, "dash": DASHES[index % 4]},
            marker={
                "opacity": 1,
                "size": [15 if at == now else 9 for at in range(len(steps))],
                "color": colour,
                "line": {"width": [3 if at == now else 0 for at in range(len(steps))], "color": PICKED},
            },
            hovertemplate=f"{verbatim(name)}, shift %{{x}}: %{{y:.2f}}<extra></extra>",
            cliponaxis=False,
        )
    ends = {name: float(np.asarray(lines[name], float)[last]) for name in names}
    for name, at in apart({name: end for name, end in ends.items() if np.isfinite(end)}, _ROOM * top, top).items():
        figure.add_annotation(
            x=1.02,
            xref="paper",
            y=at,
            text=f'<span style="color:{colour_of(names, name)}">■</span> {verbatim(name)} {ends[name]:.2f}',
            showarrow=False,
            xanchor="left",
            font_size=font,
        )
    figure.update_xaxes(
        title_text=title,
        tickvals=list(steps),
        tickfont_size=font,
        title_font_size=font,
        zeroline=False,
        title_standoff=8,
        automargin=True,
    )
    figure.update_yaxes(range=[0, top], tickfont_size=font, nticks=6, zeroline=False, rangemode="tozero")
    longest = max((len(name) + 8 for name in names), default=0)
    right = round(0.56 * font * longest) + 12
    figure.update_layout(height=height, margin={"l": 10, "r": right, "t": 10, "b": 56}, showlegend=False)
    return figure


def colour_of(names: Sequence[str], name: str) -> str:
    """The colour of a curve by its place among the names."""
    return COLOURS[list(names).index(name) % len(COLOURS)]


def apart(places: Mapping[str, float], room: float, top: float) -> dict[str, float]:
    """Places for names beside values: in the same order, at least `room` apart, within 0..top where there is room."""
    order = sorted(places, key=lambda name: places[name])
    found: dict[str, float] = {}
    at = -np.inf
    for name in order:
        at = max(places[name], at + room, room / 2)
        found[name] = at
    # Those that were pushed over the top push the ones below them back.
    ceiling = top - room / 2
    for name in reversed(order):
        found[name] = min(found[name], ceiling)
        ceiling = found[name] - room
    return found
