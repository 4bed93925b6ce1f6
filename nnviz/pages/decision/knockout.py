"""Knock out: switch units of a layer off, and see the maps behind it, the scores and the accuracy change.

Nothing is written to the network, which all viewers share: what is off is a mask that this page hands over.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.analysis.intervention.knockout import knocked_out, ranking, switchable
from nnviz.analysis.network import targets
from nnviz.analysis.network.trace import Trace
from nnviz.analysis.progress import Progress
from nnviz.figures.colour import NEUTRAL
from nnviz.figures.ranking import ranked_bars
from nnviz.figures.words import number, probability, told_apart
from nnviz.pages.decision import accuracy, predict, switchboard, units_off
from nnviz.pages.decision.units_off import UnitsOff
from nnviz.shell import address, controls, jobs
from nnviz.shell.jobs import Job
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import caption, inform, small
from nnviz.shell.session import Session
from nnviz.shell.target_words import score_words
from nnviz.views import answer, chart

SHOWN = 10
"""Classes in the table: all of ten; of a thousand the first, and the one that is asked for."""
_RANKING = "importance"
_AT_ONCE = 0.4
"""Seconds that the page waits for the ranking before it draws."""


def draw(session: Session, head: Callable[..., AbstractContextManager[None]]) -> None:
    """Draw the view.

    Args:
        head: of the page, with what is under study.
    """
    chosen = units_off.read(session)
    after = knocked_out(session.network, session.fitted, chosen.layer.name, chosen.off)
    changes = _importance(session, chosen)
    for notice in chosen.notices:
        inform(notice)
    unit = min(session.unit, chosen.count - 1)
    with head(lambda: _study(session, chosen, unit)):
        pass
    predict.audience_guess_line(session)
    switchboard.draw(session, chosen, after, changes)
    if (counted := accuracy.shown(session, chosen)) is not None:
        accuracy.sort_dots(session, chosen, *counted)
    else:
        left, right = st.columns([1, 1], gap="large")
        with left:
            controls.explained(session)
            _bars(session, chosen, changes, unit)
        with right:
            _table(session, after)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="knock-said"):
        caption(sentence(session, chosen, after, changes))
        _buttons(session, chosen, unit)
        accuracy.button(session, chosen)
    accuracy.accuracy_line(session, chosen)
    if switchboard.normalised(session, chosen):
        small("The batch normalisation behind it makes a constant of its own of a 0: switch off its units for silence.")


def _study(session: Session, chosen: UnitsOff, unit: int) -> None:
    """The layer whose units are switched, and the one under study."""
    chosen.name_layer()

    def write(wanted: int) -> None:
        address.write(layer=chosen.layer.name, unit=wanted, page=None)

    shown = replace(session, layer=chosen.layer, unit=unit)
    options = switchable(session.network)
    controls.study(shown, options, chosen.noun, count=chosen.count, unit=unit, write=write)


def _buttons(session: Session, chosen: UnitsOff, unit: int) -> None:
    """All on, or one alone."""
    st.button(
        "All on",
        icon=":material/restart_alt:",
        key="knock-restore",
        disabled=not chosen.off,
        on_click=lambda: chosen.write((), unit, session.layer),
    )
    alone = [each for each in range(chosen.count) if each != unit]
    st.button(
        f"Only {unit} on",
        key="knock-only",
        disabled=chosen.count < 2 or chosen.off == tuple(alone),
        on_click=lambda: chosen.write(alone, unit, session.layer),
    )


def score(session: Session, trace: Trace) -> float:
    """The score of the class under study: its logit, or of one sigmoid's first class the distance to the other."""
    target = targets.class_score(session.network, session.class_index)
    return float(trace.logits @ target.spread(session.network))


def _importance(session: Session, chosen: UnitsOff) -> np.ndarray | None:
    """How the score changes when each unit alone is off; None while a large network still works on it."""
    key = (_RANKING, session.key, session.fitted.digest, chosen.layer.name, session.class_index)
    target = targets.class_score(session.network, session.class_index)

    def steps() -> Generator[Progress, None, np.ndarray]:
        return ranking(session.network, session.fitted, chosen.layer.name, target)

    mine = jobs.begin(_RANKING, Job(f"Each of {chosen.count} {chosen.noun}s alone off", key, steps), _AT_ONCE)
    return mine.result


