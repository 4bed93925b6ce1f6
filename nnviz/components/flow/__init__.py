"""Signed flows between columns of nodes, as wide as what flows."""

from nnviz.components.flow.flow import Column, Node, Ribbon, Whole, flow

__all__ = ["Column", "Node", "Ribbon", "Whole", "flow"]
