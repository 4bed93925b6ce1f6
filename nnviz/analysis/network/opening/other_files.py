"""What a file is that holds no Keras model, and how to get the model."""

from __future__ import annotations


def refuse(head: bytes, name: str) -> None:
    """Raises NnvizError where the first bytes of a file tell what it is instead of a Keras model."""
