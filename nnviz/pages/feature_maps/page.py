"""Feature maps: what the picture leaves in every map of a layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from nnviz.analysis.network.receptive import receptive_fields
from nnviz.components.raster import Panel, Place, raster
from nnviz.figures.tiles import as_tiles, folded_shape
from nnviz.pages.feature_maps import words
from nnviz.shell import address, controls
from nnviz.shell.markup import html
from nnviz.shell.page import Page, Reading, caption, head, small
from nnviz.shell.session import Session
from nnviz.views import layer_configuration, scales


def render(session: Session) -> None:
    """Draw the page."""
    scope = address.choice("scope", tuple(scales.SCOPES), "layer")
    overlay = address.choice("overlay", ("0", "1"), "0") == "1"
    colour, ranges = scales.colour_scale(session, session.layer.name, scope)
    noun = {1: "unit", 2: "feature"}.get(session.activations.ndim, "map")
    with head(PAGE, lambda: controls.study(session, controls.informative_layers(session.network.layers), noun)):
        pass
    # Few maps need less room than the one under study; many are as large as they must be to be read.
    few = session.activations.ndim == 3 and session.activations.shape[2] <= 16
    left, right = st.columns([3, 4] if few else [11, 9], gap="large")
    with left:
        with st.container(horizontal=True, vertical_alignment="center"):
            controls.switch("Scale", "scope", tuple(scales.SCOPES), scope, titles=scales.SCOPES)
            small(scales.scale_note(colour, ranges, scope), width="content")
        axes = session.activations.ndim
        {1: _vector, 2: _steps}.get(axes, _grid)(session, colour, ranges)
    with right:
        described = f"{session.layer.description}, {_shape(session.activations.shape)}"
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            small(html("<b>{}</b>: {}", session.layer.name, described), width="content")
            layer_configuration.popover(session.layer)
        _detail(session, colour, ranges, overlay)


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _grid(session: Session, colour: Any, ranges: np.ndarray) -> None:
    tiles = as_tiles(session.activations)
    many = len(tiles) > scales.PER_PAGE
    shown = scales.paged(np.abs(tiles).max(axis=(1, 2)) if many else None, session.unit, len(tiles))
    where = np.flatnonzero(shown == session.unit)
    panel = Panel(
        tiles[shown],
        colour,
        ranges[shown],
        labels=[str(index) for index in shown],
        names=[f"map {index}" for index in shown],
        pick="tile",
        say_zero=True,
        most=224,
    )
    raster(
        [panel],
        key="maps",
        alt=f"Feature maps of {session.layer.name}, {len(shown)} of {len(tiles)}",
        picked=Place(0, int(where[0]), 0, 0) if len(where) else None,
        height=0.74,
        least=56,
        on_pick=lambda place: address.write(unit=int(shown[place.tile])),
    )


def _steps(session: Session, colour: Any, ranges: np.ndarray) -> None:
    """A layer of steps, (steps, features): one picture, in which a unit is a column."""
    steps, features = session.activations.shape
    raster(
        [Panel(as_tiles(session.activations), colour, ranges, most=760, cell=64, pick="cell", say_zero=True)],
        key="maps",
        alt=f"The {features} features of {session.layer.name}, a column each, over {steps} steps",
        picked=Place(0, 0, _step(session), session.unit),
        marks=[Place(0, 0, 0, session.unit, steps, 1, "picked")],
        height=0.74,
        on_pick=lambda place: address.write(step=place.row, unit=place.column),
    )


def _step(session: Session) -> int:
    """The step of the address, else the one where the unit is strongest."""
    column = np.abs(session.activations[:, session.unit])
    return address.whole("step", int(column.argmax()), 0, column.size - 1)[0]


def _vector(session: Session, colour: Any, ranges: np.ndarray) -> None:
    """A layer without maps: its units as the cells of one folded picture."""
    length = session.activations.size
    columns = folded_shape(length)[1]
    panel = Panel(
        as_tiles(session.activations),
        colour,
        ranges,
        units=length,
        unit="unit",
        pick="cell",
        most=760,
        cell=64,
        numbers=length <= 200,
        say_zero=True,
    )
    raster(
        [panel],
        key="maps",
        alt=f"The {length} values of {session.layer.name}, row by row",
        picked=Place(0, 0, session.unit // columns, session.unit % columns),
        height=0.74,
        on_pick=lambda place: address.write(unit=(place.row or 0) * columns + (place.column or 0)),
    )


def _detail(session: Session, colour: Any, ranges: np.ndarray, overlay: bool) -> None:
    values = session.activations
    if values.ndim == 1:
        _unit_in_words(session, values)
        return
    if values.ndim == 2:
        _one_feature(session, colour, ranges)
        return
    tiles, shown = as_tiles(values), session.unit
    tile, height, width = tiles[shown], *tiles.shape[1:]
    cell = session.cell or tuple(int(i) for i in np.unravel_index(np.abs(tile).argmax(), tile.shape))
    cell = (min(cell[0], height - 1), min(cell[1], width - 1))
    seen = _seen(session, cell)
    picture = scales.picture_panel(session, title="input", note="what the cell sees", most=224)
    big = Panel(
        tile[None],
        colour,
        ranges[[shown]],
        title=f"map {shown}",
        note=f"{height}x{width} cells",
        names=[f"map {shown}"],
        most=700,
        scale=3.2,
        pick="cell",
        say_zero=True,
        under=session.fitted_tile[0] if overlay else None,
    )
    raster(
        [picture, big],
        key="map",
        alt=f"The input, and map {shown} of {session.layer.name} enlarged",
        picked=Place(1, 0, *cell),
        marks=[Place(0, 0, *seen)] if seen else [],
        height=0.62,
        least=96,
        on_pick=lambda place: address.write(row=place.row, column=place.column),
    )
    address.bound("overlay", overlay)
    st.toggle("Lay the map over the input", overlay, key="overlay", on_change=address.writer("overlay", "overlay"))
    caption(words.of_cell(values, shown, cell, None if seen is None else seen[2:]))


def _one_feature(session: Session, colour: Any, ranges: np.ndarray) -> None:
    """One column of a layer of steps, on its own."""
    values, at = session.activations[:, session.unit], _step(session)
    whole = Panel(
        values[None, :, None],
        colour,
        ranges,
        title=f"feature {session.unit}",
        note=f"{values.size} steps",
        names=[f"feature {session.unit}"],
        most=420,
        cell=64,
        pick="cell",
        numbers=True,
        say_zero=True,
    )
    raster(
        [scales.picture_panel(session, title="input", most=224), whole],
        key="map",
        alt=f"The input, and feature {session.unit} of {session.layer.name} step by step",
        picked=Place(1, 0, at, 0),
        height=0.52,
        least=120,
        on_pick=lambda place: address.write(step=place.row),
    )
    caption(words.of_feature(session.activations, session.unit, at))


def _seen(session: Session, cell: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Top row, left column, rows and columns of the input that a cell sees; None where it sees it whole."""
    sizes = {name: array.shape for name, array in session.trace.activations.items()}
    field = receptive_fields(session.network.graph, sizes)[session.layer.name]
    if field is None:
        return None
    top, bottom = field[0].span(cell[0], session.fitted.pixels.shape[0])
    left, right = field[1].span(cell[1], session.fitted.pixels.shape[1])
    return top, left, max(bottom - top, 1), max(right - left, 1)


def _unit_in_words(session: Session, values: np.ndarray) -> None:
    raster(
        [scales.picture_panel(session, title="input", note="every unit sees all of it", most=560)],
        key="map-input",
        alt="The input",
        height=0.6,
    )
    caption(words.of_unit(values, session.unit, session.layer.name))


PAGE = Page(
    "Feature maps",
    ":material/grid_view:",
    "maps",
    "Convolve",
    render,
    reading=(
        Reading("Deep visualization toolbox", "Yosinski et al. 2015", "https://arxiv.org/abs/1506.06579"),
        Reading("Visualizing convolutional networks", "Zeiler and Fergus 2013", "https://arxiv.org/abs/1311.2901"),
    ),
)
