"""What kind of file a model file is, by its first bytes and never by its name; and a private copy of it."""

from __future__ import annotations

import shutil
from pathlib import Path

from nnviz.analysis.network.opening.other_files import refuse
from nnviz.errors import NnvizError

ZIP, HDF5 = "zip", "hdf5"
RECEIVED = "received"
"""Name of the private copy of a file."""
_MAGIC = {b"PK\x03\x04": ZIP, b"\x89HDF\r\n\x1a\n": HDF5}
_HEAD = 4096
"""Bytes that tell one kind of file from another."""


def kind(path: Path, name: str) -> str:
    """`ZIP` or `HDF5`. Raises NnvizError for everything else, in the words of `refuse`."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    for magic, found in _MAGIC.items():
        if head.startswith(magic):
            return found
    refuse(head, name)
    raise NnvizError(f"A Keras model file (.keras, .h5) was expected. Received: {name}, which is no such file.")


def private_copy(source: Path, folder: Path) -> Path:
    """A copy that nobody else can change while it is read. Raises NnvizError where there is nothing to read."""
    copy = folder / RECEIVED
    try:
        if not source.is_file():
            raise NnvizError(f"A model file was expected. Received: {source.name!r}, which is no file.")
        shutil.copyfile(source, copy)
    except OSError as error:
        raise NnvizError(
            f"A file that can be read was expected. Received: {source.name} ({error.strerror})."
        ) from error
    return copy
