"""The picture of a knock-out: a layer whose units are switched by a click, and how the next layer changes."""

from __future__ import annotations

import numpy as np

from nnviz.analysis.network.trace import Trace
from nnviz.components.raster import Panel, Place, raster
from nnviz.figures.colour import from_zero, symmetric
from nnviz.figures.tiles import as_tiles, folded_shape
from nnviz.pages.decision import units_off
from nnviz.pages.decision.units_off import UnitsOff
from nnviz.shell.session import Session
from nnviz.views import scales

BEHIND = 12
"""Maps that are shown of the next layer."""
_SAME = "nothing changes"
LONG = 10
"""Letters of a layer's name beyond which it takes a line of its own."""


def draw(session: Session, chosen: UnitsOff, after: Trace, changes: np.ndarray | None) -> None:
    """The layer, each unit to be switched by a click, and what changes in the next layer."""
    name = chosen.layer.name
    values = session.trace.activations[name]
    tiles, (colour, ranges) = as_tiles(values), scales.colour_scale(session, name, "layer")
    strength = np.abs(changes) if changes is not None and values.ndim > 2 else None
    unit = min(session.unit, chosen.count - 1)
    shown = np.arange(len(tiles))
    if len(tiles) > scales.PER_PAGE:
        shown = scales.paged(np.zeros(len(tiles)) if strength is None else strength, unit, len(tiles))
    vector = values.ndim == 1
    # Maps need the room; a vector leaves some for the picture that it comes from.
    panels = [scales.picture_panel(session, title="input", most=280, scale=2.4)] if vector else []
    at = len(panels)
    panels.append(
        Panel(
            tiles[shown],
            colour,
            ranges[shown],
            title=f"{name}: click to switch" if len(name) <= LONG else name,
            note="" if len(name) <= LONG else "click to switch",
            labels=[] if values.ndim < 3 else [f"{each} off" if each in chosen.off else str(each) for each in shown],
            names=[f"{chosen.noun} {each}" for each in shown] if values.ndim > 2 else [],
            units=values.size if vector else 0,
            unit=chosen.noun,
            pick="tile" if values.ndim > 2 else "cell",
            most=420,
            scale=3.4 if vector else 1,
        )
    )
    nearest = units_off.following(session, chosen.layer)
    title = "now less before" if chosen.off else "as trained"
    if nearest is None:
        panels.append(_answers(session, after if chosen.off else None, title))
    else:
        panels.append(_behind(session, after if chosen.off else None, nearest.name, title))
    raster(
        panels,
        key="knockout",
        alt=f"The {chosen.count} {chosen.noun}s of {name}, {len(chosen.off)} off, and the next layer, {title}",
        picked=_place(at, values, shown, unit) if session.layer is chosen.layer else None,
        crosses=[place for each in chosen.off if (place := _place(at, values, shown, each, cross=True))],
        # The slider for more tiles takes some of the height, and so does the line on a normalisation.
        height=(0.355 if len(shown) == len(tiles) else 0.28) - 0.035 * normalised(session, chosen),
        least=20,
        wide=True,
        toggles=True,
        on_pick=lambda place: chosen.toggle(
            units_off.unit_of(values, shown, place.tile, place.row or 0, place.column or 0), shown=session.layer
        ),
    )


def normalised(session: Session, chosen: UnitsOff) -> bool:
    """Whether a batch normalisation reads the layer: it makes a constant of its own of a 0."""
    layers = session.network.layers
    return any(layer.kind == "BatchNormalization" and chosen.layer.name in layer.inputs for layer in layers)


def _place(panel: int, values: np.ndarray, shown: np.ndarray, unit: int, cross: bool = False) -> Place | None:
    """Where a unit stands in the picture of its layer."""
    if values.ndim == 1:
        return Place(panel, 0, *divmod(unit, folded_shape(values.size)[1]))
    if values.ndim == 2:
        return Place(panel, 0, 0, unit, rows=values.shape[0] if cross else 1)
    where = np.flatnonzero(shown == unit)
    return Place(panel, int(where[0]), None if cross else 0, None if cross else 0) if len(where) else None


def _behind(session: Session, after: Trace | None, name: str, title: str) -> Panel:
    """How the maps of a layer change, now less before, those that change most; while nothing is off, the maps."""
    before = session.trace.activations[name]
    values = as_tiles(before) if after is None else as_tiles(after.activations[name] - before)
    signed = after is not None or bool((values < 0).any())
    strength = np.abs(values).max(axis=(1, 2))
    changed = int(np.count_nonzero(strength))
    count = min(BEHIND, len(values) if after is None else max(changed, 1))
    shown = np.sort(np.argsort(-strength, kind="stable")[:count])
    size = before.size if before.ndim == 1 else 0
    notes = [name] if len(name) > LONG else []
    same = after is not None and not changed
    if count < len(values) and not same:
        which = "strongest" if after is None else "most changed"
        all_of_them = f"{count} of {len(values)} change{'s' * (count == 1)}"
        notes.append(all_of_them if count == changed and after is not None else f"{count} {which} of {len(values)}")
    return Panel(
        values[shown],
        "diverging" if signed else "viridis",
        symmetric(values) if signed else from_zero(values),
        title=title if len(name) > LONG else f"{name} {title}",
        note="\n".join([*notes, *[_SAME] * same]),
        units=size,
        names=[] if size else [f"{name} {at}" for at in shown],
        # A few maps have the room of many.
        scale=3.4 if size else 1.2 if count > 6 else 2.4,
        most=420,
        bar=not same,
    )


def _answers(session: Session, after: Trace | None, title: str) -> Panel:
    """The same of the logits, where nothing stands between the layer and them."""
    logits = session.trace.logits if after is None else after.logits - session.trace.logits
    few = logits.size <= BEHIND
    return Panel(
        logits.reshape(1, -1, 1) if few else as_tiles(logits),
        "diverging",
        symmetric(logits),
        title=f"{'logits' if session.network.output.shares else 'outputs'} {title}",
        note="" if logits.any() else _SAME,
        units=logits.size,
        names=list(session.network.classes),
        numbers=few,
        scale=3.4,
        most=420,
        cell=40,
        bar=bool(logits.any()),
    )
