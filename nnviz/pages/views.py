"""What several pages draw: the picture as a panel, activations in one scale, the answer as bars."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from nnviz.components.raster import Panel
from nnviz.figures.colour import from_zero, symmetric
from nnviz.figures.tiles import as_tiles
from nnviz.figures.words import number
from nnviz.pages import address, controls
from nnviz.pages.session import Session

SCOPES = {"layer": "Scale: layer", "each": "Each map", "network": "Whole network"}
PER_PAGE = 32
"""Tiles on one screen; beyond that there are pages."""


def picture_panel(current: Session, **more: Any) -> Panel:
    """The picture as the network gets it, in grey or in colours."""
    return Panel(**{"colour": "grey", "ranges": (0, 255), **more, "tiles": current.fitted_tile})


def colour_scale(current: Session, layer: str, scope: str) -> tuple[Any, np.ndarray]:
    """Colour map and range (tiles, 2) of a layer's maps.

    The input is grey; what is never negative is viridis from 0; the rest diverges around 0.
    """
    tiles = as_tiles(current.trace.activations[layer])
    first = current.network.layers[0].name
    if layer == first:
        return "grey", np.tile(current.input_range, (len(tiles), 1))
    signed = bool((tiles < 0).any())
    span, colour = (symmetric, "diverging") if signed else (from_zero, "viridis")
    if scope == "each":
        return colour, np.array([span(tile) for tile in tiles])
    if scope == "network":
        rest = [array for name, array in current.trace.activations.items() if name != first]
        largest = max(float(np.abs(array).max()) for array in rest)
        return colour, np.tile((-largest if signed else 0.0, largest or 1.0), (len(tiles), 1))
    return colour, np.tile(span(tiles), (len(tiles), 1))


def scale_note(ranges: np.ndarray, scope: str) -> str:
    """The printed range of a scale, and whether brightness can be compared."""
    low, high = ranges[:, 0].min(), ranges[:, 1].max()
    if scope == "each" and len(ranges) > 1:
        return f"Each map has its own scale (up to {high:.3g}): brightness is not comparable between maps."
    return f"Colours run from {low:.3g} to {high:.3g}{' over the whole network' if scope == 'network' else ''}."


def paged(strength: np.ndarray | None, unit: int, count: int) -> np.ndarray:
    """The indices of the tiles on this page, in order of strength, or of their numbers where that is None.

    One screen holds them all, or there are pages, opened at the one with the unit under study, which is the
    strongest until another is chosen.
    """
    order = np.arange(count) if strength is None else np.argsort(-strength, kind="stable")
    if count <= PER_PAGE:
        return order
    pages = math.ceil(count / PER_PAGE)
    page, _ = address.whole("page", int(np.flatnonzero(order == unit)[0]) // PER_PAGE + 1, 1, pages)
    controls.slider(f"Page of {pages}: {count} in all", "page", page, 1, pages)
    return order[(page - 1) * PER_PAGE : page * PER_PAGE]


def answer(
    names: Sequence[str],
    values: np.ndarray,
    numbers: Sequence[str],
    marked: int | None = None,
    second: tuple[str, Sequence[str]] | None = None,
    heading: str = "",
) -> None:
    """Bars, one a class, from 0 to 1, with their numbers; `second` is one more column of numbers with its title,
    `heading` the title of the numbers."""
    titles, cells = "", [""] * len(names)
    if second is not None:
        titles = (
            f'<span></span><span class="number">{second[0]}</span><span></span><span class="number">{heading}</span>'
        )
        cells = [f'<span class="number">{html.escape(text.replace("-", chr(0x2212)))}</span>' for text in second[1]]
    rows = "".join(
        f'<span class="name{" on" if index == marked else ""}">{html.escape(name)}</span>{cells[index]}'
        f'<span class="bar"><div style="width:{100 * min(max(float(value), 0.0), 1.0):.1f}%"></div></span>'
        f'<span class="number">{html.escape(number)}</span>'
        for index, (name, value, number) in enumerate(zip(names, values, numbers, strict=True))
    )
    wide = " wide" if second is not None else ""
    st.html(f'<div class="nn-answer{wide}" role="img" aria-label="Answer as bars">{titles}{rows}</div>')


def says(current: Session) -> None:
    """What the net says in large letters, and the five likeliest classes as bars."""
    trace = current.trace
    name = current.class_name(trace.winner) if trace.logits.size > 1 else number(float(trace.logits[0]))
    long = len(name) > 7
    big, bars = st.columns([2 if long else 1, 3], gap="small")
    with big:
        size = f' style="font-size:{"2" if len(name) <= 24 else "1.4"}rem"' if long else ""
        st.html(f'<div class="nn-small">The net says</div><div class="nn-big"{size}>{html.escape(name)}</div>')
        if right := verdict(current):
            st.html(f'<p class="nn-small">{right}.</p>')
    with bars:
        order = np.argsort(-trace.logits, kind="stable")[:5]
        answer(
            [current.network.classes[index] for index in order],
            trace.probabilities[order],
            [percent(trace.probabilities[index]) for index in order],
        )


def plot(figure: go.Figure, key: str) -> None:
    """A chart with numbers dark enough, and large enough, for the back row; style.css gives each its height."""
    ink = "#f2f4f6" if st.context.theme.type == "dark" else "#14171a"
    figure.update_layout(font_color=ink, font_size=18, height=None)
    figure.update_xaxes(tickfont_color=ink, title_font={"color": ink, "size": 18})
    figure.update_yaxes(tickfont_color=ink, title_font={"color": ink, "size": 18})
    figure.update_annotations(font_color=ink)
    figure.update_traces(textfont_color=ink, selector={"type": "waterfall"})
    with st.container(key=f"plot-{key}", height="content"):
        st.plotly_chart(figure, key=key, height="stretch", config={"displayModeBar": False})


def said(current: Session) -> str:
    """The answer: the class that wins with its probability, or the number where there is only one output."""
    trace = current.trace
    if trace.logits.size == 1:
        return number(float(trace.logits[0]))
    return f"{html.escape(current.class_name(trace.winner))} ({percent(float(trace.probabilities[trace.winner]))})"


def verdict(current: Session) -> str:
    """Whether the answer is right, where the picture's class is known to the network; else nothing."""
    label = current.picture.label
    if label is None or current.trace.logits.size == 1 or label not in current.network.classes:
        return ""
    right = label == current.class_name(current.trace.winner)
    return "and is right" if right else f"and is <b>wrong</b>: it is a {html.escape(label)}"


def percent(probability: float) -> str:
    """A probability as it is read aloud, never rounded to a certainty that it is not."""
    if 0.9995 <= probability < 1:
        return "> 99.9%"
    return "< 0.1%" if 0 < probability < 0.0005 else f"{probability:.1%}"
