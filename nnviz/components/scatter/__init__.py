"""The scatter component: see scatter.py."""

from nnviz.components.scatter.scatter import Points, scatter

__all__ = ["Points", "scatter"]
