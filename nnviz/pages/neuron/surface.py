"""The output of a real neuron over two of its inputs: the weight under study, and the one before it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnviz.analysis.layer.neuron import Neuron
from nnviz.analysis.layer.neuron_surface import neuron_surface
from nnviz.components.raster import Line, Panel, Place, raster
from nnviz.figures.colour import from_zero, symmetric
from nnviz.figures.words import span


def second_of(one: Neuron, term: int) -> int:
    """The input of the largest term but for the one under study."""
    order = np.argsort(-np.abs(one.terms.ravel()), kind="stable")
    return int(order[0] if order[0] != term else order[1])


def draw(one: Neuron, term: int, other: int | None, name_of: Callable[[int], str]) -> None:
    """Draw the surface over the inputs of two weights, the second by default that of the largest other term; nothing
    where the neuron has one input."""
    if one.weights.size < 2:
        return
    found = neuron_surface(one, term, second_of(one, term) if other is None else other)
    signed = bool((found.values < 0).any())
    low, high = symmetric(found.values) if signed else from_zero(found.values)
    lines = []
    if found.border is not None:
        start, end = (Place(0, 0, *found.cell_of(*point)) for point in found.border)
        lines = [Line(start, end, plain=True)]
    across, up = name_of(found.first), name_of(found.second)
    note = f"input {across} right, {up} up, {span(found.low, found.high)}\ncolours {span(low, high)}"
    raster(
        [
            Panel(
                found.values[None].astype(np.float32),
                "diverging" if signed else "viridis",
                (low, high),
                title="output over two inputs",
                note=note + ("; line: sum is 0" if lines else ""),
                names=["output"],
                most=360,
            )
        ],
        key="neuron-surface",
        alt=f"Output of unit {one.unit} of {one.layer} while its inputs {across} and {up} run from {found.low:g} to "
        f"{found.high:g}",
        marks=[Place(0, 0, *found.cell_of(*found.at), colour="picked")],
        lines=lines,
        height=0.29,
        least=100,
    )
