"""Higher levels: how much of the picture a unit of each layer sees, and the patches of the pictures that excite it."""

from __future__ import annotations

import html
from collections.abc import Generator, Sequence
from typing import Any

import streamlit as st

from nnviz.analysis import photographs
from nnviz.analysis.layers import LayerInfo
from nnviz.analysis.network import Network
from nnviz.analysis.patches import box
from nnviz.analysis.progress import Progress
from nnviz.analysis.receptive import Field
from nnviz.analysis.strongest import Hit, Strongest
from nnviz.analysis.trace import trace
from nnviz.components.raster import Place, raster
from nnviz.pages import address, controls, views, work
from nnviz.pages.depths import Depth, cells, depths, fields_of, with_fields
from nnviz.pages.higher_words import notes, sees, sentence, short
from nnviz.pages.page import Page, caption, head, small
from nnviz.pages.patch_panels import patch_panel
from nnviz.pages.searched import DIGITS, PHOTOGRAPHS, Searched, for_network
from nnviz.pages.session import Session

JOB = "higher"
STUDIED, OTHERS = 7, 6
"""Patches of the unit under study, beside their mean, and of one of another depth."""
SECONDS = 20.0
"""How long the search may take where the pictures must be fitted to the network first."""


def render(current: Session) -> None:
    """Draw the page."""
    network = current.network
    fields = fields_of(network, {name: array.shape for name, array in current.trace.activations.items()})
    layers = with_fields(network, fields, current.layer.name)
    shown = depths(current, layers)
    found = _found(current, layers)
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


def _wanted(network: Network, layers: Sequence[LayerInfo]) -> tuple[str, ...] | None:
    """The layers to search: of a deep network those that are shown, else all, so that another is there at once."""
    return tuple(layer.name for layer in layers) if len(network.layers) > controls.MANY else None


def _found(current: Session, layers: Sequence[LayerInfo]) -> Strongest | None:
    """What the search found: all, or so far."""
    network, names, of = current.network, _wanted(current.network, layers), for_network(current.network)
    key = (JOB, current.key, STUDIED, names)
    kept = work.result(key)
    if kept is not None:
        work.forget(JOB)
        return kept
    seconds = None if network.image_shape == (28, 28, 1) else SECONDS

    def steps() -> Generator[Progress, None, Strongest]:
        return of.steps(network, names, STUDIED, seconds)

    begun = work.begin(JOB, f"Searching the {of.noun}s", key, steps)
    return begun.progress.so_far if begun.progress is not None else None


def _again() -> None:
    """A button for a search that was stopped, or the reason why it failed."""
    mine = work.job(JOB)
    if mine is None or mine.state not in ("stopped", "failed"):
        return
    if mine.reason:
        small(html.escape(mine.reason))
    st.button("Search all", icon=":material/play_arrow:", key="higher-again", on_click=lambda: work.forget(JOB))


def _most(current: Session) -> int:
    """Patches that there can be: a picture has one a unit."""
    return len(photographs.gallery()) if for_network(current.network) is PHOTOGRAPHS else STUDIED


def _hits(found: Strongest | None, depth: Depth, count: int) -> tuple[Hit, ...]:
    """The patches that excite a unit; a zero excites nothing."""
    if found is None or depth.layer.name not in found.layers:
        return ()
    return tuple(hit for hit in found.layers[depth.layer.name].of(depth.unit)[:count] if hit.value != 0)


def _data_fields(current: Session, fields: dict[str, Field | None]) -> dict[str, Field | None]:
    """What a unit sees of a searched picture: with a network of any size the one under study may have another."""
    if None not in current.network.image_shape:
        return fields
    found = trace(current.network, for_network(current.network).all(current.network)[0]).activations
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
    """The patches of one unit a depth; a pick opens the picture that a patch was cut out of."""
    fields, of = _data_fields(current, fields), for_network(current.network)
    panels, picked = [], None
    for index, (depth, each) in enumerate(zip(shown, hits, strict=True)):
        studied, few = depth.layer is current.layer, of is PHOTOGRAPHS
        panels.append(
            patch_panel(
                current.network,
                current.key,
                each,
                fields[depth.layer.name],
                min(STUDIED if studied else OTHERS, _most(current)),
                mean=studied and not few,
                title=f"{short(depth.layer.name, 12)}, unit {depth.unit}",
                note=depth.why,
                columns=4 if studied and not few else 2,
                most=196 if studied or few else 140,
                scale=1.5 if studied and not few else 1.0,
            )
        )
        names = [of.name(hit.image) for hit in each]
        if current.picture.name in names:
            picked = Place(index, names.index(current.picture.name))
    raster(
        panels,
        key="higher-patches",
        alt=f"The patches of the {of.noun}s that excite {len(shown)} units most, one a layer",
        picked=picked,
        height=0.47,
        least=56,
        wide=len(shown) < 4,
        on_pick=lambda place: _open(shown[place.panel], hits[place.panel], place.tile, of),
    )


def _open(depth: Depth, hits: Sequence[Hit], tile: int, of: Searched = DIGITS) -> None:
    """Open the picture that a patch was cut out of, at its cell, with the unit under study that it excites."""
    if tile >= len(hits):
        return
    row, column = hits[tile].cell or (None, None)
    # The picture as it is: moved or turned it would not be the one that was found.
    plain: dict[str, Any] = dict.fromkeys(("dx", "dy", "rotate", "noise", "invert", "shuffle", "page"))
    name = of.name(hits[tile].image)
    address.write(layer=depth.layer.name, unit=depth.unit, image=name, row=row, column=column, **plain)


PAGE = Page("Higher levels", ":material/layers:", "higher", "Convolve", render)
