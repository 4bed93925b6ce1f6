"""What is said of the maps, the units and the steps of a layer: of each one value, and where it stands."""

from __future__ import annotations

import numpy as np

from nnviz.figures.words import number, standing


def of_cell(activations: np.ndarray, channel: int, cell: tuple[int, int], seen: tuple[int, int] | None) -> str:
    """The caption of one cell of a map.

    Args:
        activations: (rows, columns, channels) of the layer; with more axes the first are rows.
        channel: of the map.
        cell: (row, column).
        seen: rows and columns of the input that the cell sees; None where it sees all of it.
    """
    values = activations.reshape(-1, *activations.shape[-2:])[..., channel]
    if not values.any():
        return f"Map {channel} is zero everywhere: it finds nothing that it looks for in this picture."
    value = float(values[cell])
    sees = f"it sees {seen[0]}x{seen[1]} pixels of the input" if seen else "it sees the whole input"
    strength = np.abs(values)
    if strength[cell] == strength.max():
        others = int(np.count_nonzero(strength == strength.max())) - 1
        where = f", as in {others:,} more cells" if others else ""
        where += f": {number(value, beside=activations)}; there {sees}"
        return f"Map {channel} is strongest at row {cell[0]}, column {cell[1]}{where}."
    return f"At row {cell[0]}, column {cell[1]} map {channel} is {number(value, beside=activations)}; {sees}."


def of_feature(activations: np.ndarray, feature: int, step: int) -> str:
    """The same of a layer of steps, (steps, features)."""
    values = activations[:, feature]
    if not values.any():
        return f"Feature {feature} is zero at every step of this picture."
    told = number(float(values[step]), beside=activations)
    place = f", {standing(np.abs(values), step)} steps by strength" if values.size > 1 else ""
    return f"At step {step} feature {feature} is {told}{place}."


def of_unit(values: np.ndarray, unit: int, layer: str) -> str:
    """The caption of one of the units (n,) of a layer without maps."""
    if values[unit] == 0:
        others = int(np.count_nonzero(values == 0)) - 1
        more = f", as are {others:,} others of {values.size:,}" if others > 1 else ""
        return f"Unit {unit} of {layer} is silent on this picture{more}."
    told = number(float(values[unit]), beside=values)
    place = f", {standing(values, unit)}" if values.size > 1 else ""
    return f"Unit {unit} of {layer} is {told} on this picture{place}."
