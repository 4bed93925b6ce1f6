"""Pictures that were uploaded together, loose or in a zip, as a folder: held in memory, never written under a name."""

from __future__ import annotations

import hashlib
import io
import stat
import zipfile
import zlib
from collections.abc import Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import TypeVar

from nnviz.analysis.data.folder import Entry, Folder, listed
from nnviz.analysis.image.decode import SUFFIXES
from nnviz.errors import NnvizError

MOST = 5_000
"""Pictures of one upload."""
MOST_BYTES = 200_000_000
"""Of one upload, as it comes: a server holds it for its viewer."""
MOST_UNPACKED = 50_000_000
"""Of one picture in a zip, unpacked; no more than one of them ever is."""
_RATIO, _SMALL = 100, 1_000_000
"""How much smaller a picture over so many bytes may be in a zip: of a scan that is all white a hundredth is left."""
_ENTRY = b"PK\x01\x02"
T = TypeVar("T")


def from_files(files: Sequence[tuple[str, bytes]], title: str) -> Folder:
    """Loose files, or those of a folder, by their paths in it.

    Raises:
        NnvizError: none is a picture by its suffix, or too many.
    """
    named = {_path(name) or name: content for name, content in files}
    kept = {path: content for path, content in _below(named).items() if _picture(path)}
    _check(len(kept), sum(map(len, kept.values())), title)
    hashes = [f"{path} {hashlib.sha256(content).hexdigest()}" for path, content in sorted(kept.items())]
    others = len(files) - len(kept)
    return Folder(
        title,
        listed([(path, len(content), 0) for path, content in kept.items()]),
        lambda entry: kept[entry.path],
        hashlib.sha256("\n".join(hashes).encode("utf-8", "surrogateescape")).hexdigest(),
        left_out=_left_out(others, "other file"),
    )


def from_zip(content: bytes, title: str) -> Folder:
    """The pictures of a zip: each is unpacked in memory when it is looked at.

    Left out are what is no picture by its suffix, what is hidden, links, what is encrypted or packed in an unusual way,
    and what has a path out of the folder. A name is a label, and nothing is written under it.

    Raises:
        NnvizError: no zip, none is a picture, too many, or one that unpacks to far more than a picture does.
    """
    if len(content) > MOST_BYTES:
        raise NnvizError(f"{title}: {_expected()} was expected. Received: {len(content) / 1e6:,.0f} MB.")
    # Before they are listed: each takes a kilobyte then.
    if content.count(_ENTRY) > 4 * MOST:
        raise NnvizError(f"{title}: {_expected()} was expected. Received: {content.count(_ENTRY):,} files.")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, IndexError) as error:
        raise NnvizError(f"{title}: {_expected()} was expected. Received: a damaged one ({error}).") from error
    members: dict[str, zipfile.ZipInfo] = {}
    doubtful = 0
    for member in archive.infolist():
        path = _path(member.filename)
        if member.is_dir() or not _picture(member.filename):
            continue
        if path is None or not _plain(member) or path in members:
            doubtful += 1
            continue
        members[path] = member
    members = _below(members)
    _check(len(members), 0, title)
    for path, member in members.items():
        if member.file_size > MOST_UNPACKED or (
            member.file_size > _SMALL and member.file_size > _RATIO * max(member.compress_size, 1)
        ):
            raise NnvizError(
                f"{title}: {_expected()} was expected. Received: {path[-60:]}, of {member.compress_size:,} bytes that "
                f"unpack to {member.file_size:,}."
            )
    return Folder(
        title,
        listed([(path, member.file_size, 0) for path, member in members.items()]),
        partial(_unpacked, archive, members),
        hashlib.sha256(content).hexdigest(),
        left_out=_left_out(doubtful, "file that a zip of pictures has no need of"),
    )


def _unpacked(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], entry: Entry) -> bytes:
    try:
        with archive.open(members[entry.path]) as file:
            found = file.read(MOST_UNPACKED + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise NnvizError(f"{entry.title}: a file that unpacks was expected. Received: {error}.") from error
    if len(found) > MOST_UNPACKED:
        raise NnvizError(f"{entry.title}: at most {MOST_UNPACKED / 1e6:.0f} MB were expected. Received: more.")
    return found


def _expected() -> str:
    return f"a zip of 1 to {MOST:,} pictures and at most {MOST_BYTES / 1e6:.0f} MB"


def _check(count: int, size: int, title: str) -> None:
    if not 0 < count <= MOST or size > MOST_BYTES:
        kinds = ", ".join(suffix.removeprefix(".") for suffix in SUFFIXES)
        raise NnvizError(
            f"{title}: 1 to {MOST:,} pictures ({kinds}) of at most {MOST_BYTES / 1e6:.0f} MB together were expected. "
            f"Received: {count:,}" + (f" of {size / 1e6:,.0f} MB." if size else ".")
        )


def _left_out(count: int, noun: str) -> str:
    return f"{count:,} {noun.replace('file', 'files', 1) if count > 1 else noun}" if count else ""


def _path(name: str) -> str | None:
    """A path inside the folder, as it is written everywhere; None of one that leads out of it."""
    parts = PurePosixPath(name).parts
    if name.startswith("/") or "\\" in name or "\0" in name or ".." in parts or name[1:2] == ":":
        return None
    return "/".join(parts)


def _picture(path: str) -> bool:
    parts = PurePosixPath(path).parts
    hidden = any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in parts)
    return not hidden and PurePosixPath(path).suffix.lower() in SUFFIXES


def _plain(member: zipfile.ZipInfo) -> bool:
    """A file as a zip of pictures has it: no link, not encrypted, stored or deflated."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    packed = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    return packed and not member.flag_bits & 1 and kind in (0, stat.S_IFREG)


def _below(files: dict[str, T]) -> dict[str, T]:
    """The files without the folder that all of them lie in, which says nothing of any."""
    first = {path.partition("/")[0] for path in files if "/" in path}
    if len(first) != 1 or not all("/" in path for path in files):
        return files
    return {path.partition("/")[2]: content for path, content in files.items()}
