"""What a page is, and how its view reads the address, shows its errors, and keeps what was there before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from markupsafe import Markup, escape

from nnviz.analysis.network.network import Network
from nnviz.errors import NnvizError, in_one_sentence
from nnviz.figures.words import in_reading_order
from nnviz.shell import address, jobs, library, opening
from nnviz.shell.markdown import escape_markdown
from nnviz.shell.markup import write_html
from nnviz.shell.session import Session, read, write_address

ENTRIES = "pages"
"""Where the session keeps Streamlit's own objects of the pages, by slug."""


ON_WALL = "sentence on the wall"
"""Where the session keeps what a talk says instead of the page's title, while a scene of it is drawn."""

_TITLE, _VIEWS, _STUDY = 4, 5.5, 6.5
"""Shares of the head's width: on every page what is under study has the same place, ten digits in one row too."""

_COMPLAINT = "complaint"
_SAID = "said of the address"


@dataclass(frozen=True)
class Reading:
    """What one would open next: a paper, a course, an article.

    Attributes:
        title: of it, short enough for the foot of a page.
        by: who wrote it, and when.
        url: where it stands. A plain link: the app itself asks for nothing there.
    """

    title: str
    by: str
    url: str


@dataclass(frozen=True)
class Page:
    """One page of the dashboard.

    Attributes:
        title: as the menu has it.
        icon: a Material symbol.
        slug: its place in the address.
        chapter: of the story, as the menu groups it.
        render: draws the page; what it draws is one fragment, rerun on its own by the page's own controls.
        unfit: why the page can show nothing of a network, in a sentence; "" where it can. The menu leaves it out then.
        reading: what stands under "Read on" at the foot of the page, one to three.
        heading: what stands above the page, where it is not its title.
    """

    title: str
    icon: str
    slug: str
    chapter: str
    render: Callable[[Session], None]
    unfit: Callable[[Network], str] = lambda network: ""
    reading: tuple[Reading, ...] = ()
    heading: str = ""


def show(page: Page) -> None:
    """Draw a page in a fragment that reads the session afresh each time."""

    st.fragment(draw)(page)


def draw(page: Page, *, stand: bool = False) -> None:
    """Draw a page once, for what the address says now.

    Args:
        stand: as of `notify`.
    """
    with jobs.drawing():
        _draw(page, stand)


def _draw(page: Page, stand: bool) -> None:
    address.forget_asked()
    # Always there, so that what follows has the same place in every run (see `main._wait`).
    with st.container():
        session = readable()
        if session is None:
            return
        write_address(session)
        notify(session, stand=stand)
    try:
        if reason := page.unfit(session.network):
            with head(page):
                inform(reason)
            return
        page.render(session)
    except Exception as error:
        found = as_sentence(error)
        if found is None:
            raise
        _fall_back(found)
        return
    address.remember_good()


@contextmanager
def head(page: Page, study: Callable[[], None] | None = None) -> Iterator[None]:
    """The page's head, alike on every page: its title (in a talk its sentence, above the rest), then the switch between
    its views and what else is drawn inside, and at the right end the layer and the unit under study.

    Args:
        study: draws what is under study, as `controls.study` does; None where the page has no choice of it.
    """
    sentence = st.session_state.get(ON_WALL)
    if sentence:
        st.title(sentence, anchor=False)
    widths = (() if sentence else (_TITLE,)) + ((_VIEWS, _STUDY) if study else (_VIEWS + _STUDY,))
    places = list(st.columns(widths, vertical_alignment="center", gap="medium"))
    if not sentence:
        places.pop(0).title(page.heading or page.title, anchor=False)
    if study:
        with places[1], st.container(key="study"):
            study()
    with places[0], st.container(horizontal=True, vertical_alignment="center", gap="small"):
        yield


def link(slug: str, label: str | None = None) -> None:
    """A link to another page, which opens on what the address says; none in a talk, which has keys for that.

    Args:
        label: in place of the page's title.
    """
    entry = st.session_state.get(ENTRIES, {}).get(slug)
    if entry is not None and not st.session_state.get(ON_WALL):
        st.page_link(entry, label=label)


