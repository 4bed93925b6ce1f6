"""How an attribution is drawn: its map in its colours, alone or over the picture, and how far it has come."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from nnviz.components.raster import Panel
from nnviz.figures.colour import from_zero, symmetric
from nnviz.shell.session import Session
from nnviz.views.attribution.request import Found

_MANY, _BEYOND = 10_000, 0.005


def map_of(found: Found, signed: bool) -> np.ndarray | None:
    """What is drawn of an attribution, (rows, columns)."""
    if found.attribution is None:
        return None
    return found.attribution.over_image(magnitude=not (signed and found.method.signed))


def panel(
    session: Session, found: Found, signed: bool, strength: int, title: str = "", brief: bool = False, **more: Any
) -> Panel:
    """An attribution as a panel, by default under the method's title, with the bar of its colours; grey, with the
    reason, where there is none. Where it is to be brief, what lies beyond its colours is not said."""
    values = map_of(found, signed)
    if values is None:
        blank = np.full((1, *session.fitted.pixels.shape[:2], 3), 128.0)
        return Panel(blank, title=title or found.method.title, note=state(found), pick="tile", **more)
    colour: Literal["diverging", "inferno"] = "diverging" if signed and found.method.signed else "inferno"
    ranges, beyond = span(values, colour)
    running = state(found)
    return Panel(
        values[None],
        colour,
        ranges,
        title=title or found.method.title,
        note=running or ("" if brief else beyond) or ("" if values.any() else " "),
        bar=bool(not running and values.any()),
        names=[found.method.title],
        pick="tile",
        say_zero=True,
        under=_washed(session.fitted_tile[0]) if strength else None,
        strength=strength / 100 or 1.0,
        **more,
    )


def span(values: np.ndarray, colour: Literal["diverging", "inferno"]) -> tuple[tuple[float, float], str]:
    """The range of a map's colours, and what lies beyond it, in words.

    Of a photograph's map one pixel in two hundred lies beyond: a few of 50,000 would leave all others dark.
    """
    ranges = symmetric(values) if colour == "diverging" else from_zero(values)
    if values.size >= _MANY:
        limit = float(np.quantile(np.abs(values), 1 - _BEYOND))
        if 0 < limit < ranges[1]:
            return (-limit if colour == "diverging" else 0.0, limit), f"{_BEYOND:.1%} beyond"
    return ranges, ""


def _washed(picture: np.ndarray) -> np.ndarray:
    """The picture half way to white: on black, blue and orange would both be dark."""
    return 255 - (255 - picture.astype(np.float32)) / 2


def state(found: Found) -> str:
    """How far a method came that is not finished."""
    if found.reason:
        return "could not be computed"
    if found.state == "done":
        return ""
    if found.progress is None:
        return "stopped" if found.state == "stopped" else "to come"
    at = f"{found.progress.done} of {found.progress.total}"
    return f"stopped at {at}" if found.state == "stopped" else at
