"""The files in which a search is kept between sessions: in the user's cache, whole or not at all, never too many."""

from __future__ import annotations

import errno
import json
import os
import struct
import sys
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from nnviz.analysis.search.ranking import Ranking, Strongest, by_layer, of_all

VERSION = 1
"""Of the format; a file of another is made anew."""
MOST_BYTES = 2**30
"""All files together; the oldest go."""
_ARRAYS = ("values", "images", "rows", "columns")
_UNREAD = (
    OSError, MemoryError, EOFError, LookupError, zipfile.BadZipFile, zlib.error, struct.error, ValueError, TypeError,
    AttributeError, RuntimeError, OverflowError,
)  # fmt: skip
"""What reading stumbles over: want of memory or of a right to read, and whatever a damaged archive leads to."""


def cache() -> Path:
    """The folder of these files: of `NNVIZ_CACHE`, else in the place where the system keeps caches."""
    own = os.environ.get("NNVIZ_CACHE")
    if own:
        return Path(own)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "nnviz"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "nnviz"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nnviz"


def write(path: Path, key: str, found: Strongest, complete: bool) -> None:
    """Keep a search, or what it has so far. The file is replaced at once, so that one killed here leaves the old one;
    one of the same search that has more stays.

    Raises:
        OSError: it cannot be written.
    """
    ranking = of_all(found.layers)
    if ranking is None or (not complete and _has_more(path, key, found.seen)):
        return
    header = {
        "version": VERSION,
        "key": key,
        "units": {name: len(each.values) for name, each in found.layers.items()},
        "searched": found.searched,
        "skipped": len(found.skipped),
        "available": found.available,
        "complete": complete,
    }
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = path.with_name(f"{path.stem}.{os.getpid()}.part")
    try:
        with made.open("wb") as file:
            np.savez(
                file,
                header=np.frombuffer(json.dumps(header).encode(), np.uint8),
                maxima=np.concatenate(list(found.maxima.values()), axis=1),
                sampled=found.sampled,
                skipped=np.array(found.skipped, np.int64),
                **{name: getattr(ranking, name) for name in _ARRAYS},
            )
        os.replace(made, path)
    finally:
        made.unlink(missing_ok=True)
    _make_room(path)


def read(path: Path, key: str, layers: list[str], available: int, count: int) -> tuple[Strongest, bool] | None:
    """What was kept of a search, and whether it is complete; None where there is nothing of it.

    A file that is damaged, of another format or of something else is removed: nothing in it is of use. One that
    cannot be read for now, for want of memory or of a right to, stays as it is.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("header", "maxima", "sampled", "skipped", *_ARRAYS)}
        kept = _checked(arrays, key, layers, available, count)
    except _UNREAD as error:
        if _damaged(error):
            with suppress(OSError):
                path.unlink()
        return None
    with suppress(OSError):  # somebody else's: it is read all the same
        os.utime(path)
    return kept


def _has_more(path: Path, key: str, seen: int) -> bool:
    """Whether the file has a search of that key that is complete or came further. One that cannot be read for now
    may; one that is damaged has nothing."""
    try:
        with np.load(path, allow_pickle=False) as file:
            header: dict[str, Any] = json.loads(file["header"].tobytes())
        same = (header["version"], header["key"]) == (VERSION, key)
        return same and (bool(header["complete"]) or int(header["searched"]) + int(header.get("skipped", 0)) > seen)
    except FileNotFoundError:
        return False
    except _UNREAD as error:
        return not _damaged(error)


def _damaged(error: Exception) -> bool:
    """Whether the file's content is to blame, which never mends; a disk, a right or a want of memory may."""
    if isinstance(error, OSError):
        # A damaged archive may send its reader to a place before the beginning of the file.
        return error.errno == errno.EINVAL
    return not isinstance(error, MemoryError)


def _checked(
    arrays: Mapping[str, np.ndarray], key: str, layers: list[str], available: int, count: int
) -> tuple[Strongest, bool]:
    """The search in these arrays. Raises ValueError where they are not one of this key, in every part."""
    header: dict[str, Any] = json.loads(arrays["header"].tobytes())
    units = {str(name): int(number) for name, number in header["units"].items()}
    searched, skipped = int(header["searched"]), tuple(arrays["skipped"].tolist())
    total = sum(units.values())
    ranking = Ranking(*(arrays[name] for name in _ARRAYS))
    best = min(count, searched)
    told = (header["version"], header["key"], header["available"], list(units))
    fits = (
        told == (VERSION, key, available, layers)
        and 0 < searched <= available - len(skipped)
        and arrays["values"].dtype == arrays["maxima"].dtype == np.float32
        and all(arrays[name].dtype == np.int64 for name in ("images", "rows", "columns", "sampled", "skipped"))
        and all(arrays[name].shape == (total, best) for name in _ARRAYS)
        and arrays["maxima"].shape == (len(arrays["sampled"]), total)
        and all(((arrays[name] >= 0) & (arrays[name] < available)).all() for name in ("images", "sampled", "skipped"))
    )
    if not fits:
        raise ValueError("another search")
    for array in arrays.values():
        array.flags.writeable = False
    ends = np.cumsum(list(units.values())).tolist()
    maxima = {name: arrays["maxima"][:, end - units[name] : end] for name, end in zip(units, ends, strict=True)}
    found = Strongest(by_layer(ranking, units), searched, available, maxima, arrays["sampled"], skipped)
    return found, bool(header["complete"])


def _make_room(path: Path) -> None:
    """Remove the oldest files beyond `MOST_BYTES`, and parts that a killed process left behind; never `path`."""
    states = []
    for each in path.parent.iterdir():
        with suppress(OSError):  # another process may have been quicker
            state = each.stat()
            if each.suffix == ".part" and state.st_mtime < path.stat().st_mtime - 3600:
                each.unlink()
            elif each.suffix == path.suffix and each != path:
                states.append((state.st_mtime, state.st_size, each))
    left = MOST_BYTES - path.stat().st_size
    for _, size, each in sorted(states, key=lambda state: -state[0]):
        left -= size
        if left < 0:
            with suppress(OSError):
                each.unlink()
