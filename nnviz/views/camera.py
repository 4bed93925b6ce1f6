"""A picture of one's own where no sidebar is needed for it: from the camera, which opens when asked, or from a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from nnviz.analysis.image.decode import SUFFIXES
from nnviz.errors import NnvizError
from nnviz.shell import library
from nnviz.shell.page import complain

TYPES = [suffix[1:] for suffix in SUFFIXES]
MOST_MB = 50
"""Of one picture."""
_OPEN = "own picture asked for"


def buttons(place: str, taken: Callable[[], None]) -> None:
    """Two buttons, each of which opens a window over the page.

    Args:
        place: where they stand, unique: the window belongs to one of them.
        taken: called with the picture kept as the viewer's own, before the page is drawn again.
    """
    camera(place, taken)
    if st.button("File", icon=":material/upload:", key=f"file-{place}"):
        st.session_state[_OPEN] = (place, "file")
    _window(place, "file", taken)


def camera(place: str, taken: Callable[[], None], width: Literal["stretch", "content"] = "content") -> None:
    """The button of the camera alone."""
    if st.button("Camera", icon=":material/photo_camera:", key=f"camera-{place}", width=width):
        st.session_state[_OPEN] = (place, "camera")
    _window(place, "camera", taken)


def _window(place: str, kind: str, taken: Callable[[], None]) -> None:
    """Draw the window where it is open: a page that works in the background is drawn anew under it."""
    if st.session_state.get(_OPEN) != (place, kind):
        return
    title = "Take a picture" if kind == "camera" else "A picture of your own"

    @st.dialog(title, width="medium", on_dismiss=_close)
    def window() -> None:
        key = f"shot-{place}-{kind}"
        if kind == "camera":
            file = st.camera_input("Camera", key=key, label_visibility="collapsed")
        else:
            file = st.file_uploader(
                "A picture of your own", type=TYPES, key=key, label_visibility="collapsed", max_upload_size=MOST_MB
            )
        if file is None:
            return
        try:
            library.keep_upload(file.getvalue(), "your photograph" if kind == "camera" else file.name)
        except NnvizError as error:
            complain(error)
            return
        _close()
        taken()
        st.rerun()

    window()


def _close() -> None:
    st.session_state.pop(_OPEN, None)
