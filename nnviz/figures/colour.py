"""One colour meaning everywhere, and the range that a scale runs over."""

from __future__ import annotations

import numpy as np

_STOPS: dict[str, tuple[str, ...]] = {
    "grey": ("#000000", "#ffffff"),
    # Blue below zero, white at exactly zero, orange above; both ends equally dark.
    "diverging": ("#0b3c6f", "#2f78bd", "#92c0e4", "#ffffff", "#fdc38a", "#dd7a1a", "#7a3a00"),
    # Matplotlib's perceptual maps (van der Walt and Smith, CC0), every 32nd of 256 colours.
    "viridis": (
        "#440154",
        "#472d7b",
        "#3b528b",
        "#2c728e",
        "#21918c",
        "#28ae80",
        "#5ec962",
        "#addc30",
        "#fde725",
    ),
    "inferno": (
        "#000004",
        "#210c4a",
        "#57106e",
        "#8a226a",
        "#bc3754",
        "#e45a31",
        "#f98e09",
        "#f9cb35",
        "#fcffa4",
    ),
}


def _table(stops: tuple[str, ...]) -> np.ndarray:
    colours = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in stops], float)
    # 257 entries: an odd number, so that zero, the middle of a diverging range, is exactly white.
    wanted = np.linspace(0, 1, 257)
    table = np.stack([np.interp(wanted, np.linspace(0, 1, len(stops)), colours[:, c]) for c in range(3)], axis=1)
    return table.round().astype(np.uint8)


TABLES: dict[str, np.ndarray] = {name: _table(stops) for name, stops in _STOPS.items()}
"""By name, 257 RGB triples (257, 3) uint8."""

SCALES: dict[str, list[tuple[float, str]]] = {
    name: [(i / (len(stops) - 1), stop) for i, stop in enumerate(stops)] for name, stops in _STOPS.items()
}
"""The same as Plotly colour scales."""

CLASSES = (
    *((75, 85, 99), (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0)),
    *((160, 160, 160), (140, 86, 75), (148, 103, 189), (23, 190, 207), (255, 255, 255)),
)
"""A colour a class of a picture (Okabe and Ito 2008, without their magenta, which marks what is picked, and more)."""

PICKED, POSITIVE, NEGATIVE, NEUTRAL = "#e6007e", "#d9700a", "#2f6fb5", "#6b7280"


def symmetric(values: np.ndarray) -> tuple[float, float]:
    """The range of a diverging scale: centred on exactly zero, as wide as the largest magnitude."""
    largest = float(np.abs(values).max()) if values.size else 0.0
    return (-largest, largest) if largest > 0 else (-1.0, 1.0)


def from_zero(values: np.ndarray) -> tuple[float, float]:
    """The range of values that are zero or more: from 0 to the largest."""
    largest = float(values.max()) if values.size else 0.0
    return (0.0, largest) if largest > 0 else (0.0, 1.0)
