"""Which layers stand for the depths of a network on the page of strokes to digits, and which unit for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nnviz.analysis.network import targets
from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.influence import answer_layer, inputs_of, leads_to, outputs_of
from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.receptive import Field, receptive_fields
from nnviz.analysis.search.patches import Cell, looking_at, middle
from nnviz.shell.session import Session

MOST_FIELDS, MOST_DEPTHS = 7, 4
_WIRED = 40
"""Layers up to which units are found by their wiring: a function a pair is compiled, in deep nets a second each."""


@dataclass(frozen=True, eq=False)
class Depth:
    """One layer, its unit that is shown, and why it is that one."""

    layer: LayerInfo
    unit: int
    why: str


def fields_of(network: Network, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Field | None]:
    """What a unit of each layer sees of a picture that leaves outputs of these shapes; None where all of it, and in
    layers without maps."""
    found = receptive_fields(network.graph, shapes)
    return {layer.name: found[layer.name] if len(shapes[layer.name]) == 3 else None for layer in network.layers}


def size_of(field: Field | None) -> tuple[int, int] | None:
    """Rows and columns of the input that a unit sees; None where it sees it whole."""
    return None if field is None else (field[0].size, field[1].size)


def with_fields(network: Network, fields: Mapping[str, Field | None], study: str) -> list[LayerInfo]:
    """The layers whose field is drawn: those with weights, and those that see more than what they read.

    Of a deep network only those that see more than any before, and of these, if need be, some from first to last.
    """
    found, largest = [], (1, 1)
    for layer in network.layers[1:]:
        size = size_of(fields[layer.name])
        before = size_of(fields[layer.inputs[0]]) if layer.inputs else None
        grows = size is None or (size[0] * size[1] > largest[0] * largest[1])
        if layer.name == study or (not layer.pointwise and (layer.parameters or (layer.spatial and size != before))):
            found.append((layer, grows))
        largest = size if size is not None and grows else largest
    last = found[-1][0] if found else None
    if len(found) > MOST_FIELDS:
        found = [(layer, grows) for layer, grows in found if layer.name == study or layer is last or grows]
    return _spread([layer for layer, _ in found], study, MOST_FIELDS)


def _spread(layers: list[LayerInfo], study: str, most: int) -> list[LayerInfo]:
    """At most so many of them, from the first to the last, the one under study among them."""
    if len(layers) <= most:
        return layers
    chosen = np.linspace(0, len(layers) - 1, most).round().astype(int)
    at = next((index for index, layer in enumerate(layers) if layer.name == study), None)
    if at is not None and at not in chosen:
        # The first and the last stay: they are the ends of the story.
        chosen[1 + np.abs(chosen[1:-1] - at).argmin()] = at
    return [layers[index] for index in sorted(chosen)]


def depths(session: Session, layers: Sequence[LayerInfo]) -> list[Depth]:
    """A unit for each of the layers that have weights, and the one under study.

    The others are the ones wired to it most strongly on this picture, as on the Network page; where none is, those
    that this picture excites most.
    """
    study = session.layer.name
    kept = [layer for layer in layers if layer.parameters or layer.name == study]
    return [_depth(session, layer) for layer in _spread(kept, study, MOST_DEPTHS)]


def _depth(session: Session, layer: LayerInfo) -> Depth:
    if layer.name == session.layer.name:
        return Depth(layer, session.unit, "under study")
    wired = _connected(session, layer)
    if wired is not None and wired[0].size and wired[0].max() > 0:
        return Depth(layer, int(wired[0].argmax()), wired[1])
    values = session.trace.activations[layer.name]
    return Depth(layer, int(values.reshape(-1, values.shape[-1]).max(axis=0).argmax()), "strongest here")


def _connected(session: Session, layer: LayerInfo) -> tuple[np.ndarray, str] | None:
    """What each unit of a layer adds to the one under study, or this to each of them, and that in words."""
    network, study = session.network, session.layer.name
    if len(network.layers) > _WIRED or session.layer.index == 0:
        return None
    answer = answer_layer(network)
    if leads_to(network, layer.name, study):
        target = targets.unit_score(network, study, session.unit, answer)
        return inputs_of(network, session.trace.image, layer.name, target), "adds most to it"
    if leads_to(network, study, layer.name):
        name = LOGITS if layer.name == answer and not network.output.placed else layer.name
        effects = outputs_of(network, session.trace.image, study, session.unit, name)
        binary = name == LOGITS and network.graph.output_head == "binary"
        return effects[1:] if binary else effects, "it adds most to this"
    return None


def cells(
    session: Session, layers: Sequence[LayerInfo], shown: Sequence[Depth], fields: Mapping[str, Field | None]
) -> dict[str, Cell]:
    """By layer with a field, the cell that looks at the same place of the picture as the one under study does.

    The latter is the address' own, else the strongest of the map. Where the unit under study sees the whole picture,
    the deepest unit shown that does not stands in for it.
    """
    study = session.layer
    seeing = [layer for layer in layers if fields[layer.name] is not None]
    units = {depth.layer.name: depth.unit for depth in shown}
    if fields[study.name] is None:
        if not seeing:
            return {}
        study = next((layer for layer in reversed(seeing) if layer.name in units), seeing[-1])
    field = fields[study.name]
    tile = session.trace.activations[study.name][..., units.get(study.name, 0)]
    cell = session.cell if study is session.layer else None
    if cell is None:
        row, column = np.unravel_index(np.abs(tile).argmax(), tile.shape)
        cell = int(row), int(column)
    cell = min(cell[0], tile.shape[0] - 1), min(cell[1], tile.shape[1] - 1)
    found = {study.name: cell}
    for layer in seeing:
        own = fields[layer.name]
        if own is not None and field is not None and layer is not study:
            found[layer.name] = looking_at(own, middle(field, cell), session.trace.activations[layer.name].shape)
    return found
