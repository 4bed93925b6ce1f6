"""The dots component: see dots.py."""

from nnviz.components.dots.dots import Readings, dots

__all__ = ["Readings", "dots"]
