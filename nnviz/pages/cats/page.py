"""Cats: what a network sees in a photograph, where it looks, how its layers see it, and what they dream."""

from __future__ import annotations

import html

import streamlit as st

from nnviz.analysis import photographs
from nnviz.components.raster import raster
from nnviz.pages import address, attributions, camera, library, predict, views
from nnviz.pages.cats import depths, dreams, looks, sees
from nnviz.pages.cats.subject import subject, take
from nnviz.pages.cats.words import sentence
from nnviz.pages.page import ENTRIES, ON_WALL, Page, caption, head
from nnviz.pages.session import Session

_LARGE, _SMALL = 0.4, 0.28
"""Shares of the window's height."""


def render(current: Session) -> None:
    """Draw the page."""
    _leave()
    seen, why = subject(current)
    wish = looks.wished(seen)
    found = attributions.desk().gather([wish])[0]
    with head(PAGE):
        _pictures(seen)
        camera.buttons("cats", lambda: take(seen, image=library.UPLOAD, target=None, **predict.hides()))
    stages = depths.depths(seen)
    photograph, answer, look, *dreamt = st.columns(4 if stages else 3, gap="medium")
    with photograph:
        _photograph(seen)
    with answer:
        sees.draw(seen)
    with look:
        looks.draw(seen, found, _LARGE)
        # In the room below the picture: under all of them it would push the page beyond the screen.
        attributions.progress_bar()
    for column in dreamt:
        with column:
            dreams.draw(seen, stages, _LARGE)
    if stages:
        depths.draw(seen, stages, _SMALL, open_maps=not st.session_state.get(ON_WALL))
    said = sentence(seen, found, looks.measured(seen, wish, found))
    caption(" ".join(filter(None, [said, dreams.made(seen, stages) if stages else "", html.escape(why)])))


def _leave() -> None:
    """Go to the page that a pick on this one opens."""
    entry = st.session_state.get(ENTRIES, {}).get(st.session_state.pop(depths.GO, ""))
    if entry is not None:
        st.switch_page(entry, query_params=address.read())


def _pictures(seen: Session) -> None:
    """The photographs that ship, and one's own where there is one."""
    titles = {each.name: each.name.capitalize() for each in photographs.gallery()}
    if seen.picture.name not in titles or library.has_upload():
        own = seen.picture.name if seen.picture.name not in titles else library.UPLOAD
        titles[own] = "Your picture"
    key = "cats-picture"
    address.bound(key, seen.picture.name, tuple(titles))
    st.segmented_control(
        "Picture",
        list(titles),
        default=seen.picture.name,
        format_func=lambda name: titles[name],
        key=key,
        required=True,
        on_change=lambda: take(seen, image=st.session_state[key], target=None, **predict.hides()),
        label_visibility="collapsed",
    )


def _photograph(seen: Session) -> None:
    rows, columns = seen.fitted.pixels.shape[:2]
    raster(
        [
            views.picture_panel(
                seen, title="The photograph", note=f"as it reads it: {rows}x{columns}", most=672, smooth=True
            )
        ],
        key="cats-photograph",
        alt=f"The photograph: {seen.picture.title}",
        height=_LARGE,
        least=80,
    )


PAGE = Page("Cats", ":material/pets:", "cats", "Believe", render)
