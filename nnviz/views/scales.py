"""The picture as a panel, and activations in one scale with its colours and its printed range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from markupsafe import Markup

from nnviz.analysis.network.network import Network
from nnviz.components.raster import Panel
from nnviz.figures.colour import TABLES, from_zero, symmetric
from nnviz.figures.tiles import as_tiles
from nnviz.figures.words import number, span
from nnviz.shell import address, controls
from nnviz.shell.markup import html
from nnviz.shell.session import Session

SCOPES = {"layer": "Scale: layer", "each": "Each map", "network": "Whole network"}
PER_PAGE = 32
"""Tiles on one screen; beyond that there are pages."""


def picture_panel(session: Session, **more: Any) -> Panel:
    """The picture as the network gets it, in grey or in colours."""
    return Panel(**{"colour": "grey", "ranges": (0, 255), **more, "tiles": session.fitted_tile})


def colour_scale(session: Session, layer: str, scope: str) -> tuple[Any, np.ndarray]:
    """Colour map and range (tiles, 2) of a layer's maps.

    The input is grey, under whatever name; what is never negative is viridis from 0; the rest diverges around 0.
    """
    tiles = as_tiles(session.trace.activations[layer])
    first = session.network.layers[0].name
    if is_input(session.network, layer):
        return "grey", np.tile(session.input_range, (len(tiles), 1))
    signed = bool((tiles < 0).any())
    ends, colour = (symmetric, "diverging") if signed else (from_zero, "viridis")
    if scope == "each":
        return colour, np.array([ends(tile) for tile in tiles])
    if scope == "network":
        rest = [array for name, array in session.trace.activations.items() if name != first]
        largest = max(float(np.abs(array).max()) for array in rest)
        return colour, np.tile((-largest if signed else 0.0, largest or 1.0), (len(tiles), 1))
    return colour, np.tile(ends(tiles), (len(tiles), 1))


def is_input(network: Network, layer: str) -> bool:
    """Whether a layer is the input, or holds the same numbers in another shape (a Flatten), as they are."""
    found = network.layer(layer)
    while found.index and (found.idle or found.kind in _SAME_NUMBERS) and len(found.inputs) == 1:
        found = network.layer(found.inputs[0])
    return found.index == 0


_SAME_NUMBERS = ("Flatten", "Reshape", "Permute")


def scale_note(colour: str, ranges: np.ndarray, scope: str) -> Markup:
    """The colours between the ends of a scale, whose it is, and whether brightness can be compared."""
    low, high = float(ranges[:, 0].min()), float(ranges[:, 1].max())
    if scope == "each" and len(ranges) > 1:
        return html("Each map has its own scale (up to {}): brightness is not comparable.", number(high))
    stops = ", ".join("rgb({},{},{})".format(*TABLES[colour][at]) for at in range(0, 257, 16))
    bar = html('<i class="nn-bar" style="background: linear-gradient(90deg, {})"></i>', stops)
    whose = " over the whole network" if scope == "network" else ""
    ends = number(low) if low else "0", bar, number(high)
    return html('<span role="img" aria-label="Colours from {}">{} {} {}</span>{}', span(low, high), *ends, whose)


def paged(strength: np.ndarray | None, unit: int, count: int, most: int = PER_PAGE) -> np.ndarray:
    """The indices of the tiles on this page, in order of strength, or of their numbers where that is None.

    One screen holds them all, or there are pages, opened at the one with the unit under study, which is the
    strongest until another is chosen.

    Args:
        most: tiles on one screen; fewer where they would be too small.
    """
    order = np.arange(count) if strength is None else np.argsort(-strength, kind="stable")
    if count <= most:
        return order
    pages = math.ceil(count / most)
    page, _ = address.whole("page", int(np.flatnonzero(order == unit)[0]) // most + 1, 1, pages)
    more: dict[str, Any] = {"format": f"page %d of {pages}: {count:,} in all", "label_visibility": "collapsed"}
    controls.slider(f"Page of {pages}: {count} in all", "page", page, 1, pages, **more)
    return order[(page - 1) * most : page * most]
