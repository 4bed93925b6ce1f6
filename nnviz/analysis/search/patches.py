"""The patch of an image that one unit sees, and the units of other layers that look at the same place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnviz.analysis.network.extent import Extent
from nnviz.analysis.network.receptive import Field

Cell = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Patch:
    """What one unit sees of an image.

    Attributes:
        pixels: (rows, columns, C), the image's own values; 0 where there is none of the image.
        seen: (rows, columns) bool; False beyond the border, and where the unit does not look.
    """

    pixels: np.ndarray
    seen: np.ndarray


def cut(image: np.ndarray, field: Field | None, cell: Cell | None) -> Patch:
    """Cut out of an image what a cell sees.

    A patch is as large as the receptive field, also at the border, where the field goes beyond the image; but along
    an axis on which the field is larger than the image it is the image's whole length.

    Args:
        image: (H, W, C).
        field: of the cell's layer; None where each unit sees the whole image.
        cell: (row, column) in the layer's maps; None stands for the whole image.
    """
    height, width = image.shape[:2]
    if field is None or cell is None:
        return Patch(image, np.ones((height, width), bool))
    rows, columns = (_window(e, at, n) for e, at, n in zip(field, cell, (height, width), strict=True))
    seen = rows[1][:, None] & columns[1][None, :]
    inside = image[np.clip(rows[0], 0, height - 1)[:, None], np.clip(columns[0], 0, width - 1)[None, :]]
    return Patch(np.where(seen[..., None], inside, 0), seen)


def _window(extent: Extent, position: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """The indices of a patch along one axis, and which of them the unit sees."""
    first, stop = extent.span(position, length)
    start = 0 if extent.size > length else extent.first(position)
    places = np.arange(start, start + min(extent.size, length))
    return places, (places >= first) & (places < stop)


def box(field: Field | None, cell: Cell | None, size: Cell) -> tuple[int, int, int, int]:
    """Top row, left column, rows and columns of an image of `size` (rows, columns) that a cell sees: at least one."""
    if field is None or cell is None:
        return 0, 0, *size
    (top, bottom), (left, right) = (e.span(at, n) for e, at, n in zip(field, cell, size, strict=True))
    return min(top, size[0] - 1), min(left, size[1] - 1), max(bottom - top, 1), max(right - left, 1)


def middle(field: Field, cell: Cell) -> tuple[float, float]:
    """The row and column of the image in the middle of what a cell sees, before it is cut off at the border."""
    return field[0].middle(cell[0]), field[1].middle(cell[1])


def looking_at(field: Field, place: Sequence[float], shape: Sequence[int]) -> Cell:
    """The cell of a layer with maps of `shape` (rows, columns, ...) that looks at a place (row, column) of the image:
    the one whose field has its middle nearest to it."""
    row, column = (e.nearest(at, n) for e, at, n in zip(field, place, shape[:2], strict=True))
    return row, column
