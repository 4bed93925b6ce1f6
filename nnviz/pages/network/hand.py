"""The opening page's own column: what a stranger does with his hand, and what the net says to it."""

from __future__ import annotations

import streamlit as st

from nnviz.analysis.data import digits
from nnviz.components.raster import raster
from nnviz.shell.page import small
from nnviz.shell.session import Session
from nnviz.views import answer, drawing, own_network, scales


def draw(session: Session) -> None:
    """A place to draw on, or the photograph that is read; the answer, large; and where to drop what is one's own."""
    with st.container(key="hand"):
        if session.network.input.kind == "picture":
            if digits.read_by(session.network):
                small("Draw a digit: each stroke is read at once.")
                drawing.canvas("drawn-here")
            else:
                raster(
                    [scales.picture_panel(session, most=336, smooth=True)],
                    key="hand-picture",
                    alt=f"The picture that the network reads: {session.picture.title}",
                    height=0.32,
                )
        answer.says(session, narrow=True)
        own_network.drop()
