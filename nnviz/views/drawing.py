"""A digit drawn by hand: the picture of every page, read anew after each stroke."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nnviz.shell import address, library

_SIDE, _BRUSH = 252, 20
"""Pixels; nine are one of a digit's, whose strokes are two to three wide."""
_STROKE = "drawn-stroke"


def popover() -> None:
    """The button, and the canvas that it opens."""
    with st.container(key="draw-button"), st.popover("Draw a digit", icon=":material/draw:", width="stretch"):
        st.space("small")  # where its tools appear
        canvas("drawn")
        st.caption("Each stroke is read at once.")


def canvas(key: str) -> None:
    """The canvas. One that was emptied leaves the last drawing on the pages.

    Args:
        key: unique: of the canvas and its strokes in the session.
    """
    if not st.runtime.exists():
        return  # without a server (a page drawn ahead of its talk, or on its own) nobody draws
    # It registers itself on import, which only a running server allows.
    from streamlit_drawable_canvas import st_canvas

    stroke = f"{_STROKE} {key}"

    def note() -> None:
        st.session_state[stroke] = True

    drawn = st_canvas(
        stroke_width=_BRUSH,
        stroke_color="#ffffff",
        background_color="#000000",
        height=_SIDE,
        width=_SIDE,
        return_image_data=True,
        key=key,
        on_change=note,
    )
    if st.session_state.pop(stroke, False) and drawn.image_data is not None:
        ink = np.ascontiguousarray(drawn.image_data[..., 0])
        if ink.any():
            library.keep_drawing(ink)
            address.write(image=library.UPLOAD)
            st.rerun()
