"""Cats: what a network sees in a photograph, where it looks, how its layers see it, and what they dream."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from nnviz.analysis.data import photographs
from nnviz.analysis.evidence import BrightestKept
from nnviz.components.raster import raster
from nnviz.figures.words import number, probability
from nnviz.pages.cats import depths, dreams, looks, sees
from nnviz.pages.cats.subject import subject, take
from nnviz.shell import address, library
from nnviz.shell.markup import html
from nnviz.shell.page import ENTRIES, ON_WALL, Page, Reading, caption, head, small
from nnviz.shell.session import Session
from nnviz.views import camera, scales
from nnviz.views.attribution.panels import state
from nnviz.views.attribution.request import Found, attributions, progress_bar
from nnviz.views.attribution.zero_map import cause_of_zero

_LARGE, _SMALL = 0.42, 0.3
"""Shares of the window's height."""


def render(session: Session) -> None:
    """Draw the page."""
    _leave()
    session, why = subject(session)
    request = looks.request_of(session)
    found = attributions([request])[0]
    with head(PAGE):
        _pictures(session)
        camera.buttons("cats", lambda: take(session, image=library.UPLOAD, target=None))
        if why:
            small(why, width="content")
    stages = depths.depths(session)
    photograph, answer, look, *dreamt = st.columns(4 if stages else 3, gap="medium")
    with photograph:
        _photograph(session)
    with answer:
        sees.draw(session)
    with look:
        looks.draw(session, found, _LARGE)
        # In the room below the picture: under all of them it would push the page beyond the screen.
        progress_bar()
    for column in dreamt:
        with column:
            dreams.draw(session, stages, _LARGE)
    if stages:
        depths.draw(session, stages, _SMALL, open_maps=not st.session_state.get(ON_WALL))
    said = sentence(session, found, looks.brightest_kept_of(session, request, found))
    caption(Markup(" ").join(filter(None, [said, dreams.made(session, stages) if stages else ""])))


def _leave() -> None:
    """Go to the page that a pick on this one opens."""
    entry = st.session_state.get(ENTRIES, {}).get(st.session_state.pop(depths.GO, ""))
    if entry is not None:
        st.switch_page(entry, query_params=address.read())


def _pictures(session: Session) -> None:
    """The photographs that ship, and one's own where there is one."""
    titles = {each.name: each.name.capitalize() for each in photographs.gallery()}
    if session.picture.name not in titles or library.has_upload():
        own = session.picture.name if session.picture.name not in titles else library.UPLOAD
        titles[own] = "Your picture"
    key = "cats-picture"
    address.bound(key, session.picture.name, tuple(titles))
    st.segmented_control(
        "Picture",
        list(titles),
        default=session.picture.name,
        format_func=lambda name: titles[name],
        key=key,
        required=True,
        on_change=lambda: take(session, image=st.session_state[key], target=None),
        label_visibility="collapsed",
    )


def _photograph(session: Session) -> None:
    rows, columns = session.fitted.pixels.shape[:2]
    raster(
        [
            scales.picture_panel(
                session, title="The photograph", note=f"as it reads it: {rows}x{columns}", most=672, smooth=True
            )
        ],
        key="cats-photograph",
        alt=f"The photograph: {session.picture.title}",
        height=_LARGE,
        least=80,
    )


def sentence(session: Session, found: Found, left: BrightestKept | None) -> Markup:
    """What one sees, and so what: what is left of the class where the map is brightest, and where it is dimmest."""
    title, name = found.method.title, session.class_name(session.class_index)
    if left is None:
        if found.state == "done":
            zero = f"{title} is zero everywhere for {name}. {cause_of_zero(session, found.method)}"
            return html("{}", zero.rstrip())
        return html("{}", found.reason or f"Where it looks: {state(found)}.")
    say = probability if session.network.output.shares else number
    return html(
        "Blur all but the third of the picture where the map is brightest, and {} gets <b>{}</b>; "
        "all but the third where it is dimmest, {}.",
        name,
        say(left.brightest),
        say(left.dimmest),
    )


PAGE = Page(
    "Cats",
    ":material/pets:",
    "cats",
    "Why?",
    render,
    reading=(
        Reading("Grad-CAM", "Selvaraju et al. 2017", "https://arxiv.org/abs/1610.02391"),
        Reading(
            "Inceptionism",
            "Mordvintsev et al. 2015",
            "https://research.google/blog/inceptionism-going-deeper-into-neural-networks/",
        ),
    ),
)
