"""The pictures of the page of preferred pictures: what forms, and beside it what the unit makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnviz.analysis.network.trace import Trace
from nnviz.analysis.visualization import Visualization
from nnviz.components.raster import Panel, Place, raster
from nnviz.figures.colour import from_zero, symmetric
from nnviz.figures.words import number
from nnviz.shell import address
from nnviz.shell.session import Session
from nnviz.shell.target_words import unit_name
from nnviz.views.visualization.forming import tiles_of
from nnviz.views.visualization.request import (
    BETWEEN,
    VisualizationRequest,
    at,
)

HEIGHT = 0.68
"""Share of the window's height."""
_PHOTOGRAPH = 96
"""Rows from which on a picture is looked at as a photograph."""


def forming(session: Session, what: VisualizationRequest, found: Visualization | None, shown: int) -> None:
    """The picture that forms, or all of them."""
    blank = np.full((what.count, *session.fitted.pixels.shape), 128, np.float32)
    tiles = tiles_of(blank if found is None else found.pixels)
    said = [_between_layers(session, what), _made(session, what, found)]
    words = {"title": _title(session, what), "note": ", ".join(filter(None, said))}
    if what.way == "four":
        labels = [""] * 4 if found is None else [number(float(score)) for score in found.scores]
        panels = [_panel(tiles, **words, labels=labels, columns=2, most=560, pick="tile", names=_numbered(4))]
        picked = Place(0, shown)
    elif what.way == "between":
        labels = [f"{share}%" for share in range(0, 101, 100 // (BETWEEN - 1))]
        panels = [
            _panel(tiles[shown : shown + 1], **words, most=560, scale=4.0),
            _panel(tiles, labels=labels, columns=BETWEEN, row=1, most=140, pick="tile", names=labels),
        ]
        picked = Place(1, shown)
    else:
        panels, picked = [_panel(tiles, **words, most=1120)], None
    raster(
        panels,
        key=f"preferred-{what.way}",
        alt=f"{_title(session, what)}, as a picture" if found else "Nothing yet: it is about to form",
        picked=picked,
        height=HEIGHT,
        least=48,
        on_pick=lambda place: address.write(**{"preferred.shown": place.tile}),
    )


def beside(session: Session, what: VisualizationRequest, seen: Trace | None) -> None:
    """What the unit makes of the picture that was made, the present picture, and what it makes of that."""
    own = _map(session, what, session.trace)
    made = None if seen is None else _map(session, what, seen)
    both = [values for values in (own, made) if values is not None]
    panels = [_panel(session.fitted_tile, title="Present picture", note=" ", most=560, row=1)]
    if own is not None:
        joined = np.concatenate([values.ravel() for values in both])
        signed = bool(joined.min() < 0)
        for values, title, row in ((made, f"Map {session.unit} of this picture", 0), (own, "Its map", 1)):
            panels.append(
                Panel(
                    (np.zeros_like(own) if values is None else values)[None],
                    "diverging" if signed else "viridis",
                    symmetric(joined) if signed else from_zero(joined),
                    title=title,
                    note="to come" if values is None else f"up to {number(float(values.max()))}",
                    most=560,
                    # That of the picture that is made stands alone in its row.
                    scale=1.0 + (row == 0),
                    row=row,
                    say_zero=values is not None,
                )
            )
    raster(
        panels,
        key="preferred-beside",
        alt=f"Beside it the present picture, and the maps of {name(session, what)} on both",
        height=HEIGHT,
        least=48,
    )


def _map(session: Session, what: VisualizationRequest, trace: Trace) -> np.ndarray | None:
    """The map of the unit under study, where it has one."""
    values = trace.activations[session.layer.name]
    if what.subject == "class" or values.ndim != 3:
        return None
    return values[..., session.unit]


def _panel(tiles: np.ndarray, **more: Any) -> Panel:
    # No single pixel of a photograph is meant: it fills its place, and not only the largest whole number of times.
    return Panel(tiles, "grey", (0, 255), smooth=tiles.shape[1] >= _PHOTOGRAPH, **more)


def _numbered(count: int) -> list[str]:
    return [f"picture {index}" for index in range(count)]


def name(session: Session, what: VisualizationRequest, index: int | None = None) -> str:
    """The subject as it is called in a sentence; plain text."""
    index = at(session, what.subject) if index is None else index
    if what.subject == "class":
        return f"{'class ' * session.network.output.shares}{session.class_name(index)}"
    return unit_name(session.network, session.layer.name, index)


def _title(session: Session, what: VisualizationRequest) -> str:
    """Above the picture that is made."""
    if what.way == "dream":
        layer = what.subject == "unit" and what.dream_of == "layer"
        return f"The picture as {session.layer.name if layer else name(session, what)} dreams it"
    if what.way == "between":
        if what.subject == "class":
            return f"From {name(session, what)} to {session.class_name(what.other)}"
        if what.other_layer != session.layer.name:
            return f"From unit {session.unit} to unit {what.other}"
        return f"From {name(session, what)} to {what.other}"
    return f"Preferred picture of {name(session, what)}"


def _made(session: Session, what: VisualizationRequest, found: Visualization | None) -> str:
    """In how many steps; of a dream also how far it is from the picture that it began with."""
    if found is None:
        return ""
    if what.way != "dream":
        return f"{found.steps} steps"
    change = float(np.abs(found.pixels[0] - session.fitted.pixels).mean())
    return f"{found.steps} steps, pixels changed by {change:.0f} of 255 on average"


def _between_layers(session: Session, what: VisualizationRequest) -> str:
    """Where a blend leads from and to, where that is not in its title."""
    away = what.way == "between" and what.subject == "unit" and what.other_layer != session.layer.name
    return f"{session.layer.name} to {what.other_layer}" if away else ""
