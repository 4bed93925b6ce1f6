"""Decision: what flows from places of the picture through the units of the last layers into the scores of classes.

Where what is behind those units is not linear, their shares do not add up: then the maps and vectors on the way are
shown, and the shares as a chart.

Two more views of it: units switched off (`knockout.py`), and the audience's guess before the answer (`predict.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.analysis.network import targets
from nnviz.analysis.network.influence import contributions, decides_with_bias, deciding_layer
from nnviz.figures import adding_up, largest_terms
from nnviz.figures.words import number, probability
from nnviz.pages.decision import flows, knockout, predict, speaks, way
from nnviz.pages.decision.speaks import Terms
from nnviz.shell import address, controls, hidden_answer
from nnviz.shell.markup import write_html
from nnviz.shell.page import Page, Reading, caption, head, small
from nnviz.shell.session import Session
from nnviz.views import answer, chart, faces, places

TERMS = 8
_HEADINGS = {"softmax": "softmax", "sigmoid": "sigmoid", "binary": "sigmoid"}
SHOWN, FIRST = 12, 8
"""Classes in the list: all of up to twelve; of a thousand the first eight, and the one that is asked for."""
VIEWS = {"why": "Why", "knock": "Knock out", "predict": "Predict"}


def render(session: Session) -> None:
    """Draw the page."""
    view = _view()
    if view == "predict":
        predict.draw(session, _head)
    elif view == "knock":
        knockout.draw(session, _head)
    else:
        _why(session)


def _view() -> str:
    """While the answer is hidden no view may show it; what was hidden is shown where it was guessed."""
    if hidden_answer.hidden():
        return "predict"
    return address.choice("view", tuple(VIEWS), "predict" if hidden_answer.on() else "why")


@contextmanager
def _head(study: Callable[[], None] | None = None) -> Iterator[None]:
    """The page's head with the switch between the views, and what is under study."""
    key, view = "decision-view", _view()

    def go() -> None:
        chosen = st.session_state[key]
        # To predict is to hide the answer first; any other view gives it away, so it ends that.
        address.write(view=None if chosen == "why" else chosen, predict=1 if chosen == "predict" else None)

    with head(PAGE, study):
        address.bound(key, view)
        st.segmented_control(
            "View",
            tuple(VIEWS),
            default=view,
            format_func=VIEWS.__getitem__,
            key=key,
            required=True,
            on_change=go,
            label_visibility="collapsed",
            width="content",
        )
        yield


def _why(session: Session) -> None:
    network = session.network
    chosen = session.class_index
    source, found = deciding_layer(network), flows.of(session)
    if found is not None:
        values, score = found.values, float(found.scores[0])
    else:
        values, score = contributions(network, session.trace.image, source, targets.class_score(network, chosen))
    if network.output.placed:
        # What one slot adds to the mean over all places is next to nothing: its map is what speaks.
        values = values.reshape(-1, values.shape[-1]).sum(axis=0)
    terms = speaks.terms_of(session, source, values, score)
    origin = speaks.origin(session, terms, way.feeding(session, source))
    with _head(lambda: controls.explained(session)):
        pass
    predict.audience_guess_line(session)
    if found is not None:
        left, right = st.columns([11, 4], gap="medium")
        gallery = faces.gallery(session, search=True)
        with left:
            flows.draw(session, found, terms, gallery)
        with right:
            _table(session, chosen)
            flows.adds_up(session, found)
        caption(speaks.sentence(session, terms, origin))
        flows.note(session, found)
        faces.bar(gallery)
        return
    way.draw(session, terms, origin)
    caption(speaks.sentence(session, terms, origin))
    if not network.output.placed:
        small(f"What lies behind {source} is not linear: its shares are first order and need not add up.")
    left, right = st.columns([5, 3], gap="large")
    with left:
        _sum(session, terms)
    with right:
        _table(session, chosen)


def _table(session: Session, chosen: int) -> None:
    """All classes with logit and probability; of more than a dozen the first, and the chosen one."""
    trace, output = session.trace, session.network.output
    if output.kind != "number":
        verdict = answer.verdict(session)
        told = Markup(" ") + verdict if verdict else verdict
        write_html('<p class="nn-said">The net says <b>{}</b>{}.</p>', _said(session), told)
    if output.placed:
        places.draw(session, "decision", height=0.3)
        return
    if output.kind == "number":
        said = answer.said(session)
        write_html('<div class="nn-small">The one output, a plain number</div><div class="nn-big">{}</div>', said)
        return
    if output.kind == "numbers":
        answer.numbers(session.network, trace, chosen)
        return
    order = np.arange(len(trace.logits))
    if len(order) > SHOWN:
        order = np.union1d(np.argsort(-trace.logits, kind="stable")[:FIRST], [chosen])
        order = order[np.argsort(-trace.logits[order], kind="stable")]
    answer.bars(
        [session.network.classes[i] for i in order],
        trace.probabilities[order],
        [probability(trace.probabilities[i]) for i in order],
        marked=int(np.flatnonzero(order == chosen)[0]),
        second=("logit", [number(trace.logits[i], beside=trace.logits) for i in order]),
        heading=_HEADINGS[output.head] + (" of it" if output.end == "logits" else ""),
        colour=answer.ink(session.network),
    )


def _said(session: Session) -> str:
    """The answer in words: of classes the first alone, since its share stands below."""
    one = session.network.output.kind == "classes" and not session.network.output.placed
    return session.class_name(session.trace.winner) if one else answer.said(session)


def _sum(session: Session, terms: Terms) -> None:
    largest, others = largest_terms(terms.values, TERMS)
    flat = terms.values.ravel()
    names: list[str] = [terms.name(int(index)) for index in largest]
    values = [float(flat[index]) for index in largest]
    if flat.size > TERMS:
        names.append("others")
        values.append(others)
    if decides_with_bias(session.network):
        names.append("bias")
        values.append(terms.score - float(flat.sum(dtype=np.float64)))
    # A name that is longer than its bar is wide would run into the next one's; the sentence has it.
    name = session.class_name(session.class_index)
    kind = "logit" if session.network.output.shares else "output"
    figure = adding_up(names, values, f"{kind} {name}" if len(name) < 5 else kind, height=400)
    chart.plot(figure, "sum")
    # Below the chart and no part of it, so that it breaks where the window is narrow.
    more = f", then {flat.size - TERMS:,} others" if flat.size > TERMS else ""
    what = f"{terms.noun.capitalize()}s of {terms.source}: weight \u00d7 activation"
    small(f"{what}, the strongest for or against first{more}.")


PAGE = Page(
    "Decision",
    ":material/rule:",
    "decision",
    "Decide",
    render,
    reading=(
        Reading(
            "The building blocks of interpretability", "Olah et al. 2018", "https://distill.pub/2018/building-blocks/"
        ),
        Reading("Single directions", "Morcos et al. 2018", "https://arxiv.org/abs/1803.06959"),
    ),
)
