"""The foot of every page: the page before it and the one after it in the story, and between them what to read on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from markupsafe import Markup

from nnviz.shell.markup import html, write_html
from nnviz.shell.page import Page, Reading


def draw(entries: dict[str, Any], pages: Sequence[Page], page: Page) -> None:
    """Draw it.

    Args:
        entries: Streamlit's own objects of the pages, by slug.
        pages: those that the menu has, in the order of the story.
        page: the one that is shown.
    """
    at = pages.index(page) if page in pages else None
    before = pages[at - 1] if at else None
    after = pages[at + 1] if at is not None and at + 1 < len(pages) else None
    with st.container(key="foot", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        _link(entries, before, f"Previous: {before.title}" if before else "", ":material/arrow_back:", "left")
        write_html('<p class="nn-reading">{}</p>', _reading(page.reading), width="content")
        _link(entries, after, f"Next: {after.title}" if after else "", ":material/arrow_forward:", "right")


def _link(entries: dict[str, Any], page: Page | None, label: str, icon: str, side: Any) -> None:
    # Always there, so that what stands between two keeps its place at either end of the story.
    with st.container(key=f"foot-{side}", width="content"):
        if page is not None:
            st.page_link(entries[page.slug], label=label, icon=icon, icon_position=side)


def _reading(found: Sequence[Reading]) -> Markup:
    if not found:
        return Markup("")
    links = Markup(" · ").join(
        html('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a><i> ({})</i>', each.url, each.title, each.by)
        for each in found
    )
    return html("Read on: {}", links)
