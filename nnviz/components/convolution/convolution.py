"""The convolution component: input, patch x kernel = products, sums, activation, and the output that fills in.

The arrays of one filter are sent once, packed as the raster's are; the browser does the arithmetic, so stepping,
playing and hovering ask nothing of the server. Only the cell that is pinned is reported.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import streamlit as st

from nnviz.components.parts import component
from nnviz.components.raster.raster import Panel, pack
from nnviz.errors import NnvizError

MOST_VALUES = 1_500_000
"""Input values that are sent at most; beyond it one channel, and what the others add in every cell."""


@dataclass(frozen=True, eq=False)
class Stage:
    """What is done to each sum on its own.

    Attributes:
        title: such as "ReLU".
        rule: "clip" cuts off below a and above b, "affine" is a * x + b; "given" looks `values` up.
        a, b: numbers of the rule.
        values: (rows, columns), for "given".
        own: whether it is the layer's own activation, whose values are the layer's output.
    """

    title: str
    rule: Literal["clip", "affine", "tanh", "sigmoid", "given"]
    a: float = 0.0
    b: float = math.inf
    values: np.ndarray | None = None
    own: bool = False


@dataclass(frozen=True, eq=False)
class KernelGeometry:
    """One filter, what it reads, and where its kernel stands.

    Attributes:
        maps: (rows, columns, channels) that the filter reads.
        kernel: (kernel rows, kernel columns, channels).
        bias: or None where there is none.
        strides, dilation, padding, size: (rows, columns); padding above and left, size of the output.
        stages: activation, batch normalisation and so on, in order; a linear one is left out.
        channel: the one that is looked at.
        first_channel: number of channel 0 in words.
        colour, range: of the maps.
        weight_range: of the kernel's colours.
        source, output: what is read and made, as titles.
        rest: (rows, columns), what the bias and the other channels add up to; used, and needed, only where the
            maps hold more than `MOST_VALUES`.
    """

    maps: np.ndarray
    kernel: np.ndarray
    bias: float | None
    strides: tuple[int, int]
    dilation: tuple[int, int]
    padding: tuple[int, int]
    size: tuple[int, int]
    stages: Sequence[Stage] = ()
    channel: int = 0
    first_channel: int = 0
    colour: Literal["grey", "diverging", "viridis"] = "grey"
    range: tuple[float, float] = (0.0, 1.0)
    weight_range: tuple[float, float] = (-1.0, 1.0)
    source: str = "input"
    output: str = "output"
    rest: np.ndarray | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Cell:
    """A cell of the output, and the input channel that is looked at."""

    row: int
    column: int
    channel: int = 0


def convolution(
    sliding: KernelGeometry,
    *,
    key: str,
    alt: str,
    cell: tuple[int, int] = (0, 0),
    play: bool = False,
    below: float = 4.5,
    on_cell: Callable[[Cell], None] | None = None,
) -> None:
    """Draw one filter at work. It stands still until it is told to play.

    Args:
        sliding: what is shown.
        key: of the component, stable over reruns.
        alt: what the picture shows, for who cannot see it.
        cell: (row, column) of the output that is shown.
        play: start to play from that cell, once for each time that this turns true while the picture stands there.
        below: what the page needs below it, in units of its font size: the rest of the window is for the pictures.
        on_cell: called with the cell that was pinned, before the rerun.
    """
    key = f"convolution-{key}"

    def report() -> None:
        found = picked_cell(key)
        if on_cell is not None and found is not None:
            on_cell(found)

    seen = ((st.session_state.get(key) or {}).get("cell") or {}).get("count", 0)
    data = packed(sliding, {"alt": alt, "below": below, "cell": list(cell), "play": play, "seen": seen})
    component("convolution")(key=key, data=data, on_cell_change=report)


def picked_cell(key: str) -> Cell | None:
    """The cell that was last pinned in the component with that key."""
    found = (st.session_state.get(key) or {}).get("cell")
    return Cell(int(found["row"]), int(found["column"]), int(found["channel"])) if found else None


def packed(sliding: KernelGeometry, header: dict[str, Any]) -> bytes:
    """The buffer that the browser unpacks: as the raster's, the panels being input, kernel, and what is given."""
    channels, channel = sliding.maps.shape[2], sliding.channel
    whole = sliding.maps.size <= MOST_VALUES or channels == 1
    chosen = slice(None) if whole else slice(channel, channel + 1)
    panels = [
        Panel(np.moveaxis(sliding.maps[..., chosen], 2, 0), sliding.colour, sliding.range),
        Panel(np.moveaxis(sliding.kernel[..., chosen], 2, 0), "diverging", sliding.weight_range),
    ]
    if not whole:
        if sliding.rest is None:
            raise NnvizError(
                f"What the other channels add was expected. Received: {channels} channels, too many to send."
            )
        panels.append(Panel(sliding.rest[None]))
    stages = []
    for stage in sliding.stages:
        at = None
        if stage.rule == "given" and stage.values is not None:
            at = len(panels)
            panels.append(Panel(stage.values[None]))
        described = {"title": stage.title, "rule": stage.rule, "a": stage.a, "b": stage.b, "panel": at}
        stages.append(described | {"own": stage.own, "b": None if math.isinf(stage.b) else stage.b})
    fixed = {
        "bias": sliding.bias,
        "strides": list(sliding.strides),
        "dilation": list(sliding.dilation),
        "padding": list(sliding.padding),
        "size": list(sliding.size),
        "stages": stages,
        "channels": channels,
        "first": sliding.first_channel,
        "rest": None if whole else 2,
        "source": sliding.source,
        "output": sliding.output,
    }
    body = pack(panels, {**fixed, "channel": channel})
    what = hashlib.blake2b(body, digest_size=12).hexdigest()
    return pack(panels, {**fixed, **header, "channel": channel, "what": what})
