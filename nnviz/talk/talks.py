"""Which talk the app gives: the one of the command line, else the one that ships; checked before it is given."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import streamlit as st

from nnviz.analysis.progress import finished
from nnviz.errors import NnvizError, in_one_sentence
from nnviz.shell import options
from nnviz.shell.session import read
from nnviz.talk import headless, scenes, shown, stage
from nnviz.talk.scenes import Scene, Talk

_OWN = "own name of a wall"
_HANDED_OUT = "own name handed out"
_last: dict[Path, Talk] = {}


def current() -> Talk:
    """The talk as its file says now; as it said before, where the file was spoiled since.

    Raises:
        NnvizError: a file that never was a talk.
    """
    path = options.given.talk or scenes.BUNDLED
    try:
        state = path.stat()
        _last[path] = _read(path, state.st_size, state.st_mtime_ns)
    except (OSError, NnvizError):
        if path not in _last:
            raise
    return _last[path]


@lru_cache(maxsize=8)
def _read(path: Path, size: int, time: int) -> Talk:
    with in_one_sentence("A talk", path.name):
        talk = scenes.read(path)
    for scene in talk.scenes:
        _known(talk, scene)
    return talk


def _known(talk: Talk, scene: Scene) -> None:
    slugs = [entry.slug for entry in shown.pages()]
    if scene.page not in slugs:
        raise talk.wrong(scene.lines["page"], f"a page was expected: {', '.join(slugs)}. Received: {scene.page!r}.")


def own_id(*, hand_out: bool = False) -> str:
    """The name of this viewer's wall, where it has no other.

    Args:
        hand_out: for a link to the speaker's view, which will follow the wall of that name.
    """
    if hand_out:
        st.session_state[_HANDED_OUT] = True
    if _OWN not in st.session_state:
        st.session_state[_OWN] = stage.new_id()
    return st.session_state[_OWN]


def handed_out() -> bool:
    """Whether a link to the speaker's view has that name."""
    return _HANDED_OUT in st.session_state


def check(talk: Talk) -> None:
    """See whether what the scenes and their steps name is there: pages, networks, pictures, layers, units.

    Raises:
        NnvizError: something is not; the sentence names the line.
    """
    for scene in (stop.shown for stop in talk.stops):
        _known(talk, scene)
        notices: list[str] = []

        def look(found: list[str] = notices) -> None:
            found.extend(read().notices)

        try:
            finished(headless.drawing(look, scene.parameters))
        except NnvizError as error:
            notices.append(str(error))
        if notices:
            raise talk.wrong(_line(scene, notices[0]), notices[0])


def _line(scene: Scene, notice: str) -> int:
    """The line of the parameter that a notice speaks of."""
    for name, text in scene.parameters.items():
        named = name in ("net", "image", "layer") and text.removeprefix("test-") in notice
        if named or notice.startswith(f"{name} "):
            return scene.lines.get(name, scene.line)
    return scene.line
