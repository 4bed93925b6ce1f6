"""A digit drawn by hand: the picture of every page, read anew after each stroke."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nnviz.components.pad import pad
from nnviz.shell import address, library


def popover() -> None:
    """The button, and the pad that it opens."""
    with st.container(key="draw-button"), st.popover("Draw a digit", icon=":material/draw:", width="stretch"):
        pad("drawn", keep)
        st.caption("Each stroke is read at once.")


def keep(pixels: np.ndarray) -> None:
    """Take what was drawn as the viewer's picture.

    Args:
        pixels: (28, 28) uint8, white on black.
    """
    library.keep_digit(pixels)
    address.write(image=library.UPLOAD)
