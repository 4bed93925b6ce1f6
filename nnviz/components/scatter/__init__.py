"""The scatter component: see scatter.py."""

from nnviz.components.scatter.scatter import Curve, Line, Points, Subject, scatter

__all__ = ["Curve", "Line", "Points", "Subject", "scatter"]
