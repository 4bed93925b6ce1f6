"""A stranger's file read and checked, in the child process: a clean config and clean weights are what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnviz.analysis.network.opening import archive, building, checked_json, config, container, teachable
from nnviz.analysis.network.opening.repairs import mended
from nnviz.analysis.network.opening.weights_file import clean
from nnviz.errors import NnvizError

CLEAN, PLAN = "clean", "plan"
"""In the private folder: the folder of what is clean, and the plan that stood beside the file, if there was one."""
_WEIGHTS_ALONE = (
    "A file with a whole model was expected, and this one holds weights alone: save the whole with "
    "model.save('my.keras'), or put its plan, model.to_json(), beside it under the same name with .json."
)


@dataclass(frozen=True)
class Read:
    """What is told of a file beside the network.

    Attributes:
        numbers: how many weights it holds.
        card: what it says about the network.
        notes: what was mended, a sentence each.
        loss: name or config of the loss that it was trained with, where it says so.
    """

    numbers: int
    card: Mapping[str, Any]
    notes: tuple[str, ...]
    loss: Any


def read(copy: Path, name: str, most_bytes: int, trusted: bool) -> Read:
    """Check a file, and write the config and the weights that are clean beside it.

    Args:
        copy: the private copy of the file, alone in its folder.
        name: of the file, for the sentences.
        most_bytes: of its weights.
        trusted: whether code in it may run, so that its config may name what is not Keras' own.

    Raises:
        NnvizError: it is no model file, or holds more than a network.
    """
    folder = copy.parent
    ready = folder / CLEAN
    ready.mkdir()
    text, weights = b"", copy
    card: Mapping[str, Any] = {}
    if container.kind(copy, name) == container.ZIP:
        with archive.opened(copy) as members:
            if (exported := teachable.export(members, folder)) is not None:
                weights, card = exported.model, exported.card
            else:
                found = archive.read(members, folder, name)
                text, weights = found.config, found.weights
                for inside, vocabulary in found.assets.items():
                    (ready / inside).parent.mkdir(parents=True, exist_ok=True)
                    (ready / inside).write_bytes(vocabulary)
    kept = clean(weights, ready / building.WEIGHTS, most_bytes)
    plan = folder / PLAN
    text = text or kept.config.encode("utf-8") or (plan.read_bytes() if plan.is_file() else b"")
    if not text:
        raise NnvizError(_WEIGHTS_ALONE)
    parsed = checked_json.parse(text)
    loss = _loss(parsed, kept.training)
    shapes = {inside: tuple(shape) for inside, (shape, _) in kept.datasets.items()}
    settings, notes = mended(parsed, shapes)
    building.write_config(ready, config.untrained(settings) if trusted else config.checked(settings))
    return Read(kept.numbers, card, notes, loss)


def _loss(parsed: dict[str, Any], training: str) -> Any:
    """The loss that a model was trained with; None where its file does not say so."""
    trained = parsed.get("compile_config")
    if training:
        with suppress(NnvizError):  # how it was trained is never needed
            trained = checked_json.parse(training.encode("utf-8"))
    return trained.get("loss") if isinstance(trained, dict) else None
