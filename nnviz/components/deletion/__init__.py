"""The deletion component: see deletion.py."""

from nnviz.components.deletion.deletion import Order, Played, deletion

__all__ = ["Order", "Played", "deletion"]
