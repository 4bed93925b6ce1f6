"""What is pooled, and how: a pooling layer of the network, or one of one's own on any map."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import streamlit as st

from nnviz.analysis.layer.invariance import maps_of
from nnviz.analysis.layer.pooling import Cell, Pool, as_maps, global_pool, pool_of, pooled, pooling_layers, windows
from nnviz.analysis.network.layers import LayerInfo
from nnviz.shell import address, controls
from nnviz.shell.session import Session
from nnviz.views.under_study import channel_of, nearest

LAYER = "layer"
OWN = {"max": "Max", "average": "Average", "global-max": "Global max", "global-average": "Global average"}
MOST_SIZE, MOST_STRIDE = 7, 7


@dataclass(frozen=True, eq=False)
class Subject:
    """One pooling of one map.

    Attributes:
        session: whose.
        source: layer whose maps are pooled; the input stands for the image.
        layer: the network's pooling layer, or None for one's own.
        pool: the windows.
        maps: what is pooled, (rows, columns, channels).
        output: what it makes, (output rows, output columns, channels).
        channel: the map that is shown.
        cell: the output cell under study.
        at: the input cell that was picked, or None.
    """

    session: Session
    source: LayerInfo
    layer: LayerInfo | None
    pool: Pool
    maps: np.ndarray = field(repr=False)
    output: np.ndarray = field(repr=False)
    channel: int = 0
    cell: Cell = (0, 0)
    at: Cell | None = None

    @property
    def tile(self) -> np.ndarray:
        """The map that is pooled, (rows, columns)."""
        return self.maps[..., self.channel]

    @property
    def made(self) -> np.ndarray:
        """What becomes of it, (output rows, output columns)."""
        return self.output[..., self.channel]

    @property
    def name(self) -> str:
        """What pools."""
        kind = f"{'global ' if self.pool.whole else ''}{self.pool.kind} pooling"
        return self.layer.name if self.layer else f"your {kind}"

    @property
    def read(self) -> str:
        """What is pooled."""
        image = self.source.name == self.session.network.layers[0].name
        return "the image" if image else self.source.name

    def pick(self, cell: Cell) -> None:
        """Take an output cell under study."""
        self._write(cell, None)

    def pick_input(self, cell: Cell) -> None:
        """Take an input cell under study, and a window that holds it, where one does."""
        readers = self.pool.readers(cell)
        self._write(self.cell if self.cell in readers or not readers else readers[0], cell)

    def _write(self, cell: Cell, at: Cell | None) -> None:
        where = {"row": None, "column": None, "window": cell[0] * self.pool.output[1] + cell[1]}
        if self.layer is not None and self.layer.spatial:
            where = {"row": cell[0], "column": cell[1], "window": None}
        flat = None if at is None else at[0] * self.pool.shape[1] + at[1]
        address.write(layer=self.under_study, unit=self.channel, page=None, at=flat, **where)

    @property
    def under_study(self) -> str:
        """The layer that stands in the address for it."""
        return (self.layer or self.source).name

    def settings(self) -> None:
        """The sliders of one's own windows."""
        if self.layer is not None or self.pool.whole:
            return
        size, stride, same = own_settings(self.pool.shape)
        places = st.columns(3, gap="medium", vertical_alignment="bottom")
        with places[0]:
            controls.slider("Window", "psize", size, 1, max(2, min(MOST_SIZE, max(self.pool.shape))))
        with places[1]:
            controls.slider("Stride", "pstride", stride, 1, MOST_STRIDE)
        address.bound("pooling-same", same)
        padding = address.writer("ppad", "pooling-same", lambda on: "same" if on else None)
        with places[2]:
            st.toggle("Pad", same, key="pooling-same", on_change=padding)

    def study(self) -> None:
        """The layer that pools, or whose maps are pooled, and the map."""
        options = sources(self.session) if self.layer is None else pooling_layers(self.session.network)
        session = replace(self.session, layer=self.layer or self.source)

        def write(unit: int) -> None:
            same = self.session.layer.name == self.under_study
            gone = {} if same else {"row": None, "column": None}
            address.write(layer=self.under_study, unit=unit, page=None, **gone)

        controls.study(session, options, "map", count=self.maps.shape[2], unit=self.channel, write=write)


