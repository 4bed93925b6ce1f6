"""What a scene shows: a page of the dashboard, or the talk's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from nnviz.pages import registry
from nnviz.shell import page
from nnviz.shell.page import Page
from nnviz.talk import seeing, title
from nnviz.talk.scenes import Scene


def pages() -> tuple[Page, ...]:
    """All pages that a scene may show."""
    return (*registry.PAGES, title.PAGE, seeing.PAGE)


def page_of(scene: Scene) -> Page:
    """The page that the scene shows."""
    return next(each for each in pages() if each.slug == scene.page)


@contextmanager
def on_wall(scene: Scene) -> Iterator[None]:
    """Have the scene's sentence stand in place of the page's title, and its text on a page of the talk's own."""
    st.session_state[page.ON_WALL], st.session_state[title.TEXT] = scene.say, scene.text
    try:
        yield
    finally:
        for name in (page.ON_WALL, title.TEXT):
            st.session_state.pop(name, None)
