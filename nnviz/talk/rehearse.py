"""The rehearsal of a talk: every scene and step drawn once in the background, and which of them are ready."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st
from markupsafe import Markup

from nnviz.shell import address, jobs
from nnviz.shell.jobs import Job
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import caption, small
from nnviz.talk import talks, wall
from nnviz.talk.prerender import Outcome, prerender_all
from nnviz.talk.scenes import Stop, Talk

_JOB = "prerender"
_EVERY = 0.4


def draw() -> None:
    """Draw the rehearsal of the talk that the app gives; all viewers see the same one."""
    talk = talks.current()
    # What is checked of another talk, where the file changed, is of no use.
    mine = jobs.share(_JOB, prerender_all(talk), alone=True)
    jobs.stage(_JOB, lambda: _view(talk, mine), 0.0, _EVERY)


def _view(talk: Talk, mine: Job) -> None:
    total = len(talk.stops)
    # The first window that opens this link is the wall that the speaker's view waits for.
    link = {address.TALK: talks.own_id(hand_out=True)}
    outcomes: tuple[Outcome, ...] = mine.found or (Outcome(),) * total
    if not mine.busy:
        # The one that was under way when it was stopped.
        outcomes = tuple(Outcome() if each.state == "running" else each for each in outcomes)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.title("Rehearse the talk", anchor=False, width="content")
        start = urlencode(link | wall.parameters(talk.stops[0]))
        st.link_button("Start the talk", f"talk?{start}", type="primary")
        st.link_button("Speaker's view", f"speaker?{urlencode(link)}")
        if not mine.busy:
            jobs.again_button(_JOB, "Rehearse again", prerender_all(talk), icon=":material/refresh:")
    # Always there, so that what follows keeps its place when the bar goes.
    with st.container():
        if mine.busy:
            jobs.row(_JOB)
        else:
            done = sum(each.state in ("ready", "not ready") for each in outcomes)
            st.progress(done / total, f"{done} of {total} scenes and steps drawn")
    caption(_sentence(outcomes, mine.busy))
    rows = Markup().join(_row(stop, outcome) for stop, outcome in zip(talk.stops, outcomes, strict=True))
    write_html('<table class="nn-rehearse"><tbody>{}</tbody></table>', rows)
    about = (
        "The talk: {} ({}). In it, Page Down turns the page and ? shows all keys. Another one: "
        "<code>streamlit run dashboard.py -- --talk FILE</code>."
    )
    small(html(about, talk.title, talk.name))


def _sentence(outcomes: Sequence[Outcome], busy: bool) -> str:
    total, ready = len(outcomes), sum(outcome.state == "ready" for outcome in outcomes)
    if any(outcome.state in ("waiting", "running") for outcome in outcomes):
        return (
            f"{ready} of {total} scenes and steps are ready so far; {'the rest follows' if busy else 'it was stopped'}."
        )
    slowest = max(outcomes, key=lambda outcome: outcome.seconds)
    spent = sum(outcome.seconds for outcome in outcomes)
    if ready < total:
        return f"{ready} of {total} scenes and steps are ready: see why the others are not before you go on stage."
    return (
        f"All {total} scenes and steps are ready: they took {spent:.1f} s, the slowest {slowest.seconds:.1f} s; what "
        "they need is kept now, so on stage they are quicker."
    )


_SIGNS = {"waiting": "\u2026", "running": "\u2192", "ready": "\u2713", "not ready": "\u2717"}


def _row(stop: Stop, outcome: Outcome) -> Markup:
    to = f"talk?{urlencode(wall.place(stop))}"
    reasons = Markup().join(html("<br><b>{}</b>", reason) for reason in outcome.reasons)
    seconds = f"{outcome.seconds:.2f} s" if outcome.seconds else ""
    return html(
        '<tr><td>{at}</td><td>{state}</td><td class="number">{seconds}</td>'
        '<td class="what"><a href="{to}" target="_self">{say}</a>{reasons}</td><td>{page}</td></tr>',
        at=f"{stop.scene}, step {stop.step}" if stop.step else stop.scene,
        state=f"{_SIGNS[outcome.state]} {outcome.state}",
        seconds=seconds,
        to=to,
        say=stop.shown.say,
        reasons=reasons,
        page=stop.shown.page,
    )
