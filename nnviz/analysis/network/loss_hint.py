"""What the loss that a model was trained with says of its raw outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def loss_of(loss: Any) -> str:
    """ "categorical" or "binary" for the cross-entropies, else "".

    Args:
        loss: a name, a Keras loss, or its config.
    """
    if isinstance(loss, Mapping):
        loss = loss.get("class_name") or loss.get("config")
    name = loss if isinstance(loss, str) else getattr(loss, "name", None) or getattr(loss, "__name__", "")
    plain = str(name).lower().replace("_", "")
    if "crossentropy" not in plain:
        return ""
    return "binary" if "binary" in plain else "categorical"
