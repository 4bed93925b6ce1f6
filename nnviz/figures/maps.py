"""Maps and filters for notebooks: one heatmap, or all tiles of a layer as one picture."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from nnviz.figures.colour import SCALES, from_zero, symmetric
from nnviz.figures.tiles import as_tiles

Colour = Literal["grey", "diverging", "viridis", "inferno"]


def heatmap(values: np.ndarray, *, colour: Colour | None = None, title: str = "", cell: int = 12) -> go.Figure:
    """One map (rows, columns), square cells, row 0 on top.

    Args:
        values: (rows, columns).
        colour: by default diverging around exactly 0 where a value is negative, else viridis from 0.
        title: above the map.
        cell: side of a cell, pixels.
    """
    return _drawn(np.asarray(values), colour, title, cell, text=None)


def mosaic(
    activations: np.ndarray, *, colour: Colour | None = None, title: str = "", columns: int = 0, cell: int = 4
) -> go.Figure:
    """All maps of a layer (rows, columns, channels), or a folded vector (units,), as one picture.

    Every pixel of every map is in it once, the maps in order from the left, then down, one empty cell apart;
    hovering tells map, row and column, or the unit of a vector.
    """
    activations = np.asarray(activations)
    tiles = as_tiles(activations)
    count, height, width = tiles.shape
    columns = min(columns or math.ceil(math.sqrt(count * height / width)), count)
    rows = math.ceil(count / columns)
    picture = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan, np.float32)
    text = np.full(picture.shape, "", object)
    for index, tile in enumerate(tiles):
        top, left = (index // columns) * (height + 1), (index % columns) * (width + 1)
        picture[top : top + height, left : left + width] = tile
        for row in range(height):
            text[top + row, left : left + width] = [f"map {index}, row {row}, column {c}" for c in range(width)]
    if activations.ndim == 1:
        names = [f"unit {unit}" if unit < activations.size else "" for unit in range(picture.size)]
        text = np.array(names, object).reshape(picture.shape)
        picture[text == ""] = np.nan
    return _drawn(picture, colour, title, cell, text)


def _drawn(values: np.ndarray, colour: Colour | None, title: str, cell: int, text: Any) -> go.Figure:
    finite = values[np.isfinite(values)]
    signed = bool((finite < 0).any())
    name = colour or ("diverging" if signed else "viridis")
    low, high = symmetric(finite) if name == "diverging" else from_zero(finite)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            zmin=low,
            zmax=high,
            colorscale=SCALES[name],
            text=text,
            hovertemplate="%{text}<br>%{z:.4g}<extra></extra>"
            if text is not None
            else "row %{y}, column %{x}<br>%{z:.4g}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", scaleanchor="x", visible=False)
    figure.update_xaxes(visible=False)
    figure.update_layout(
        title=title,
        width=values.shape[1] * cell + 140,
        height=values.shape[0] * cell + 80,
        margin={"l": 10, "r": 10, "t": 50, "b": 10},
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure
