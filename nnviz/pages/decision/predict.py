"""Predict first: the net's answer is hidden, the audience guesses, and then it is revealed beside their votes.

What the address says of it stands in `nnviz.shell.hidden_answer`; Reveal changes nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.analysis.data import digits, photographs
from nnviz.components.raster import raster
from nnviz.figures.words import probability
from nnviz.shell import address, hidden_answer
from nnviz.shell.markdown import escape_markdown
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import caption, small
from nnviz.shell.session import Session
from nnviz.views import answer, places, scales

LETTERS = 30
"""Letters of class names that buttons hold; beyond them the classes are a list."""
SHOWN = 10
_VOTES = "votes"
_STRIDE = 37
"""From one picture of the gallery to the next: they stand there by class, which would tell the next one's."""


def draw(session: Session, head: Callable[..., AbstractContextManager[None]]) -> None:
    """Draw the view: the picture, the audience's votes, and the net's answer or its place."""
    votes = _votes(session)
    secret = hidden_answer.hidden()
    with head():
        if secret:
            st.button("Reveal", icon=":material/visibility:", type="primary", key="predict-reveal", on_click=_reveal)
        else:
            st.button("Hide", icon=":material/visibility_off:", key="predict-hide", on_click=_hide)
        following = _following(session)
        if following:
            show = partial(address.write, image=following, predict=1)
            st.button("Next picture", icon=":material/skip_next:", key="predict-next", on_click=show)
        st.button(
            "Clear votes",
            icon=":material/backspace:",
            key="predict-clear",
            disabled=not votes,
            on_click=votes.clear,
        )
    # style.css hides what the sidebar says of the picture while this is there.
    with st.container(key="predict-ask" if secret else "predict-shown"):
        picture, answers = st.columns([9, 12], gap="large")
        with picture:
            raster(
                [scales.picture_panel(session, title="The picture", most=616)],
                key="predict",
                alt="The picture that the net is to read",
                height=0.63,
                least=120,
            )
        with answers:
            _guess(session, votes)
            _versus(session, votes, secret)
    caption(_waiting(session, votes) if secret else _revealed(session, votes))


def audience_guess_line(session: Session) -> None:
    """One line on another view: what the audience had guessed, where it had."""
    votes = _votes(session)
    if hidden_answer.on() and votes:
        small(_compared(session, votes))


def _votes(session: Session) -> Counter[int]:
    """This viewer's votes by class, of this network and picture."""
    kept = st.session_state.setdefault(_VOTES, {})
    return kept.setdefault((session.key, session.fitted.digest), Counter())


def _reveal() -> None:
    address.write(predict=0)


def _hide() -> None:
    address.write(predict=1)


def _following(session: Session) -> str | None:
    """Another picture that ships; None where the network reads neither digits nor photographs."""
    if photographs.read_by(session.network):
        names = [entry.name for entry in photographs.gallery()]
        return (
            names[(names.index(session.picture.name) + 1) % len(names)] if session.picture.name in names else names[0]
        )
    if not digits.read_by(session.network):
        return None
    names = [f"test-{entry.index}" for entry in digits.gallery()]
    at = names.index(session.picture.name) if session.picture.name in names else 0
    return names[(at + _STRIDE) % len(names)]


def _guess(session: Session, votes: Counter[int]) -> None:
    """A button a class, or a list of many."""
    names = session.network.classes
    if not session.network.output.chooses:
        small(f"This network gives {_gives(session)} and no classes to choose from: guess aloud, then reveal it.")
        return

    def vote(index: int) -> None:
        votes[index] += 1

    by_key = all(len(name) == 1 and name.isdecimal() for name in names)
    press = "press its button, or its key" if by_key else "each press is one more vote"
    small(f"What will the net say? One vote each: {press}.")
    if sum(map(len, names)) <= LETTERS:
        with st.container(horizontal=True, gap="small", key="predict-guess"):
            for index, name in enumerate(names):
                st.button(
                    escape_markdown(name),
                    key=f"guess-{index}",
                    shortcut=name if by_key else None,
                    on_click=partial(vote, index),
                )
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="predict-guess"):
        options = range(len(names))
        chosen = st.selectbox("Class", options, format_func=names.__getitem__, index=None, key="guess-class", width=360)
        st.button(
            "Count it",
            key="guess-count",
            disabled=chosen is None,
            on_click=None if chosen is None else partial(vote, chosen),
        )


