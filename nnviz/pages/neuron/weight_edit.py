"""A weight and the bias of one neuron, turned by hand: the knobs, and the answer before and after."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.analysis.intervention.weight_edit import WeightEdit, edit_weight
from nnviz.analysis.layer.neuron import Neuron
from nnviz.figures import largest_terms
from nnviz.figures.words import number
from nnviz.shell import address, controls
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import small
from nnviz.shell.session import Session
from nnviz.views import answer

LISTED = 8
SHOWN = 4


@dataclass(frozen=True)
class Turn:
    """What is turned.

    Attributes:
        term: flat index of the weight that is picked.
        weight, bias: their new values; None where they are as trained.
    """

    term: int
    weight: float | None = None
    bias: float | None = None


def read(one: Neuron) -> Turn:
    """What the address says is turned on this neuron; on another unit, nothing is."""
    best = int(np.abs(one.terms).argmax())
    parts = address.read().get("turn", "").split(",", 4)
    if len(parts) < 5 or parts[4] != one.layer or parts[0] != str(one.unit):
        return Turn(best)
    term = int(parts[1]) if parts[1].isdecimal() and int(parts[1]) < one.weights.size else best
    has_bias = "bias" in {name for name, _ in _knobs(one)}
    return Turn(term, _number(parts[2]), _number(parts[3]) if has_bias else None)


def write(one: Neuron, turn: Turn) -> None:
    """Let the address say what is turned."""
    new = [_written(value) if value is not None else "" for value in (turn.weight, turn.bias)]
    address.write(turn=",".join([str(one.unit), str(turn.term), *new, one.layer]))


def apply(session: Session, one: Neuron, turn: Turn) -> WeightEdit | None:
    """What becomes of the network; None where nothing is turned."""
    if turn.weight is None and turn.bias is None:
        return None
    place = tuple(int(at) for at in np.unravel_index(turn.term, one.weights.shape))
    image = session.trace.image
    return edit_weight(
        session.network, image, one.layer, one.unit, place, weight=turn.weight, bias=turn.bias, cell=one.cell
    )


def choose_channel(one: Neuron, turn: Turn, channels: int) -> None:
    """A slider for the channel that is shown: it picks the largest term of it."""
    if channels < 2:
        return
    key = f"turn-channel-{one.layer}"

    def choose() -> None:
        channel, now = st.session_state[key], read(one)
        if channel == now.term % channels:  # a late message, as in `_writer`
            return
        terms = np.abs(one.terms).reshape(-1, channels)[:, channel]
        write(one, Turn(int(terms.argmax()) * channels + channel, None, now.bias))

    controls.knob("Input channel", key, turn.term % channels, 0, channels - 1, choose, step=1)


def draw(one: Neuron, turn: Turn, name_of: Callable[[int], str]) -> None:
    """Which weight, its knob, and that of the bias."""
    _choose(one, turn, name_of)
    values = {"weight": turn.weight, "bias": turn.bias}
    for name, trained in _knobs(one):
        own = float(one.weights.ravel()[turn.term]) if name == "weight" else trained
        value = own if values[name] is None else values[name]
        _knob(one, turn, name, own, float(value or 0.0))


def before_and_after(session: Session, one: Neuron, turn: Turn, result: WeightEdit | None) -> None:
    """The unit's output and the net's answer, as trained and as turned; and the way back."""
    network, was = session.network, session.trace.probabilities
    now = was if result is None else result.probabilities
    made = one.output if result is None else result.output
    changed = "" if result is None else html(" → <b>{}</b>", number(made))
    small(html("Output: <b>{}</b>{}", number(one.output), changed))
    order = np.argsort(-np.maximum(was, now), kind="stable")[:SHOWN]
    cells = [Markup('<span></span><span class="number">trained</span><span></span><span class="number">now</span>')]
    for i in order:
        wide = 100 * float(now[i]) if network.output.shares else 0.0
        bar = html('<span class="bar"><div style="width:{:.1f}%"></div></span>', wide)
        share = bar if network.output.shares else Markup("<span></span>")
        cells += [
            html('<span class="name">{}</span>', session.class_name(i)),
            html('<span class="number">{}</span>{}', answer.value(network, float(was[i])), share),
            html('<span class="number">{}</span>', answer.value(network, float(now[i]))),
        ]
    inner = Markup().join(cells)
    write_html('<div class="nn-answer wide" role="img" aria-label="The answer before and after">{}</div>', inner)
    st.button(
        "As trained",
        icon=":material/undo:",
        key="turn-reset",
        disabled=result is None,
        on_click=lambda: write(one, Turn(turn.term)),
    )


def sentence(session: Session, was: Neuron, result: WeightEdit, name_of: Callable[[int], str]) -> str:
    """What the turning did to this unit and to the answer."""
    now, before = result.neuron, session.trace
    changed = np.flatnonzero(now.weights.ravel() != was.weights.ravel())
    parts = [
        f"weight {name_of(int(k))} turned from "
        f"{number(float(was.weights.ravel()[k]))} to {number(float(now.weights.ravel()[k]))}"
        for k in changed
    ]
    if now.bias != was.bias:
        parts.append(f"{'its bias' if parts else 'bias'} turned from {number(was.bias)} to {number(now.bias)}")
    name = session.class_name(before.winner)
    text = (
        f"With {' and '.join(parts) or 'nothing turned'}, unit {was.unit} of {was.layer} makes "
        f"{number(now.output)} instead of {number(was.output)}"
    )
    share = answer.value(session.network, float(result.probabilities[before.winner]))
    was_share = answer.value(session.network, float(before.probabilities[before.winner]))
    kept = f"stays at {share}" if share == was_share else f"goes from {was_share} to {share}"
    if not session.network.output.chooses:
        return f"{text}; {name} {kept}."
    if result.winner != before.winner:
        other = session.class_name(result.winner)
        return f"{text}, and the net no longer says {name} ({share}) but {other}."
    return f"{text}; the net still says {name}, which {kept}."


def _choose(one: Neuron, turn: Turn, name_of: Callable[[int], str]) -> None:
    """One of the largest terms, or the one that was clicked."""
    largest = [int(index) for index in largest_terms(one.terms, LISTED)[0]]
    options = largest if turn.term in largest else [turn.term, *largest]
    key = f"turn-term-{one.layer}-{one.unit}"

    def say(term: int) -> str:
        return f"{name_of(term)}: {number(float(one.weights.ravel()[term]))}"

    def choose() -> None:
        term, now = int(st.session_state[key]), read(one)
        if term != now.term:  # a late message, as in `_writer`
            write(one, Turn(term, None, now.bias))

    controls.listed("Weight", key, options, turn.term, choose, title=say, hide=True)


def _knobs(one: Neuron) -> list[tuple[str, float]]:
    """The names of what can be turned, with the trained bias."""
    return [("weight", 0.0), *([("bias", one.bias)] if one.has_bias else [])]


def _knob(one: Neuron, turn: Turn, name: str, own: float, value: float) -> None:
    reach = _reach([*np.abs([one.weights.min(), one.weights.max()]) * 2, abs(own), abs(value), 0.1])
    key = f"turn-{name}-{one.layer}-{one.unit}-{turn.term}"
    label, report = f"Turn the {name} ({number(own)})", _writer(one, turn.term, name, key, own)
    controls.knob(label, key, value, -reach, reach, report, step=reach / 200, format="%.2f")


def _writer(one: Neuron, term: int, name: str, key: str, own: float) -> Callable[[], None]:
    def report() -> None:
        value, now = float(st.session_state[key]), read(one)
        held = now.weight if name == "weight" else now.bias
        # Two quick clicks elsewhere: the second still brings the value of a knob that the first has taken away, and
        # Streamlit holds it to be new. Nobody has turned it. What the address says counts, and not what the last run
        # drew: of many quick presses the run of each is cut short by the next.
        if now.term != term or _written(value) == _written(own if held is None else held):
            return
        write(one, replace(now, weight=value) if name == "weight" else replace(now, bias=value))

    return report


def _reach(values: list[float]) -> float:
    """An end of a slider: round, and beyond all of them but for a last digit, so that it stands at its own end."""
    largest = float(max(values))
    step = 10.0 ** math.floor(math.log10(largest))
    return max(math.ceil(largest / step * 2 - 1e-4) / 2 * step, largest)


def _written(value: float) -> str:
    return f"{value:.5g}"


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) < 1e6 else None
