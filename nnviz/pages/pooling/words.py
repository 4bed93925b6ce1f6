"""What is said of one pooling: its formula, the size that it makes, what it keeps, and what one window shows."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from nnviz.analysis.layer.pooling import Cell, Window, kept, pooling_layers
from nnviz.figures.words import number
from nnviz.pages.pooling.subject import Subject
from nnviz.shell.markup import html

SHOWN = 9
"""Numbers of a window that stand in its formula."""


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


def without(subject: Subject) -> str:
    """That the network has no pooling layer at all, where it has none."""
    network = subject.session.network
    if pooling_layers(network):
        return ""
    return f"{network.name} has no pooling layer: here you pool its picture, or any of its maps, yourself."


def size_of(shape: Cell) -> str:
    """A size as one writes it, such as 14x14."""
    return f"{shape[0]}x{shape[1]}"


def size_words(subject: Subject) -> str:
    """How the size of the output comes about, and what is left out or shared."""
    pool = subject.pool
    if pool.whole:
        return f"Size: {size_of(pool.shape)} → 1x1: the window is the whole map, whatever its size."
    rule = "⌈n / stride⌉" if pool.same else "⌊(n − window) / stride⌋ + 1"
    text = f"Size: {rule}: {pool.arithmetic(0)}"
    if pool.arithmetic(1) != pool.arithmetic(0):
        text += f" rows, {pool.arithmetic(1)} columns"
    rest = pool.left_out()
    if any(rest):
        text += f"; the last {rest[0]} rows and {rest[1]} columns lie in no window"
    if pool.overlapping:
        text += f"; windows of {size_of(pool.size)} every {size_of(pool.strides)} cells overlap"
    return f"{text}."


def kept_words(subject: Subject) -> str:
    """How many values remain, and how much of the map they hold."""
    pool, tile = subject.pool, subject.tile
    text = f"Values: {tile.size:,} → {subject.made.size:,} ({subject.made.size / tile.size:.1%})"
    if pool.kind != "max":
        return f"{text}, each of them a mean."
    chosen = kept(tile, pool)
    text += f"; {int(chosen.sum()):,} input cells pass their value on"
    total = float(tile.sum(dtype=np.float64))
    if float(tile.min()) >= 0 and total > 0:
        text += f", {float(tile[chosen].sum(dtype=np.float64)) / total:.0%} of the map's sum"
    return f"{text}."


def sentence(subject: Subject, found: Window) -> str:
    """What one sees, and so what."""
    pool, cell = subject.pool, subject.cell
    name, read = subject.name, subject.read
    which = f"map {subject.channel} of {read}" if subject.maps.shape[2] > 1 else read
    name = name if subject.layer else name.capitalize()
    text = f"{name} makes {size_of(pool.output)} of the {size_of(pool.shape)} cells of {which}"
    if not subject.tile.any():
        return f"{text}: it is zero everywhere, and stays so."
    where = "" if pool.whole else f" at row {cell[0]}, column {cell[1]}"
    beyond = int((~found.inside).sum())
    missing = f" ({beyond} beyond the border do not count)" if beyond else ""
    at = subject.at
    if at is not None and not pool.readers(at):
        return f"{text}; row {at[0]}, column {at[1]} of it lies in no window, so nothing of it remains."
    if pool.kind == "average":
        return (
            f"{text}:{where}{',' if where else ''} {number(found.value)} is the mean of {found.count:,} values{missing}"
            "; each counts a little, none stays as it was."
        )
    if found.count == 1:
        return f"{text}:{where} the window holds one value{missing}, {number(found.value)}, and it stays."
    if at is not None and found.winner != at:
        lost = number(float(subject.tile[at]))
        return f"{text}: the {lost} at row {at[0]}, column {at[1]} is not the largest of its window, so it is dropped."
    return (
        f"{text}:{where} the largest of {found.count:,} values{missing}, {number(found.value)}, stays; "
        "where in the window it stood is forgotten."
    )
