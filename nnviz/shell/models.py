"""Model files: where each network comes from, and the networks that are kept.

A source is a file, or the folder of a SavedModel, that a network can be opened from: one that ships, the command
line's, one in the folder that NNVIZ_MODELS names, or a viewer's own upload. Nothing of it is read before it is opened.
"""

from __future__ import annotations

import gc
import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from nnviz.analysis.network.network import PRETRAINED, Network, bundled, load, with_card
from nnviz.errors import NnvizError, in_one_sentence
from nnviz.shell import caches, options

SUFFIXES = (".keras", ".h5", ".hdf5", ".zip")
"""How files end that may be a model."""


@dataclass(frozen=True)
class Source:
    """Where a network comes from.

    Attributes:
        name: in the address.
        path: its file, or the folder of a SavedModel.
        origin: who brought it.
        card: facts about it, where they are not in the file beside it.
        trusted: whether code in it may run.
    """

    name: str
    path: Path
    origin: Literal["ships", "given", "folder", "upload"]
    card: Path | None = None
    trusted: bool = False

    @property
    def own(self) -> bool:
        """Whether it does not ship, so that whatever may be wrong with it."""
        return self.origin != "ships"

    @property
    def facts(self) -> Path:
        """The file that is its card, whether there is one or not."""
        return self.card or self.path.with_suffix(".json")


def ships(name: str) -> Source:
    """The source of a network that ships."""
    return Source(name, PRETRAINED / f"{name}.keras", "ships")


def for_all() -> dict[str, Source]:
    """What all viewers can choose from, by name: the command line's first, and what ships last."""
    given = options.given
    found: dict[str, Source] = {}
    named = [path for path in (given.model, *given.trusted) if path is not None]
    for path in named:
        if path.resolve() not in {each.path.resolve() for each in found.values()}:
            card = given.card if path == given.model else None
            _add(found, path, "given", card)
    if given.models is not None:
        for path in _in_folder(given.models):
            _add(found, path, "folder")
    # The convolutional digits open first: they are what the first page is best seen on.
    for name in sorted(bundled(), key=lambda name: (name != "mnist-cnn", name.endswith("-shuffled"), name)):
        found.setdefault(name, ships(name))
    return found


def _add(found: dict[str, Source], path: Path, origin: Literal["given", "folder"], card: Path | None = None) -> None:
    name = path.stem if path.suffix in SUFFIXES else path.name
    if name in found:
        name = path.name
    found.setdefault(name, Source(name, path, origin, card, path.resolve() in options.given.trusted))


def _in_folder(folder: Path) -> list[Path]:
    try:
        return list(_listed(folder, folder.stat().st_mtime_ns))
    except OSError:  # taken away since the start
        return []


@lru_cache(maxsize=2)
def _listed(folder: Path, time: int) -> tuple[Path, ...]:
    models = (path for path in folder.iterdir() if not path.name.startswith("."))
    return tuple(sorted(path for path in models if path.suffix.lower() in SUFFIXES or options.is_saved_model(path)))


def key(source: Source, facts: Mapping[str, Any] | None = None) -> str:
    """What a network is kept under: its name, and the content of its file and of its card.

    Args:
        facts: a viewer's own card for it, in the place of the file's.
    """
    parts = [source.name, stamp(source.path)]
    if facts is not None:
        parts.append(hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest())
    elif source.own and source.facts.is_file():
        parts.append(stamp(source.facts))
    return " ".join([*parts, "trusted"] if source.trusted else parts)


_LAST_STAMP: dict[Path, str] = {}


def stamp(path: Path) -> str:
    """Content hash of a file; read again only when its size or time changes, and kept where the file is gone."""
    try:
        parts = sorted(path.rglob("*")) if path.is_dir() else [path]
        states = ((part, part.stat()) for part in parts)
        _LAST_STAMP[path] = " ".join(_digest(part, state.st_size, state.st_mtime_ns) for part, state in states)
    except OSError as error:
        if path not in _LAST_STAMP:
            raise NnvizError(f"A file that can be read was expected. Received: {path.name}.") from error
    return _LAST_STAMP[path]


@lru_cache(maxsize=128)
def _digest(path: Path, size: int, time: int) -> str:
    if path.is_dir():
        return path.name
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_open(source: Source) -> bool:
    """Whether nobody waits for it: it is kept, or known to be refused."""
    name = key(source)
    return name in caches.networks or name in caches.refusals


_opening: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def opened(source: Source, facts: Mapping[str, Any] | None = None) -> Network:
    """The network of a source, by a viewer's own card where there is one: opened once for all viewers, and again where
    it had to make room.

    Raises:
        NnvizError: it cannot be opened; not tried again until the file or its card changes.
    """
    name = key(source, facts)
    with _opening[name]:
        kept = caches.networks.get(name)
        if kept is not None:
            return kept
        refused = caches.refusals.get(name)
        if refused is not None:
            raise NnvizError(refused)
        try:
            with in_one_sentence("A model that can be shown", source.path.name):
                if facts is not None:
                    found = with_card(opened(source), facts)
                else:
                    found = load(source.path, source.card, trusted=source.trusted)
        except NnvizError as error:
            caches.refusals.keep(name, str(error))
            raise
        _keep(name, found)
        return found


def _keep(name: str, found: Network) -> None:
    before = len(caches.networks)
    caches.networks.keep(name, found)
    if len(caches.networks) <= before:
        # A network and its compiled functions hold each other: what went is given back now, not at some later time.
        gc.collect()


def forget(source: Source) -> None:
    """Let go of all that is kept of a source."""
    for name, _ in [*caches.networks.items(), *caches.refusals.items()]:
        if str(name).startswith(f"{source.name} {_LAST_STAMP.get(source.path, '')}"):
            caches.networks.drop(name)
            caches.refusals.drop(name)
    _LAST_STAMP.pop(source.path, None)
