"""What stands where in a flattened image or stack of maps, in numbers and in words.

What is said counts from one, as one does before a class; the code counts from zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz.analysis.flattening import Neighbour, neighbours, place_of

_WAYS = {
    (-1, -1): "above left",
    (-1, 0): "above",
    (-1, 1): "above right",
    (0, -1): "left",
    (0, 1): "right",
    (1, -1): "below left",
    (1, 0): "below",
    (1, 1): "below right",
}


@dataclass(frozen=True, eq=False)
class Subject:
    """What is laid out, and the slot under study.

    Attributes:
        what: "image" or "maps".
        name: of it, in words.
        values: (rows, columns, channels), as shown.
        slot: in the vector, from zero.
        colour, ranges: of the picture.
        tiles: the picture: the image as one tile, else a tile a map.
        first: the first map that is shown.
    """

    what: str
    name: str
    values: np.ndarray
    slot: int
    colour: Any
    ranges: tuple[float, float]
    tiles: np.ndarray
    first: int = 0

    @property
    def place(self) -> tuple[int, int, int]:
        return place_of(self.values.shape, self.slot)

    @property
    def step(self) -> int:
        """Slots to what is counted next: every pixel of the image (by its first channel), or every slot."""
        return self.values.shape[2] if self.what == "image" else 1

    @property
    def noun(self) -> str:
        return "pixel" if self.what == "image" else "slot"

    @property
    def whole(self) -> str:
        return "image" if self.what == "image" else "map"

    def number(self, slot: int) -> int:
        """What the page calls a slot: the number of its pixel, or of itself, from one."""
        return slot // self.step + 1

    @property
    def around(self) -> tuple[Neighbour, ...]:
        return neighbours(self.values.shape, *self.place)


def table(subject: Subject) -> str:
    """HTML: a column a neighbour, in the order of the vector, and the cell itself among them."""
    own = (f"<b>{subject.number(subject.slot):,}</b>", "<b>itself</b>", "")
    columns = [
        (n.slot, f"{subject.number(n.slot):,}", _WAYS[n.down, n.right], f"{abs(n.distance):,}") for n in subject.around
    ]
    columns = sorted([*columns, (subject.slot, *own)])
    heads = (subject.noun.capitalize(), "Where", "Slots away")
    rows = "".join(
        f"<tr><th scope=row>{title}</th>"
        + "".join(f"<td{' class=on' if column[0] == subject.slot else ''}>{column[at]}</td>" for column in columns)
        + "</tr>"
        for at, title in enumerate(heads, 1)
    )
    return f'<table class="nn-neighbours">{rows}</table>'


def sentence(subject: Subject) -> str:
    """Where the cell stands, where the one below it went, and who stands beside it instead."""
    row, column, channel = subject.place
    rows, columns, channels = subject.values.shape
    number = subject.number(subject.slot)
    if subject.what == "maps":
        sum_ = f"({row} x {columns} + {column}) x {channels} + {channel} + 1"
        text = f"Slot {number:,} = {sum_} holds row {row + 1}, column {column + 1} of map {channel}"
    else:
        text = f"Pixel {number:,} stands in row {row + 1}, column {column + 1}"
        if channels > 1:
            text += f" and fills slots {subject.slot + 1:,} to {subject.slot + channels:,}"
    if rows == 1 or columns == 1:
        return f"{text}; in a single {'row' if rows == 1 else 'column'} no neighbours are torn apart."
    down, way = (1, "below") if row + 1 < rows else (-1, "above")
    far = columns * channels
    there = subject.number(subject.slot + down * far)
    text += f"; its neighbour straight {way} is {subject.noun} {there:,}, {far:,} slots away"
    return f"{text}, {_beside(subject)}."


def _beside(subject: Subject) -> str:
    """Who stands just before and behind in the vector."""
    _, column, channel = subject.place
    _, columns, channels = subject.values.shape
    number, noun = subject.number(subject.slot), subject.noun
    if subject.what == "maps" and channels > 1:
        others = [c for c in (channel - 1, channel + 1) if 0 <= c < channels]
        slots = " and ".join(f"{number + c - channel:,}" for c in others)
        maps = " and ".join(str(c) for c in others)
        many = len(others) > 1
        held = f"hold{'' if many else 's'} the same cell of map{'s' if many else ''} {maps}"
        return f"while slot{'s' if many else ''} {slots} beside it {held}"
    if 0 < column < columns - 1:
        return f"while only {number - 1:,} and {number + 1:,}, left and right of it, stay beside it in the vector"
    other = number - 1 if column == 0 else number + 1
    if not 1 <= other <= subject.values.size // subject.step:
        return f"and the vector {'begins' if column == 0 else 'ends'} with it"
    return f"while {noun} {other:,}, beside it in the vector, comes from the other side of the {subject.whole}"


def binned(vector: np.ndarray, bins: int) -> np.ndarray:
    """The value furthest from zero in each of `bins` runs of a vector; slot i is in run i * bins // size."""
    starts = -(-np.arange(bins) * vector.size // bins)
    high, low = np.maximum.reduceat(vector, starts), np.minimum.reduceat(vector, starts)
    return np.where(high >= -low, high, low)
