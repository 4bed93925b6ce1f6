"""The pooling view: a map, one window of it with its numbers, and the smaller map that the windows make."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.analysis.layer.pooling import Cell, Window, kept, window
from nnviz.components.raster import Line, Panel, Place, raster
from nnviz.figures.tiles import fold, folded_shape
from nnviz.figures.words import number, percent
from nnviz.figures.words import span as words_of
from nnviz.pages.pooling.subject import Subject, choose, without
from nnviz.shell import address
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import caption, small
from nnviz.views import scales

MOST_WINDOW = 7
"""The side of a window beyond which its numbers would be too small to read."""

MOST_NUMBERS = 10
"""The side of an output beyond which its numbers would be too small to read."""

SHOWN = 9
"""Numbers of a window that stand in its formula."""


def render(subject: Subject) -> None:
    """Draw the view."""
    pool = subject.pool
    found = window(subject.tile, pool, subject.cell)
    words, kinds = st.columns([4, 5], gap="medium", vertical_alignment="center")
    with words:
        write_html('<p class="nn-formula">{}<br>{}</p>', formula(subject), numbers(subject, found))
    with kinds:
        choose(subject)
        subject.settings()
        if note := without(subject):
            small(note)
    _pictures(subject, found)
    caption(sentence(subject, found))
    left, right = st.columns(2, gap="large")
    with left:
        small(size_words(subject))
    with right:
        small(kept_words(subject))


def _pictures(subject: Subject, found: Window) -> None:
    pool, channel = subject.pool, subject.channel
    colour, span = _scale(subject)
    rows, columns = pool.inside(subject.cell)
    block = {"rows": rows.stop - rows.start, "columns": columns.stop - columns.start}
    shape, made = size_of(pool.shape), size_of(pool.output)
    panels = [
        Panel(
            subject.tile[None],
            colour,
            span,
            title=f"{subject.read}, map {channel}" if subject.maps.shape[2] > 1 else subject.read,
            note=f"{shape}, colours {words_of(*span)}",
            most=520,
            scale=1.5,
            pick="cell",
            say_zero=True,
        )
    ]
    frame = Place(0, 0, rows.start, columns.start, **block, colour="picked")
    marks = [frame]
    lines = []
    shown = max(pool.size) <= MOST_WINDOW
    if shown:
        beyond = [(int(row), int(column)) for row, column in np.argwhere(~found.inside)]
        note = f"{pool.size[0]}x{pool.size[1]} cells" + (f", {len(beyond)} beyond the border" if beyond else "")
        panels.append(
            Panel(
                found.values[None],
                colour,
                span,
                title="the window",
                note=note,
                most=420,
                cell=140,
                scale=1.3,
                numbers=True,
                blank=beyond,
            )
        )
        lines.append(Line(Place(0, 0, rows.start, columns.start, **block), Place(1, 0), plain=True))
    last = len(panels)
    output, own = _output(subject, colour, span, made)
    panels.append(output)
    spot = Place(last, 0, *own, colour="picked")
    if not pool.whole:
        lines.append(Line(Place(last - 1, 0) if shown else frame, spot, plain=True))
    if found.winner is not None:
        marks.append(Place(0, 0, *found.winner))
        if shown:
            marks.append(Place(1, 0, found.winner[0] - found.start[0], found.winner[1] - found.start[1]))
    at = subject.at
    if at is not None:
        marks.append(spot)
        inside = found.start[0] <= at[0] < found.start[0] + pool.size[0]
        inside &= found.start[1] <= at[1] < found.start[1] + pool.size[1]
        if shown and inside:
            marks.append(Place(1, 0, at[0] - found.start[0], at[1] - found.start[1], colour="picked"))
        if not pool.whole:
            marks += [Place(last, 0, *cell) for cell in pool.readers(at) if cell != subject.cell]

    def pick(place: Place) -> None:
        if place.panel == 0:
            subject.pick_input((place.row or 0, place.column or 0))
        elif pool.whole:
            unit = (place.row or 0) * folded_shape(subject.output.size)[1] + (place.column or 0)
            address.write(layer=subject.under_study, unit=unit, page=None, row=None, column=None)
        else:
            subject.pick((place.row or 0, place.column or 0))

    raster(
        panels,
        key="pooling",
        alt=f"{subject.read}, map {channel}; one window of it; and what {subject.name} makes of all of them",
        picked=Place(last, 0, *own) if at is None else Place(0, 0, *at),
        marks=marks,
        lines=lines,
        height=0.53 if subject.layer else 0.47,
        least=100,
        wide=True,
        on_pick=pick,
    )


def _output(subject: Subject, colour: Any, span: tuple[float, float], made: str) -> tuple[Panel, tuple[int, int]]:
    """The map that is made, or the vector of all maps' numbers where each becomes one; and the cell under study."""
    if subject.pool.whole:
        values = subject.output.reshape(-1)
        width = folded_shape(values.size)[1]
        panel = Panel(
            fold(values)[None],
            colour,
            span,
            title=subject.name,
            note=f"{values.size:,} maps, one number each",
            units=values.size,
            unit="map",
            most=420,
            cell=96,
            numbers=values.size <= 200,
            pick="cell",
            say_zero=True,
        )
        return panel, divmod(subject.channel, width)
    pool = subject.pool
    panel = Panel(
        subject.made[None],
        colour,
        span,
        title=f"{subject.name}, map {subject.channel}" if subject.maps.shape[2] > 1 else subject.name,
        note=made,
        most=520,
        scale=1.5,
        numbers=max(pool.output) <= MOST_NUMBERS,
        pick="cell",
        say_zero=True,
    )
    return panel, subject.cell


