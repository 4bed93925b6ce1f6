"""What stands on the stage of a network: its layers, or its blocks, as walls of their strongest maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnviz.analysis.network.blocks import Block, rest
from nnviz.analysis.network.influence import answer_layer
from nnviz.analysis.network.layers import LayerInfo
from nnviz.components.stage import PICTURE, Wall
from nnviz.figures.words import shortened
from nnviz.pages.network.blocks import shown_of, within
from nnviz.shell.session import Session
from nnviz.views import scales

MOST = 14
"""Layers that are shown at once; of more, those around the one under study."""
FINE = 56
"""Rows and columns of a map from the whole net: larger ones are averaged, but for those of the layer under study."""
MOST_LETTERS = 12
_FEW, _MAPS = 8, (32, 8)
"""Maps of a layer that are shown, the strongest: of so few layers, and of more."""
_CELLS = 160
"""Units of a vector that are shown: the strongest."""


@dataclass(frozen=True, eq=False)
class Place:
    """A layer that has a wall, and the block for which it stands, or None."""

    layer: LayerInfo
    block: Block | None = None


def places(session: Session, found: Sequence[Block], block: Block | None) -> list[Place]:
    """Which layers have a wall: all blocks, or the layers of one, or of the network; the answer has bars instead."""
    last = answer_layer(session.network)
    if found and not block:
        shown = [Place(shown_of(each), each) for each in found[1:]]
        return [place for place in shown if place.layer.name != last]
    layers = within(session, tuple(found), block, MOST) if block else around(session)
    inner = [layer for layer in layers if layer.index and layer.name != last]
    # A net of one layer has its units on the stage, and the answer as bars.
    keeps = session.network.output.placed or not inner
    return [Place(layer) for layer in layers if layer.index and (layer.name != last or keeps)]


def around(session: Session) -> list[LayerInfo]:
    """The layers that change something to look at, and the one under study: not more than there is room for."""
    kept = changing(session)
    if len(kept) <= MOST:
        return kept
    at = next(index for index, layer in enumerate(kept) if layer.name == session.layer.name)
    start = min(max(at - MOST // 2, 0), len(kept) - MOST)
    return kept[start : start + MOST]


def changing(session: Session) -> list[LayerInfo]:
    """The layers that change something to look at, and the one under study."""
    own = session.layer.name
    return [
        layer
        for layer in session.network.layers
        if layer.name == own or not (layer.pointwise or layer.kind in ("Flatten", "Reshape"))
    ]


def walls(session: Session, shown: Sequence[Place], block: Block | None) -> list[Wall]:
    """The walls of those layers, each with what is shown of it."""
    names = [place.layer.name for place in shown]
    reads = [_reads(session, names, name) for name in names]
    told = [
        place.block.name if place.block else rest(block, name) if block else name
        for place, name in zip(shown, names, strict=True)
    ]
    titles = shortened(told, MOST_LETTERS)
    ranks: list[int] = []
    for own in reads:
        ranks.append(1 + max((ranks[at] for at in own if at >= 0), default=-1))
    answered = _answered(session, names)
    most = _MAPS[len(shown) > _FEW]
    return [
        _wall(session, place, titles[at], reads[at], ranks[at], names[at] in answered, most)
        for at, place in enumerate(shown)
    ]


def _wall(session: Session, place: Place, title: str, reads: list[int], rank: int, answers: bool, most: int) -> Wall:
    layer, values = place.layer, session.trace.activations[place.layer.name]
    maps = as_maps(values)
    peaks = maps.reshape(len(maps), -1)
    peaks = peaks[np.arange(len(maps)), np.abs(peaks).argmax(axis=1)]
    study = layer.name == session.layer.name
    units = strongest(peaks, _CELLS if maps[0].size == 1 else most, session.unit if study else None)
    colour, ranges = scales.colour_scale(session, layer.name, "layer")
    size = "x".join(map(str, values.shape)) if values.ndim > 1 else f"{values.size:,} units"
    fine = maps[units] if study else coarser(maps[units])
    source = session.network.layer(layer.inputs[0]).output_shape if layer.inputs else ()
    alike = any(kind in layer.kind for kind in ("Pooling", "Depthwise")) or layer.pointwise
    return Wall(
        layer=layer.name,
        title=title,
        note=size,
        units=units,
        maps=np.ascontiguousarray(fine, np.float32),
        peaks=peaks[units],
        colour=colour,
        range=(float(ranges[0][0]), float(ranges[0][1])),
        count=len(maps),
        reads=reads,
        answers=answers,
        rank=rank,
        whole=fine.shape == maps[units].shape,
        straight=alike and source[-1:] == (len(maps),),
        tensor=layer.name,
        block=place.block.name if place.block else "",
    )


def as_maps(values: np.ndarray) -> np.ndarray:
    """Activations without batch axis as a map a channel, (channels, rows, columns): of a vector of one cell each, of
    steps of one row, of more than two axes of places these joined to rows."""
    maps = np.moveaxis(values, -1, 0)
    return maps.reshape(len(maps), -1, maps.shape[-1]) if maps.ndim > 1 else maps[:, None, None]


def strongest(peaks: np.ndarray, most: int, always: int | None) -> np.ndarray:
    """The channels with the largest peaks, in order of their numbers, and the one that is always among them."""
    shown = np.sort(np.argsort(-np.abs(peaks), kind="stable")[:most])
    if always is not None and always < len(peaks) and always not in shown:
        weakest = int(np.abs(peaks[shown]).argmin())
        shown = np.sort(np.append(np.delete(shown, weakest), always))
    return shown


def coarser(maps: np.ndarray) -> np.ndarray:
    """Maps (n, rows, columns) of at most FINE rows and columns: the mean of the cells that one stands for."""
    for axis in (1, 2):
        size = maps.shape[axis]
        if size > FINE:
            starts = np.arange(0, size, -(-size // FINE))
            counts = np.diff([*starts, size]).reshape((-1, 1) if axis == 1 else (1, -1))
            maps = np.add.reduceat(maps, starts, axis=axis) / counts
    return maps


def _reads(session: Session, names: Sequence[str], name: str) -> list[int]:
    """The nearest walls before a layer, on every way that leads to it; PICTURE where one comes from the input."""
    return sorted(_nearest(session, names, list(session.network.layer(name).inputs), names.index(name)))


def _answered(session: Session, names: Sequence[str]) -> set[str]:
    """The walls from which the answer is read."""
    last = session.network.layer(answer_layer(session.network))
    if last.name in names:
        return {last.name} if not session.network.output.placed else set()
    return {names[at] for at in _nearest(session, names, list(last.inputs), len(names)) if at >= 0}


def _nearest(session: Session, names: Sequence[str], waiting: list[str], before: int) -> set[int]:
    found, seen = set[int](), set[str]()
    at = {name: index for index, name in enumerate(names)}
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        layer = session.network.layer(each)
        if at.get(each, before) < before:
            found.add(at[each])
        elif layer.index == 0:
            found.add(PICTURE)
        else:
            waiting.extend(layer.inputs)
    return found
