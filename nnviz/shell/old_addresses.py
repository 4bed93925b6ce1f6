"""What addresses were made of that people may have saved, and what it is called now: the one table of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

Value = TypeVar("Value")

SLUGS = {"plain": "mlp-vs-cnn"}
"""Old slugs of pages. `nnviz.app.serving` leads their links on, and a talk's scenes are read with the new ones."""

PARAMETERS: dict[str, str] = {}
"""Old names of parameters; none was renamed yet."""


def slug(name: str) -> str:
    """What a page's slug is now."""
    return SLUGS.get(name, name)


def parameters(found: Mapping[str, Value]) -> dict[str, Value]:
    """The same parameters by the names that they have now; where both are given, the new one holds."""
    renamed = {PARAMETERS[name]: value for name, value in found.items() if name in PARAMETERS}
    return renamed | {name: value for name, value in found.items() if name not in PARAMETERS}
