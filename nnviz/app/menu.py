"""The menu: the pages by chapter, the talk, and the button of the theme; on a phone one button that opens it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import streamlit as st

from nnviz.components.appearance import appearance
from nnviz.shell import address
from nnviz.shell.markup import write_html
from nnviz.shell.page import Page


def draw(entries: dict[str, Any], pages: Sequence[Page], talk: Any, shown: str) -> None:
    """Draw it: style.css shows the row or the button, as the window has room.

    Args:
        entries: Streamlit's own objects of the pages, by slug.
        pages: those that it has, in the order of the story.
        talk: Streamlit's own object of the talk.
        shown: slug of the page that is shown: the button's list is closed when another one is.
    """
    with st.container(horizontal=True, gap="medium", key="menu"):
        with (
            st.container(width="content", key="menu-button"),
            st.popover("Menu", icon=":material/menu:", key=f"menu-{shown}"),
        ):
            _chapters(entries, pages)
        _chapters(entries, pages)
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap=None, key="menu-talk"):
            st.page_link(talk, query_params={address.SCENE: "1"})
            appearance(key="appearance")


def _chapters(entries: dict[str, Any], pages: Sequence[Page]) -> None:
    for chapter, group in groupby(pages, key=lambda entry: entry.chapter):
        with st.container(width="content", gap=None):
            write_html('<p class="nn-chapter">{}</p>', chapter, width="content")
            with st.container(horizontal=True, gap="small", width="content"):
                for entry in group:
                    st.page_link(entries[entry.slug])
