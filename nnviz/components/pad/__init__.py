"""The pad: a place to draw a digit on, which it makes as MNIST has them."""

from nnviz.components.pad.pad import pad

__all__ = ["pad"]
