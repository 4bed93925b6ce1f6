"""The picture that the unit would like best, formed on the page: the same as on the page of likes, and kept with it."""

from __future__ import annotations

import html
from collections.abc import Hashable
from functools import partial

import numpy as np
import streamlit as st

from nnviz.analysis.visualization import Visualization
from nnviz.components.raster import Panel, raster
from nnviz.figures.words import number
from nnviz.pages import work
from nnviz.pages.likes.pictures import tiles_of
from nnviz.pages.likes.wish import RATE, STEPS, Asked, Wish, wish
from nnviz.pages.page import small
from nnviz.pages.session import Session

JOB = "dossier-preferred"
_QUICK = 1_000_000
"""Parameters of a network that forms its picture in a second: it begins by itself."""
_AT_ONCE = 0.25
"""Seconds worked before the page is drawn, where nothing is to be compiled."""

_compiled: set[Hashable] = set()


def asked() -> Asked:
    """One picture, as the page of likes makes it unless told otherwise."""
    return Asked("unit", "one", "layer", 0, STEPS, RATE, "fourier", True, 0, 3, 0)


def preferred(current: Session, wait: bool) -> Visualization | None:
    """What has formed so far; begins where that is quick, unless something else is to be done first (`wait`)."""
    wanted = wish(current, asked())
    kept = work.result(wanted.key)
    if kept is not None:
        _compiled.add(wanted.form)
        return kept
    mine: work.Job | None = work.job(JOB)
    if mine is not None and mine.key != wanted.key:
        work.forget(JOB)
        mine = None
    if mine is None and not wait and current.network.parameters < _QUICK:
        begun = mine = _begin(wanted)
        if wanted.form in _compiled:
            begun.work(_AT_ONCE)
    kept = work.result(wanted.key)
    if kept is not None:
        return kept
    return mine.progress.so_far if mine is not None and mine.progress is not None else None


def _begin(wanted: Wish) -> work.Job:
    return work.begin(JOB, "Forming", wanted.key, wanted.steps)


def _again(wanted: Wish) -> None:
    work.forget(JOB)
    _begin(wanted)


def stopped(current: Session) -> work.Job | None:
    """The work, where it ended before the picture was there."""
    mine = work.job(JOB)
    if mine is None or mine.state not in ("stopped", "failed") or mine.key != wish(current, asked()).key:
        return None
    return mine


def button(current: Session) -> None:
    """Begins it."""
    st.button(
        "Form it",
        icon=":material/play_arrow:",
        key="dossier-form",
        on_click=partial(_again, wish(current, asked())),
    )


def draw(current: Session, found: Visualization | None, wait: bool, height: float) -> None:
    """What has formed; or a button that begins it, where nothing begins by itself."""
    mine = work.job(JOB)
    if found is None and not wait and (mine is None or not mine.busy):
        small("<b>Preferred picture</b>")
        if mine is not None and mine.reason:
            small(html.escape(mine.reason))
        button(current)
        return
    blank = np.full((1, *current.fitted.pixels.shape), 128, np.float32)
    raster(
        [
            Panel(
                tiles_of(blank if found is None else found.pixels),
                "grey",
                (0, 255),
                title="Preferred picture",
                note="not formed yet" if found is None else f"{number(found.score)} after {found.steps} steps",
                most=336,
            )
        ],
        key="dossier-preferred",
        alt="The picture that it would like best: not formed yet"
        if found is None
        else f"The picture that unit {current.unit} of {current.layer.name} would like best",
        height=height,
        least=64,
    )