def _bars(session: Session, chosen: UnitsOff, changes: np.ndarray | None, unit: int) -> None:
    jobs.progress_bar(_RANKING)
    if changes is None:
        return
    # As many as have room for their numbers.
    most = min(20 if len(changes) <= 100 else 14, len(changes))
    count = f"{most} of {len(changes):,} " if most < len(changes) else ""
    title = f"{count}{chosen.noun}s of {chosen.layer.name}, each alone off: change of {_score_name(session)}"
    title = title if len(title) <= 70 else f"{count}{chosen.noun}s, each alone off: change of the score"
    figure = ranked_bars(changes, most=most, off=chosen.off, picked=unit, title=title)
    chart.plot(figure, "knock-bars")


def _table(session: Session, after: Trace) -> None:
    """Logits and probabilities before and after."""
    before, names = session.trace, session.network.classes
    output = session.network.output
    if output.kind == "number":
        numbers = [answer.said_of(session.network, trace) for trace in (before, after)]
        small("The one output: as trained, now")
        write_html('<div class="nn-big">{} → {}</div>', *numbers)
        return
    order = np.arange(before.logits.size)
    if len(order) > SHOWN:
        first = [np.argsort(-trace.logits, kind="stable")[: SHOWN // 2 - 1] for trace in (before, after)]
        order = np.union1d(np.concatenate(first), [session.class_index])
        order = order[np.argsort(-before.logits[order], kind="stable")]
    titles = ("logit", "now", "", "probability", "now") if output.shares else ("output", "now", "", "", "")
    cells = [html('<span class="title">{}</span>', text) for text in ("", *titles)]
    for at in (int(each) for each in order):
        was, now = before.probabilities[at], after.probabilities[at]
        cells += [
            html('<span class="name{}">{}</span>', " on" if at == session.class_index else "", names[at]),
            html('<span class="number">{}</span>', number(before.logits[at])),
            html('<span class="number now">{}</span>', number(after.logits[at])),
        ]
        if not output.shares:
            cells += [Markup("<span></span>")] * 3
            continue
        cells += [
            html('<span class="bars">{}{}</span>', _bar(was, NEUTRAL), _bar(now, answer.ink(session.network))),
            html('<span class="number">{}</span>', probability(was)),
            html('<span class="number now">{}</span>', probability(now)),
        ]
    inner = Markup().join(cells)
    write_html('<div class="nn-knock" role="img" aria-label="Scores before and after">{}</div>', inner)


def _bar(share: Any, colour: str) -> Markup:
    wide = 100 * min(max(float(share), 0.0), 1.0)
    return html('<i style="width:{:.1f}%;background:{}"></i>', wide, colour)


def _score_name(session: Session) -> str:
    """What is watched: the logit of the class under study, or what stands for it."""
    if session.network.graph.output_head == "binary" and session.class_index == 0:
        return f"the score of {session.class_name(0)} against {session.class_name(1)}"
    return score_words(session.network, session.class_index)


def sentence(session: Session, chosen: UnitsOff, after: Trace, changes: np.ndarray | None) -> str:
    """What the units that are off do to the score; while all are on, which of them does most."""
    layer, what = chosen.layer.name, _score_name(session)
    was, now = score(session, session.trace), score(session, after)
    if not chosen.off:
        text = f"All {chosen.count:,} {chosen.noun}s of {layer} are on"
        if changes is None:
            return f"{text}: the net says {answer.said(session)}."
        best, whom = int(changes.argmin()), session.class_name(session.class_index)
        if changes[best] >= 0:
            return f"{text}; none alone speaks for {whom}: without any one of them {what} does not fall."
        if ties := int(np.count_nonzero(changes == changes[best])) - 1:
            alike = f"{chosen.noun} {best} and {ties:,} more speak"
        else:
            alike = f"{chosen.noun} {best} speaks"
        start, end = told_apart(was, was + float(changes[best]))
        return f"{text}; {alike} most for {whom}: without it alone {what} falls from {start} to {end}."
    start, end = told_apart(was, now)
    moves = "stays" if start == end else "falls" if now < was else "rises"
    text = f"With{chosen.who} of {layer} {what} {moves} "
    text += f"at {end}" if moves == "stays" else f"from {start} to {end}"
    if session.network.output.chooses:
        said, first = after.winner, session.trace.winner
        name = session.class_name(said)
        still = f"still says {name}" if said == first else f"says {name} instead of {session.class_name(first)}"
        text += f" and the net {still}"
    return text + "."