def readable(*, complains: bool = True) -> Session | None:
    """The session of the address, else the last one that could be shown, else what ships, with the reason.

    Args:
        complains: whether the reason why another network is shown is said here; else `say_refused` says it.
    """
    try:
        return _session()
    except NnvizError as error:
        errors = [error]
    wanted, found = address.read().get("net", library.first_network()), None
    for before in filter(None, (address.last_good(), library.safe())):
        address.replace(before)
        try:
            found = _session()
        except NnvizError as error:
            errors.append(error)
        else:
            break
    if found is not None and found.name != wanted:
        opening.refuse(str(errors[0]))
        errors = errors if complains else errors[1:]
    for each in errors:
        complain(each)
    return found


def say_refused() -> None:
    """Say on every page why the network that the viewer wanted is not the one that is shown, until he has read it."""
    # Always there, so that what follows has the same place in every run.
    with st.container(key="refused"):
        reason = opening.refused()
        if reason:
            said, read = st.columns([9, 1], vertical_alignment="center", gap="small")
            with said:
                complain(NnvizError(reason))
            read.button("Close", key="refused-read", width="stretch", on_click=opening.let_go)


def _session() -> Session:
    """The session of the address, with one sentence for whatever a network or a picture of one's own makes it raise."""
    found = address.read()
    shown = f"{found.get('net') or library.first_network()}, {found.get('image') or 'first picture'}"
    with in_one_sentence("A network and a picture that can be shown", shown):
        return read()


def notify(session: Session, *, stand: bool = False) -> None:
    """Say what the address asked for and is not there, what was assumed, and what could not be shown.

    Args:
        stand: whether what was said stands until the address says something else: a page whose work goes on in
            the background is drawn again before anybody could read it.
    """
    if _COMPLAINT in st.session_state:
        complain(st.session_state.pop(_COMPLAINT))
    notices = session.notices
    if stand:
        before, said = st.session_state.get(_SAID, (None, ()))
        notices = notices or (said if before == address.read() else ())
        st.session_state[_SAID] = (address.read(), notices)
    for notice in notices:
        inform(notice)


def as_sentence(error: Exception) -> NnvizError | None:
    """What is said of an error: what a user can mend as it is, all else in one sentence where it is his own network
    that made a page raise it; else None, and it is a fault of ours."""
    if isinstance(error, NnvizError):
        return error
    name = address.read().get("net") or library.first_network()
    if not library.is_own(name):
        return None
    try:
        with in_one_sentence("A network that this page can show", name):
            raise error
    except NnvizError as found:
        return found


@contextmanager
def spared() -> Iterator[None]:
    """What one's own network makes a part of the app raise is said in its place, and the rest is drawn."""
    try:
        yield
    except Exception as error:
        found = as_sentence(error)
        if found is None:
            raise
        complain(found)


def _fall_back(error: NnvizError) -> None:
    """Show the last address that could be drawn again, with the reason above it."""
    before = address.last_good()
    if not before or before == address.read():
        complain(error)
        return
    st.session_state[_COMPLAINT] = error
    address.replace(before)
    st.rerun()


def complain(error: NnvizError) -> None:
    """Show an error that the user can mend: the one place where that is done."""
    st.error(escape_markdown(str(error)), icon=":material/error:")


def inform(sentence: str) -> None:
    """Say what was replaced or assumed."""
    st.info(escape_markdown(sentence), icon=":material/info:")


def caption(text: str) -> None:
    """The sentence that says what one sees, and so what: text, or Markup."""
    plain = text if isinstance(text, Markup) else in_reading_order(text)
    words = re.sub(r"(?<=[\s(])-(?=\d)", "\u2212", escape(plain))
    words = Markup(words)  # escaped above
    write_html('<p class="nn-caption" data-testid="nnCaption">{}</p>', words)


def small(text: str, width: Literal["stretch", "content"] = "stretch") -> None:
    """A line of detail: text, or Markup."""
    write_html('<p class="nn-small">{}</p>', text, width=width)
