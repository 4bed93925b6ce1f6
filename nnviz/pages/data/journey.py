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


def journey(session: Session, found: Mapping[str, Embedding], axes: int) -> Journey:
    """The way through all layers by their principal components, where all are known; else the map of the one under
    study alone, which must be."""
    names, own = stops(session), results.layer_of(session)
    laid = _laid(session, found, axes)
    shown = names if laid else (own,)
    places = {name: found[name].place(vectors.as_vector(session.trace.activations[name])) for name in shown}
    if not laid:
        place = places[own]
        alone = found[own].coordinates[None, :, :axes]
        return Journey(alone, (names.index(own),), 0, (None if place is None else place[:axes],))
    maps = [laid[name].place(found[name].coordinates[:, :axes]) for name in names]
    others = tuple(None if place is None else laid[name].place(place[:axes]) for name, place in places.items())
    return Journey(np.array(maps, np.float32), tuple(range(len(names))), names.index(own), others)


def _laid(session: Session, found: Mapping[str, Embedding], axes: int) -> dict[str, Alignment]:
    """How the map of each layer lies upon the one before; nothing until all are known."""
    depths, own = vectors.depths(session.network), results.layer_of(session)
    if not all(name in found for name in (*depths, own)):
        return {}
    maps = {name: found[name].coordinates[:, :axes] for name in (*depths, own)}
    laid = dict(zip(depths, chained(maps[name] for name in depths), strict=True))
    if own not in laid:
        # Upon what comes before it, so that the maps of the others are the same whatever is looked at.
        before = [name for name in depths if session.network.layer(name).index < session.network.layer(own).index]
        upon = before[-1] if before else depths[0]
        laid[own] = align(maps[own], laid[upon].place(maps[upon]))
    return laid
