"""Flatten: the image, or the last feature maps, is unrolled row by row into the one long vector that it becomes.

The page counts pixels, slots, rows and columns from one, as one does before a class; the code counts from zero. Maps
keep their numbers, which are names, from the other pages.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from nnviz.analysis.layer.flattening import flattened_maps, place_of
from nnviz.components.unrolling import Layout, unrolling
from nnviz.pages.flatten.neighbours import Subject, first_below, on_stroke, opened_at, sentence
from nnviz.shell import address, controls
from nnviz.shell.markup import write_html
from nnviz.shell.page import Page, Reading, caption, head, inform, small
from nnviz.shell.session import Session
from nnviz.views import faces, scales

WHAT = {"image": "Image", "maps": "Last feature maps"}
MOST_TILES = 32


def render(session: Session) -> None:
    """Draw the page."""
    what = address.choice("what", tuple(WHAT), "image")
    found, reason = flattened_maps(session.network)
    subject = _maps(session, found.maps) if what == "maps" and found else _image(session)
    count = subject.values.size // subject.step
    start = opened_at(subject.values.shape, _first(subject.values, subject.what))
    unrolled, _ = address.whole("unrolled", start, 0, subject.values.size)
    _say_replaced(subject.noun, subject.number(subject.slot), 1, count)
    _say_replaced("unrolled", unrolled, 0, subject.values.size)
    with head(PAGE):
        _switch(what)
        _preset(session)
        label = f"{subject.noun.capitalize()}, counted from 1 to {count:,}"
        controls.slider(label, subject.noun, subject.number(subject.slot), 1, count)
    if what == "maps" and not found:
        small(f"{reason} So the image is shown.")
    _unrolling(subject, unrolled)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        if subject.what == "maps" and found:
            _face(session, found.flatten, subject)
        caption(sentence(subject))


def _face(session: Session, flatten: str, subject: Subject) -> None:
    """What excites the slot most, beside what is said of it."""
    portrait = faces.gallery(session).portrait(flatten, subject.slot)
    if portrait is not None:
        said = faces.speaks_here(session, flatten, subject.slot)
        face = faces.markup(portrait, f"slot {subject.number(subject.slot):,}", said, side=72)
        write_html("{}", face, width="content")


def _say_replaced(name: str, shown: int, low: int, high: int) -> None:
    asked = address.read().get(name, "")
    if asked not in ("", str(shown)):
        inform(f"{name.capitalize()} runs from {low} to {high} here, so {shown} is shown. Received: {asked[:20]!r}.")


def _switch(what: str) -> None:
    key = "flatten-what"
    address.bound(key, what)
    st.segmented_control(
        "What",
        list(WHAT),
        default=what,
        format_func=WHAT.__getitem__,
        key=key,
        required=True,
        # What was unrolled of the one says nothing of the other.
        on_change=lambda: address.write(what=st.session_state[key], unrolled=None),
        label_visibility="collapsed",
    )


def _preset(session: Session) -> None:
    """The pixel that every lesson takes: the first of the second row, below pixel 1."""
    number = first_below(session.fitted.pixels.shape)
    if number > 1:
        st.button(
            f"Pixel {number}",
            key="flatten-preset",
            help="The first pixel of the second row: it touches pixel 1 in the image, but not in the vector.",
            on_click=lambda: address.write(what="image", pixel=number),
        )


def _image(session: Session) -> Subject:
    pixels = session.fitted.pixels
    rows, columns, channels = pixels.shape
    number, _ = address.whole("pixel", _first(pixels, "image") // channels + 1, 1, rows * columns)
    return Subject("image", "image", pixels.astype(np.float32), (number - 1) * channels, "grey", (0, 255))


def _maps(session: Session, layer: str) -> Subject:
    values = session.trace.activations[layer]
    number, _ = address.whole("slot", _first(values, "maps") + 1, 1, values.size)
    colour, ranges = scales.colour_scale(session, layer, "layer")
    return Subject("maps", layer, values, number - 1, colour, tuple(ranges[0]))


def _first(values: np.ndarray, what: str) -> int:
    """The slot that is opened on where the address names none: on the stroke, or the strongest of the maps."""
    return on_stroke(values) if what == "image" else int(np.abs(values).argmax())


def _unrolling(subject: Subject, unrolled: int) -> None:
    """The picture with its vector; where it rests and what is picked go to the address."""
    channels, number = subject.values.shape[2], subject.number(subject.slot)
    image = subject.what == "image"
    first = 0 if image else place_of(subject.values.shape, subject.slot)[2] // MOST_TILES * MOST_TILES
    shown = 1 if image else min(channels - first, MOST_TILES)
    layout = Layout(
        subject.values,
        image and channels == 3,
        subject.colour,
        (float(subject.ranges[0]), float(subject.ranges[1])),
        first,
        shown,
        subject.slot,
        [(n.slot, n.down, n.right) for n in subject.around],
        subject.beside,
        noun=subject.noun,
        whole=subject.whole,
        title=_title(subject, first, shown),
        own=f"{subject.noun} {number:,}",
        touch=f"touch{'' if len(subject.around) > 1 else 'es'} it in the {subject.whole}",
        stranger=_stranger(subject),
    )
    unrolling(
        layout,
        key=f"flatten-{subject.what}",
        alt=f"The {subject.name} is unrolled row by row into a vector of {subject.values.size:,} slots; "
        f"{subject.noun} {number:,} and its {len(subject.around)} neighbours are outlined. Space plays, arrow keys "
        f"step a row, a click picks a {subject.noun}",
        unrolled=unrolled,
        below=6.2,
        play=address.read().get(address.PLAY) == "1",
        speed=address.read().get("speed", ""),
        on_rest=lambda at: address.write(**{"unrolled": at, address.PLAY: None}),
        on_speed=lambda speed: address.write(speed=speed),
        on_pick=lambda slot: address.write(**{subject.noun: subject.number(slot)}),
    )


def _stranger(subject: Subject) -> str:
    if not subject.beside:
        return ""
    if subject.what == "maps" and subject.values.shape[2] > 1:
        return "beside it, from other maps"
    numbers = " and ".join(f"{subject.number(slot):,}" for slot in subject.beside)
    return f"{numbers}: beside it in the vector, not in the image"


def _title(subject: Subject, first: int, shown: int) -> str:
    rows, columns, channels = subject.values.shape
    if subject.what == "image":
        return f"The image: {rows}x{columns} pixels" + (f", {channels} values each" if channels > 1 else "")
    which = "" if channels <= MOST_TILES else f", maps {first} to {first + shown - 1}"
    return f"{subject.name}: {channels} maps of {rows}x{columns}{which}"


PAGE = Page(
    "Flatten",
    ":material/view_column:",
    "flatten",
    "Flatten",
    render,
    reading=(
        Reading("Convolutional networks", "CS231n, Stanford", "https://cs231n.github.io/convolutional-networks/"),
        Reading(
            "Deep Learning, 9", "Goodfellow et al. 2016", "https://www.deeplearningbook.org/contents/convnets.html"
        ),
    ),
)
