"""Unrolling in the browser: an image or a stack of maps is laid out, row by row, as one vector."""

from nnviz.components.unrolling.unrolling import Layout, unrolling

__all__ = ["Layout", "unrolling"]
