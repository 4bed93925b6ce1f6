"""Higher levels: how much of the picture a unit of each layer sees, and the patches of the digits that excite it."""

from __future__ import annotations

import html
from collections.abc import Generator, Sequence
from typing import Any

import streamlit as st

from nnviz.analysis import digits
from nnviz.analysis.layers import LayerInfo
from nnviz.analysis.network import Network
from nnviz.analysis.patches import box
from nnviz.analysis.progress import Progress
from nnviz.analysis.receptive import Field
from nnviz.analysis.strongest import Hit, Strongest, strongest
from nnviz.analysis.trace import trace
from nnviz.components.raster import Place, raster
from nnviz.pages import address, controls, views, work
from nnviz.pages.depths import Depth, cells, depths, fields_of, with_fields
from nnviz.pages.higher_words import notes, sees, sentence, short
from nnviz.pages.page import Page, caption, head, small
from nnviz.pages.patch_panels import patch_panel
from nnviz.pages.session import Session

JOB = "higher"
STUDIED, OTHERS = 7, 6
"""Patches of the unit under study, beside their mean, and of one of another depth."""
SECONDS = 20.0
"""How long the search may take where the digits must be fitted to the network first."""


def render(current: Session) -> None:
    """Draw the page."""
    network = current.network
    fields = fields_of(network, {name: array.shape for name, array in current.trace.activations.items()})
    layers = with_fields(network, fields, current.layer.name)
    shown = depths(current, layers)
    found = _found(current)
    hits = [_hits(found, depth, STUDIED if depth.layer is current.layer else OTHERS) for depth in shown]
    with head(PAGE):
        controls.layers(current, layers)
        most = current.activations.shape[-1] - 1
        controls.slider("Unit", "unit", current.unit, 0, most, format="unit %d", label_visibility="collapsed")
    _fields(current, layers, shown, fields)
    _patches(current, shown, hits, fields)
    own = next((each for depth, each in zip(shown, hits, strict=True) if depth.layer is current.layer), ())
    caption(html.escape(sentence(current, layers, fields, found, own)))
    # In one row: a bar that is not there would still take the gap below the line.
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        small(html.escape(notes(current, found)))
        _again()
        work.bar(JOB, redraw=1.0)


def _key(current: Session) -> tuple[str, str, int]:
    return JOB, current.key, STUDIED


def _steps(network: Network) -> Generator[Progress, None, Strongest]:
    exact = network.image_shape == (28, 28, 1)
    return strongest(network, digits.test_set()[0], count=STUDIED, seconds=None if exact else SECONDS)


def _found(current: Session) -> Strongest | None:
    """What the search found: all, or so far."""
    kept = work.result(_key(current))
    if kept is not None:
        work.forget(JOB)
        return kept
    begun = work.begin(JOB, "Searching the digits", _key(current), lambda: _steps(current.network))
    return begun.progress.so_far if begun.progress is not None else None


def _again() -> None:
    """A button for a search that was stopped, or the reason why it failed."""
    mine = work.job(JOB)
    if mine is None or mine.state not in ("stopped", "failed"):
        return
    if mine.reason:
        small(html.escape(mine.reason))
    st.button("Search all", icon=":material/play_arrow:", key="higher-again", on_click=lambda: work.forget(JOB))


def _hits(found: Strongest | None, depth: Depth, count: int) -> tuple[Hit, ...]:
    """The patches that excite a unit; a zero excites nothing."""
    if found is None or depth.layer.name not in found.layers:
        return ()
    return tuple(hit for hit in found.layers[depth.layer.name].of(depth.unit)[:count] if hit.value != 0)


def _data_fields(current: Session, fields: dict[str, Field | None]) -> dict[str, Field | None]:
    """What a unit sees of a digit: where the network takes any size, the picture under study may have another."""
    if None not in current.network.image_shape:
        return fields
    found = trace(current.network, digits.digit(0)[0]).activations
    return fields_of(current.network, {name: array.shape for name, array in found.items()})


def _fields(
    current: Session, layers: Sequence[LayerInfo], shown: Sequence[Depth], fields: dict[str, Field | None]
) -> None:
    """The picture once a layer, each with what a unit there sees of it."""
    at = cells(current, layers, shown, fields)
    size = current.fitted.pixels.shape[:2]
    panels, marks = [], []
    long = any(len(layer.name) > 12 for layer in layers)
    for index, layer in enumerate(layers):
        seen = sees(fields[layer.name], size)
        words = {"title": short(layer.name, 12), "note": seen} if long else {"title": f"{layer.name}: {seen}"}
        panels.append(views.picture_panel(current, **words, names=[layer.name], most=168, pick="tile"))
        top, left, rows, columns = box(fields[layer.name], at.get(layer.name), size)
        marks.append(Place(index, 0, top, left, rows, columns))
    units = {depth.layer.name: depth.unit for depth in shown}
    raster(
        panels,
        key="higher-fields",
        alt=f"How much of the picture a unit of each of {len(layers)} layers sees",
        picked=next((Place(i, 0, 0, 0) for i, layer in enumerate(layers) if layer is current.layer), None),
        marks=marks,
        height=0.15 if long else 0.176,
        least=56,
        wide=True,
        on_pick=lambda place: address.write(
            layer=layers[place.panel].name,
            unit=units.get(layers[place.panel].name),
            row=None,
            column=None,
            page=None,
        ),
    )


def _patches(
    current: Session, shown: Sequence[Depth], hits: Sequence[Sequence[Hit]], fields: dict[str, Field | None]
) -> None:
    """The patches of one unit a depth; a pick opens the digit that a patch was cut out of."""
    of_digits = _data_fields(current, fields)
    panels, picked = [], None
    for index, (depth, each) in enumerate(zip(shown, hits, strict=True)):
        studied = depth.layer is current.layer
        panels.append(
            patch_panel(
                current.network,
                current.key,
                each,
                of_digits[depth.layer.name],
                STUDIED if studied else OTHERS,
                mean=studied,
                title=f"{short(depth.layer.name, 12)}, unit {depth.unit}",
                note=depth.why,
                columns=4 if studied else 2,
                most=196 if studied else 140,
                scale=1.5 if studied else 1.0,
            )
        )
        names = [f"test-{hit.image}" for hit in each]
        if current.picture.name in names:
            picked = Place(index, names.index(current.picture.name))
    raster(
        panels,
        key="higher-patches",
        alt=f"The patches of the digits that excite {len(shown)} units most, one a layer",
        picked=picked,
        height=0.47,
        least=56,
        wide=len(shown) < 4,
        on_pick=lambda place: _open(shown[place.panel], hits[place.panel], place.tile),
    )


def _open(depth: Depth, hits: Sequence[Hit], tile: int) -> None:
    """Open the digit that a patch was cut out of, at its cell, with the unit under study that it excites."""
    if tile >= len(hits):
        return
    row, column = hits[tile].cell or (None, None)
    # The digit as it is: moved or turned it would not be the one that was found.
    plain: dict[str, Any] = dict.fromkeys(("dx", "dy", "rotate", "noise", "invert", "shuffle", "page"))
    name = f"test-{hits[tile].image}"
    address.write(layer=depth.layer.name, unit=depth.unit, image=name, row=row, column=column, **plain)


PAGE = Page("Higher levels", ":material/layers:", "higher", "Convolve", render)