def pooling_choices(session: Session) -> tuple[str, ...]:
    """What can pool: the network's own layers, where it has any, and what one brings."""
    return (LAYER, *OWN) if pooling_layers(session.network) else tuple(OWN)


def subject_of(session: Session) -> Subject:
    """What the address says is pooled, and how."""
    options = pooling_choices(session)
    kind = address.choice("pool", options, options[0])
    if kind == LAYER:
        layer = nearest(session, pooling_layers(session.network)) or session.layer
        source = session.network.layer(layer.inputs[0])
        maps = maps_of(session.network, session.trace, source.name)
        pool = pool_of(layer.keras_layer, maps.shape[:2])
        made = as_maps(session.trace.activations[layer.name])
        return _at(Subject(session, source, layer, pool, maps, made, channel_of(session, maps)))
    source = nearest(session, sources(session), later=False) or session.network.layers[0]
    maps = maps_of(session.network, session.trace, source.name)
    pool = own_pool(kind, maps.shape[:2])
    made = pooled(maps, pool).astype(np.float32)
    return _at(Subject(session, source, None, pool, maps, made, channel_of(session, maps)))


def sources(session: Session) -> list[LayerInfo]:
    """The layers with maps, and the input, which is an image even where the network takes a vector."""
    first = session.network.layers[0]
    return [one for one in session.network.layers if one is first or len(one.output_shape) in (2, 3)]


def own_settings(shape: Cell) -> tuple[int, int, bool]:
    """Size, stride and whether the border is padded, of one's own pooling."""
    size, _ = address.whole("psize", 2, 1, max(2, min(MOST_SIZE, max(shape))))
    stride, _ = address.whole("pstride", size, 1, MOST_STRIDE)
    return size, stride, address.choice("ppad", ("valid", "same"), "valid") == "same"


def own_pool(kind: str, shape: Cell) -> Pool:
    """One's own windows on a map of a shape; no wider than the map, so that steps, one row, are pooled too."""
    whole, _, name = kind.rpartition("-")
    size, stride, same = own_settings(shape)
    if whole:
        return global_pool("max" if name == "max" else "average", shape)
    sides = min(size, shape[0]), min(size, shape[1])
    return windows("max" if name == "max" else "average", shape, sides, (stride, stride), same=same)


def choose(subject: Subject) -> None:
    """Which pooling: the network's or one's own kind."""
    options = pooling_choices(subject.session)
    kind = address.choice("pool", options, options[0])
    titles = {LAYER: "The network's", **OWN}
    address.bound("pooling-kind", kind)

    def write() -> None:
        chosen = st.session_state["pooling-kind"]
        more = {}
        if kind == LAYER and chosen != LAYER:
            # What the layer reads is what one wants to pool differently.
            more = {"layer": subject.source.name, "unit": subject.channel}
        address.write(pool=chosen, row=None, column=None, window=None, at=None, **more)

    st.segmented_control(
        "Pooling",
        list(options),
        default=kind,
        format_func=lambda option: titles[option],
        key="pooling-kind",
        required=True,
        on_change=write,
        label_visibility="collapsed",
    )


def _at(subject: Subject) -> Subject:
    """With the cells that the address names, else the strongest of the output."""
    session, pool = subject.session, subject.pool
    (rows, columns), found = pool.output, address.read()
    strength = np.abs(subject.made)
    middle = (rows // 2) * columns + columns // 2
    spot = int(strength.argmax()) if strength.any() else middle
    cell = divmod(address.whole("window", spot, 0, rows * columns - 1)[0], columns)
    at = None
    if "at" in found:
        at = divmod(address.whole("at", 0, 0, pool.shape[0] * pool.shape[1] - 1)[0], pool.shape[1])
    if session.cell is not None and "window" not in found:
        if subject.layer is not None and session.layer.name == subject.layer.name:
            cell = min(session.cell[0], rows - 1), min(session.cell[1], columns - 1)
        elif session.layer.name == subject.source.name and session.layer.spatial:
            at = at or (min(session.cell[0], pool.shape[0] - 1), min(session.cell[1], pool.shape[1] - 1))
            cell = (pool.readers(at) or [cell])[0]
    return replace(subject, cell=cell, at=at)


def without(subject: Subject) -> str:
    """That the network has no pooling layer at all, where it has none."""
    network = subject.session.network
    if pooling_layers(network):
        return ""
    return f"{network.name} has no pooling layer: here you pool its picture, or any of its maps, yourself."
