"""Flatten: the image, or the last feature maps, beside the one long vector that it becomes.

The page counts pixels, slots, rows and columns from one, as one does before a class; the code counts from zero. Maps
keep their numbers, which are names, from the other pages.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from nnviz.analysis.flattening import flattened_maps, place_of
from nnviz.components.raster import Line, Panel, Place, raster
from nnviz.figures.tiles import as_tiles
from nnviz.pages import address, controls, views
from nnviz.pages.page import Page, caption, head, small
from nnviz.pages.session import Session
from nnviz.pages.slots import Subject, binned, sentence, table

WHAT = {"image": "Image", "maps": "Last feature maps"}
MOST_TILES = 32
MOST_BINS = 4096
"""Cells of the strip: a canvas ends at some 16,000, and a screen before that."""


def render(current: Session) -> None:
    """Draw the page."""
    what = address.choice("what", tuple(WHAT), "image")
    found, reason = flattened_maps(current.network)
    subject = _maps(current, found.maps) if what == "maps" and found else _image(current)
    count = subject.values.size // subject.step
    asked = address.read().get(subject.noun, "")
    if asked not in ("", str(subject.number(subject.slot))):
        st.info(
            f"{subject.noun.capitalize()} runs from 1 to {count} here, so {subject.number(subject.slot)} is shown. "
            f"Received: {asked[:20]!r}.",
            icon=":material/info:",
        )
    with head(PAGE):
        controls.switch("What", "what", tuple(WHAT), what, titles=WHAT)
        label = f"{subject.noun.capitalize()}, 1 to {count:,}"
        controls.slider(label, subject.noun, subject.number(subject.slot), 1, count)
    if what == "maps" and not found:
        small(f"{reason} So the image is shown.")
    _picture(subject)
    st.html(table(subject))
    caption(sentence(subject))


def _image(current: Session) -> Subject:
    pixels = current.fitted.pixels
    # 29 is the deck's own: at the left border, below pixel 1.
    number, _ = address.whole("pixel", 29, 1, pixels.shape[0] * pixels.shape[1])
    values = pixels.astype(np.float32)
    return Subject("image", "image", values, (number - 1) * pixels.shape[2], "grey", (0, 255), current.fitted_tile)


def _maps(current: Session, layer: str) -> Subject:
    values = current.trace.activations[layer]
    number, _ = address.whole("slot", int(np.abs(values).argmax()) + 1, 1, values.size)
    colour, ranges = views.colour_scale(current, layer, "layer")
    channel = place_of(values.shape, number - 1)[2]
    first = channel // MOST_TILES * MOST_TILES
    tiles = as_tiles(values)[first : first + MOST_TILES]
    return Subject("maps", layer, values, number - 1, colour, tuple(ranges[0]), tiles, first)


def _picture(subject: Subject) -> None:
    """The picture, what is around the cell there and in the vector, and below them the whole vector."""
    row, column, channel = subject.place
    tile = 0 if subject.what == "image" else channel - subject.first
    size = subject.values.size
    bins = min(size, MOST_BINS)
    slots = _window(subject)
    patch = sorted([*(n.slot for n in subject.around), subject.slot])
    strip = Panel(
        binned(subject.values.reshape(-1), bins).reshape(1, 1, -1),
        subject.colour,
        subject.ranges,
        labels=[_strip_label(subject, bins)],
        names=["the vector"],
        strip=(24, 44),
        row=1,
        pick="cell",
    )
    marks, lines = [], []
    for n in subject.around:
        start, end = Place(0, tile, n.row, n.column), Place(3, 0, 0, n.slot * bins // size)
        near = [Place(2, int(at)) for at in np.flatnonzero(slots == n.slot)]
        marks += [start, end, Place(1, patch.index(n.slot)), *near]
        lines.append(Line(start, end, plain=True))
    own = (
        Place(1, patch.index(subject.slot), colour="picked"),
        Place(2, list(slots).index(subject.slot), colour="picked"),
        Place(3, 0, 0, subject.slot * bins // size, colour="picked"),
    )
    raster(
        [_shown(subject), _near(subject, patch), _close_up(subject, slots), strip],
        key=f"flatten-{subject.what}",
        alt=f"The {subject.name}, {subject.noun} {subject.number(subject.slot)} in it, and where its "
        f"{len(lines)} neighbours land in the vector of {size} slots",
        picked=Place(0, tile, row, column),
        marks=[*marks, *own],
        lines=lines,
        height=0.58,
        least=180 if subject.what == "image" else 36,
        first=1,
        on_pick=lambda place: _pick(subject, patch, slots, bins, place),
    )


def _near(subject: Subject, patch: list[int]) -> Panel:
    """The cell among its neighbours, as they stand in the picture."""
    rows, columns, channels = subject.values.shape
    colours = subject.what == "image" and channels == 3
    cells = subject.values.reshape(rows * columns, channels)
    return Panel(
        (cells[np.array(patch) // channels] if colours else subject.values.reshape(-1)[patch]).reshape(
            len(patch), 1, 1, *([3] if colours else [])
        ),
        title=f"Around it in the {subject.whole}",
        columns=len({n.column for n in subject.around} | {subject.place[1]}),
        **_cells(subject, [subject.number(slot) for slot in patch], subject.noun, not colours),
    )


def _close_up(subject: Subject, slots: np.ndarray) -> Panel:
    """The cell among those that stand beside it in the vector."""
    return Panel(
        subject.values.reshape(-1)[slots].reshape(-1, 1, 1),
        title="Around it in the vector",
        columns=len(slots),
        **_cells(subject, [int(slot) + 1 for slot in slots], "slot", True),
    )


def _cells(subject: Subject, numbers: list[int], noun: str, printed: bool) -> dict[str, Any]:
    """What the two close-ups have in common."""
    return {
        "colour": subject.colour,
        "ranges": subject.ranges,
        "labels": [f"{number:,}" for number in numbers],
        "names": [f"{noun} {number:,}" for number in numbers],
        "most": 64,
        "scale": 0.2 if subject.what == "image" else 0.78,
        "numbers": printed,
        "pick": "tile",
    }


def _shown(subject: Subject) -> Panel:
    rows, columns, channels = subject.values.shape
    if subject.what == "image":
        title = f"The image: {rows}x{columns} pixels" + (f", {channels} values each" if channels > 1 else "")
        return Panel(subject.tiles, "grey", (0, 255), title=title, most=448, pick="cell")
    last = subject.first + len(subject.tiles)
    which = "" if channels <= MOST_TILES else f", maps {subject.first} to {last - 1}"
    return Panel(
        subject.tiles,
        subject.colour,
        subject.ranges,
        title=f"{subject.name}: {channels} maps of {rows}x{columns}{which}",
        names=[f"map {index}" for index in range(subject.first, last)],
        columns=8,
        most=98,
        pick="cell",
    )


def _strip_label(subject: Subject, bins: int) -> str:
    size = subject.values.size
    last = "" if subject.values.shape[2] == 1 else ", then colour" if subject.what == "image" else ", then map"
    text = f"Vector: {size:,} slots, by row, then column{last}"
    return text if bins == size else f"{text}; each line is the strongest of {size / bins:.0f}"


def _window(subject: Subject) -> np.ndarray:
    """The slots that are shown close up: some before and some behind, all of them at an end of the vector."""
    width = min(9 if subject.what == "image" else 5, subject.values.size)
    start = min(max(subject.slot - width // 2, 0), subject.values.size - width)
    return np.arange(start, start + width)


def _pick(subject: Subject, patch: list[int], slots: np.ndarray, bins: int, place: Place) -> None:
    if place.panel in (1, 2):
        slot = int((patch if place.panel == 1 else slots)[place.tile])
    elif place.panel == 3:
        slot = (place.column or 0) * subject.values.size // bins
    else:
        channel = 0 if subject.what == "image" else subject.first + place.tile
        where = (place.row or 0, place.column or 0, channel)
        slot = int(np.ravel_multi_index(where, subject.values.shape))
    address.write(**{subject.noun: subject.number(slot)})


PAGE = Page("Flatten", ":material/view_column:", "flatten", "Flatten", render)
