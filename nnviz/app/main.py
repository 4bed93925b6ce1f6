"""The script of the app: the head of the page, the menu by chapter, the sidebar, and the page itself."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from nnviz.app import startup
from nnviz.shell import options
from nnviz.shell.jobs.worker import worker

if TYPE_CHECKING:
    from nnviz.shell.page import Page

_HERE = Path(__file__).parent


def main() -> None:
    """Draw the app once. Until TensorFlow is there, the page says what it waits for."""
    # An icon of our own: a Material symbol as a tab's icon would be fetched from outside.
    st.set_page_config("nnviz", str(_HERE / "icon.svg"), layout="wide")
    _wait()
    from nnviz.app import foot, menu, paper_note
    from nnviz.app.sidebar import own_pictures, sidebar
    from nnviz.pages import registry
    from nnviz.shell import jobs, opening, page
    from nnviz.shell.session import write_address
    from nnviz.talk import pages as talk
    from nnviz.talk import save_scene
    from nnviz.views import named_numbers, own_network

    entries = {
        entry.slug: st.Page(
            partial(page.show, entry),
            title=entry.title,
            icon=entry.icon,
            url_path=entry.slug,
            default=entry is registry.FIRST,
        )
        for entry in registry.PAGES
    }
    st.session_state[page.ENTRIES] = entries
    places = {
        place.slug: st.Page(place.draw, title=place.title, icon=place.icon, url_path=place.slug)
        for place in talk.PLACES
    }
    chosen = st.navigation([*entries.values(), *places.values()], position="hidden")
    apart = next((place for place in talk.PLACES if places[place.slug] == chosen), None)
    slug = chosen.url_path or registry.FIRST.slug
    head = st.container()
    if apart is not None:
        if apart.menu:
            with head:
                menu.draw(entries, registry.PAGES, places["talk"], slug)
        chosen.run()
        return
    own_pictures.clipboard()
    ready = opening.settle()
    with st.container():
        jobs.progress_bar(opening.QUEUE)
        session = page.readable(complains=False) if ready else None
        page.say_refused()
    fit: Sequence[Page] = registry.PAGES
    with head:
        if session is not None:
            # What the network that is shown cannot fill is left out.
            with page.spared():
                fit = [each for each in registry.PAGES if not each.unfit(session.network)]
        menu.draw(entries, fit, places["talk"], slug)
    if session is None:
        return
    # Said here, since the address is mended: the fragment below finds nothing amiss in it any more.
    write_address(session)
    with st.container():
        page.notify(session, stand=True)
        own_pictures.complaint("page")
    with page.spared():
        own_network.doubted(session)
    with page.spared():
        paper_note.draw(session)
    with st.container(), page.spared():
        if session.network.input.kind in ("vector", "tokens"):
            named_numbers.row(session)
    # At the foot of the page, in its margin: style.css takes its room from nothing else.
    with st.container(key="assumed", horizontal=True, vertical_alignment="center", gap="small"), page.spared():
        own_network.said(session)
    sidebar.draw(session)
    shown = next(page_ for page_ in registry.PAGES if entries[page_.slug] == chosen)
    with st.sidebar:
        save_scene.popover(shown.slug)
    chosen.run()
    foot.draw(entries, fit, shown)


def _wait() -> None:
    """Say what the server is doing until the first picture can be drawn."""
    # Drawn in every run, as all that is not always there: what comes after it has the same place in each, and what
    # is clicked while a run begins is still heard by the part of the page that it was meant for.
    with st.container(key="waiting"):
        if startup.warmup.wait(0):
            return
        place = st.empty()
    while not startup.warmup.wait(0.1):
        # All three may be done a moment before the whole is.
        done = min(len(startup.warmup.seconds), 2)
        with place.container():
            st.title("nnviz", anchor=False)
            st.progress(
                (done + 0.5) / 3,
                f"Step {done + 1} of 3: loading {startup.warmup.doing or 'TensorFlow'}, "
                f"{time.perf_counter() - options.started:.0f} s since the server started.",
            )
    place.empty()


with worker.drawing():
    main()