def _versus(session: Session, votes: Counter[int], secret: bool) -> None:
    """The audience's votes and the net's answer side by side, a row a class."""
    trace, names, total = session.trace, session.network.classes, votes.total()
    if session.network.output.placed and not secret:
        places.draw(session, "predict", height=0.4)
        return
    if not session.network.output.chooses:
        said = "?" if secret else answer.said(session)
        long = " long" if len(said) > 9 else ""
        write_html('<div class="nn-versus"><b class="title">The net</b><b class="big{}">{}</b></div>', long, said)
        return
    shown = list(range(len(names)))
    if len(names) > SHOWN:
        # Of many, those that somebody voted for, and what the net holds likeliest once that may be seen.
        likely = [] if secret else [int(each) for each in np.argsort(-trace.probabilities, kind="stable")[: SHOWN // 2]]
        voted = [index for index, _ in votes.most_common(SHOWN - len(likely))]
        shown = sorted({*voted, *likely})
    favourite = " / ".join(names[index] for index in _first(votes)[:3]) or "\u2013"
    said = "?" if secret else names[trace.winner]
    long = " long" if max(len(favourite), len(said)) > 9 else ""
    rows = [
        html('<span></span><b class="title">The audience: {}</b><span></span>', _counted(total)),
        Markup('<b class="title">The net</b><span></span>'),
        html('<span></span><b class="big{}">{}</b><span></span>', long, favourite),
        html('<b class="big net{}">{}</b><span></span>', long, said),
    ]
    for index in shown:
        rows += [
            html('<span class="name">{}</span>{}', names[index], _bar(votes[index] / max(total, 1), "votes")),
            html('<span class="number">{}</span>', votes[index] or ""),
        ]
        if secret:  # one question mark above says it
            rows.append(Markup("<span></span><span></span>"))
            continue
        here = float(trace.probabilities[index])
        rows.append(html('{}<span class="number">{}</span>', _bar(here, "net"), probability(here)))
    inner = Markup().join(rows)
    write_html('<div class="nn-versus" role="img" aria-label="Votes and answer as bars">{}</div>', inner)


def _bar(share: float, kind: str) -> Markup:
    width = 100 * min(max(share, 0.0), 1.0)
    return html('<span class="bar"><i class="{}" style="width:{:.1f}%"></i></span>', kind, width)


def _first(votes: Counter[int]) -> list[int]:
    """The classes with the most votes."""
    return sorted(index for index in votes if votes[index] == max(votes.values()))


def _waiting(session: Session, votes: Counter[int]) -> str:
    ask = f"What will {session.name} say of this picture?"
    if not session.network.output.chooses:
        return f"{ask} It gives {_gives(session)}; the answer is hidden until it is revealed."
    if not votes:
        return f"{ask} {len(session.network.classes)} classes, no vote yet; the answer is hidden until it is revealed."
    return f"{ask} {_most(session, votes)}; the answer is hidden until it is revealed."


def _gives(session: Session) -> str:
    """What is to be guessed, where it is no class."""
    output = session.network.output
    several = f"{output.classes} numbers" if output.classes > 1 else "1 number"
    return {"picture": "a picture", "steps": "a class for each step"}.get(output.kind, several)


def _revealed(session: Session, votes: Counter[int]) -> Markup:
    verdict = answer.verdict(session)
    said = html("The net says {}{}{}.", answer.said(session), " " if verdict else "", verdict)
    return said if not session.network.output.chooses else html("{} {}", said, _compared(session, votes))


def _compared(session: Session, votes: Counter[int]) -> str:
    """What the audience said, beside what the net says."""
    if not votes:
        return "Nobody had guessed."
    right, total = votes[session.trace.winner], votes.total()
    foreseen = "nobody" if not right else "all" if right == total else f"{right} of {total}"
    return f"The audience: {_most(session, votes)}; {foreseen} foresaw the net's answer."


def _most(session: Session, votes: Counter[int]) -> str:
    first = [session.class_name(index) for index in _first(votes)]
    tie = f"{', '.join(first[:3])} equally" if len(first) > 1 else first[0]
    return f"{_counted(votes.total())}, most for {tie} ({max(votes.values())})"


def _counted(total: int) -> str:
    return f"{total} vote{'s' * (total != 1)}"
