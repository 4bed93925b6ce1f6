"""A network of one's own on the page: where it is dropped, what was found out about it, and its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from nnviz.errors import NnvizError
from nnviz.shell import address, library, models, opening, uploads
from nnviz.shell.page import ON_WALL, inform, small
from nnviz.shell.session import Session
from nnviz.views import camera, card_form

_BESIDE = (".json", ".txt")
"""What may come with a model: its other half or its card, and the names of its classes."""
_COUNT, _TAKEN = "uploads taken", "upload just taken"
_SETTINGS = "settings open"


def upload(label: str, place: str, more: tuple[str, ...] = ()) -> None:
    """Where a model is dropped or chosen, in one part or in two.

    Args:
        place: in which part of the app.
        more: types of pictures that are taken too.
    """
    # What was taken is in a file: a new widget, so that the old one holds nothing any more.
    key = f"model-{place}-{st.session_state.get(_COUNT, 0)}"
    with st.container(key=f"drop-{place}"):
        st.file_uploader(
            label,
            type=[*(end[1:] for end in (*models.SUFFIXES, *_BESIDE)), *more],
            accept_multiple_files=True,
            max_upload_size=uploads.MEGABYTES,
            key=key,
            on_change=lambda: _take(key),
        )


def drop() -> None:
    """The place of the opening page for what a viewer brings, until he has brought something."""
    brought = library.has_upload() or any(source.own for source in library.sources().values())
    if st.session_state.pop(_TAKEN, False):
        st.rerun()  # the page is a fragment, and a network is opened by the whole
    if not brought and not st.session_state.get(ON_WALL):
        upload("Or drop your own model or picture", "page", tuple(camera.TYPES))


def _take(key: str) -> None:
    # What was let go of below changes once more, into what stands for a file that is gone.
    files = [file for file in st.session_state.get(key) or () if isinstance(file, UploadedFile)]
    if not files:
        return
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
    st.session_state[_TAKEN] = True
    pictures = [file for file in files if Path(file.name).suffix.lower()[1:] in camera.TYPES]
    if pictures and len(pictures) == len(files):
        _take_picture(pictures[0])
    else:
        opening.take([file for file in files if file not in pictures])
    uploads.release(files)


def _take_picture(file: Any) -> None:
    try:
        library.keep_upload(file.getvalue(), file.name)
    except NnvizError as error:
        opening.refuse(str(error))
        return
    address.write(image=library.UPLOAD)


def doubted(session: Session) -> None:
    """Why what it takes may be read wrongly, above the answer, with what sets it right."""
    # Always there, so that what follows has the same place in every run (see `main._wait`).
    with st.container(key="doubted", horizontal=True, vertical_alignment="center", gap="small"):
        if library.is_own(session.name) and session.network.input.doubt:
            inform(session.network.input.doubt)
            _set_it("doubted")


def said(session: Session) -> None:
    """What was found out, or assumed, and mended: a quiet line, and where it was assumed what sets it right."""
    network = session.network
    if not library.is_own(session.name):
        return
    takes = network.input
    sentence, settable = takes.assumed or takes.found, bool(takes.assumed and not takes.doubt)
    mend = "Set it if that is wrong." if settable else ""
    if sentence or network.notes:
        small(" ".join(filter(None, (*network.notes, sentence, mend))))
    if settable:
        _set_it("assumed")


def _set_it(why: str) -> None:
    st.button("Set it", icon=":material/tune:", key=f"settings-{why}", on_click=_open)


def settings(session: Session) -> None:
    """The button of the settings, and their window where it is open."""
    st.button("Settings", icon=":material/tune:", key="settings", width="stretch", on_click=_open)
    # A page that works in the background is drawn anew under it.
    if st.session_state.get(_SETTINGS):

        @st.dialog("What this network takes and says", width="large", on_dismiss=_close)
        def window() -> None:
            card_form.draw(session, _close)

        window()


def _open() -> None:
    st.session_state[_SETTINGS] = True


def _close() -> None:
    st.session_state.pop(_SETTINGS, None)
