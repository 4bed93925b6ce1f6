"""Strokes to digits: how much of the picture a unit of each layer sees, and the patches that excite it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from nnviz.analysis.data import digits
from nnviz.analysis.data.pictures import output_shapes, taken_by
from nnviz.analysis.image.images import Transform
from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.receptive import Field
from nnviz.analysis.search.patches import box
from nnviz.analysis.search.strongest import Hit, Strongest, by_logits
from nnviz.components.raster import Place, raster
from nnviz.figures.words import number, shortened
from nnviz.pages.strokes.depths import Depth, cells, depths, fields_of, with_fields
from nnviz.shell import address, controls
from nnviz.shell.page import Page, Reading, caption, head, link, small
from nnviz.shell.session import Session
from nnviz.shell.target_words import class_of_unit, unit_name
from nnviz.views import scales
from nnviz.views.search import index_job
from nnviz.views.search.image_sets import DIGITS, ImageSet, what_for
from nnviz.views.search.index_job import unread
from nnviz.views.search.patch_panels import fitted_note, gone, patch_panel

ROOM = 12
"""Letters of a layer's name above a panel."""
STUDIED, OTHERS = 7, 6
"""Patches of the unit under study, beside their mean, and of one of another depth."""


def render(session: Session) -> None:
    """Draw the page."""
    network = session.network
    fields = fields_of(network, {name: array.shape for name, array in session.trace.activations.items()})
    layers = with_fields(network, fields, session.layer.name)
    shown = depths(session, layers)
    of = index_job.among(session)
    index = index_job.begun(session, of)
    found: Strongest | None = index.found
    hits = [_hits(found, depth, _count(of, depth.layer is session.layer)) for depth in shown]
    with head(PAGE, lambda: controls.study(session, layers)):
        pass
    _fields(session, layers, shown, fields)
    _patches(session, of, shown, hits, fields)
    own = next((each for depth, each in zip(shown, hits, strict=True) if depth.layer is session.layer), ())
    caption(sentence(session, of, fields, found, own))
    # In one row: a bar that is not there would still take the gap below the line.
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium", key="strokes-said")
    with index_job.beside(session), row:
        if not index.busy:
            lost = gone(network, session.key, of, [hit for each in hits for hit in each])
            small(notes(session, of, found) + lost)
        link("dossier")
        index_job.bar(index)


def _count(of: ImageSet, studied: bool) -> int:
    """Patches of a unit: of digits one less under study, in whose place their mean stands; that of photographs would
    show nothing."""
    return OTHERS if not studied else STUDIED + (of is not DIGITS)


def _places(of: ImageSet, count: int) -> int:
    """Patches that there can be: a picture has one a unit."""
    return min(count, len(of.pictures))


def _hits(found: Strongest | None, depth: Depth, count: int) -> tuple[Hit, ...]:
    """The patches that excite a unit; a zero excites nothing."""
    if found is None or depth.layer.name not in found.layers:
        return ()
    return tuple(hit for hit in found.layers[depth.layer.name].of(depth.unit)[:count] if hit.value != 0)


def _data_fields(session: Session, of: ImageSet, fields: dict[str, Field | None]) -> dict[str, Field | None]:
    """What a unit sees of a searched picture: with a network of any size the one under study may have another."""
    if None not in session.network.image_shape:
        return fields
    return fields_of(session.network, output_shapes(session.network, of.pictures))


