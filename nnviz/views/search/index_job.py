"""The index of a set of pictures as the pages have it: chosen by the address, made in the background for all viewers,
and kept on disk."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from nnviz.analysis.progress import Progress
from nnviz.analysis.search import index
from nnviz.analysis.search.strongest import Strongest
from nnviz.shell import address, caches, controls, jobs
from nnviz.shell.jobs import Job
from nnviz.shell.page import small
from nnviz.shell.session import Session
from nnviz.views.search.image_sets import DIGITS, ImageSet, sets

JOB = "index"
AMONG = "among"
SECONDS = 20.0
"""How long the search of the 10,000 digits may take where they must be fitted to the network first."""


def among(session: Session) -> ImageSet:
    """The pictures that the address asks for, among those that there are for the network."""
    found = sets(session.network)
    wanted = address.choice(AMONG, tuple(each.slug for each in found), found[0].slug)
    return next(each for each in found if each.slug == wanted)


def switch(session: Session) -> None:
    """The choice of the pictures, where there is one."""
    found = sets(session.network)
    if len(found) > 1:
        titles = {"folder": "Folder", "photographs": "Photos", "digits": "Digits"}
        controls.switch("Searched in", AMONG, [each.slug for each in found], among(session).slug, titles=titles)


@contextmanager
def beside(session: Session) -> Iterator[None]:
    """The choice of the pictures on the left, where there is one, and on the right what is drawn inside."""
    count = len(sets(session.network))
    if count == 1:
        yield
        return
    left, right = st.columns([count, 11 - count], vertical_alignment="center", gap="medium")
    with left:
        switch(session)
    with right:
        yield


def begun(session: Session, of: ImageSet) -> Job:
    """The index of those pictures: what it has so far is what it found; begun where nobody has yet."""

    def steps() -> Generator[Progress, None, Strongest]:
        return index.index(session.network, of.pictures, of.key, _seconds(session, of))

    return jobs.share(JOB, Job(f"Searching the {of.noun}s", _key(session, of), steps))


def kept(session: Session, of: ImageSet) -> Strongest | None:
    """The index of those pictures where somebody has had it made already; it is not begun."""
    return caches.results.get(_key(session, of))


def _key(session: Session, of: ImageSet) -> tuple[Any, ...]:
    return (JOB, session.key, of.key, _seconds(session, of))


def _seconds(session: Session, of: ImageSet) -> float | None:
    return SECONDS if of is DIGITS and session.network.image_shape != (28, 28, 1) else None


def bar(mine: Job, redraw: float | None = 1.0) -> None:
    """The bar of the index with its Stop; a button that goes on with one that was stopped, or why it failed; and which
    files could not be read. To be called on every run of a page, at the same place, in a row of its own making."""
    # Always there, so that the bar keeps its place when the button comes.
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        if mine.halted:
            if mine.reason:
                small(mine.reason)
            jobs.again_button(JOB, "Go on searching" if mine.state == "stopped" else "Search again")
    jobs.progress_bar(JOB, redraw=redraw)


def unread(of: ImageSet, found: Strongest | None) -> str:
    """Which of the pictures could not be read or were left out, in sentences with a blank before each; empty where
    all were searched."""
    left_out = f" {of.left_out}" if of.left_out else ""
    if found is None or not found.skipped:
        return left_out
    count = f"{len(found.skipped):,} file{'s' * (len(found.skipped) > 1)}"
    return f" {count} could not be read: {of.listed(found.skipped)}.{left_out}"
