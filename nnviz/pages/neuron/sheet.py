"""What one neuron reads, its weights and their products, laid out as pictures; and the map that it is a cell of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz.analysis.layer.filters import pictured
from nnviz.analysis.layer.neuron import Neuron
from nnviz.components.raster import Panel, Place
from nnviz.figures.colour import symmetric
from nnviz.figures.tiles import as_tiles, fold
from nnviz.shell import address
from nnviz.shell.session import Session
from nnviz.views import scales


@dataclass(frozen=True, eq=False)
class Sheet:
    """A neuron's inputs as a stack of pictures, one of which is shown, or as one folded vector.

    Attributes:
        session, neuron: whose.
        shape: (rows, columns, channels), or None for a vector.
        channel: the picture that is shown.
        reads: name of the layer that the inputs are a picture of.
    """

    session: Session
    neuron: Neuron
    shape: tuple[int, int, int] | None
    channel: int
    reads: str

    @property
    def channels(self) -> int:
        """How many pictures there are."""
        return self.shape[2] if self.shape else 1

    @property
    def index(self) -> np.ndarray:
        """(rows, columns) of what is shown: the flat index of each cell's weight."""
        count = np.arange(self.neuron.weights.size)
        return count.reshape(self.shape)[..., self.channel] if self.shape else fold(count).astype(int)

    def place_of(self, term: int) -> tuple[int, int]:
        """Row and column of a weight that is shown."""
        row, column = np.argwhere(self.index == term)[0]
        return int(row), int(column)

    def term_at(self, row: int, column: int) -> int:
        """The flat index of the weight in a cell: the inverse of `place_of`."""
        return int(self.index[row, column])

    def name_of(self, term: int) -> str:
        """A weight's row, column and channel (of several), or its number in a vector."""
        shape = self.shape or (self.neuron.weights.size,)
        place = [str(int(axis)) for axis in np.unravel_index(term, shape)]
        return ",".join(place[:-1] if self.shape and self.channels == 1 else place)

    def panels(self) -> tuple[list[Panel], list[Place]]:
        """The map that is read (where the inputs are a part of one), inputs, weights, products; and what is marked."""
        one, units = self.neuron, 0 if self.shape else self.neuron.weights.size
        colour, span = self._scale()
        of = f"channel {self.channel} of {self.channels}" if self.channels > 1 else f"{one.weights.size:,} in all"
        beyond = int((one.places[..., 0] < 0).sum()) if one.cell and not one.stage else 0
        if beyond:
            of = f"{of}, {beyond:,} beyond: 0"
        more: dict[str, Any] = {"units": units, "unit": "input", "numbers": True, "most": 330, "cell": 72, "scale": 1.4}
        source, marks = self._source(colour, span)
        return [
            *source,
            Panel(self._tile(one.inputs), colour, span, title="input", note=of, names=self._names("input"), **more),
            Panel(
                self._tile(one.weights),
                "diverging",
                symmetric(one.weights),
                title="× weight",
                note="click one to turn it",
                names=self._names("weight"),
                pick="cell",
                **more,
            ),
            Panel(
                self._tile(one.terms),
                "diverging",
                symmetric(one.terms),
                title="= product",
                note=f"up to {np.abs(one.terms).max():.2g}",
                names=self._names("product"),
                **more,
            ),
        ], marks

    def _names(self, what: str) -> list[str]:
        return [what] if self.shape else [f"{what} {index}" for index in range(self.neuron.weights.size)]

    def _tile(self, values: np.ndarray) -> np.ndarray:
        if self.shape:
            return values.reshape(self.shape)[None, ..., self.channel]
        return fold(values.ravel())[None]

    def _scale(self) -> tuple[Any, Any]:
        """Colour map and range of what is read; the inner maps of two stages have their own."""
        if self.neuron.stage:
            return "diverging", symmetric(self.neuron.inputs)
        colour, ranges = scales.colour_scale(self.session, self.reads, "layer")
        return colour, ranges[0]

    def _source(self, colour: Any, span: Any) -> tuple[list[Panel], list[Place]]:
        """The whole map that a patch is cut from, and the patch in it."""
        one = self.neuron
        whole = self.session.trace.activations[one.source]
        if not one.cell or whole.ndim not in (2, 3):
            return [], []
        places = one.places.reshape(-1, whole.ndim)
        shown = (
            places if self.shape is None or whole.ndim == 2 else places.reshape(*self.shape, 3)[..., self.channel, :]
        )
        shown = shown.reshape(-1, whole.ndim)
        inside = shown[(shown >= 0).all(axis=1)]
        channel = int(shown[:, -1].max()) if whole.ndim == 3 and (shown >= 0).any() else 0
        if one.stage:
            colour, ranges = scales.colour_scale(self.session, one.source, "layer")
            span = ranges[0]
        panel = Panel(
            as_tiles(whole)[[channel]],
            colour,
            span,
            title="what it reads",
            note=f"{one.source}, channel {channel}" if whole.ndim == 3 and whole.shape[2] > 1 else one.source,
            most=330,
            scale=1.1,
            say_zero=True,
        )
        if not len(inside):
            return [panel], []
        low, high = inside.min(axis=0), inside.max(axis=0)
        if whole.ndim == 2:
            low, high = np.array([low[0], 0]), np.array([high[0], whole.shape[1] - 1])
        size = high - low + 1
        return [panel], [Place(0, 0, int(low[0]), int(low[1]), int(size[0]), int(size[1]), colour="picked")]


