"""The pictures of the dossier: the unit's filter and map, its strongest patches, and the units like it."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnviz.analysis import dossier
from nnviz.analysis.data.pictures import output_shapes, shape_in
from nnviz.analysis.dossier import Kernels
from nnviz.analysis.network.receptive import Field, receptive_fields
from nnviz.analysis.search.patches import box
from nnviz.components.raster import Panel, Place, raster
from nnviz.figures.colour import symmetric
from nnviz.figures.tiles import as_tiles, fold
from nnviz.pages.dossier.facts import HITS, UnitFacts
from nnviz.shell import address
from nnviz.shell.session import Session
from nnviz.views import scales
from nnviz.views.search.image_sets import ImageSet
from nnviz.views.search.patch_panels import given_if_read, patch_panel

SLICES, ALIKE = 4, 3
"""Slices of a deep filter, and units like it, that are shown."""
_SIDE = 112
"""Cells of a whole picture that are sent to the browser: it is shown no larger."""


def fields(session: Session, of: ImageSet) -> tuple[Field | None, Field | None]:
    """What a unit of the layer sees of the present picture, and of one that was searched; None where all of it."""
    values, name = session.activations, session.layer.name
    if values.ndim != 3:
        return None, None
    shapes = {name: array.shape for name, array in session.trace.activations.items()}
    here = receptive_fields(session.network.graph, shapes)[name]
    if None not in session.network.image_shape:
        return here, here
    # With a network of any size the present picture may have another than those that were searched.
    return here, receptive_fields(session.network.graph, output_shapes(session.network, of.pictures))[name]


def unit(session: Session, sees: Field | None, height: float) -> None:
    """The picture with what the unit sees of it, the unit's map, and its filter."""
    panels = [scales.picture_panel(session, title="Picture", most=224)]
    marks = []
    values = session.activations
    if values.ndim == 3:
        tile = values[..., session.unit]
        row, column = session.cell or np.unravel_index(np.abs(tile).argmax(), tile.shape)
        cell = min(int(row), tile.shape[0] - 1), min(int(column), tile.shape[1] - 1)
        marks = [Place(0, 0, *box(sees, cell, session.fitted.pixels.shape[:2]))]
        colour, ranges = scales.colour_scale(session, session.layer.name, "layer")
        at = [session.unit]
        panels.append(Panel(as_tiles(values)[at], colour, ranges[at], title="Its map", most=224, say_zero=True))
        marks.append(Place(1, 0, *cell))
    found = dossier.kernels(session.network, session.layer.name)
    words = "no filter of its own"
    if found is not None:
        panels.append(_filter(session, found))
        words = "its filter"
    raster(
        panels,
        key="dossier-unit",
        alt=f"Unit {session.unit} of {session.layer.name}: the picture, its map on it, and {words}",
        marks=marks,
        height=height,
        least=48,
    )


def _filter(session: Session, found: Kernels) -> Panel:
    """The weights behind the unit: a picture, the strongest slices of a deep one, or one weight a channel."""
    weights = found.bank.weights[session.unit]
    whose = f"Its {'filter' if found.bank.kind in ('kernel', 'mix') else 'weights'}"
    if found.layer != session.layer.name:
        whose += f", of {found.layer}"
    more: dict[str, Any] = {"ranges": symmetric(weights), "title": whose, "row": 1}
    rows, columns, channels = weights.shape
    if found.bank.kind in ("mix", "vector"):
        note = f"{channels} weights, one a {'channel' if found.bank.kind == 'mix' else 'unit'}"
        return Panel(
            fold(weights.reshape(-1))[None],
            "diverging",
            note=note,
            units=channels,
            unit=f"weight of {found.bank.reads}",
            most=224,
            **more,
        )
    slices = found.slices(session.unit)[:SLICES]
    several = channels > 1
    note = f"{rows}x{columns}" + (f", {len(slices)} strongest of {channels} slices" if several else " weights")
    names = [f"channel {found.bank.channel_read(session.unit, int(at))} of {found.bank.reads}" for at in slices]
    return Panel(
        np.moveaxis(weights, 2, 0)[slices],
        "diverging",
        note=note,
        names=names,
        columns=SLICES if several else 1,
        most=224,
        # Beside each other they would else make the picture and the map above them small.
        scale=0.6 if several else 1.0,
        **more,
    )


