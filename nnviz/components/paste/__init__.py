"""A picture from the clipboard, pasted anywhere on the page."""

from nnviz.components.paste.paste import MOST_BYTES, Pasted, paste, read

__all__ = ["MOST_BYTES", "Pasted", "paste", "read"]