def _fields(
    session: Session, layers: Sequence[LayerInfo], shown: Sequence[Depth], fields: dict[str, Field | None]
) -> None:
    """The picture once a layer, each with what a unit there sees of it."""
    at = cells(session, layers, shown, fields)
    size = session.fitted.pixels.shape[:2]
    panels, marks = [], []
    names = shortened([layer.name for layer in layers], ROOM)
    long = any(len(layer.name) > ROOM for layer in layers)
    for index, (layer, name) in enumerate(zip(layers, names, strict=True)):
        seen = sees(fields[layer.name], size)
        words = {"title": name, "note": seen} if long else {"title": f"{layer.name}: {seen}"}
        panels.append(scales.picture_panel(session, **words, names=[layer.name], most=168, pick="tile"))
        top, left, rows, columns = box(fields[layer.name], at.get(layer.name), size)
        marks.append(Place(index, 0, top, left, rows, columns))
    units = {depth.layer.name: depth.unit for depth in shown}
    raster(
        panels,
        key="strokes-fields",
        alt=f"How much of the picture a unit of each of {len(layers)} layers sees",
        picked=next((Place(i, 0, 0, 0) for i, layer in enumerate(layers) if layer is session.layer), None),
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
    session: Session,
    of: ImageSet,
    shown: Sequence[Depth],
    hits: Sequence[Sequence[Hit]],
    fields: dict[str, Field | None],
) -> None:
    """The patches of one unit a depth; a pick opens the picture that a patch was cut out of."""
    fields = _data_fields(session, of, fields)
    panels, picked = [], None
    names = shortened([depth.layer.name for depth in shown], ROOM)
    for index, (depth, each) in enumerate(zip(shown, hits, strict=True)):
        studied, few = depth.layer is session.layer, len(of.pictures) < STUDIED
        panels.append(
            patch_panel(
                session.network,
                session.key,
                of,
                each,
                fields[depth.layer.name],
                _places(of, _count(of, studied)),
                mean=studied and of is DIGITS,
                title=f"{names[index]}, unit {depth.unit}",
                note=": ".join(filter(None, (class_of_unit(session.network, depth.layer.name, depth.unit), depth.why))),
                columns=4 if studied and not few else 2,
                most=196 if studied or few else 140,
                scale=1.5 if studied and not few else 1.0,
            )
        )
        found = [of.name(hit.image) for hit in each]
        if session.picture.name in found:
            picked = Place(index, found.index(session.picture.name))
    raster(
        panels,
        key="strokes-patches",
        alt=f"The patches of the {of.noun}s that excite {len(shown)} units most, one a layer",
        picked=picked,
        height=0.49,
        least=56,
        wide=len(shown) < 4,
        on_pick=lambda place: _open(shown[place.panel], hits[place.panel], place.tile, of),
    )


def _open(depth: Depth, hits: Sequence[Hit], tile: int, of: ImageSet) -> None:
    """Open the picture that a patch was cut out of, at its cell, with the unit under study that it excites."""
    if tile >= len(hits):
        return
    row, column = hits[tile].cell or (None, None)
    # The picture as it is: moved or turned it would not be the one that was found.
    plain: dict[str, Any] = dict.fromkeys(("dx", "dy", "rotate", "noise", "invert", "stretch", "shuffle", "page"))
    name = of.name(hits[tile].image)
    address.write(layer=depth.layer.name, unit=depth.unit, image=name, row=row, column=column, **plain)


_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def sees(field: Field | None, size: tuple[int, int]) -> str:
    """How much of a picture of `size` a unit sees, in pixels; "whole" where it is all of it wherever the unit stands.

    A field may be larger than the picture: then a unit sees at most so much.
    """
    if field is None:
        return "whole"
    return "x".join(str(min(extent.size, most)) for extent, most in zip(field, size, strict=True))


def sentence(
    session: Session,
    of: ImageSet,
    fields: Mapping[str, Field | None],
    found: Strongest | None,
    hits: Sequence[Hit],
) -> str:
    """What the unit sees, and which pictures excite it."""
    layer = session.layer
    if layer.index == 0:
        return "This is the picture as the network gets it: pick a layer to see how much of it one unit there sees."
    size = (session.fitted.pixels.shape[0], session.fitted.pixels.shape[1])
    own, who = sees(fields[layer.name], size), unit_name(session.network, layer.name, session.unit)
    what = f"{who[0].upper()}{who[1:]} sees "
    what += "the whole picture" if own == "whole" else f"{own} of the {size[0]}x{size[1]} pixels"
    if found is None:
        return f"{what}; the {of.noun}s that excite it most are being searched."
    if not hits:
        return f"{what}; it is silent on all of {found.searched:,} {of.noun}s."
    if of is not DIGITS:
        return f"From edges to whole {of.noun}s: {what[0].lower()}{what[1:]}. {of_pictures(of, found.searched, hits)}"
    return f"{what}. {of_digits(found.searched, hits, own == 'whole')}"


