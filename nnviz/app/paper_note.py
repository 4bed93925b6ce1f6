"""A digit on paper, told beside the answer, with the button that makes it one as the network was trained on."""

from __future__ import annotations

import streamlit as st

from nnviz.analysis.data import digits
from nnviz.shell import address, library, page
from nnviz.shell.session import Session


def draw(session: Session) -> None:
    """The sentence and the button, where a network that reads digits is shown one dark on light, or faint."""
    # Always there, so that what follows has the same place in every run (see `main._wait`).
    with st.container(key="on-paper", horizontal=True, vertical_alignment="center", gap="small"):
        paper = library.paper(session.network, session.picture, session.transform) if _reads(session) else None
        # What the viewer inverted himself needs no telling.
        if paper is None or session.transform.invert or not (paper.dark or paper.faint):
            return
        page.inform(f"The digit is {paper.words}; {session.name} was trained on digits white on black.")
        asked = {"invert": True} if paper.dark else {}
        asked |= {"stretch": True} if paper.faint else {}
        st.button(
            " and ".join(asked).capitalize(),
            icon=":material/invert_colors:",
            key="mend-paper",
            on_click=lambda: address.write(**asked),
        )


def _reads(session: Session) -> bool:
    return digits.read_by(session.network)
