"""The way of the digits through the layers: the layers at which it stops, and where everything stands there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nnviz.analysis.embedding import vectors
from nnviz.analysis.embedding.alignment import Alignment, align, chained
from nnviz.analysis.embedding.embedding import Embedding
from nnviz.pages.data import results
from nnviz.shell.session import Session


@dataclass(frozen=True, eq=False)
class Journey:
    """Maps of the same digits, each turned upon the one before.

    Attributes:
        maps: (maps, n, axes).
        at: of each map its place among `stops`.
        now: the map of the layer under study.
        own: by map (axes,), where the picture under study would stand; None where that is not known.
    """

    maps: np.ndarray
    at: tuple[int, ...]
    now: int
    own: tuple[np.ndarray | None, ...]


def stops(session: Session) -> tuple[str, ...]:
    """The layers at which it stops: some from the input to the last, and the one under study."""
    names = {*vectors.depths(session.network), results.layer_of(session)}
    return tuple(sorted(names, key=lambda name: session.network.layer(name).index))


def journey(session: Session, maps: Mapping[str, np.ndarray], own: Mapping[str, np.ndarray | None]) -> Journey:
    """The way through all layers, where the map of each is known; else that of the layer under study alone.

    Args:
        maps: by layer (n, axes); that under study must be among them.
        own: by layer (axes,), where the picture under study would stand, as far as that is known.
    """
    names, layer = stops(session), results.layer_of(session)
    laid = _laid(session, maps)
    if not laid:
        return Journey(maps[layer][None], (names.index(layer),), 0, (own.get(layer),))
    others = [None if (place := own.get(name)) is None else laid[name].place(place) for name in names]
    moved = np.array([laid[name].place(maps[name]) for name in names], np.float32)
    return Journey(moved, tuple(range(len(names))), names.index(layer), tuple(others))


def principal(
    session: Session, found: Mapping[str, Embedding], axes: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray | None]]:
    """By layer where its principal components put the digits, and where they would put the picture under study."""
    maps = {name: each.coordinates[:, :axes] for name, each in found.items()}
    places = {name: each.place(vectors.as_vector(session.trace.activations[name])) for name, each in found.items()}
    return maps, {name: None if place is None else place[:axes] for name, place in places.items()}


def _laid(session: Session, maps: Mapping[str, np.ndarray]) -> dict[str, Alignment]:
    """How the map of each layer lies upon the one before; nothing until all are known."""
    depths, own = vectors.depths(session.network), results.layer_of(session)
    if not all(name in maps for name in (*depths, own)):
        return {}
    laid = dict(zip(depths, chained(maps[name] for name in depths), strict=True))
    if own not in laid:
        # Upon what comes before it, so that the maps of the others are the same whatever is looked at.
        before = [name for name in depths if session.network.layer(name).index < session.network.layer(own).index]
        upon = before[-1] if before else depths[0]
        laid[own] = align(maps[own], laid[upon].place(maps[upon]))
    return laid
