"""Where the axes of what is reshaped, turned or sliced go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnviz.analysis.network.step import Step

Shape = tuple[int | None, ...]


def kept_axes(layer: Any, kind: str, shape: Shape, made: Shape) -> Mapping[int, int | None] | None:
    """By number of an axis (the batch not counted) its new number, None for one that is gone; None if not known."""
    if kind == "Permute":
        return {old - 1: new for new, old in enumerate(layer.dims)}
    if kind == "Transpose":
        axes = layer.axes
        return {old - 1: new for new, old in enumerate(axes[1:])} if axes and axes[0] == 0 else None
    if None in shape or None in made:
        return None
    found: dict[int, int | None] = {}
    old, new = 0, 0
    # Axes of one cell come and go; of the others each must stay as long as it was.
    while old < len(shape) or new < len(made):
        if old < len(shape) and new < len(made) and shape[old] == made[new]:
            found[old] = new
            old, new = old + 1, new + 1
        elif old < len(shape) and shape[old] == 1:
            found[old] = None
            old += 1
        elif new < len(made) and made[new] == 1:
            new += 1
        else:
            return None
    return found


def sliced(step: Step, shape: Shape) -> list[tuple[int | None, int, int]] | None:
    """For each axis of what an indexing reads: its new number (None: one cell of it is taken), first cell, stride."""
    key = step.args[1] if len(step.args) > 1 else step.kwargs.get("key")
    keys: list[Any] = list(key) if isinstance(key, tuple) else [key]
    if sum(each is Ellipsis for each in keys) > 1:
        return None
    if any(each is not Ellipsis and not isinstance(each, int | slice) for each in keys):
        return None
    rank = len(shape) + 1
    at = next((at for at, each in enumerate(keys) if each is Ellipsis), len(keys))
    rest = keys[at + 1 :]
    keys = [*keys[:at], *[slice(None)] * (rank - at - len(rest)), *rest]
    if keys[0] != slice(None):
        return None
    found: list[tuple[int | None, int, int]] = []
    new = 0
    for each, length in zip(keys[1:], shape, strict=True):
        if each == slice(None):
            found.append((new, 0, 1))
        elif length is None:
            return None
        elif isinstance(each, int):
            found.append((None, each % length, 1))
            continue
        else:
            start, _, by = each.indices(length)
            found.append((new, start, by))
        new += 1
    return found
