"""A decision as flows: from places of the picture through units, each with its face, into two class scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.analysis.network.flows import Flows, flows
from nnviz.analysis.network.receptive import Field, receptive_fields
from nnviz.analysis.search.patches import middle
from nnviz.components.flow import Column, Node, Ribbon, Whole, flow
from nnviz.figures.words import number, signed
from nnviz.pages.decision.speaks import Terms
from nnviz.shell import address
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import ON_WALL, small
from nnviz.shell.session import Session
from nnviz.views import faces
from nnviz.views.faces import Gallery

UNITS, PLACES, SIDE = 8, 6, 4
"""Units and places that are told apart, and parts of each side of the picture that places are."""
_LINEAR = ("GlobalAveragePooling2D", "AveragePooling2D", "Flatten", "Reshape")
_FACE, _WHOLE = 84, 448
"""Pixels that pictures are sent with."""
_NOTHING = 1e-6
"""Share of all that flows below which a flow is what rounding leaves."""


@dataclass(frozen=True, eq=False)
class Place:
    """A part of the maps: rows and columns of cells, and where it lies in the picture (top, left, rows, columns)."""

    rows: slice
    columns: slice
    box: tuple[float, float, float, float]


def of(session: Session) -> Flows | None:
    """The flows into the class that is explained, and into the one that it is told from: the winner, or of the winner
    the runner-up. None where there are none (`nnviz.analysis.network.flows`)."""
    return flows(session.network, session.trace, classes(session), UNITS)


def classes(session: Session) -> list[int]:
    """The class that is explained, and the one that it is told from where there is one."""
    first, logits = session.class_index, session.trace.logits
    if not session.network.output.chooses or logits.size < 2 or session.network.graph.output_head == "binary":
        return [first]
    order = [int(at) for at in np.argsort(-logits, kind="stable")[:2]]
    return [first, next(at for at in order if at != first)]


def draw(session: Session, found: Flows, terms: Terms, gallery: Gallery) -> None:
    """The picture of the flows."""
    chosen = classes(session)
    columns, ribbons = [], []
    if found.cells is not None:
        column, made = _places(session, found, found.cells)
        columns.append(column)
        ribbons += made
    columns += [_units(session, found, terms, gallery), _scores(session, found, chosen)]
    ribbons += _into_scores(session, found, chosen)
    flow(
        columns,
        ribbons,
        key="decision",
        alt=_alt(session, found, terms),
        whole=_whole(session) if found.cells is not None else None,
        # The wall has no foot, and its window is the picture's.
        height=0.72 if st.session_state.get(ON_WALL) else 0.6,
        on_pick=lambda unit: address.write(layer=found.layer, unit=unit, row=None, column=None, page=None),
    )


def note(session: Session, found: Flows) -> None:
    """What the widths are."""
    name, before = session.class_name(session.class_index), session.network.layer(found.layer)
    score = "logit" if session.network.output.shares else "output"
    text = f"Orange adds to the {score} of {name}, blue takes away; widths are weight \u00d7 activation."
    if found.cells is not None and found.places != found.layer and before.kind not in _LINEAR:
        text += f" Up to {found.layer} they are first order, activation \u00d7 gradient: exact for ReLU."
    small(text)


def adds_up(session: Session, found: Flows) -> None:
    """The sum, term by term."""
    shown = [(signed(float(found.terms[0, unit])), str(unit)) for unit in found.units]
    if found.others.size:
        shown.append((signed(float(found.terms[0, found.others].sum())), f"{found.others.size:,} others"))
    if _biased(found):
        shown.append((signed(float(found.rest[0])), "bias"))
    terms = Markup(" ").join(html("<span>{} <small>{}</small></span>", value, who) for value, who in shown)
    write_html('<p class="nn-small nn-adds-up">{} <b>= {}</b></p>', terms, number(float(found.scores[0])))


def _whole(session: Session) -> Whole:
    tile = np.clip(np.round(session.fitted_tile[0]), 0, 255).astype(np.uint8)
    return Whole(faces.png(tile, _WHOLE), tile.shape[0], tile.shape[1], "input")


def _places(session: Session, found: Flows, cells: np.ndarray) -> tuple[Column, list[Ribbon]]:
    """The places that matter most, and what flows from them through each unit."""
    name = session.class_name(session.class_index)
    parts = places(session, found, *cells.shape[1:])
    # (units and others, places): what each place adds through each unit.
    adds = np.array([[each[part.rows, part.columns].sum() for part in parts] for each in cells])
    strength = np.abs(adds).sum(axis=0)
    shown = np.sort(np.argsort(-strength, kind="stable")[:PLACES])
    shown = shown[strength[shown] > _NOTHING * strength.sum()]
    left = np.setdiff1d(np.flatnonzero(strength > _NOTHING * strength.sum()), shown)
    tile = np.clip(np.round(session.fitted_tile[0]), 0, 255).astype(np.uint8)
    field = _field(session, found)
    sees = "" if field is None or found.places == session.network.layers[0].name else _sees(field, tile.shape)
    nodes = [_place(f"p{at}", parts[at], tile, f"{signed(float(adds[:, at].sum()))} for {name}", sees) for at in shown]
    flowing = {f"p{at}": adds[:, at] for at in shown}
    if left.size:
        note = signed(float(adds[:, left].sum()))
        nodes.append(
            Node("places", f"{left.size} others", note, (f"{left.size} other places, together {note} for {name}",))
        )
        flowing["places"] = adds[:, left].sum(axis=1)
    constant = np.where(np.abs(found.constant) > _NOTHING * strength.sum(), found.constant, 0.0)
    if constant.any():
        note = signed(float(constant.sum()))
        nodes.append(Node("rest", "constant", note, (f"What no place accounts for: {note} for {name}",)))
        flowing["rest"] = constant
    ids = [*(f"u{unit}" for unit in found.units), *(["others"] if found.others.size else [])]
    labels = dict(zip(ids, [*(f"unit {unit}" for unit in found.units), "the others"], strict=False))
    ribbons = [
        Ribbon(start, end, float(value), f"through {labels[end]}: {signed(float(value))} for {name}")
        for start, values in flowing.items()
        for end, value in zip(ids, values, strict=False)
        if value
    ]
    return Column("places", f"of {found.places}", nodes), ribbons


def places(session: Session, found: Flows, rows: int, columns: int) -> list[Place]:
    """Maps of so many rows and columns cut into up to `SIDE` x `SIDE` places, row by row."""
    field, size = _field(session, found), session.fitted.pixels.shape
    edges = [_edges(field, axis, cells, size[axis]) for axis, cells in enumerate((rows, columns))]
    parts = []
    for down in np.array_split(np.arange(rows), min(SIDE, rows)):
        for right in np.array_split(np.arange(columns), min(SIDE, columns)):
            (top, bottom), (left, end) = (
                (float(edge[part[0]]), float(edge[part[-1] + 1]))
                for edge, part in zip(edges, (down, right), strict=True)
            )
            box = top, left, bottom - top, end - left
            parts.append(Place(slice(down[0], down[-1] + 1), slice(right[0], right[-1] + 1), box))
    return parts


def _field(session: Session, found: Flows) -> Field | None:
    """What a cell of the maps sees of the picture; None where each sees all of it."""
    shapes = {name: array.shape for name, array in session.trace.activations.items()}
    return receptive_fields(session.network.graph, shapes).get(found.places or "")


def _edges(field: Field | None, axis: int, cells: int, length: int) -> np.ndarray:
    """Where the cells of the maps begin and end along one axis of the picture, (cells + 1,): half way between the
    middles of what they see; the picture in equal parts where each sees all of it."""
    if field is None:
        return np.linspace(0, length, cells + 1)
    middles = np.array([middle(field, (at, at))[axis] for at in range(cells)]) + 0.5
    return np.clip(np.concatenate([[0], (middles[1:] + middles[:-1]) / 2, [length]]), 0, length)


def _sees(field: Field, size: tuple[int, ...]) -> str:
    rows, columns = (min(extent.size, length) for extent, length in zip(field, size[:2], strict=True))
    return f"Each cell there sees {rows}x{columns} pixels of the picture"


def _place(at: str, part: Place, tile: np.ndarray, adds: str, sees: str) -> Node:
    top, left, rows, columns = (round(value) for value in part.box)
    crop = tile[top : top + max(rows, 1), left : left + max(columns, 1)]
    where = f"rows {top} to {top + rows - 1}, columns {left} to {left + columns - 1}"
    tip = tuple(filter(None, (f"{where}: {adds}", sees)))
    return Node(at, "", "", tip, faces.png(crop, _FACE) if crop.size else "", box=part.box)


def _units(session: Session, found: Flows, terms: Terms, gallery: Gallery) -> Column:
    """The units that are told apart, the strongest for the class first, all others as one, and the bias."""
    names = session.network.classes
    nodes = []
    for at in np.argsort(-found.terms[0, found.units], kind="stable"):
        unit, value = int(found.units[at]), float(found.terms[0, found.units[at]])
        portrait = gallery.portrait(found.layer, unit)
        tip = [faces.speaks(names, found.speaks[at])] + ([portrait.words] if portrait is not None else [])
        nodes.append(
            Node(
                f"u{unit}",
                f"{noun(found, terms)} {unit}",
                signed(value),
                tuple(tip),
                "" if portrait is None else portrait.png(_FACE),
                pick=unit,
                picked=session.layer.name == found.layer and session.unit == unit,
            )
        )
    others = found.others
    if others.size:
        said = signed(float(found.terms[0, others].sum()))
        nodes.append(Node("others", f"{others.size:,} others", said, (f"The other {noun(found, terms)}s: {said}",)))
    if _biased(found):
        said = signed(float(found.rest[0]))
        nodes.append(Node("bias", "bias", said, (f"The bias of the last weights: {said}",)))
    return Column(f"{noun(found, terms)}s", f"of {found.layer}", nodes)


def noun(found: Flows, terms: Terms) -> str:
    """What one of those that the flows run through is called: of a vector that was only laid out anew, its map."""
    return "map" if found.layer != terms.source or found.places == found.layer else terms.noun


def _biased(found: Flows) -> bool:
    return bool((np.abs(found.rest) > _NOTHING * np.abs(found.scores).max()).any())


def _scores(session: Session, found: Flows, chosen: Sequence[int]) -> Column:
    word = "logit" if session.network.output.shares else "output"
    nodes = []
    for at, index in enumerate(chosen):
        name, terms = session.class_name(index), found.terms[at]
        up, down = float(terms[terms > 0].sum()), float(terms[terms < 0].sum())
        parts = [f"adds {signed(up)}"] * bool(up) + [f"takes {signed(down)}"] * bool(down)
        parts += [f"bias {signed(float(found.rest[at]))}"] if _biased(found) else []
        value = float(found.scores[at])
        tip = (f"{' '.join(parts)} = {number(value)}",)
        nodes.append(
            Node(f"s{index}", f"{word} {name}", number(value), tip, kind="score", value=value, sum="\n".join(parts))
        )
    return Column(f"{word}s", "", nodes)


def _into_scores(session: Session, found: Flows, chosen: Sequence[int]) -> list[Ribbon]:
    """What flows into each score: from each unit, from all others what adds and what takes away, and the bias."""
    ribbons, others = [], found.others
    for at, index in enumerate(chosen):
        name, end = session.class_name(index), f"s{index}"
        flowing = [(f"u{unit}", float(found.terms[at, unit]), f"unit {unit}") for unit in found.units]
        rest = found.terms[at, others]
        for part in (rest[rest > 0], rest[rest < 0]):
            flowing.append(("others", float(part.sum()), f"{part.size:,} of the others"))
        if _biased(found):
            flowing.append(("bias", float(found.rest[at]), "the bias"))
        ribbons += [
            Ribbon(start, end, value, f"{who} to {name}: {signed(value)}") for start, value, who in flowing if value
        ]
    return ribbons


def _alt(session: Session, found: Flows, terms: Terms) -> str:
    name = session.class_name(session.class_index)
    return (
        f"What flows from places of the picture through the {noun(found, terms)}s of {found.layer} into the score of "
        f"{name}: {found.units.size} strongest of {found.terms.shape[1]:,}"
    )
