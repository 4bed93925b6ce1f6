"""What addresses were made of that people may have saved, and what it is called now: the one table of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

Value = TypeVar("Value")

SLUGS = {"plain": "mlp-vs-cnn", "higher": "strokes", "likes": "preferred", "check": "rehearse"}
"""Old slugs of pages. `nnviz.app.serving` leads their links on, and a talk's scenes are read with the new ones."""

VIEWS = {("pooling", "activation"): "activation"}
"""Pages that were a view of another page once, by that page's slug and the view."""

_PREFERRED = ("of", "way", "other", "shown", "steps", "rate", "octaves", "as", "moved", "seed", "dream", "layer")
PARAMETERS = {f"likes.{name}": f"preferred.{name}" for name in _PREFERRED}
"""Old names of parameters."""


def place(slug: str, found: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The slug and the parameters of a page as they are now."""
    slug, parameters_now = SLUGS.get(slug, slug), parameters(found)
    own = VIEWS.get((slug, parameters_now.get("view", "")))
    if own is None:
        return slug, parameters_now
    return own, {name: text for name, text in parameters_now.items() if name != "view"}


def parameters(found: Mapping[str, Value]) -> dict[str, Value]:
    """The same parameters by the names that they have now; where both are given, the new one holds."""
    renamed = {PARAMETERS[name]: value for name, value in found.items() if name in PARAMETERS}
    return renamed | {name: value for name, value in found.items() if name not in PARAMETERS}
