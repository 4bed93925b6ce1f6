"""An answer for each place beside the picture: a class or a colour a pixel, or a class a step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from nnviz.analysis.network.network import Network
from nnviz.analysis.network.places import answers, decoded
from nnviz.analysis.network.trace import Trace
from nnviz.components.raster import Panel, Place, raster
from nnviz.figures.colour import CLASSES, symmetric
from nnviz.figures.words import number, percent
from nnviz.shell import address
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import small
from nnviz.shell.session import Session
from nnviz.views import scales

MAPS = 6
"""Classes that have a map of their own: those with the largest share, and the one that is explained."""
_STEPS = 48
"""Names of steps that are told."""


def draw(session: Session, key: str, height: float) -> None:
    """The picture, and beside it the answer; a pick takes a place of it to be explained."""
    values = answers(session.network, session.trace)
    shown = _shown(session, values)
    panels = [scales.picture_panel(session, title="input", note=" ", most=420)]
    panels += _steps(session, values) if session.network.output.kind == "steps" else _picture(session, values, shown)
    first = len(panels) - 1
    raster(
        panels,
        key=f"{key}-places",
        alt=f"The picture, and what {session.network.name} makes of it",
        picked=_picked(session, values, shown, first),
        height=height,
        least=56,
        wide=True,
        on_pick=lambda place: _take(session, values, shown, place, first),
    )
    _words(session, values, shown)


def said(network: Network, trace: Trace) -> str:
    """What the answer comes to, in a few words."""
    values, output = answers(network, trace), network.output
    if output.kind == "steps":
        names = decoded(network, values)[:_STEPS]
        return ("" if all(len(name) == 1 for name in names) else " ").join(names)
    size = f"{values.shape[0]}x{values.shape[1]} pixels"
    if output.head == "raw" or output.coloured:
        return f"a picture of {size}"
    if values.shape[2] == 1:
        bright = percent(float((values > 0.5).mean()))
        if values.shape == trace.image.shape:
            # A mask of a grey picture looks the same as that picture made again: this is true of both.
            return f"a number from 0 to 1 for each of {size}, above one half in {bright} of them"
        return f"a mask over {bright} of {size}"
    shares = _shares(values)
    best = int(shares.argmax())
    return f"{network.classes[best]} for {percent(float(shares[best]))} of {size}"


def _shares(values: np.ndarray) -> np.ndarray:
    """Of how many places each class is the likeliest, (K,), as a share."""
    classes = values.shape[-1]
    return np.bincount(values.reshape(-1, classes).argmax(axis=1), minlength=classes) / (values.size / classes)


def _shown(session: Session, values: np.ndarray) -> list[int]:
    """The classes that have a map."""
    if session.network.output.kind == "steps" or session.network.output.coloured:
        return []
    means = values.reshape(-1, values.shape[-1]).mean(axis=0)
    order = [int(index) for index in np.lexsort((-means, -_shares(values)))[:MAPS]]
    if session.class_index not in order:
        order[-1] = session.class_index
    return sorted(order)


def _steps(session: Session, values: np.ndarray) -> list[Panel]:
    """One map: a row a class, a column a step."""
    shares = session.network.output.shares
    return [
        Panel(
            values.T[None],
            "viridis" if shares else "diverging",
            (0, 1) if shares else symmetric(values),
            title="answer, step by step",
            note=f"{values.shape[1]} classes down, {values.shape[0]} steps across",
            most=960,
            scale=2.4,
            cell=48,
            pick="cell",
        )
    ]


def _picture(session: Session, values: np.ndarray, shown: Sequence[int]) -> list[Panel]:
    output = session.network.output
    if output.coloured or values.shape[2] == 1:
        pixels, ranges, note = _as_pixels(session, values)
        tiles = pixels[None] if output.coloured else pixels[None, :, :, 0]
        return [Panel(tiles, "grey", ranges, title="answer", note=note, most=420, pick="cell")]
    maps = Panel(
        np.moveaxis(values, 2, 0)[list(shown)],
        "viridis" if output.shares else "diverging",
        (0, 1) if output.shares else symmetric(values),
        title="a map a class" + (f", {len(shown)} of {values.shape[2]}" if len(shown) < values.shape[2] else ""),
        note="0 to 1" if output.shares else f"up to {number(float(np.abs(values).max()))}",
        names=[session.class_name(index) for index in shown],
        labels=[session.class_name(index)[:12] for index in shown],
        most=420,
        pick="cell",
    )
    if not output.shares:
        return [maps]
    painted = np.array(CLASSES)[values.argmax(axis=2) % len(CLASSES)]
    return [Panel(painted[None], "grey", (0, 255), title="likeliest class", note="a pixel", most=420), maps]


def _as_pixels(session: Session, values: np.ndarray) -> tuple[np.ndarray, tuple[float, float], str]:
    """An answer in the colours of a picture with what is black and white in it, and that in words."""
    network = session.network
    low, high = (0.0, 1.0) if network.output.shares else session.input_range
    if not network.output.shares and (values.min() < low - (high - low) or values.max() > high + (high - low)):
        # It is on another scale than the input's.
        low, high = float(values.min()), float(values.max())
    note = f"black {number(low)}, white {number(high)}"
    if not network.output.coloured:
        return values, (low, high), note
    return np.clip((values - low) / ((high - low) or 1.0), 0, 1) * 255, (0, 255), note


def _words(session: Session, values: np.ndarray, shown: Sequence[int]) -> None:
    """What the answer comes to; of classes each with its colour and its share."""
    network = session.network
    small(html("The net says <b>{}</b>. Pick a place of it to explain that.", said(network, session.trace)))
    if shown and network.output.shares and len(network.classes) > 1:
        shares = _shares(values)
        cells = [
            html(
                '<span><i style="background:rgb({},{},{})"></i>{} {}</span>',
                *CLASSES[index % len(CLASSES)],
                session.class_name(index),
                percent(float(shares[index])),
            )
            for index in shown
        ]
        write_html('<div class="nn-legend" role="group" aria-label="Shares">{}</div>', Markup().join(cells))
    if network.output.found:
        small(network.output.found)


def _layer_cell(session: Session, values: np.ndarray, row: int, column: int, index: int) -> dict[str, int | None]:
    """Where a place of the answer stands in the layer that makes it: it may be flat there."""
    axes = session.trace.activations[session.network.graph.output_name].ndim
    if session.network.output.kind == "steps":
        return {"unit": index, "row": column, "column": 0}
    at = row * values.shape[1] + column
    if axes == 1:
        return {"unit": at * values.shape[2] + index, "row": None, "column": None}
    return {"unit": index, "row": at, "column": 0} if axes == 2 else {"unit": index, "row": row, "column": column}


def _take(session: Session, values: np.ndarray, shown: Sequence[int], place: Place, first: int) -> None:
    """Take the place that was picked under study, to be explained."""
    if place.panel != first or place.row is None or place.column is None:
        return
    steps = session.network.output.kind == "steps"
    index = place.row if steps else shown[place.tile] if len(shown) > 1 else session.class_index
    where = _layer_cell(session, values, place.row, place.column, index)
    address.write(layer=session.network.graph.output_name, target=index, explain="unit", **where)


def _picked(session: Session, values: np.ndarray, shown: Sequence[int], first: int) -> Place | None:
    """The place that is under study."""
    if session.layer.name != session.network.graph.output_name:
        return None
    row, column = session.cell or (0, 0)
    if session.network.output.kind == "steps":
        return Place(first, 0, session.unit, row) if session.cell else None
    columns, axes = values.shape[1], session.activations.ndim
    if axes == 1:
        row, column = divmod(session.unit // values.shape[2], columns)
    elif axes == 2:
        row, column = divmod(row, columns)
    if axes > 1 and session.cell is None:
        return None
    index = session.unit % values.shape[2]
    tile = shown.index(index) if index in shown else 0
    return Place(first, tile, row, column)
