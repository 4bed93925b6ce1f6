"""The keys of a talk: what a presentation remote sends, heard whatever has the focus."""

from nnviz.components.keys.keys import kept_name, keys, remote

__all__ = ["kept_name", "keys", "remote"]
