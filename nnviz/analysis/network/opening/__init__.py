"""Opening a model file that a stranger made: nothing in it runs, and nothing outside of it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras

from nnviz.analysis.network.opening import building, child, container, reading, saved_model, sizes, worker
from nnviz.analysis.network.opening.pairs import pair
from nnviz.errors import NnvizError
from nnviz.private_folders import private_folder, sweep


@dataclass(frozen=True)
class Opened:
    """What a model file holds.

    Attributes:
        model: the Keras model, built from the clean copy.
        card: what the file says about it beside the network; empty where it says nothing.
        notes: what was mended, a sentence each.
        loss: name or config of the loss that it was trained with, where the file says so.
    """

    model: keras.Model
    card: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    loss: Any = None


_MOST_REMEMBERED = 256
_refusals: dict[tuple[str, str, bytes, bool], str] = {}
"""Why files were refused, by content and name: a file that took ten seconds to refuse is refused at once after that."""


def open_model(path: str | Path, *, trusted: bool = False) -> Opened:
    """Open a model file.

    It is told by its content, never by its name, and read from a private copy in a child process with limits: first
    the config and the weights, then the network itself. What this process loads in the end is a config made from the
    allow-list, and a file of weights that was written anew.

    Args:
        path: a `.keras` or `.h5` file.
        trusted: whether code in it may run (`--trust`): Lambda layers, and classes that this process has registered.

    Raises:
        NnvizError: it is no model file, or holds more than a network, or takes more memory or time than it may.
    """
    path = Path(path)
    if path.is_dir():
        return Opened(saved_model.opened(path, trusted))
    path, plan = pair(path)
    with private_folder() as private:
        folder = Path(private)
        copy = container.private_copy(path, folder)
        with copy.open("rb") as content:
            key = (hashlib.file_digest(content, "sha256").hexdigest(), path.name, plan, trusted)
        try:
            if key in _refusals:
                raise NnvizError(_refusals[key])
            if plan:
                (folder / reading.PLAN).write_bytes(plan)
            return _opened(copy, path.name, trusted)
        except NnvizError as error:
            if not isinstance(error, child.Died):
                while len(_refusals) >= _MOST_REMEMBERED:
                    _refusals.pop(next(iter(_refusals)))
                _refusals[key] = str(error)
            raise NnvizError(_with_name(str(error), path.name)) from error


def prepare() -> None:
    """Start the child process in the background, for who expects a model file soon: importing TensorFlow takes it
    some seconds. And remove what a killed server left of files like that."""
    sweep()
    child.the.start()


def _opened(copy: Path, name: str, trusted: bool) -> Opened:
    folder, size = copy.parent, copy.stat().st_size
    about = {"name": name, "most_bytes": sizes.most_bytes(), "trusted": trusted}
    read = child.the.ask(worker.READ, folder, size, **about)
    ready = folder / reading.CLEAN
    if trusted:
        model = building.load_trusted(ready)
    else:
        child.the.ask(worker.RUN, folder, size, numbers=read["numbers"])
        model = building.load(ready)
    return Opened(model, card=read["card"], notes=tuple(read["notes"]), loss=read["loss"])


def _with_name(sentence: str, name: str) -> str:
    return sentence if "Received: " in sentence else f"{sentence} Received: {name[:60]}."
