"""Cards that a viewer makes on the page for networks that are not the app's own: his alone, until he keeps them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from nnviz.errors import NnvizError

_CARDS = "cards of one's own"
_ARCHITECTURE = {"class_name", "config"}
"""Keys of a Keras model's JSON, which may stand beside its weights under the name that a card has."""


def of_viewer(name: str) -> Mapping[str, Any] | None:
    """The viewer's own card for the network of that name; None where he made none, and where nobody looks."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    return st.session_state.get(_CARDS, {}).get(name)


def put(name: str, facts: Mapping[str, Any] | None) -> None:
    """Let the viewer's card for a network be this one; None: the file's own again."""
    cards = {**st.session_state.get(_CARDS, {}), name: facts}
    st.session_state[_CARDS] = {name: facts for name, facts in cards.items() if facts is not None}


def class_names(text: str) -> list[str]:
    """Names of classes as they are written: one a line, with their numbers before them or not, or between commas."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) == 1:
        return [name.strip() for name in lines[0].split(",") if name.strip()]
    # As Teachable Machine writes them: "0 cat", "1 dog".
    numbered = [re.fullmatch(r"(\d+)[\s:,]+(.+)", line) for line in lines]
    if lines and all(found and int(found[1]) == at for at, found in enumerate(numbered)):
        return [found[2] for found in numbered if found]
    return lines


def as_text(facts: Mapping[str, Any]) -> str:
    """A card as it stands in a file."""
    return json.dumps(facts, indent=2, ensure_ascii=False, default=str) + "\n"


def keep(facts: Mapping[str, Any], path: Path) -> str:
    """Write a card to a file, in the place of the card that is there; says what was done.

    Raises:
        NnvizError: what stands there is no card, or the file cannot be written.
    """
    there = path.exists()
    if there and not _is_card(path):
        raise NnvizError(
            f"A card under the name {path.name} was expected, or none. Received: a file that is no card; it stays as "
            "it is; download the card, and start with it as --card."
        )
    written = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        written.write_text(as_text(facts), encoding="utf-8")
        written.replace(path)
    except OSError as error:
        written.unlink(missing_ok=True)
        raise NnvizError(
            f"A folder that can be written to was expected. Received: {path.parent.name}, {error.strerror}."
        ) from error
    return f"{path.name}, which was there, has the new card now." if there else f"Kept as {path.name}."


def _is_card(path: Path) -> bool:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and not set(found) >= _ARCHITECTURE
