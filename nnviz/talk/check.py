"""The check before a talk: every scene drawn once in the background, and which of them are ready."""

from __future__ import annotations

import html
from urllib.parse import urlencode

import streamlit as st

from nnviz.shell import address
from nnviz.shell.page import caption, small
from nnviz.talk import talks, wall
from nnviz.talk.prerender import Outcome, Rehearsal
from nnviz.talk.scenes import Scene, Talk

_EVERY = 0.4
_rehearsals: dict[Talk, Rehearsal] = {}


def draw() -> None:
    """Draw the check of the talk that the app gives; all viewers see the same one."""
    talk = talks.current()
    found = _rehearsals.get(talk)
    if found is None:
        # The file changed, or this is the first look: what was checked of another talk is of no use.
        for other in _rehearsals.values():
            other.stop()
        _rehearsals.clear()
        found = _rehearsals.setdefault(talk, Rehearsal(talk.scenes))
        found.start()
    st.fragment(_view, run_every=_EVERY if found.running else None)(talk, found)


def _view(talk: Talk, found: Rehearsal) -> None:
    was_running = found.running
    # The first window that opens this link is the wall that the speaker's view waits for.
    link = {address.TALK: talks.own_id(hand_out=True)}
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.title("Check the talk", anchor=False, width="content")
        start = urlencode(link | wall.parameters(talk, 1))
        st.link_button("Start the talk", f"talk?{start}", type="primary")
        st.link_button("Speaker's view", f"speaker?{urlencode(link)}")
        if found.running:
            st.button("Stop", icon=":material/stop:", key="check-stop", on_click=found.stop)
        else:
            st.button("Check again", icon=":material/refresh:", key="check-again", on_click=found.start)
    total = len(talk.scenes)
    st.progress(found.done / total, f"{found.done} of {total} scenes drawn")
    caption(_sentence(talk, found))
    rows = "".join(_row(talk, index, found.outcomes[index]) for index in range(total))
    st.html(f'<table class="nn-check"><tbody>{rows}</tbody></table>')
    small(
        f"The talk: {html.escape(talk.title)} ({html.escape(talk.name)}). In it, Page Down turns the page and ? shows "
        "all keys. Another one: <code>streamlit run dashboard.py -- --talk FILE</code>."
    )
    if was_running and not found.running:
        # Once more as a whole, so that the timer ends and the button changes.
        st.rerun()


def _sentence(talk: Talk, found: Rehearsal) -> str:
    total, ready = len(talk.scenes), sum(outcome.state == "ready" for outcome in found.outcomes)
    if found.done < total:
        return (
            f"{ready} of {total} scenes are ready so far; {'the rest follows' if found.running else 'it was stopped'}."
        )
    slowest = max(found.outcomes, key=lambda outcome: outcome.seconds)
    spent = sum(outcome.seconds for outcome in found.outcomes)
    if ready < total:
        return f"{ready} of {total} scenes are ready: see why the others are not before you go on stage."
    return (
        f"All {total} scenes are ready: they took {spent:.1f} s, the slowest {slowest.seconds:.1f} s; what they need "
        "is kept now, so on stage they are quicker."
    )


_SIGNS = {"waiting": "\u2026", "running": "\u2192", "ready": "\u2713", "not ready": "\u2717"}


def _row(talk: Talk, index: int, outcome: Outcome) -> str:
    scene: Scene = talk.scenes[index]
    to = f"talk?{urlencode({address.SCENE: index + 1})}"
    reasons = "".join(f"<br><b>{html.escape(reason)}</b>" for reason in outcome.reasons)
    seconds = f"{outcome.seconds:.2f} s" if outcome.seconds else ""
    return (
        f'<tr><td>{index + 1}</td><td>{_SIGNS[outcome.state]} {outcome.state}</td><td class="number">{seconds}</td>'
        f'<td class="what"><a href="{to}" target="_self">{html.escape(scene.say)}</a>{reasons}</td>'
        f"<td>{html.escape(scene.page)}</td></tr>"
    )
