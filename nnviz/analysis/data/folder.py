"""A folder of pictures of one's own: listed once, each read when it is needed, none from outside the folder."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path, PurePosixPath

import numpy as np

from nnviz.analysis.image.decode import SUFFIXES, Decoded, decode
from nnviz.errors import NnvizError

MOST = 100_000
"""Pictures of a folder; a list of more would be a mistake in the command line."""
MOST_BYTES = 400_000_000
"""Of one file: what the largest picture that is decoded takes in 16 bits a channel, four of them, uncompressed."""


@dataclass(frozen=True)
class Entry:
    """One picture file of a folder.

    Attributes:
        name: of its own, of letters, digits and dashes: what stands for it in an address.
        path: where it lies in the folder, with slashes.
        label: the sub-folder that it lies in, which says what it shows; None right in the folder.
        size, time: bytes, and when it was written last (ns).
    """

    name: str
    path: str
    label: str | None
    size: int
    time: int

    @property
    def title(self) -> str:
        """Its path as it can be shown: a file may have a name that is no text."""
        return self.path.encode("utf-8", "replace").decode()


@dataclass(frozen=True, eq=False)
class Folder:
    """The pictures of a folder, as `nnviz.analysis.data.pictures.Pictures`; `folder` lists one.

    Attributes:
        title: what it is called: its path, or the name of the file that was uploaded.
        entries: its pictures, in the order of their paths.
        content: reads the file of one of them. Raises NnvizError where that cannot be.
        key: what stands for the content of all.
        outside: how many links were left out since they lead out of the folder, to a folder, or to nothing.
        closed: how many sub-folders may not be looked into.
        left_out: what else is not among them, in a few words; "" where nothing is.
    """

    title: str
    entries: tuple[Entry, ...]
    content: Callable[[Entry], bytes] = field(repr=False)
    key: str
    outside: int = 0
    closed: int = 0
    left_out: str = ""
    _numbers: dict[str, int] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._numbers.update({entry.name: number for number, entry in enumerate(self.entries)})

    def __len__(self) -> int:
        return len(self.entries)

    @cached_property
    def labels(self) -> np.ndarray:
        """What each picture shows by its sub-folder (n,) str; empty where it lies in none."""
        return np.array([entry.label or "" for entry in self.entries])

    @cached_property
    def first(self) -> int:
        """The number of the first picture that can be read, found once. Raises NnvizError where none can."""
        return first_readable(self)

    def number(self, name: str) -> int | None:
        """The number of the picture of that name; None where there is none. A name is looked up, never opened."""
        return self._numbers.get(name)

    def decoded(self, number: int) -> Decoded:
        """The pixels of one picture as its file has them, and what was done to their values.

        Raises:
            NnvizError: it is gone, or no picture.
        """
        entry = self.entries[number]
        return decode(self.content(entry), entry.title)

    def picture(self, number: int) -> np.ndarray:
        """The pixels of one picture: uint8 (H, W, 1) or (H, W, 3). Raises NnvizError as `decoded`."""
        return self.decoded(number).pixels

    def pixels(self, numbers: np.ndarray) -> Iterable[np.ndarray | None]:
        """The pixels of the pictures of those numbers, one after the other; None of one that cannot be read."""
        for number in numbers.tolist():
            try:
                yield self.picture(number)
            except NnvizError:  # the search counts it, and whoever shows the result says so
                yield None


def folder(root: str | Path) -> Folder:
    """List the pictures of a folder and its sub-folders, by their suffixes; what begins with a dot is left out.

    None is opened. Links to files inside the folder are followed, those to folders are not.

    Raises:
        NnvizError: no folder, or none with a picture.
    """
    place = Path(root)
    if not place.is_dir():
        what = "a file" if place.is_file() else "nothing of that name"
        raise NnvizError(f"A folder with pictures was expected. Received: {root}, {what}.")
    place = place.resolve()
    found, outside, others = [], 0, 0
    closed: list[OSError] = []
    for directory, folders, names in os.walk(place, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        outside += sum((Path(directory) / name).is_symlink() for name in folders)
        for name in names:
            path = Path(directory) / name
            if name.startswith(".") or path.suffix.lower() not in SUFFIXES:
                others += 1
                continue
            try:
                state = path.stat()
                inside = _inside(path, place)
            except OSError:  # a link to nothing, or one in a circle
                inside = False
            if not inside:
                outside += 1
            elif stat.S_ISREG(state.st_mode):
                found.append((path.relative_to(place).as_posix(), state.st_size, state.st_mtime_ns))
        if len(found) > MOST:  # refused, whatever else there is
            break
    if not 0 < len(found) <= MOST:
        kinds = ", ".join(suffix.removeprefix(".") for suffix in SUFFIXES)
        files = f"{others:,} other file{'s' * (others != 1)} and no picture" if others else "no file"
        count = f"more than {MOST:,} pictures" if found else files
        links = f", {outside} link{'s' * (outside != 1)} out of it" if outside else ""
        raise NnvizError(
            f"A folder with 1 to {MOST:,} pictures ({kinds}) was expected. Received: {root}, {count}{links}."
        )
    entries = listed(found)
    facts = [(entry.path, entry.size, entry.time) for entry in entries]
    key = hashlib.sha256(repr(facts).encode("utf-8", "surrogateescape")).hexdigest()
    return Folder(str(root), entries, partial(_read, place), key, outside, len(closed))


def listed(found: Sequence[tuple[str, int, int]]) -> tuple[Entry, ...]:
    """The entries of files by their paths, sizes and times, in the order of their paths, each with its name."""
    found = sorted(found)
    names = _names([path for path, _, _ in found])
    return tuple(
        Entry(name, path, PurePosixPath(path).parent.name.encode("utf-8", "replace").decode() or None, size, time)
        for name, (path, size, time) in zip(names, found, strict=True)
    )


def _read(root: Path, entry: Entry) -> bytes:
    """The content of a file of a folder."""
    path = root / entry.path
    try:
        # Asked again: what was a file when the folder was listed may be a link by now.
        if not _inside(path, root):
            raise NnvizError(f"{entry.title}: a picture inside the folder was expected. Received: a link out of it.")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MOST_BYTES:
                raise NnvizError(
                    f"{entry.title}: a picture of at most {MOST_BYTES / 1e6:,.0f} MB was expected. "
                    f"Received: {size / 1e6:,.0f} MB."
                )
            return file.read()
    except (OSError, RuntimeError) as error:  # the latter where links go in a circle
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise NnvizError(f"{entry.title}: a file that can be read was expected. Received: {reason}.") from error


def _inside(path: Path, root: Path) -> bool:
    """Whether a file lies in the folder, whatever links lead to it. Raises OSError where it is not there."""
    return path.resolve(strict=True).is_relative_to(root)


def _names(paths: list[str]) -> list[str]:
    """A name a path, that can be read and stays the same when other pictures come: where two would have the same name,
    both have a piece of the hash of their paths behind it."""
    plain = [f"folder-{re.sub(r'[^0-9A-Za-z]+', '-', path.rpartition('.')[0]).strip('-').lower()}" for path in paths]
    times = Counter(plain)
    hashed = [hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:8] for path in paths]
    return [
        name if times[name] == 1 and name != "folder-" else f"{name.rstrip('-')}-{code}"
        for name, code in zip(plain, hashed, strict=True)
    ]


def first_readable(found: Folder) -> int:
    """The number of the first picture that can be read.

    Raises:
        NnvizError: none can.
    """
    for number in range(len(found)):
        try:
            found.picture(number)
        except NnvizError as error:
            reason = error
        else:
            return number
    raise NnvizError(
        f"A folder with at least one picture that can be read was expected. Received: {found.title}, "
        f"{len(found)} that cannot; the last: {reason}"
    )
