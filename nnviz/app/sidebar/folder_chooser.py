"""The pictures of one's own folder in the sidebar: a page of thumbnails, and a slider through the pages."""

from __future__ import annotations

import math
import time
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import streamlit as st

from nnviz.analysis.data.folder import Folder
from nnviz.analysis.image.images import fit
from nnviz.components.raster import Panel, Place, raster
from nnviz.errors import NnvizError
from nnviz.shell import address, caches, library
from nnviz.shell.session import Session

_SHOWN, _SIDE = 9, 64
_AT_ONCE, _PAUSE = 0.2, 0.3
"""Seconds of reading before the page is drawn, and until the rest is read, after it: of a camera's photographs a page
takes a second and more."""
_PAGE, _LAST, _PICKED = "folder-page", "folder picture shown", "folder picture picked"


@dataclass(frozen=True, eq=False)
class _Square:
    """The middle of a picture, (64, 64, 3) in 0..255; None of one that cannot be read."""

    pixels: np.ndarray | None


def chooser(session: Session) -> None:
    """The thumbnails, opened at the picture that is shown; nothing without a folder."""
    own = library.folder()
    if own is None:
        return
    at, pages = own.number(session.picture.name), -(-len(own) // _SHOWN)
    if at is not None and st.session_state.get(_LAST) != session.picture.name:
        st.session_state[_PAGE] = at // _SHOWN + 1
    st.session_state[_LAST] = session.picture.name
    _read(own, _numbers(own, pages), _AT_ONCE)
    left = not _all_read(own, _numbers(own, pages))
    # Turning the page draws nothing else.
    st.fragment(_draw, run_every=_PAUSE if left else None)(own, session.picture.name, pages, [True], left)


def _numbers(own: Folder, pages: int) -> Sequence[int]:
    first = (min(max(st.session_state.get(_PAGE, 1), 1), pages) - 1) * _SHOWN
    return range(first, min(first + _SHOWN, len(own)))


def _draw(own: Folder, shown: str, pages: int, first: list[bool], left: bool) -> None:
    if st.session_state.pop(_PICKED, False):
        st.rerun()
    if pages > 1:
        page = min(max(st.session_state.get(_PAGE, 1), 1), pages)
        address.bound(_PAGE, page, pages)
        st.slider(f"Folder: {len(own):,} pictures", 1, pages, page, key=_PAGE, format=f"page %d of {pages:,}")
    numbers = _numbers(own, pages)
    if not first:
        _read(own, numbers, None)
        if left:
            st.rerun()  # without a timer
    first.clear()
    entries = [own.entries[number] for number in numbers]
    squares = [caches.thumbnails.get(_key(own, number)) for number in numbers]
    found = [None if square is None else square.pixels for square in squares]
    names = [
        entry.title + (": not yet" if square is None else ": cannot be read" if square.pixels is None else "")
        for entry, square in zip(entries, squares, strict=True)
    ]
    blank, at = np.full((_SIDE, _SIDE, 3), 200, np.float32), own.number(shown)
    tiles = np.stack([blank if pixels is None else pixels for pixels in found])
    raster(
        [Panel(tiles, title="Folder" if pages == 1 else "", names=names, columns=3, most=84, pick="tile")],
        key="folder",
        alt=f"{len(entries)} of the {len(own):,} pictures of the folder, to choose from",
        picked=Place(0, at - numbers[0], 0, 0) if at is not None and at in numbers else None,
        height=0.26,
        least=40,
        on_pick=lambda place: _open(entries[place.tile].name, found[place.tile] is not None),
    )


def _all_read(own: Folder, numbers: Sequence[int]) -> bool:
    return all(_key(own, number) in caches.thumbnails for number in numbers)


def _key(own: Folder, number: int) -> Hashable:
    return "middle square", own.key, number


def _read(own: Folder, numbers: Sequence[int], seconds: float | None) -> None:
    """Read what is not read yet: all, or what there is time for, but one at least."""
    end = math.inf if seconds is None else time.perf_counter() + seconds
    for number in numbers:
        if _key(own, number) in caches.thumbnails:
            continue
        pixels = None
        with suppress(NnvizError):  # said under the pointer
            pixels = fit(own.picture(number), (_SIDE, _SIDE, 3), (1.0,) * 3, (0.0,) * 3).pixels
        caches.thumbnails.keep(_key(own, number), _Square(pixels))
        if time.perf_counter() >= end:
            return


def _open(name: str, readable: bool) -> None:
    if readable:
        st.session_state[_PICKED] = True
        address.write(image=name)
