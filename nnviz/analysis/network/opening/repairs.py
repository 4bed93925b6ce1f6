"""Configs of older Keras versions, mended so that this one builds the same network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def mended(
    config: Mapping[str, Any], weights: Mapping[str, tuple[int, ...]] | None = None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The config as this Keras builds it, and a sentence a repair.

    Args:
        config: as the file has it; never changed.
        weights: shapes of the arrays in the file, by their path.
    """
    return dict(config), ()
