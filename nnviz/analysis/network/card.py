"""A card: facts about a network, as a JSON object beside its file (keys as in pretrained/README.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnviz.errors import NnvizError


def read_card(card: str | Path | Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Read a card. Raises NnvizError where there is no such file or it is not a JSON object."""
    if card is None:
        return {}
    if isinstance(card, Mapping):
        return card
    path = Path(card)
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise NnvizError(f"A card (a JSON file) was expected. Received: {path.name}, {error}.") from error
    if not isinstance(facts, dict):
        raise NnvizError(f"A card with a JSON object was expected. Received: {type(facts).__name__} in {path.name}.")
    return facts


def card_beside(path: Path) -> Path | None:
    """The file of the same name that is a card; another JSON file, such as a training's history or the plan of the
    model, is none.

    One that cannot be read is taken for a card, so that `read_card` says what is wrong with it.
    """
    card = path.with_suffix(".json")
    try:
        facts = json.loads(card.read_text(encoding="utf-8"))
        return card if isinstance(facts, dict) and "class_name" not in facts else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        return card


def section(card: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An object within a card, empty where it has none. Raises NnvizError where it is something else."""
    found = card.get(key, {})
    if not isinstance(found, Mapping):
        raise NnvizError(f"A card with an object as its {key} was expected. Received: {found!r}.")
    return found
