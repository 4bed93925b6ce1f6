"""How parts add up to a score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from nnviz.figures.colour import NEGATIVE, NEUTRAL, POSITIVE
from nnviz.figures.words import number, signed, verbatim

_FACE = 34
"""Pixels between the names and the bars where pictures stand."""


def largest_terms(terms: np.ndarray, count: int) -> tuple[np.ndarray, float]:
    """Indices of the `count` terms of the largest magnitude, largest first, and the sum of all others."""
    flat = np.ravel(terms).astype(np.float64)
    order = np.argsort(-np.abs(flat), kind="stable")[:count]
    return order, float(flat.sum() - flat[order].sum())


def adding_up(
    names: Sequence[str],
    terms: Sequence[float],
    total: str,
    *,
    through: tuple[str, float, str] | None = None,
    across: bool = False,
    faces: Sequence[tuple[str, str]] = (),
    height: int = 380,
    font: int = 18,
) -> go.Figure:
    """A waterfall: each term stands where the ones before it have come to, and the last bar is their sum.

    Args:
        names: one a term; as the others, text or Markup.
        terms: what is added.
        total: name of the sum.
        through: (name of F, F(sum), name of the output): two more bars, the step that an activation function
            takes from the sum, and where it ends.
        across: bars across, one below the other, where the names are long.
        faces: of bars across, of the first terms: a picture (data URL, or "") beside the name, and words under the
            pointer.
        height: pixels.
        font: size of names and numbers, pixels.
    """
    named, values = [verbatim(name) for name in (*names, total)], [*map(float, terms), 0.0]
    measures = ["relative"] * len(terms) + ["total"]
    made = float(sum(terms))
    texts = [*(signed(term) for term in terms), f"<b>{number(made)}</b>"]
    if through is not None:
        step = through[1] - made
        # A network computes in float32: what it passes on differs in the eighth figure.
        step = 0.0 if abs(step) <= 1e-6 * max(abs(made), abs(through[1])) else step
        named += [verbatim(through[0]), verbatim(through[2])]
        values += [step, 0.0]
        measures += ["relative", "total"]
        texts += [signed(step), f"<b>{number(through[1])}</b>"]
    figure = go.Figure(
        go.Waterfall(
            x=values if across else named,
            y=named if across else values,
            orientation="h" if across else "v",
            measure=measures,
            text=texts,
            textposition="outside",
            textfont_size=font,
            # Across, a number may be longer than its bar is thick.
            constraintext="none" if across else "both",
            increasing_marker_color=POSITIVE,
            decreasing_marker_color=NEGATIVE,
            totals_marker_color=NEUTRAL,
            connector={"line": {"width": 1, "color": NEUTRAL}},
            cliponaxis=False,
        )
    )
    if across:
        figure.update_yaxes(tickfont_size=font, autorange="reversed", type="category", tickmode="linear", dtick=1)
        figure.update_xaxes(visible=False, range=_room([*map(float, terms), *([values[-2]] if through else [])]))
        figure.add_vline(x=0, line={"width": 1, "color": NEUTRAL}, layer="below")
        _add_faces(figure, faces, len(named))
    else:
        figure.update_xaxes(
            tickfont_size=font, tickangle=None if len(names) <= 14 else 45, autotickangles=[0, 45], type="category"
        )
        figure.update_yaxes(tickfont_size=font, zeroline=True)
    top = 4 if across else 40
    figure.update_layout(height=height, margin={"l": 10, "r": 10, "t": top, "b": 10 if not across else 4})
    figure.update_layout(showlegend=False)
    return figure


def _add_faces(figure: go.Figure, faces: Sequence[tuple[str, str]], rows: int) -> None:
    """Pictures between the names and the bars."""
    if not any(picture for picture, _ in faces):
        return
    figure.update_yaxes(ticklabelstandoff=_FACE)
    words = [verbatim(text) for _, text in faces]
    figure.update_traces(hovertext=[*words, *[""] * (rows - len(words))])
    for row, (picture, _) in enumerate(faces):
        if picture:
            figure.add_layout_image(
                {"source": picture, "xref": "paper", "yref": "y", "x": -0.005, "y": row, "xanchor": "right"},
                yanchor="middle",
                sizex=0.2,
                sizey=0.92,
                sizing="contain",
            )


def _room(steps: Sequence[float]) -> list[float]:
    """The range of an axis that holds all bars, and the numbers behind their ends."""
    ends = np.cumsum([0.0, *steps])
    low, high = float(ends.min()), float(ends.max())
    room = 0.3 * max(high - low, 1e-6)
    # The number of a step down stands left of its bar.
    return [low - (room if min(steps, default=0.0) < 0 else 0.04 * room), high + room]
