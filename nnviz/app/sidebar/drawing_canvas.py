"""A digit drawn by hand: the picture of every page, read anew after each stroke."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nnviz.shell import address, library

_SIDE, _BRUSH = 252, 20
"""Pixels; nine are one of a digit's, whose strokes are two to three wide."""
_STROKE = "drawn-stroke"


def canvas() -> None:
    """The button, and the canvas that it opens. A canvas that was emptied leaves the last drawing on the pages."""
    # It registers itself on import, which only a running server allows.
    from streamlit_drawable_canvas import st_canvas

    with st.popover("Draw a digit", icon=":material/draw:", width="stretch"):
        st.space("small")  # where its tools appear
        drawn = st_canvas(
            stroke_width=_BRUSH,
            stroke_color="#ffffff",
            background_color="#000000",
            height=_SIDE,
            width=_SIDE,
            return_image_data=True,
            key="drawn",
            on_change=_note,
        )
        st.caption("Each stroke is read at once.")
    if st.session_state.pop(_STROKE, False) and drawn.image_data is not None:
        ink = np.ascontiguousarray(drawn.image_data[..., 0])
        if ink.any():
            library.keep_drawing(ink)
            address.write(image=library.UPLOAD)
            st.rerun()


def _note() -> None:
    st.session_state[_STROKE] = True