def patches(session: Session, known: UnitFacts, sees: Field | None, height: float) -> None:
    """Its strongest patches, and below each the whole picture that it is of; a pick opens the picture."""
    network, of = session.network, known.of
    count = min(HITS, len(of.pictures))
    top = patch_panel(
        network,
        session.key,
        of,
        known.hits,
        sees,
        count,
        title="What excites it most",
        # Whole pictures stand alone: in as many rows as make them largest.
        columns=0 if sees is None else count,
        most=168,
    )
    panels, marks, picked = [top], [], None
    names = [of.name(hit.image) for hit in known.hits]
    if session.picture.name in names:
        picked = Place(0, names.index(session.picture.name))
    if sees is not None and known.hits:
        wholes, step, read = _wholes(session, known)
        panels.append(
            Panel(
                wholes,
                "grey",
                (0, 255),
                title=f"and where in the {of.noun}s they are",
                names=[of.title(hit.image) for hit in known.hits],
                columns=count,
                most=168,
                row=1,
                pick="tile",
            )
        )
        for at in read:
            place = box(sees, known.hits[at].cell, shape_in(network, of.pictures)[:2])
            top_, left, rows, columns = (value // step for value in place)
            marks.append(Place(1, at, top_, left, max(rows, 1), max(columns, 1)))
    raster(
        panels,
        key="dossier-patches",
        alt=f"The {len(known.hits)} {of.noun}s that excite unit {session.unit} of {session.layer.name} most",
        picked=picked,
        marks=marks,
        height=height,
        least=40,
        on_pick=lambda place: _open(session, known, place.tile),
    )


def _wholes(session: Session, known: UnitFacts) -> tuple[np.ndarray, int, list[int]]:
    """The pictures of the hits, no larger than they are shown, how many pixels became one, and which of them could be
    read: the others are grey."""
    network, of = session.network, known.of
    size = shape_in(network, of.pictures)
    found = [given_if_read(network, session.key, of, hit.image) for hit in known.hits]
    grey = np.full(size, 213, np.float32)
    step = max(1, -(-max(size[:2]) // _SIDE))
    tiles = np.stack([(grey if each is None else each)[::step, ::step] for each in found])
    read = [at for at, each in enumerate(found) if each is not None]
    return (tiles[..., 0] if tiles.shape[3] == 1 else tiles), step, read


def _open(session: Session, known: UnitFacts, tile: int) -> None:
    """Open the picture that a patch was cut out of, at its cell."""
    if tile >= len(known.hits):
        return
    hit = known.hits[tile]
    row, column = hit.cell or (None, None)
    # The picture as it is: moved or turned it would not be the one that was found.
    plain: dict[str, Any] = dict.fromkeys(("dx", "dy", "rotate", "noise", "invert", "stretch", "shuffle", "page"))
    address.write(image=known.of.name(hit.image), unit=session.unit, row=row, column=column, **plain)


def alike(session: Session, known: UnitFacts, sees: Field | None, height: float) -> None:
    """The units most like it, by their answers and by their weights, each by its strongest patch; a pick goes there."""
    panels: list[Panel] = []
    units = []
    ways = (
        ("Units that answer alike (correlation)", None if known.answering is None else known.answering.values),
        ("Units with weights alike (cosine)", known.weighing),
    )
    for title, values in ways:
        # What is constant, or a filter of zeros, is like nothing.
        if values is None or len(values) < 2 or not values[session.unit]:
            continue
        order = dossier.most_alike(values, session.unit, ALIKE)
        drawn = _filters(session, order) if values is known.weighing else None
        more = {
            "title": title,
            "labels": [f"{unit}: {values[unit]:.2f}".replace("-", "\u2212") for unit in order],
            "names": [f"unit {unit}" for unit in order],
        }
        panels.append(_alike_panel(drawn or _strongest(session, known, sees, order), len(panels), more))
        units.append(order)
    if not panels:
        return
    raster(
        panels,
        key="dossier-alike",
        alt=f"The units of {session.layer.name} most like unit {session.unit}, each by its strongest patch",
        height=height,
        least=40,
        on_pick=lambda place: address.write(unit=int(units[place.panel][place.tile]), row=None, column=None, page=None),
    )


def _filters(session: Session, order: np.ndarray) -> tuple[np.ndarray, str, Any] | None:
    """Their filters, where each is one picture."""
    found = dossier.kernels(session.network, session.layer.name)
    if found is None or found.bank.kind not in ("kernel", "picture") or found.bank.weights.shape[3] > 1:
        return None
    tiles = found.bank.weights[order, ..., 0]
    return tiles, "diverging", symmetric(tiles)


def _strongest(
    session: Session, known: UnitFacts, sees: Field | None, order: np.ndarray
) -> tuple[np.ndarray, str, Any]:
    """The strongest patch of each."""
    ranking = None if known.found is None else known.found.layers.get(session.layer.name)
    tiles = []
    for unit in order:
        hits = [hit for hit in (ranking.of(int(unit))[:1] if ranking is not None else ()) if hit.value != 0]
        tiles.append(patch_panel(session.network, session.key, known.of, hits, sees, 1).tiles)
    # Grey ones beside ones in colours, which chequers need.
    colours = any(tile.ndim == 4 for tile in tiles)
    tiles = [np.repeat(tile[..., None], 3, axis=3) if colours and tile.ndim == 3 else tile for tile in tiles]
    return np.concatenate(tiles), "grey", (0, 255)


def _alike_panel(drawn: tuple[np.ndarray, Any, Any], row: int, more: dict[str, Any]) -> Panel:
    tiles, colour, ranges = drawn
    return Panel(tiles, colour, ranges, columns=ALIKE, most=112, pick="tile", row=row, **more)
