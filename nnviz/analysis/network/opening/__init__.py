"""Opening a model file that a stranger made: nothing in it runs, and nothing outside of it is read."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras

from nnviz.analysis.network.opening import (
    archive,
    building,
    checked_json,
    child,
    config,
    container,
    saved_model,
    sizes,
    teachable,
    worker,
)
from nnviz.analysis.network.opening.pairs import pair
from nnviz.analysis.network.opening.repairs import mended
from nnviz.errors import NnvizError


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


_WEIGHTS_ALONE = (
    "A file with a whole model was expected, and this one holds weights alone: save the whole with "
    "model.save('my.keras'), or put its plan, model.to_json(), beside it under the same name with .json."
)
_MOST_REMEMBERED = 256
_refusals: dict[tuple[str, str, bytes, bool], str] = {}
"""Why files were refused, by content and name: a file that took ten seconds to refuse is refused at once after that."""


def open_model(path: str | Path, *, trusted: bool = False) -> Opened:
    """Open a model file.

    It is told by its content, never by its name, and read from a private copy: the config in this process, where only
    JSON is parsed; the weights, and then the network itself, in a child process with limits. What this process loads
    in the end is a config made from the allow-list, and a file of weights that was written anew.

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
    with tempfile.TemporaryDirectory(prefix="nnviz-") as private:
        folder = Path(private)
        copy = container.private_copy(path, folder)
        with copy.open("rb") as content:
            key = (hashlib.file_digest(content, "sha256").hexdigest(), path.name, plan, trusted)
        try:
            if key in _refusals:
                raise NnvizError(_refusals[key])
            return _opened(copy, folder, path.name, trusted, plan)
        except NnvizError as error:
            if not isinstance(error, child.Died):
                while len(_refusals) >= _MOST_REMEMBERED:
                    _refusals.pop(next(iter(_refusals)))
                _refusals[key] = str(error)
            raise NnvizError(_with_name(str(error), path.name)) from error


def prepare() -> None:
    """Start the child process in the background, for who expects a model file soon: importing TensorFlow takes it
    some seconds."""
    child.the.start()


def _opened(copy: Path, folder: Path, name: str, trusted: bool, plan: bytes) -> Opened:
    ready = folder / "clean"
    ready.mkdir()
    text, weights = b"", copy
    card: Mapping[str, Any] = {}
    zipped = container.kind(copy, name) == container.ZIP
    if zipped and (exported := teachable.export(copy, folder)) is not None:
        weights, card = exported.model, exported.card
    elif zipped:
        found = archive.read(copy, folder, name)
        text, weights = found.config, found.weights
        for inside, vocabulary in found.assets.items():
            (ready / inside).parent.mkdir(parents=True, exist_ok=True)
            (ready / inside).write_bytes(vocabulary)
    size = copy.stat().st_size
    read = child.the.ask(worker.CLEAN, folder, size, source=str(weights), most_bytes=sizes.most_bytes())
    text = text or read["config"].encode("utf-8") or plan
    if not text:
        raise NnvizError(_WEIGHTS_ALONE)
    parsed = checked_json.parse(text)
    loss = _loss(parsed, read["training"])
    shapes = {inside: tuple(shape) for inside, (shape, _) in read["datasets"].items()}
    settings, notes = _mended(parsed, shapes)
    if trusted:
        building.write_config(ready, config.untrained(settings))
        return Opened(building.load_trusted(ready), card=card, notes=notes, loss=loss)
    building.write_config(ready, config.checked(settings))
    child.the.ask(worker.RUN, folder, size, numbers=read["numbers"])
    return Opened(building.load(ready), card=card, notes=notes, loss=loss)


def _loss(parsed: dict[str, Any], training: str) -> Any:
    """The loss that a model was trained with; None where its file does not say so."""
    trained = parsed.get("compile_config")
    if training:
        with suppress(NnvizError):  # how it was trained is never needed
            trained = checked_json.parse(training.encode("utf-8"))
    return trained.get("loss") if isinstance(trained, dict) else None


def _mended(settings: dict[str, Any], shapes: dict[str, tuple[int, ...]]) -> tuple[dict[str, Any], tuple[str, ...]]:
    try:
        return mended(settings, shapes)
    except NnvizError:
        raise
    except Exception as error:  # parts of a config that are not what their names say
        raise NnvizError("The config of a Keras model was expected, and this one is damaged.") from error


def _with_name(sentence: str, name: str) -> str:
    return sentence if "Received: " in sentence else f"{sentence} Received: {name[:60]}."
