"""Pictures of one's own: a file, the clipboard, the camera, and many at once, loose, as a folder or in a zip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from nnviz.analysis.data import uploaded
from nnviz.analysis.data.folder import Folder
from nnviz.analysis.image.decode import SUFFIXES
from nnviz.components.paste import paste, read
from nnviz.errors import NnvizError
from nnviz.shell import address, library
from nnviz.shell.markdown import escape_markdown
from nnviz.shell.page import complain
from nnviz.views import camera

_ERROR = "upload-error"
_AGAIN = "uploads begun anew"
Place = Literal["sidebar", "page"]


def controls() -> None:
    """In the sidebar: a file, the camera, and the window for many."""
    st.file_uploader(
        "A picture of your own",
        type=camera.TYPES,
        key="upload",
        on_change=_take_upload,
        max_upload_size=camera.MOST_MB,
        help="Or paste one anywhere on the page (Ctrl+V).",
    )
    camera.camera("sidebar", lambda: address.write(image=library.UPLOAD), "stretch")
    _many()
    complaint("sidebar")


def clipboard() -> None:
    """Hears what is pasted anywhere on the page, and draws nothing. Comes before what reads the address."""
    with st.container(key="paste"):
        told = paste(key="pasted")

    def keep() -> str:
        pasted = read(told)
        library.keep_upload(pasted.content, pasted.name)
        return library.UPLOAD

    if told is not None:
        _take(keep, "page")


def complaint(place: Place) -> None:
    """Why what was given last there cannot be shown.

    It stands until the address says something else: a page that works in the background is drawn again at once.
    """
    error, where, there = st.session_state.get(_ERROR, (None, None, None))
    if error is not None and where == place and there == address.read():
        complain(error)


def _take(keep: Callable[[], str], place: Place) -> bool:
    """Show what was given, by the name under which it was kept; what cannot be leaves what was there, and says why."""
    st.session_state.pop(_ERROR, None)
    try:
        name = keep()
    except NnvizError as error:
        st.session_state[_ERROR] = (error, place, address.read())
        return False
    address.write(image=name)
    return True


def _take_upload() -> None:
    file = st.session_state["upload"]
    if file is None:
        st.session_state.pop(_ERROR, None)
        return

    def keep() -> str:
        library.keep_upload(file.getvalue(), file.name)
        return library.UPLOAD

    _take(keep, "sidebar")


def _many() -> None:
    """The window for many pictures at once."""
    own = library.uploaded_folder()
    with st.popover("Folder or zip", icon=":material/folder_open:", width="stretch"):
        if own is not None:
            st.caption(escape_markdown(f"{own.title}: {len(own):,} pictures, yours alone until you leave."))
            st.button("Forget them", icon=":material/delete:", on_click=_forget)
        # A new key is a new widget, so that the server lets go of the files of the one before.
        turn = st.session_state.get(_AGAIN, 0)
        st.file_uploader(
            "A folder",
            type=[suffix[1:] for suffix in SUFFIXES],
            accept_multiple_files="directory",
            key=f"upload-folder-{turn}",
            on_change=lambda: _take_many(f"upload-folder-{turn}"),
            max_upload_size=camera.MOST_MB,
        )
        st.file_uploader(
            "A zip, or several pictures",
            type=["zip", *(suffix[1:] for suffix in SUFFIXES)],
            accept_multiple_files=True,
            key=f"upload-many-{turn}",
            on_change=lambda: _take_many(f"upload-many-{turn}"),
            max_upload_size=uploaded.MOST_BYTES // 1_000_000,
        )


def _take_many(key: str) -> None:
    files = [(file.name, file.getvalue()) for file in st.session_state[key]]
    if not files:
        return
    taken = _take(lambda: library.keep_folder(_folder(files)), "sidebar")
    if not taken:
        st.session_state[_AGAIN] = st.session_state.get(_AGAIN, 0) + 1


def _folder(files: list[tuple[str, bytes]]) -> Folder:
    zips = [each for each in files if each[0].lower().endswith(".zip")]
    if zips and len(files) > 1:
        raise NnvizError(
            f"One zip, or pictures, were expected. Received: {len(files)} files, {len(zips)} of them zips."
        )
    if zips:
        name, content = zips[0]
        return uploaded.from_zip(content, name)
    return uploaded.from_files(files, files[0][0].partition("/")[0] if "/" in files[0][0] else "your pictures")


def _forget() -> None:
    st.session_state[_AGAIN] = st.session_state.get(_AGAIN, 0) + 1
    own, shown = library.uploaded_folder(), address.read().get("image")
    library.forget_folder()
    if own is not None and shown is not None and own.number(shown) is not None:
        address.write(image=None)
