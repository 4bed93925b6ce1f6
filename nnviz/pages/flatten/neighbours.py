"""What stands where in a flattened image or stack of maps, in numbers and in words.

What is said counts from one, as one does before a class; the code counts from zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz.analysis.layer.flattening import Neighbour, neighbours, place_of


@dataclass(frozen=True, eq=False)
class Subject:
    """What is laid out, and the slot under study.

    Attributes:
        what: "image" or "maps".
        name: of it, in words.
        values: (rows, columns, channels), as shown.
        slot: in the vector, from zero.
        colour, ranges: of the picture.
    """

    what: str
    name: str
    values: np.ndarray
    slot: int
    colour: Any
    ranges: tuple[float, float]

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

    @property
    def beside(self) -> tuple[int, ...]:
        """Slots of those that stand beside it in the vector, and do not touch it in the picture."""
        touching = {n.slot for n in self.around}
        both = (self.slot - self.step, self.slot + self.step)
        found = tuple(slot for slot in both if 0 <= slot < self.values.size and slot not in touching)
        if self.what == "maps" and self.values.shape[2] > 1:
            # The last map of a cell stands before the first map of the next: another cell of another map.
            return tuple(slot for slot in found if slot // self.values.shape[2] == self.slot // self.values.shape[2])
        return found


def first_below(shape: tuple[int, ...]) -> int:
    """Number, from one, of the pixel that a row tears off first: the first of the second row (29 of 28x28)."""
    rows, columns, _ = shape
    return columns + 1 if rows > 1 else 1


def on_stroke(values: np.ndarray) -> int:
    """Slot of the first channel of a pixel to open on: of the brightest (a tenth below counts too) the one nearest to
    the middle; (rows, columns, channels) in."""
    light = values.sum(axis=2, dtype=np.float64)
    rows, columns = np.indices(light.shape)
    far = np.hypot(rows - (light.shape[0] - 1) / 2, columns - (light.shape[1] - 1) / 2)
    return int(np.where(light >= 0.9 * light.max(), far, np.inf).argmin()) * values.shape[2]


def opened_at(shape: tuple[int, ...], slot: int) -> int:
    """Slots that are unrolled at first: the rows down to the one below that of a slot."""
    row = place_of(shape, slot)[0]
    return min(row + 2, shape[0]) * shape[1] * shape[2]


def sentence(subject: Subject) -> str:
    """Whom the cell touches, who stands beside it in the vector instead, and how far the one below it went."""
    row, column, channel = subject.place
    rows, columns, channels = subject.values.shape
    number = subject.number(subject.slot)
    if subject.what == "maps":
        sum_ = f"({row} x {columns} + {column}) x {channels} + {channel} + 1"
        text = f"Slot {number:,} = {sum_} holds row {row + 1}, column {column + 1} of map {channel}"
    else:
        text = f"Pixel {number:,}"
        if channels > 1:
            text += f" fills slots {subject.slot + 1:,} to {subject.slot + channels:,} and"
        touched = _listed([f"{subject.number(n.slot):,}" for n in subject.around])
        text += f" touches {touched or 'no other'} in the image"
    if rows == 1 or columns == 1:
        return f"{text}; in a single {'row' if rows == 1 else 'column'} no neighbours are torn apart."
    down, way = (1, "below") if row + 1 < rows else (-1, "above")
    far = columns * channels
    there = subject.number(subject.slot + down * far)
    if subject.what == "maps":
        return f"{text}; its neighbour straight {way} is slot {there:,}, {far:,} slots away, {_beside_of_map(subject)}."
    return (
        f"{text}; in the vector {_beside_of_pixel(subject)}, and {there:,}, straight {way} it, is {far:,} slots away."
    )


def _beside_of_map(subject: Subject) -> str:
    _, _, channel = subject.place
    number = subject.number(subject.slot)
    others = subject.beside
    if subject.values.shape[2] == 1:
        return f"while {_beside_of_pixel(subject)}"
    slots = " and ".join(f"{slot + 1:,}" for slot in others)
    maps = " and ".join(str(channel + slot + 1 - number) for slot in others)
    if len(others) > 1:
        return f"while slots {slots} beside it hold the same cell of maps {maps}"
    return f"while slot {slots} beside it holds the same cell of map {maps}"


def _beside_of_pixel(subject: Subject) -> str:
    """Who stands just before and behind in the vector, where a cell has one slot, or its colours."""
    _, column, _ = subject.place
    columns = subject.values.shape[1]
    number, noun = subject.number(subject.slot), subject.noun
    if 0 < column < columns - 1:
        return f"only {number - 1:,} and {number + 1:,}, left and right of it, stay beside it"
    if not subject.beside:
        return f"nobody stands {'before' if column == 0 else 'behind'} it"
    other = subject.number(subject.beside[0])
    return f"{noun} {other:,} beside it comes from the other side of the {subject.whole}"


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