def of_pictures(of: ImageSet, searched: int, hits: Sequence[Hit]) -> str:
    """Which pictures excite it most and least of those that are shown, and of which classes they are, where known."""
    first, last = hits[0], hits[-1]
    text = f"Of {searched:,} {of.noun}s {of.title(first.image)} excites it most ({number(first.value)})"
    if len(hits) < 2:
        return f"{text}, the others not at all."
    alike = sum(number(hit.value) == number(first.value) for hit in hits)
    if alike > 1:
        text = f"Of {searched:,} {of.noun}s {_WORDS[alike]} excite it alike ({number(first.value)})"
        if alike == len(hits):
            return f"{text}."
    if searched <= len(hits):
        return f"{text}, {of.title(last.image)} least ({number(last.value)})."
    if of.labels is None:
        return f"{text}; the {_WORDS[len(hits)]} patches go down to {number(last.value)}."
    counts = Counter(str(of.labels[hit.image]) for hit in hits if of.labels[hit.image]).most_common(3)
    if not counts:
        return f"{text}."
    listed = ", ".join(f"{_WORDS[count]} of {label}" for label, count in counts)
    return f"{text}; of its {_WORDS[len(hits)]} strongest: {listed}."


def of_digits(searched: int, hits: Sequence[Hit], whole: bool) -> str:
    """Which digits the patches come from, and whether they are of one class."""
    counts = Counter(digits.digit(hit.image)[1] for hit in hits).most_common()
    parts = [f"{_WORDS[count]} {digit}{'s' if count > 1 else ''}" for digit, count in counts]
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    plural = "s" if len(hits) > 1 else ""
    if whole:
        what = f"{_WORDS[len(hits)]} strongest of {searched:,} digits {'are' if plural else 'is'}"
    else:
        what = f"{_WORDS[len(hits)]} strongest patch{'es' if plural else ''} in {searched:,} digits"
        what += " are from" if plural else " is from"
    so_what = f"{_WORDS[len(counts)]} classes share what excites it" if len(counts) > 1 else "all of one class"
    return f"Its {what} {listed}: {so_what}."


def notes(session: Session, of: ImageSet, found: Strongest | None) -> str:
    """How it was searched, and what was done to the pictures."""
    network, noun, below = session.network, of.noun, "its digit and the unit's value"
    if of is not DIGITS:
        below = f"the unit's value, and under the pointer its {noun}"
    if by_logits(network, session.layer.name):
        below += f" (a logit in {session.layer.name})"
    text = f"Below each patch {below}; chequers stand beyond the border. Pick one to open it."
    if found is not None and found.seen < found.available:
        kind = "test digit" if of is DIGITS else noun
        text += f" {found.searched:,} of the {found.available:,} {kind}s were searched, drawn at random."
    text += unread(of, found) + what_for(network, of)
    if session.transform != Transform(shuffle=network.shuffle):
        text += f" The {noun}s are searched as they are, whatever is done to the picture."
    if note := fitted_note(network, of):
        text += f" For this network {note.replace('The picture was', f'each {noun} is')}"
    if network.shuffle is not None:
        text += f" The {noun}s are shuffled as this network was trained: neighbours in a patch are none in the {noun}."
    return text


def unfit(network: Network) -> str:
    """Why it shows nothing of a network: no unit of it looks at a part of a picture."""
    if taken_by(network):
        return ""
    return f"Strokes to digits shows what a unit sees of a picture, and {network.name} takes none."


PAGE = Page(
    "Strokes to digits",
    ":material/layers:",
    "strokes",
    "Convolve",
    render,
    unfit,
    reading=(
        Reading("Zoom in: circuits", "Olah et al. 2020", "https://distill.pub/2020/circuits/zoom-in/"),
        Reading(
            "Computing receptive fields", "Araujo et al. 2019", "https://distill.pub/2019/computing-receptive-fields/"
        ),
    ),
)
