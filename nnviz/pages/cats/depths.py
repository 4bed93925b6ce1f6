"""How its first, middle and last layers see it: the strongest maps of three layers of the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from nnviz.analysis.network.blocks import of_trace
from nnviz.analysis.network.layers import LayerInfo
from nnviz.components.raster import Panel, raster
from nnviz.pages.cats.subject import take
from nnviz.shell.session import Session
from nnviz.views import scales

NAMES = ("first", "middle", "last")
COUNT = 3
"""Maps of each."""
_FINE = 100
"""Rows from which on a map is drawn as a photograph is: its cells are too small to be told apart."""
GO = "page to go to"
"""Where the session keeps that a map was picked, until the page is drawn again: a callback cannot leave a page."""


@dataclass(frozen=True)
class Depth:
    """One of the three layers: "first", "middle" or "last", and the layer."""

    name: str
    layer: LayerInfo


def depths(session: Session) -> list[Depth]:
    """First, middle and last of the layers with maps; fewer where there are fewer, none of a net of vectors.

    Of a deep network each block's last layer after an activation stands for it, so that what is shown is never
    negative; where no layer is like that, all count.
    """
    parts = [block.layers for block in of_trace(session.network, session.trace)] or [
        (layer,) for layer in session.network.layers
    ]
    of_part = [[layer for layer in part if layer.index and _maps(session, layer)] for part in parts]
    found = [[layer for layer in part if session.trace.activations[layer.name].min() >= 0] for part in of_part]
    ends = [part[-1] for part in found if part] or [part[-1] for part in of_part if part]
    if not ends:
        return []
    places = sorted({0, len(ends) // 2, len(ends) - 1})
    names = {1: NAMES[2:], 2: NAMES[::2], 3: NAMES}[len(places)]
    return [Depth(name, ends[at]) for name, at in zip(names, places, strict=True)]


def _maps(session: Session, layer: LayerInfo) -> bool:
    values = session.trace.activations[layer.name]
    return values.ndim == 3 and values.shape[0] * values.shape[1] > 1


def strongest(session: Session, layer: LayerInfo) -> np.ndarray:
    """The maps of a layer with the largest activations, by number, the strongest first.

    Of equal ones, and with ReLU6 there are many, those come first that vary most over the picture.
    """
    values = session.trace.activations[layer.name]
    return np.lexsort((-values.std(axis=(0, 1)), -np.abs(values).max(axis=(0, 1))))[:COUNT]


def draw(session: Session, found: list[Depth], height: float, *, open_maps: bool) -> None:
    """Their strongest maps; where `open_maps`, a click opens the page of feature maps."""
    units = [strongest(session, depth.layer) for depth in found]
    raster(
        [_panel(session, depth, units[at], open_maps) for at, depth in enumerate(found)],
        key="cats-layers",
        alt=f"How {', '.join(depth.layer.name for depth in found)} see it: the strongest maps of each",
        height=height,
        least=40,
        wide=True,
        on_pick=lambda place: _open(session, found[place.panel].layer, int(units[place.panel][place.tile])),
    )


def _panel(session: Session, depth: Depth, units: np.ndarray, open_maps: bool) -> Panel:
    values = session.trace.activations[depth.layer.name]
    colour, ranges = scales.colour_scale(session, depth.layer.name, "layer")
    rows, columns, count = values.shape
    return Panel(
        np.moveaxis(values[..., units], 2, 0),
        colour,
        ranges[units],
        title=f"{depth.name.capitalize()}: {depth.layer.name}",
        note=f"{count} maps of {rows}x{columns}",
        labels=[str(unit) for unit in units],
        names=[f"map {unit} of {depth.layer.name}" for unit in units],
        most=224,
        columns=COUNT,
        smooth=rows >= _FINE,
        pick="tile" if open_maps else "none",
        say_zero=True,
    )


def _open(session: Session, layer: LayerInfo, unit: int) -> None:
    take(session, layer=layer.name, unit=unit, row=None, column=None, page=None)
    st.session_state[GO] = "maps"
