"""The zip of a `.keras` file: which members it may have, and the few that are read. Never extracted as a whole."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from nnviz.analysis.network.opening.limits import MIB, OF_THE_MACHINE
from nnviz.analysis.network.opening.other_files import refuse_zip
from nnviz.errors import NnvizError

CONFIG, METADATA, WEIGHTS, ASSETS = "config.json", "metadata.json", "model.weights.h5", "assets/"
_MOST_MEMBERS = 2000
_LARGEST_TEXT = 32 * MIB
"""Of the config, and of all assets together."""
_SMALL = MIB
"""A member up to here may be packed as tightly as it likes."""
_TIGHTEST = 20
"""Largest ratio of a member's size to what is stored of it. Keras packs nothing, and weights hardly shrink."""
_LONGEST = 200
"""Letters of a member's name."""
_ENCRYPTED = 0x1
_STEP = 4 * MIB


@dataclass(frozen=True)
class Archive:
    """A checked zip.

    Attributes:
        config: text of the config, as bytes.
        weights: the file that the weights were copied to.
        assets: vocabularies by their path in the zip.
    """

    config: bytes
    weights: Path
    assets: dict[str, bytes]


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip, and whatever is wrong with it in one sentence."""
    with sound(), zipfile.ZipFile(path) as archive:
        yield archive


def read(archive: zipfile.ZipFile, folder: Path, name: str) -> Archive:
    """Check a `.keras` zip and read what a model is made of; the weights are copied into `folder`.

    Raises:
        NnvizError: a member that is not part of a Keras model, or one that is larger than it may be.
    """
    refuse_zip([info.filename for info in archive.infolist()], name)
    members = checked(archive.infolist(), _part)
    for needed in (CONFIG, WEIGHTS):
        if needed not in members:
            raise NnvizError(f"A .keras file with a {needed} in it was expected, and there is none.")
    if members[CONFIG].file_size > _LARGEST_TEXT:
        raise NnvizError(f"A config of at most {_LARGEST_TEXT // MIB} MB was expected, and this one is larger.")
    assets = {name: member for name, member in members.items() if name.startswith(ASSETS)}
    if sum(member.file_size for member in assets.values()) > _LARGEST_TEXT:
        raise NnvizError(f"Vocabularies of at most {_LARGEST_TEXT // MIB} MB in all were expected.")
    weights = folder / "weights"
    with weights.open("wb") as copy:
        copied(archive, members[WEIGHTS], copy)
    return Archive(
        content(archive, members[CONFIG]),
        weights,
        {name: content(archive, member) for name, member in assets.items()},
    )


@contextmanager
def sound() -> Iterator[None]:
    """Turns what is wrong with a zip into one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError) as error:
        if isinstance(error, NnvizError) or getattr(error, "errno", None) in OF_THE_MACHINE:
            raise
        raise NnvizError("A whole .keras file was expected, and this one is cut short or damaged.") from error


def checked(infos: list[zipfile.ZipInfo], part: Callable[[str], bool]) -> dict[str, zipfile.ZipInfo]:
    """The members by name, each of them a `part`, and all under the rules of this module."""
    if len(infos) > _MOST_MEMBERS:
        raise NnvizError(f"A .keras file of at most {_MOST_MEMBERS} members was expected, and this has {len(infos)}.")
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.orig_filename
        if name.endswith("/") and ASSETS.startswith(name[: len(ASSETS)]) and not info.file_size and _plain(name):
            continue  # a folder of assets
        if not part(name):
            raise NnvizError(
                f"A .keras file holds a config, weights and vocabularies, and this one has {_shown(name)}."
            )
        if not _plain(name) or name in members:
            raise NnvizError(f"A .keras file whose members have one plain name each was expected: {_shown(name)}.")
        if len(name) > _LONGEST:
            raise NnvizError(f"A .keras file whose members have short names was expected: {_shown(name)}.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NnvizError(f"A .keras file that is stored or deflated was expected, and {_shown(name)} is neither.")
        if info.flag_bits & _ENCRYPTED:
            raise NnvizError(f"A .keras file without a password was expected, and {_shown(name)} has one.")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise NnvizError(f"Plain files in the .keras file were expected, and {_shown(name)} is a link or a device.")
        if info.file_size > _SMALL and info.file_size > _TIGHTEST * info.compress_size:
            raise NnvizError(
                f"A file packed at most {_TIGHTEST} times was expected, and {_shown(name)} says that it unpacks from "
                f"{info.compress_size:,} to {info.file_size:,} bytes."
            )
        members[name] = info
    for name in members:
        if any(str(parent) in members for parent in PurePosixPath(name).parents):
            raise NnvizError(f"A .keras file of plain files was expected, and {_shown(name)} is inside of one.")
    return members


def _part(name: str) -> bool:
    return name in (CONFIG, METADATA, WEIGHTS) or (name.startswith(ASSETS) and name.endswith(".txt"))


def _plain(name: str) -> bool:
    parts = name.removesuffix("/").split("/")
    return name.isprintable() and not any(part in ("", ".", "..") for part in parts) and not set(name) & set("\\:\0")


def _shown(name: str) -> str:
    return repr(name[:40])


def content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The bytes of a small member."""
    # One byte more than it says: zipfile stops there, but a size is not taken on trust.
    with archive.open(member) as file:
        content = file.read(member.file_size + 1)
    if len(content) != member.file_size:
        raise zipfile.BadZipFile
    return content


def copied(archive: zipfile.ZipFile, member: zipfile.ZipInfo, copy: IO[bytes]) -> None:
    """Write a member into a file, and no more of it than it says."""
    left = member.file_size
    with archive.open(member) as file:
        while piece := file.read(_STEP):
            left -= len(piece)
            if left < 0:
                raise zipfile.BadZipFile
            copy.write(piece)
    if left:
        raise zipfile.BadZipFile
