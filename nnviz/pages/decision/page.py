"""Decision: the last maps, the long vector, the dense layers, the logits, and what spoke for a class.

Two more views of it: units switched off (`knockout.py`), and the audience's guess before the answer (`predict.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.analysis.network import targets
from nnviz.analysis.network.influence import contributions, decides_with_bias, deciding_layer
from nnviz.components.raster import Panel, raster
from nnviz.figures import adding_up, largest_terms
from nnviz.figures.tiles import as_tiles
from nnviz.figures.words import number, verbatim
from nnviz.pages.decision import knockout, predict
from nnviz.shell import address, controls, hidden_answer
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import Page, Reading, caption, head
from nnviz.shell.session import Session
from nnviz.views import answer, chart, places, scales

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
def _head() -> Iterator[None]:
    """The page's head with the switch between the views."""
    key, view = "decision-view", _view()

    def go() -> None:
        chosen = st.session_state[key]
        # To predict is to hide the answer first; any other view gives it away, so it ends that.
        address.write(view=None if chosen == "why" else chosen, predict=1 if chosen == "predict" else None)

    with head(PAGE):
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
    source = deciding_layer(network)
    terms, logit = contributions(network, session.trace.image, source, targets.class_score(network, chosen))
    if network.output.placed:
        # What one slot adds to the mean over all places is next to nothing: its map is what speaks.
        terms = terms.reshape(-1, terms.shape[-1]).sum(axis=0)
    with _head():
        controls.classes(session)
    predict.audience_guess_line(session)
    _way(session)
    caption(_sentence(session, source, terms, logit))
    left, right = st.columns([5, 3], gap="large")
    with left:
        _sum(session, source, terms, logit)
    with right:
        _table(session, chosen)


def _table(session: Session, chosen: int) -> None:
    """All classes with logit and probability; of more than a dozen the first, and the chosen one."""
    trace, output = session.trace, session.network.output
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
        [answer.percent(trace.probabilities[i]) for i in order],
        marked=int(np.flatnonzero(order == chosen)[0]),
        second=("logit", [number(trace.logits[i], beside=trace.logits) for i in order]),
        heading=_HEADINGS[output.head] + (" of it" if output.end == "logits" else ""),
    )


def _way(session: Session) -> None:
    """The last maps and every vector after them, as one picture."""
    layers = session.network.layers
    maps = [layer for layer in layers[1:] if session.trace.activations[layer.name].ndim == 3]
    last = maps[-1] if maps else layers[0]
    own = [layer for layer in layers[last.index + 1 :] if not layer.idle]
    vectors = [layer for layer in own if layer.kind not in ("Activation", "Softmax")]
    vectors = [layer for layer in vectors if session.trace.activations[layer.name].ndim == 1][:-1][-3:]
    panels = [scales.picture_panel(session, title="input", note=" ", most=196, scale=3.5)]
    for layer in ([last] if maps else []) + vectors:
        colour, ranges = scales.colour_scale(session, layer.name, "layer")
        values = session.trace.activations[layer.name]
        tiles = as_tiles(values)
        strongest = np.sort(np.argsort(-np.abs(tiles).max(axis=(1, 2)), kind="stable")[:32])
        panels.append(
            Panel(
                tiles[strongest],
                colour,
                ranges[strongest],
                title=layer.name,
                note=f"{len(tiles)} maps" if values.ndim == 3 else f"{values.size} values",
                units=values.size if values.ndim == 1 else 0,
                unit="slot",
                names=[] if values.ndim == 1 else [f"map {index}" for index in strongest],
                scale=5 if values.ndim == 1 else 1,
                columns=8 if values.ndim == 3 else 0,
                most=420,
            )
        )
    raster(
        panels, key="way", alt="From the last maps to the vector before the classes", height=0.36, least=16, wide=True
    )


def _sum(session: Session, source: str, terms: np.ndarray, logit: float) -> None:
    largest, others = largest_terms(terms, TERMS)
    flat = terms.ravel()
    names = [_slot(terms.shape, int(index)) for index in largest]
    values = [float(flat[index]) for index in largest]
    if flat.size > TERMS:
        names.append(html("{}<br>others", flat.size - TERMS))
        values.append(others)
    if decides_with_bias(session.network):
        names.append("bias")
        values.append(logit - float(flat.sum(dtype=np.float64)))
    # A name that is longer than its bar is wide would run into the next one's; the sentence has it.
    name = session.class_name(session.class_index)
    kind = "logit" if session.network.output.shares else "output"
    total = f"{kind} {name}" if len(name) < 5 else kind
    figure = adding_up(names, values, total, height=400)
    figure.update_xaxes(title_text=f"{_noun(session)}s of {verbatim(source)}: weight x activation, largest first")
    chart.plot(figure, "sum")


def _noun(session: Session) -> str:
    return "map" if session.network.output.placed else "slot"


def _slot(shape: tuple[int, ...], index: int) -> str:
    place = np.unravel_index(index, shape)
    return ",".join(str(int(axis)) for axis in place)


def _sentence(session: Session, source: str, terms: np.ndarray, logit: float) -> Markup:
    name = session.class_name(session.class_index)
    flat = terms.ravel()
    best = int(flat.argmax())
    output = session.network.output
    what = "its logit" if output.shares else "its value" if output.kind == "numbers" or output.placed else "the value"
    what += ", the mean over all places," if output.placed else ""
    share = f"{number(flat[best], sign=True, beside=flat)} of {what} {number(logit, beside=flat)}"
    speaks = f"{_noun(session)} {_slot(terms.shape, best)} of {source} speaks most for {name}: {share}"
    verdict = answer.verdict(session)
    return html("The net says {}{}{}; {}.", answer.said(session), " " if verdict else "", verdict, speaks)


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
