"""Which units are off: read from the address, written to it, and said in words.

`off=3,17` switches units 3 and 17 of the layer under study off, `off=but,3` all but unit 3. What the page itself
writes names the layer too, `off=3,17@conv2`, so that another layer's units are not taken for these.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from nnviz.analysis.intervention.knockout import switchable
from nnviz.analysis.network.influence import leads_to
from nnviz.analysis.network.layers import LayerInfo
from nnviz.errors import NnvizError
from nnviz.figures.tiles import folded_shape
from nnviz.shell import address
from nnviz.shell.session import Session

BUT = "but"
_NAMED = 5
"""Units that a sentence lists; more are counted."""


@dataclass(frozen=True)
class UnitsOff:
    """The layer whose units are switched, and which are off.

    Attributes:
        layer: the one under study, or the nearest whose units can be switched.
        count: its units.
        off: those that are off, rising.
        notices: what the address asked for and is not there, a sentence each.
    """

    layer: LayerInfo
    count: int
    off: tuple[int, ...]
    notices: tuple[str, ...] = ()

    @property
    def noun(self) -> str:
        """What one unit of the layer is called."""
        if self.layer.convolution:
            return "filter"
        if self.layer.index == 0:
            return "channel" if len(self.layer.output_shape) == 3 else "pixel"
        return "map" if len(self.layer.output_shape) >= 3 else "unit"

    @property
    def who(self) -> str:
        """What is off, or what alone is on, behind "With": plain text."""
        on = self.count - len(self.off)
        if on == 0:
            return f"out any {self.noun}"
        if on == 1 and self.count > 2:
            return f" {self.noun} {self._on[0]} alone"
        if len(self.off) > _NAMED:
            return f"out {len(self.off)} of the {self.count} {self.noun}s"
        plural = "s" * (len(self.off) > 1)
        return f"out {self.noun}{plural} {', '.join(map(str, self.off))}"

    @property
    def _on(self) -> list[int]:
        return sorted(set(range(self.count)) - set(self.off))

    def toggle(self, unit: int, *, shown: LayerInfo) -> None:
        """Switch one unit of the layer off, or on again; `shown` is the layer that the address names."""
        off, _ = _parsed(address.read().get("off", ""), self.layer.name, self.count)
        self.write(set(off) ^ {unit}, unit, shown)

    def name_layer(self) -> None:
        """Let the address say whose units are off, where a link did not: so none of another layer is taken for them."""
        text = address.read().get("off", "")
        if self.off and not self.notices and "@" not in text:
            address.write(off=f"{text}@{self.layer.name}")

    def write(self, off: Collection[int], unit: int, shown: LayerInfo) -> None:
        """Let the address say which are off, the shorter way."""
        on = sorted(set(range(self.count)) - set(off))
        listed = [BUT, *map(str, on)] if len(on) + 1 < len(off) else [str(each) for each in sorted(off)]
        # A cell is one of the layer that was shown before.
        moved = {} if shown.name == self.layer.name else {"row": None, "column": None}
        text = f"{','.join(listed)}@{self.layer.name}" if off else None
        address.write(off=text, layer=self.layer.name, unit=unit, **moved)


def read(session: Session) -> UnitsOff:
    """What the address says is off."""
    options = switchable(session.network)
    if not options:
        raise NnvizError(f"A layer before the class scores was expected, to switch off. Received: {session.name}.")
    layer, notices = session.layer, []
    if layer not in options:
        layer = max((each for each in options if each.index < layer.index), key=lambda each: each.index)
    count = session.trace.activations[layer.name].shape[-1]
    text = address.read().get("off", "")
    off, wrong = _parsed(text, layer.name, count)
    if wrong:
        found = f"{', '.join(map(str, off))} off" if off else "none off"
        notices.append(f"Units of {layer.name} run from 0 to {count - 1}, so {found} here. Received: {wrong[:40]!r}.")
    return UnitsOff(layer, count, off, tuple(notices))


def following(session: Session, layer: LayerInfo) -> LayerInfo | None:
    """The next layer that mixes what this one makes; None where only the answer does."""
    network = session.network
    for other in switchable(network)[1:]:
        mixes = other.index > layer.index and other.parameters and not other.pointwise
        if mixes and leads_to(network, layer.name, other.name):
            return other
    return None


def unit_of(values: np.ndarray, tiles: np.ndarray, tile: int, row: int, column: int) -> int:
    """The unit that a click on a picture of activations means (`figures.tiles.as_tiles`).

    Args:
        values: (units,), (steps, units) or maps with the channels last.
        tiles: numbers of the tiles that are shown.
        tile, row, column: what was clicked.
    """
    if values.ndim == 1:
        return row * folded_shape(values.size)[1] + column
    return column if values.ndim == 2 else int(tiles[tile])


def _parsed(text: str, layer: str, count: int) -> tuple[tuple[int, ...], str]:
    """The units that are off, and what in the text names none of this layer."""
    listed, _, name = text.partition("@")
    if not listed or (name and name != layer):
        return (), ""
    words = listed.split(",")
    rest = words[1:] if words[0] == BUT else words
    units = {int(word) for word in rest if word.isdecimal() and word.isascii() and int(word[:9]) < count}
    wrong = [word for word in rest if not (word.isdecimal() and word.isascii() and int(word[:9]) < count)]
    if words[0] == BUT:
        # "All but" what is not there would switch everything off.
        units = set(range(count)) - units if units else set()
    return tuple(sorted(units)), ",".join(wrong)
