"""The sidebar: which network, which picture, and what is done to the picture first."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from nnviz.analysis.data import digits, photographs
from nnviz.analysis.image.images import fit
from nnviz.app.sidebar import folder_chooser, number_controls, own_pictures
from nnviz.components.raster import Panel, Place, raster
from nnviz.figures.words import percent, with_article
from nnviz.shell import address, caches, controls, library, opening
from nnviz.shell.markdown import escape_markdown
from nnviz.shell.page import spared
from nnviz.shell.session import MOST_NOISE, MOST_SHIFT, Session
from nnviz.views import drawing, own_network

GALLERY = "gallery"
"""Parameter of the address: the class of digits that the sidebar has to choose from, where it is not the picture's."""


def draw(session: Session) -> None:
    """Draw it. Each change reruns the page, since everything depends on network and picture."""
    with st.sidebar:
        # The list of networks comes first: whatever the rest meets in this one, another can be chosen.
        with spared():
            _networks(session)
        with spared():
            if session.network.input.kind == "picture":
                _pictures(session)
                _transforms(session)
            else:
                number_controls.draw(session)


def _networks(session: Session) -> None:
    names = library.network_names()
    controls.listed("Network", "network", names, session.name, lambda: opening.choose(st.session_state["network"]))
    card = session.network.card
    test = card.get("test")
    if isinstance(test, dict) and all(_number(test.get(name)) for name in ("accuracy", "digits", "correct")):
        title = escape_markdown(str(card.get("title", "")))
        st.caption(
            f"{title}: {percent(test['accuracy'], 2)} of {test['digits']:,} test digits right "
            f"({test['correct']:,}), {session.network.parameters:,} parameters."
        )
    else:
        title = f"{card['title']}: " if "title" in card else ""
        st.caption(f"{escape_markdown(title)}{session.network.parameters:,} parameters.")
    if library.is_own(session.name):
        own_network.settings(session)
    own_network.upload("A network of your own", "sidebar")


def _number(value: Any) -> bool:
    return isinstance(value, int | float)


def _pictures(session: Session) -> None:
    folder_chooser.chooser(session)
    if not digits.read_by(session.network):
        _photographs(session)
    # Of one's own network it may only be assumed what it reads.
    if not photographs.said(session.network):
        drawing.popover()
        _digits(session)
    label = library.label_in(session.network, session.picture)
    known_label = "" if label is None else f", {with_article(label)}"
    swapped = opening.swapped(session.name, session.picture.name)
    with st.container(key="picture-known"):
        st.caption(escape_markdown(f"Shown: {session.picture.title}{known_label}. {session.fitted.note}{swapped}"))
    own_pictures.controls()


def _photographs(session: Session) -> None:
    """The photographs that ship, to choose from."""
    entries = photographs.gallery()
    names = [entry.name for entry in entries]
    raster(
        [Panel(_thumbnails(), title="Photographs", names=[e.title for e in entries], columns=2, most=112, pick="tile")],
        key="photographs",
        alt=f"{len(entries)} photographs to choose from",
        picked=Place(0, names.index(session.picture.name), 0, 0) if session.picture.name in names else None,
        height=0.3,
        least=56,
        on_pick=lambda place: address.write(image=names[place.tile]),
    )


def _thumbnails() -> np.ndarray:
    """The middle square of each photograph: (n, 112, 112, 3) in 0..255."""
    plain = ((112, 112, 3), (1.0,) * 3, (0.0,) * 3)

    def make() -> np.ndarray:
        return np.stack([fit(photographs.photograph(e.name), *plain).pixels for e in photographs.gallery()])

    return caches.thumbnails.made("photographs that ship", make)


def _digits(session: Session) -> None:
    """The digits of one class, to choose from."""
    known = {str(number): number for number in range(10)}
    label = session.picture.label if session.picture.label in known else None
    before = st.session_state.get("shown-picture")
    if session.picture.name != before:
        # Another picture shows those of its own class; with the first the address may say which.
        if before is not None and label is not None and GALLERY in address.read():
            address.write(**{GALLERY: None})
        st.session_state["shown-picture"] = session.picture.name
    last = st.session_state.get("digit-class")
    shown = address.choice(GALLERY, tuple(known), label or (last if last in known else "7"))
    address.bound("digit-class", shown)
    st.segmented_control(
        "Picture",
        list(known),
        default=shown,
        key="digit-class",
        required=True,
        on_change=address.writer(GALLERY, "digit-class"),
    )
    entries = [entry for entry in digits.gallery() if entry.label == known[shown]]
    images = np.stack([digits.digit(entry.index)[0] for entry in entries]).astype(np.float32)
    names = [f"test-{entry.index}" for entry in entries]
    at = names.index(session.picture.name) if session.picture.name in names else None
    raster(
        [
            Panel(
                images,
                "grey",
                (0, 255),
                names=[f"test digit {e.index} ({e.why})" for e in entries],
                most=84,
                columns=5,
                pick="tile",
            )
        ],
        key="gallery",
        alt=f"{len(entries)} handwritten {shown}s to choose from",
        picked=None if at is None else Place(0, at, 0, 0),
        height=0.3,
        least=28,
        on_pick=lambda place: address.write(image=names[place.tile]),
    )


def _transforms(session: Session) -> None:
    transform = session.transform
    controls.slider("Shift right (pixels)", "dx", transform.shift[0], -MOST_SHIFT, MOST_SHIFT)
    controls.slider("Shift down (pixels)", "dy", transform.shift[1], -MOST_SHIFT, MOST_SHIFT)
    controls.slider("Rotate (degrees)", "rotate", round(transform.rotate), -180, 180, step=5)
    controls.slider("Noise (of 255)", "noise", round(transform.noise), 0, MOST_NOISE, step=5)
    address.bound("invert", transform.invert)
    st.toggle("Invert", transform.invert, key="invert", on_change=address.writer("invert", "invert"))
    address.bound("stretch", transform.stretch)
    st.toggle(
        "Stretch",
        transform.stretch,
        key="stretch",
        on_change=address.writer("stretch", "stretch"),
        help="Of a drawing: its paper and its ink become black and white, whatever the light on it.",
    )
    shuffled, write = transform.shuffle is not None, address.writer("shuffle", "shuffle", lambda on: int(on))
    address.bound("shuffle", shuffled)
    st.toggle("Shuffle the pixels", shuffled, key="shuffle", on_change=write)
