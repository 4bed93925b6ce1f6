"""Activation: a layer before and after its activation function, the same cell in both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.analysis.layer.activation import LayerActivation, layer_activation, layers_with_activation
from nnviz.analysis.layer.activation_functions import written
from nnviz.analysis.layer.neuron import strongest
from nnviz.analysis.layer.pooling import as_maps
from nnviz.components.raster import Panel, Place, raster
from nnviz.figures import activation_curve, histograms
from nnviz.figures.colour import from_zero, symmetric
from nnviz.figures.neurons import curve_span
from nnviz.figures.tiles import fold, folded_shape
from nnviz.figures.words import number, percent, span
from nnviz.pages.activation import without
from nnviz.shell import address, controls, jobs
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import Page, Reading, caption, head, small
from nnviz.shell.session import Session
from nnviz.views import chart, layer_configuration
from nnviz.views.under_study import channel_of, nearest


def render(session: Session) -> None:
    """Draw the page."""
    layers = layers_with_activation(session.network)
    layer = nearest(session, layers)
    if layer is None:
        with head(PAGE):
            pass
        count = len(session.network.layers)
        caption(f"None of the {count} layers of {session.name} has an activation function: it is linear.")
        return
    found = layer_activation(session.network, session.trace, layer.name)
    unit = channel_of(session, as_maps(found.before))
    cell = _cell(session, found, unit)

    def study() -> None:
        controls.study(
            replace(session, layer=layer),
            layers,
            "map" if found.after.ndim > 1 else "unit",
            count=found.after.shape[-1],
            unit=unit,
            write=lambda chosen: _write(session, found, chosen, None),
        )

    with head(PAGE, study):
        without.button(session)
    with st.container(horizontal=True, vertical_alignment="center", gap="large"):
        write_html('<p class="nn-formula">{}</p>', _formula(found, (*cell, unit)), width="content")
        layer_configuration.popover(layer)
    left, middle, right = st.columns(3, gap="medium")
    with left:
        _picture(session, found, unit, cell, before=True)
    with middle:
        _curve(found, (*cell, unit))
    with right:
        _picture(session, found, unit, cell, before=False)
    out = without.asked() and bool(without.layers_without(session.network))
    counted = without.begin(session)
    said, beside = st.columns([2, 3], gap="large")
    with said:
        caption(without.sentence(session, counted) if out else sentence(found, unit, cell))
        small(without.detail(session) if out else _shares(found))
    with beside:
        if out:
            without.draw(session, counted)
        else:
            _histograms(found, unit)
    jobs.progress_bar(without.JOB)


def _histograms(found: LayerActivation, unit: int) -> None:
    own = found.before.ndim > 1
    which = f"map {unit}" if own else found.layer
    before, after = (values[..., unit] if own else values for values in (found.before, found.after))
    chart.plot(histograms({f"{which} before": before, "after": after}), "activation-histograms")


def _cell(session: Session, found: LayerActivation, unit: int) -> tuple[int, ...]:
    """The cell of the address, else the one where the unit is strongest after its activation."""
    shape = found.after.shape[:-1]
    if len(shape) == 2 and session.cell is not None:
        return min(session.cell[0], shape[0] - 1), min(session.cell[1], shape[1] - 1)
    if len(shape) == 1 and "step" in address.read():
        return (address.whole("step", 0, 0, shape[0] - 1)[0],)
    return strongest(found.after, unit)


def _write(session: Session, found: LayerActivation, unit: int, cell: tuple[int, ...] | None) -> None:
    where: dict[str, int | None] = {}
    if session.layer.name != found.layer:
        where = {"row": None, "column": None}
    if cell is not None and len(cell) == 2:
        where = {"row": cell[0], "column": cell[1]}
    elif cell is not None and len(cell) == 1:
        where = {"step": cell[0]}
    address.write(layer=found.layer, unit=unit, page=None, **where)


def _picture(session: Session, found: LayerActivation, unit: int, cell: tuple[int, ...], *, before: bool) -> None:
    values = found.before if before else found.after
    signed = before or bool((values < 0).any())
    title = f"before {name_of(found)}" if before else f"after {name_of(found)}"
    vector = values.ndim == 1
    width = folded_shape(values.size)[1] if vector else 1
    tile = fold(values) if vector else as_maps(values)[..., unit]
    where = divmod(unit, width) if vector else _row_and_column(cell)
    note = f"{values.size:,} units of {found.layer}" if vector else f"map {unit} of {_made_by(found, before)}"
    panel = Panel(
        tile[None],
        "diverging" if signed else "viridis",
        symmetric(values) if signed else from_zero(values),
        title=title,
        note=note,
        units=values.size if vector else 0,
        most=560,
        cell=64,
        numbers=True,
        pick="cell",
        say_zero=True,
    )
    raster(
        [panel],
        key=f"activation-{'before' if before else 'after'}",
        alt=f"{note} {title}",
        picked=Place(0, 0, *where),
        height=0.47,
        least=100,
        on_pick=_picker(session, found, unit, width),
    )


def _picker(session: Session, found: LayerActivation, unit: int, width: int) -> Callable[[Place], None]:
    def pick(place: Place) -> None:
        row, column = place.row or 0, place.column or 0
        if found.after.ndim == 1:
            _write(session, found, row * width + column, None)
        else:
            _write(session, found, unit, (column,) if found.after.ndim == 2 else (row, column))

    return pick


def _row_and_column(cell: tuple[int, ...]) -> tuple[int, int]:
    """Where a cell stands in the picture of its map: steps are one row."""
    return (0, cell[0]) if len(cell) == 1 else (cell[0], cell[1])


def _made_by(found: LayerActivation, before: bool) -> str:
    return found.source if before else found.layer


def name_of(found: LayerActivation) -> str:
    """F as one writes it."""
    return written(found.function)


def _formula(found: LayerActivation, index: tuple[int, ...]) -> Markup:
    ends = f"{name_of(found)}( ", " )" if found.alone else ", … )"
    start, end = {"relu": ("max( 0, ", " )"), "relu6": ("min( 6, max( 0, ", " ) )")}.get(found.function, ends)
    before, after = (number(float(values[index]), beside=values) for values in (found.before, found.after))
    lines = [
        html('<b class="out">{}</b> = {}<b class="in">{}</b>{}', made, start, read, end)
        for made, read in (("after", "before"), (after, before))
    ]
    return Markup("<br>").join(lines)


def _curve(found: LayerActivation, index: tuple[int, ...]) -> None:
    before, after = float(found.before[index]), float(found.after[index])
    sums = curve_span([before])
    made = found.curve(index, sums)
    if made is None:
        small(f"{name_of(found)} reads a whole map at once, so there is no curve of one value.")
        return
    figure = activation_curve(sums, made, (before, after), title=f"after = {name_of(found)}")
    figure.update_xaxes(title_text="before")
    chart.plot(figure, "activation-curve")


def _shares(found: LayerActivation) -> str:
    values = found.after
    text = f"Whole layer: {values.size:,} values, {found.zeroed():.1%} set to zero"
    still = float(np.mean((found.before == 0) & (found.after == 0)))
    if still:
        text += f", {still:.1%} zero before too"
    return f"{text}. Before: {_range(found.before)}; after: {_range(values)}."


def _range(values: np.ndarray) -> str:
    return span(float(values.min()), float(values.max()))


def sentence(found: LayerActivation, unit: int, cell: tuple[int, ...]) -> str:
    """What F does to the map or the layer under study, in one quantity: the share that it sets to zero, else what it
    makes of the cell."""
    name, maps = name_of(found), found.after.ndim > 1
    index = (*cell, unit)
    before, after = (number(float(values[index]), beside=values) for values in (found.before, found.after))
    if not found.alone:
        axis = "maps in one cell" if maps else "units"
        return (
            f"{name} weighs the {found.after.shape[-1]} {axis} against each other: it makes {after} of the {before} of "
            f"{'map' if maps else 'unit'} {unit}."
        )
    size, noun = (found.after[..., unit].size, "cells") if maps else (found.after.size, "units")
    what = f"map {unit} of {found.layer}" if maps else found.layer
    share = found.zeroed(unit if maps else None)
    if share:
        return f"{name} sets {percent(share)} of the {size:,} {noun} of {what} to zero."
    here = "the cell under study" if maps else f"unit {unit}"
    passes = f"{here} passes with {after}" if before == after else f"{here} goes from {before} to {after}"
    return f"{name} sets none of the {size:,} {noun} of {what} to zero: {passes}."


PAGE = Page(
    "Activation",
    ":material/trending_up:",
    "activation",
    "Convolve",
    render,
    reading=(
        Reading(
            "Deep sparse rectifier networks", "Glorot et al. 2011", "https://proceedings.mlr.press/v15/glorot11a.html"
        ),
        Reading(
            "Rectified linear units", "Nair and Hinton 2010", "https://www.cs.toronto.edu/~fritz/absps/reluICML.pdf"
        ),
    ),
)
