"""The speaker's view, for a window of its own: the note of the scene on the wall, what comes next, and the clock."""

from __future__ import annotations

import time
from urllib.parse import urlencode

import streamlit as st
from markupsafe import Markup

from nnviz.components.keys import remote
from nnviz.shell import address
from nnviz.shell.markup import html, write_html
from nnviz.talk import stage, talks
from nnviz.talk.scenes import Scene

_EVERY = 0.4
"""Seconds between two looks at the wall: it is followed within one second."""


def draw() -> None:
    """Draw the view of the wall that the address names; it follows by itself, and its keys turn that wall."""
    wall = address.read().get(address.TALK) or talks.own_id(hand_out=True)
    remote(wall, key="talk-remote")
    st.fragment(_view, run_every=_EVERY)(wall)


def _view(wall: str) -> None:
    talk = talks.current()
    shown = stage.shown(wall)
    if shown is None:
        st.title("Speaker's view", anchor=False)
        st.info("It waits for the talk: no window shows the talk with this id yet. Press S there, or open it below.")
        link = urlencode({address.SCENE: 1, address.TALK: wall})
        st.link_button("Start the talk", f"talk?{link}", type="primary")
        return
    at = min(shown.scene, len(talk.scenes))
    scene = talk.scenes[at - 1]
    after = talk.scenes[at] if at < len(talk.scenes) else None
    spent = int(time.time() - shown.began)
    clock = f"{spent // 3600}:{spent // 60 % 60:02d}:{spent % 60:02d}" if spent >= 3600 else _minutes(spent)
    # One element, so that a look that finds nothing new changes no more than the clock.
    write_html(
        '<div class="nn-speaker"><header><span>Scene <b>{}</b> of {}</span>'
        "<span>since the start <b>{}</b></span><span>now <b>{}</b></span></header>"
        '<h1>{}</h1><div class="note">{}</div><footer>{}</footer></div>',
        *(at, len(talk.scenes), clock, _now()),
        *(scene.say, _note(scene), _next(after)),
    )


def _minutes(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02d}"


def _now() -> str:
    """The time of day where the speaker is, which need not be where the server is."""
    offset = st.context.timezone_offset
    there = time.gmtime(time.time() - 60 * offset) if offset is not None else time.localtime()
    return time.strftime("%H:%M", there)


def _note(scene: Scene) -> Markup:
    lines = [line for line in scene.note.splitlines() if line] or ["No note."]
    return Markup().join(html("<p>{}</p>", line) for line in lines)


def _next(scene: Scene | None) -> str:
    return "This is the last scene." if scene is None else html("Next: <b>{}</b>", scene.say)
