"""The keys of a talk: what a presentation remote sends, heard whatever has the focus."""

from nnviz.components.keys.keys import keys

__all__ = ["keys"]
