"""The zip that Teachable Machine exports: a Keras model as HDF5, and the names of its classes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnviz.analysis.network.opening import archive
from nnviz.errors import NnvizError

_MODEL, _LABELS = "keras_model.h5", "labels.txt"
_NUMBERED = re.compile(r"\s*\d+\s+(.*\S)\s*")
_LARGEST_LABELS = 2**20


@dataclass(frozen=True)
class Export:
    """What the zip holds: the file that the model was copied to, and the card of its labels."""

    model: Path
    card: Mapping[str, Any]


def export(file: zipfile.ZipFile, folder: Path) -> Export | None:
    """Read Teachable Machine's zip under the rules of all zips, the model into `folder`; None where it is no such zip.

    Raises:
        NnvizError: a member that breaks these rules.
    """
    if _MODEL not in {info.filename.rpartition("/")[2] for info in file.infolist()}:
        return None
    members = archive.checked(file.infolist(), _part)
    models = [name for name in members if name.rpartition("/")[2] == _MODEL]
    if len(models) != 1:
        raise NnvizError(f"A zip with one {_MODEL} was expected, and this one has {len(models)}.")
    model = folder / "weights"
    with model.open("wb") as copy:
        archive.copied(file, members[models[0]], copy)
    labels = members.get(models[0].removesuffix(_MODEL) + _LABELS)
    if labels is None:
        return Export(model, {"input": _INPUT})
    if labels.file_size > _LARGEST_LABELS:
        raise NnvizError(f"{_LABELS} of at most 1 MB was expected, and this one is larger.")
    return Export(model, {"classes": names(archive.content(file, labels)), "input": _INPUT})


_INPUT = {"scale": 1 / 127.5, "offset": -1.0}
"""What Teachable Machine feeds its nets: pixels as -1..1."""


def _part(name: str) -> bool:
    return name.rpartition("/")[2] in (_MODEL, _LABELS) and name.count("/") <= 1


def names(text: bytes) -> list[str]:
    """The classes of `labels.txt`: a line each, with its number before the name."""
    lines = [line for line in text.decode("utf-8", "replace").lstrip("\ufeff").splitlines() if line.strip()]
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    if all(numbered):
        return [match[1] for match in numbered if match is not None]
    return [line.strip() for line in lines]
