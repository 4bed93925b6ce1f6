"""The talk's own page, for a title, a chapter and the end: the sentence in large type, and a picture computed now."""

from __future__ import annotations

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.components.raster import Panel, raster
from nnviz.figures.tiles import as_tiles
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import ON_WALL, Page, caption
from nnviz.shell.session import Session
from nnviz.views import scales

TEXT = "text on the wall"
"""Where the session keeps what stands below the sentence, while a scene is drawn."""
_MOST = 16
"""Maps in the picture: the strongest."""


def render(session: Session) -> None:
    """Draw the page."""
    with st.container(key="talk-title"):
        words, picture = st.columns([9, 10], gap="large", vertical_alignment="center")
    with words:
        st.title(st.session_state.get(ON_WALL) or PAGE.title, anchor=False)
        lines = [line for line in st.session_state.get(TEXT, "").splitlines() if line]
        write_html('<ul class="nn-lines">{}</ul>', Markup().join(html("<li>{}</li>", line) for line in lines))
    with picture:
        _layer(session)


def _layer(session: Session) -> None:
    """The picture, and what the layer under study makes of it: its strongest maps, or its values folded."""
    name, values = session.layer.name, session.activations
    colour, ranges = scales.colour_scale(session, name, "layer")
    tiles, vector = as_tiles(values), values.ndim == 1
    count = len(tiles)
    strongest = np.sort(np.argsort(-np.abs(tiles).reshape(count, -1).max(axis=1), kind="stable")[:_MOST])
    made = Panel(
        tiles[strongest],
        colour,
        ranges[strongest],
        title=f"{name}, {len(strongest)} of {count} maps" if count > _MOST else name,
        units=values.size if vector else 0,
        columns=4 if len(strongest) == _MOST else 0,
        scale=1.0 if vector else 0.5,
        most=640,
        say_zero=True,
    )
    colours = session.fitted.pixels.shape[2] > 1
    raster(
        [scales.picture_panel(session, title="input", most=320, scale=0.5 if vector else 1.0, smooth=colours), made],
        key="talk-title",
        alt=f"{session.picture.title}, and what {name} of {session.network.name} makes of it",
        height=0.74,
        least=56,
    )
    caption(f"What {name} of {session.network.name} makes of it, computed now.")


PAGE = Page("Title", "", "title", "", render)