def sheet_of(session: Session, one: Neuron, term: int) -> Sheet:
    """The pictures of a neuron, at the channel of one of its weights."""
    layer, weights, reads = session.layer, one.weights, one.source
    shape: tuple[int, int, int] | None = None
    if layer.kind == "Dense":
        reads, shape = pictured(session.network, layer)
        shape = None if one.cell or (shape and shape[0] == 1) else shape
        reads = reads if shape else one.source
    elif weights.ndim == 2:
        shape = (*weights.shape, 1)
    elif weights.ndim > 2 and max(weights.shape[:-1]) > 1:
        shape = (int(np.prod(weights.shape[:-2])), weights.shape[-2], weights.shape[-1])
    return Sheet(session, one, shape, term % shape[2] if shape else 0, reads)


def output_panel(
    session: Session, values: np.ndarray, one: Neuron
) -> tuple[Panel, tuple[int, int], Callable[[Place], None]]:
    """What the layer makes, where this neuron stands in it, and what a click there picks.

    Args:
        values: the layer's activations, with what the neuron makes now.
    """
    colour, ranges = scales.colour_scale(session, session.layer.name, "layer")
    more: dict[str, Any] = {"most": 330, "scale": 1.1, "pick": "cell"}
    if values.ndim == 1:
        tiles = as_tiles(values)
        columns = tiles.shape[2]
        answers = list(session.network.classes) if session.layer.index == len(session.network.layers) - 1 else []
        panel = Panel(
            tiles,
            colour,
            ranges[0],
            title="output",
            note=f"all {values.size} units of {one.layer}",
            units=values.size,
            names=answers if len(answers) == values.size else [],
            numbers=True,
            cell=64,
            **more,
        )
        return (
            panel,
            divmod(one.unit, columns),
            lambda place: address.write(unit=(place.row or 0) * columns + (place.column or 0)),
        )
    if values.ndim == 2:
        note = f"{values.shape[0]} steps by {values.shape[1]} units"
        panel = Panel(values[None], colour, ranges[0], title="output", note=note, **more)
        return panel, (one.cell[0], one.unit), lambda place: address.write(step=place.row, unit=place.column)
    tile = as_tiles(values)[[one.unit]]
    note = f"map {one.unit}, {'x'.join(map(str, values.shape[:-1]))} cells"
    panel = Panel(tile, colour, ranges[0], title="output", note=note, say_zero=True, **more)
    own = (one.cell[0], one.cell[1])
    return panel, own, lambda place: address.write(row=place.row, column=place.column)
