"""The way of a decision as one picture: the input, the last maps, and every vector after them up to the scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnviz.analysis.network.layers import LayerInfo
from nnviz.components.raster import Line, Panel, Place, raster
from nnviz.figures.tiles import as_tiles, folded_shape
from nnviz.pages.decision.speaks import Origin, Terms
from nnviz.shell.session import Session
from nnviz.views import scales

_MAPS = 12
"""Maps that are shown, the strongest: three rows of them are large enough to be seen."""

_PHOTOGRAPH = 96
"""Rows from which on a picture is one of many pixels."""


def layers_of(session: Session) -> tuple[LayerInfo | None, list[LayerInfo]]:
    """The layer of the last maps, if there are any, and the vectors after it but for the answer, at most three."""
    layers = session.network.layers
    maps = [layer for layer in layers[1:] if session.trace.activations[layer.name].ndim == 3]
    last = maps[-1] if maps else layers[0]
    own = [layer for layer in layers[last.index + 1 :] if not layer.idle]
    vectors = [layer for layer in own if layer.kind not in ("Activation", "Softmax")]
    vectors = [layer for layer in vectors if session.trace.activations[layer.name].ndim == 1][:-1][-3:]
    return (last if maps else None), vectors


def feeding(session: Session, source: str) -> LayerInfo | None:
    """The layer on the picture that the deciding one is fed by: the last maps, or the vector before it."""
    maps, vectors = layers_of(session)
    if maps is not None:
        return maps
    before = [layer for layer in vectors if layer.index < session.network.layer(source).index]
    return before[-1] if before and before[-1].kind != "Flatten" else None


def draw(session: Session, terms: Terms, found: Origin | None) -> None:
    """The picture; the strongest unit and what feeds it most are marked, with the line between them."""
    maps, vectors = layers_of(session)
    # No single pixel of a photograph is meant: it fills its place.
    smooth = session.fitted.pixels.shape[0] >= _PHOTOGRAPH
    panels = [scales.picture_panel(session, title="input", note=" ", most=420, scale=3.4, smooth=smooth)]
    places: dict[str, Place] = {}
    for layer in ([] if maps is None else [maps]) + vectors:
        values = session.trace.activations[layer.name]
        wanted = found.unit if found is not None and found.layer == layer.name else None
        if layer.name == terms.source and terms.values.ndim == 1 and terms.values.max() > 0:
            wanted = int(terms.values.argmax())
        panel, place = _panel(session, layer, values, wanted, len(panels))
        panels.append(panel)
        if place is not None:
            places[layer.name] = place
    fed = [places[name] for name in (found.layer, terms.source) if name in places] if found is not None else []
    raster(
        panels,
        key="way",
        alt="From the last maps to the vector before the classes",
        marks=list(places.values()),
        lines=[Line(fed[0], fed[1], plain=True)] if len(fed) == 2 else [],
        height=0.34,
        least=16,
        wide=True,
    )


def _panel(
    session: Session, layer: LayerInfo, values: np.ndarray, wanted: int | None, at: int
) -> tuple[Panel, Place | None]:
    """A layer, and the place of the unit or map that is wanted."""
    colour, ranges = scales.colour_scale(session, layer.name, "layer")
    tiles, common = as_tiles(values), dict[str, Any](title=layer.name, most=420)
    if values.ndim == 1:
        place = None if wanted is None else Place(at, 0, *divmod(wanted, folded_shape(values.size)[1]))
        note = f"{values.size:,} values"
        return Panel(tiles, colour, ranges, note=note, units=values.size, unit="unit", scale=3.4, **common), place
    order = np.argsort(-np.abs(tiles).max(axis=(1, 2)), kind="stable")
    shown, which = order[:_MAPS], " strongest"
    if wanted is not None and wanted not in shown:
        shown, which = np.append(shown[:-1], wanted), ""
    shown = np.sort(shown)
    note = f"{len(shown)}{which} of {len(tiles):,} maps" if len(shown) < len(tiles) else f"{len(tiles)} maps"
    names = [f"map {index}" for index in shown]
    place = None if wanted is None else Place(at, int(np.flatnonzero(shown == wanted)[0]))
    panel = Panel(tiles[shown], colour, ranges[shown], note=note, names=names, columns=4, **common)
    return panel, place
