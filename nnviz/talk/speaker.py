"""The speaker's view, for a window of its own: the note of what stands on the wall, what comes next, and the clock."""

from __future__ import annotations

import time
from functools import partial
from urllib.parse import urlencode

import streamlit as st
from markupsafe import Markup

from nnviz.components.keys import remote
from nnviz.shell import address
from nnviz.shell.markup import html, write_html
from nnviz.talk import stage, talks, wall
from nnviz.talk.scenes import Stop, Talk

_EVERY = 0.4
"""Seconds between two looks at the wall: it is followed within one second."""


def draw() -> None:
    """Draw the view of the wall that the address names; it follows by itself, and its keys turn that wall."""
    followed = address.read().get(address.TALK) or talks.own_id(hand_out=True)
    st.fragment(_view, run_every=_EVERY)(followed)
    with st.container(key="speaker-does", horizontal=True, gap="small"):
        st.button("Set the clock to 0", key="speaker-clock", on_click=partial(stage.restart, followed))
        st.link_button("Rehearse", "rehearse")


def _view(followed: str) -> None:
    talk, shown = talks.current(), stage.shown(followed)
    at = None if shown is None else talk.stop(min(shown.scene, len(talk.scenes)), shown.step)
    after = None if at is None or at + 1 == len(talk.stops) else talk.stops[at + 1]
    remote(
        followed,
        key="talk-remote",
        steps=[len(scene.steps) for scene in talk.scenes],
        scenes=[scene.say for scene in talk.scenes],
        after=None if at is None or after is None else at + 2,
        preview=f"preview?{urlencode(wall.place(after))}" if after is not None else "",
    )
    if shown is None or at is None:
        st.title("Speaker's view", anchor=False)
        st.info("It waits for the talk: no window shows the talk with this id yet. Press S there, or open it below.")
        link = urlencode({address.SCENE: 1, address.TALK: followed})
        st.link_button("Start the talk", f"talk?{link}", type="primary")
        return
    stop = talk.stops[at]
    steps = len(talk.scenes[stop.scene - 1].steps)
    step = html(", step <b>{}</b> of {}", stop.step, steps) if steps else ""
    # One element, so that a look that finds nothing new changes no more than the clock.
    write_html(
        '<div class="nn-speaker"><header><span>Scene <b>{}</b> of {}{}</span><span>since the start <b>{}</b>{}</span>'
        "<span>now <b>{}</b></span></header>"
        '<h1>{}</h1><div class="note">{}</div><footer>{}</footer></div>',
        *(stop.scene, len(talk.scenes), step, _clock(time.time() - shown.began), _planned(talk, stop), _now()),
        *(stop.shown.say, _note(stop), _next(talk, stop, after)),
    )


def _clock(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def _planned(talk: Talk, stop: Stop) -> Markup:
    """When this scene is planned to begin and to end, on the same clock."""
    minutes = [scene.minutes for scene in talk.scenes]
    if not any(minutes):
        return Markup("")
    begins, ends = (_clock(60 * sum(minutes[:count])) for count in (stop.scene - 1, stop.scene))
    return html(", planned for <b>{}</b> to <b>{}</b> of {}", begins, ends, _clock(60 * sum(minutes)))


def _now() -> str:
    """The time of day where the speaker is, which need not be where the server is."""
    offset = st.context.timezone_offset
    there = time.gmtime(time.time() - 60 * offset) if offset is not None else time.localtime()
    return time.strftime("%H:%M", there)


def _note(stop: Stop) -> Markup:
    lines = [line for line in stop.shown.note.splitlines() if line] or ["No note."]
    return Markup().join(html("<p>{}</p>", line) for line in lines)


def _next(talk: Talk, stop: Stop, after: Stop | None) -> Markup | str:
    if after is None:
        return "This is the last scene."
    if after.scene != stop.scene:
        return html("Next: <b>{}</b>", after.shown.say)
    step = talk.scenes[stop.scene - 1].steps[after.step - 1]
    changed = ", ".join(f"{name} {value}".strip() for name, value in step.parameters.items())
    what = step.say or (step.note.splitlines() or [changed])[0]
    return html("Next, step {}: <b>{}</b>", after.step, what)
