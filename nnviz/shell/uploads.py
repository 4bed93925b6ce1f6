"""Models that a viewer uploads: his own, in a folder of his visit, which ends with it.

Streamlit tells when a browser has left, also where it only lost its connection and comes back: so the files go a while
after that, as long as Streamlit itself keeps a session for who comes back, and with the server in any case.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from nnviz.errors import NnvizError
from nnviz.private_folders import private_folder
from nnviz.shell import models
from nnviz.shell.models import Source

YOURS = " (yours)"
"""How the names of uploaded networks end, in the address too."""
MEGABYTES = 1024
"""What an upload may have."""
_COMES_BACK = 150.0
"""Seconds after which a viewer who left does not come back; Streamlit keeps his session for 120."""
_CHUNK = 4 * 2**20
_VISIT = "visit"


class Upload(Protocol):
    """A file as Streamlit has it."""

    name: str
    size: int

    def read(self, size: int = -1, /) -> bytes: ...
    def seek(self, offset: int, /) -> int: ...


@dataclass(eq=False)
class Visit:
    """What a viewer has uploaded.

    Attributes:
        sources: by name, the newest first.
        folder: where the files are.
    """

    sources: dict[str, Source] = field(default_factory=dict)
    folder: tempfile.TemporaryDirectory[str] = field(default_factory=private_folder)
    _end: threading.Timer | None = None

    def left(self) -> None:
        """The viewer has left; he may come back."""
        self._end = threading.Timer(_COMES_BACK, self.end)
        self._end.daemon = True
        self._end.start()

    def back(self) -> None:
        """He is there."""
        if self._end is not None:
            self._end.cancel()

    def end(self) -> None:
        """Forget all: the files, and the networks that were opened from them."""
        for source in self.sources.values():
            models.forget(source)
        self.sources = {}
        self.folder.cleanup()


@st.cache_resource(scope="session", on_release=Visit.left, show_spinner=False)
def _here(_visit: Visit) -> Visit:
    """What Streamlit lets go of when the viewer leaves."""
    _visit.back()
    return _visit


def of_viewer() -> Mapping[str, Source]:
    """What this viewer has uploaded, by name; nothing where nobody looks."""
    if get_script_run_ctx(suppress_warning=True) is None or _VISIT not in st.session_state:
        return {}
    return _here(st.session_state[_VISIT]).sources


def place(files: Sequence[Upload], taken: Sequence[str]) -> Source:
    """Where the network of these files will be, for this viewer; nothing is written yet.

    Args:
        files: a model, maybe in two parts, and what belongs to it.
        taken: names of networks that there are.

    Raises:
        NnvizError: none of them is a model.
    """
    visit = _here(st.session_state.setdefault(_VISIT, Visit()))
    main = _main(files)
    stem = _stem(main.name)
    name, number = f"{stem}{YOURS}", 1
    while name in taken:
        number += 1
        name = f"{stem} {number}{YOURS}"
    # A folder of its own each: what stands beside a model belongs to it.
    own = Path(tempfile.mkdtemp(dir=visit.folder.name))
    return Source(name, own / f"{stem}{Path(main.name).suffix.lower()}", "upload")


def write(files: Sequence[Upload], source: Source) -> Iterator[int]:
    """Write the files where the source has them, all under the model's name; the bytes that are written so far."""
    done = 0
    for suffix, file in {Path(file.name).suffix.lower(): file for file in files}.items():
        file.seek(0)
        with (source.path.parent / f"{source.path.stem}{suffix}").open("xb") as out:
            while chunk := file.read(_CHUNK):
                out.write(chunk)
                done += len(chunk)
                yield done


def release(files: Sequence[Any]) -> None:
    """Let Streamlit hold uploaded files no more: it would keep them as long as the viewer is there, and longer.

    What holds them is not public; a test in the browser pins it.
    """
    context = get_script_run_ctx()
    if context is not None:
        for file in files:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)  # type: ignore[attr-defined]


def keep(source: Source) -> None:
    """List an upload among the viewer's networks, first."""
    visit = st.session_state[_VISIT]
    visit.sources = {source.name: source, **visit.sources}


def _main(files: Sequence[Upload]) -> Upload:
    """The model among some files."""
    by_end = {Path(file.name).suffix.lower(): file for file in files}
    for suffix in models.SUFFIXES:
        if suffix in by_end:
            return by_end[suffix]
    names = ", ".join(file.name[:40] for file in files)
    if ".json" in by_end:
        raise NnvizError(f"A model, or a .json together with its weights (.h5), was expected. Received: {names} alone.")
    raise NnvizError(f"A model ({', '.join(models.SUFFIXES)}) was expected. Received: {names}.")


def _stem(name: str) -> str:
    """The name of a file as one can stand on this disk and in an address, whatever a browser sends."""
    stem = re.sub(r"\.weights$", "", Path(name.replace("\\", "/")).stem, flags=re.IGNORECASE)
    return re.sub(r"[^\w .()+-]", "_", stem).strip(" .")[:60] or "model"
