"""The picture as a panel, and activations in one scale with its colours and its printed range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nnviz.components.raster import Panel
from nnviz.figures.colour import from_zero, symmetric
from nnviz.figures.tiles import as_tiles
from nnviz.shell import address, controls
from nnviz.shell.session import Session

SCOPES = {"layer": "Scale: layer", "each": "Each map", "network": "Whole network"}
PER_PAGE = 32
"""Tiles on one screen; beyond that there are pages."""


def picture_panel(session: Session, **more: Any) -> Panel:
    """The picture as the network gets it, in grey or in colours."""
    return Panel(**{"colour": "grey", "ranges": (0, 255), **more, "tiles": session.fitted_tile})


def colour_scale(session: Session, layer: str, scope: str) -> tuple[Any, np.ndarray]:
    """Colour map and range (tiles, 2) of a layer's maps.

    The input is grey; what is never negative is viridis from 0; the rest diverges around 0.
    """
    tiles = as_tiles(session.trace.activations[layer])
    first = session.network.layers[0].name
    if layer == first:
        return "grey", np.tile(session.input_range, (len(tiles), 1))
    signed = bool((tiles < 0).any())
    span, colour = (symmetric, "diverging") if signed else (from_zero, "viridis")
    if scope == "each":
        return colour, np.array([span(tile) for tile in tiles])
    if scope == "network":
        rest = [array for name, array in session.trace.activations.items() if name != first]
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