def _scale(subject: Subject) -> tuple[Any, tuple[float, float]]:
    """One scale for the map, the window and what is made of it: that of the layer that is pooled."""
    colour, ranges = scales.colour_scale(subject.session, subject.source.name, "layer")
    return colour, (float(ranges[0, 0]), float(ranges[0, 1]))


def formula(subject: Subject) -> Markup:
    """The formula in words."""
    made = Markup('max( <b class="in">window</b> )')
    if subject.pool.kind == "average":
        made = Markup('sum( <b class="in">window</b> ) / cells in it')
    return html('<b class="out">output</b> = {}', made)


def numbers(subject: Subject, found: Window) -> Markup:
    """The formula with this image's numbers; of a large window only what they come to."""
    known = found.values[found.inside].astype(np.float64)
    values = [number(value) if value else "0" for value in known]
    out, many = html('<b class="out">{}</b>', number(found.value)), len(values) > SHOWN
    if subject.pool.kind == "max":
        joined = f"{len(values):,} values, up to {number(found.value)}" if many else ", ".join(values)
        return html('{} = max( <b class="in">{}</b> )', out, joined)
    total, joined = number(float(known.sum())), f"{len(values):,} values" if many else " + ".join(values)
    summed = html('{}( <b class="in">{}</b> )', "sum" if many else "", joined)
    return html("{} = {} / {:,} = {} / {:,}", out, summed, found.count, total, found.count)


def size_of(shape: Cell) -> str:
    """A size as one writes it, such as 14x14."""
    return f"{shape[0]}x{shape[1]}"


def size_words(subject: Subject) -> str:
    """How the size of the output comes about, and what is left out or shared."""
    pool = subject.pool
    if pool.whole:
        return f"Size: the window is the whole map, so {size_of(pool.shape)} cells become one."
    rule = "⌈size / stride⌉" if pool.same else "⌊(size − window) / stride⌋ + 1"
    text = f"Size: {rule}, here {pool.arithmetic(0)}"
    if pool.arithmetic(1) != pool.arithmetic(0):
        text += f" rows and {pool.arithmetic(1)} columns"
    text += "".join(f"; {rest}" for rest in _left_out(*pool.left_out()))
    if pool.overlapping:
        text += f"; windows of {size_of(pool.size)} every {size_of(pool.strides)} cells overlap"
    return f"{text}."


def _left_out(rows: int, columns: int) -> list[str]:
    """The rows and columns at the end that no window reads, in words; [] where there are none."""
    named = [(rows, "row"), (columns, "column")]
    words = [f"{count} {noun}{'s' * (count > 1)}" for count, noun in named if count]
    lie = "lie" if rows + columns > 1 else "lies"
    return [f"the last {' and '.join(words)} {lie} in no window"] if words else []


def kept_words(subject: Subject) -> str:
    """How many values remain, and how much of the map they hold."""
    pool, tile = subject.pool, subject.tile
    text = f"Values: {tile.size:,} become {subject.made.size:,} ({percent(subject.made.size / tile.size)})"
    if pool.kind != "max":
        return f"{text}, each of them a mean."
    chosen, total = kept(tile, pool), float(tile.sum(dtype=np.float64))
    if float(tile.min()) < 0 or total <= 0:
        return f"{text}."
    return f"{text}, with {percent(float(tile[chosen].sum(dtype=np.float64)) / total)} of the map's sum."


def sentence(subject: Subject, found: Window) -> str:
    """What one sees, and so what."""
    pool, cell, value = subject.pool, subject.cell, number(found.value, beside=subject.maps)
    which = f"map {subject.channel} of {subject.read}" if subject.maps.shape[2] > 1 else subject.read
    if not subject.tile.any():
        return f"{subject.name} makes nothing of {which}: all its {subject.tile.size:,} cells are zero."
    at = subject.at
    if at is not None and not pool.readers(at):
        return f"Row {at[0]}, column {at[1]} of {which} lies in no window: nothing of it remains."
    beyond = int((~found.inside).sum())
    missing = f" ({beyond} beyond the border do not count)" if beyond else ""
    where = "its one cell" if pool.whole else f"row {cell[0]}, column {cell[1]}"
    if pool.kind == "average":
        return (
            f"{value} at {where} of {subject.name} is the mean of {found.count:,} values{missing}: "
            "each counts a little, none stays as it was."
        )
    if found.count == 1:
        return f"The one value of its window{missing}, {value}, stays at {where} of {subject.name}."
    if at is not None and found.winner != at:
        lost = number(float(subject.tile[at]), beside=subject.maps)
        return (
            f"The {lost} at row {at[0]}, column {at[1]} of {which} is not the one that its window keeps: it is dropped."
        )
    return (
        f"The largest of {found.count:,} values{missing}, {value}, stays at {where} of {subject.name}: where in its "
        "window it stood is forgotten."
    )
