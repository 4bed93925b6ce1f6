"""A weight and the bias of one neuron, turned by hand: the knobs, and the answer before and after."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from nnviz.analysis.intervention.weight_edit import WeightEdit, can_change, edit_weight
from nnviz.analysis.layer.activation_functions import keras_activations, written
from nnviz.analysis.layer.neuron import Neuron
from nnviz.figures.words import number, told_apart
from nnviz.pages.neuron.sheet import Sheet
from nnviz.shell import address, controls
from nnviz.shell.markup import html
from nnviz.shell.page import small
from nnviz.shell.session import Session
from nnviz.views import answer


@dataclass(frozen=True)
class Turn:
    """What is turned.

    Attributes:
        term: flat index of the weight that is picked.
        weight, bias: their new values; None where they are as trained.
        function: Keras' name of another F; None where it is the layer's own.
        other: flat index of the weight that was picked before: the second input of the surface; None at first.
    """

    term: int
    weight: float | None = None
    bias: float | None = None
    function: str | None = None
    other: int | None = None


def read(one: Neuron) -> Turn:
    """What the address says is turned on this neuron; on another unit, nothing is."""
    best = int(np.abs(one.terms).argmax())
    unit, term, weight, bias, rest = (address.read().get("turn", "").split(",", 4) + [""] * 5)[:5]
    # The name of a layer may have commas in it: what stands before it is F.
    name, _, layer = ("", "", rest) if rest == one.layer else rest.partition(",")
    if layer != one.layer or unit != str(one.unit):
        return Turn(best)
    at = int(term) if term.isdecimal() and int(term) < one.weights.size else best
    function = name if name in keras_activations() and name != one.activation else None
    before, replaced = address.whole("other", at, 0, one.weights.size - 1)
    other = None if replaced or before == at else before
    return Turn(at, _number(weight), _number(bias) if one.has_bias else None, function, other)


def write(one: Neuron, turn: Turn) -> None:
    """Let the address say what is turned."""
    new = [_written(value) if value is not None else "" for value in (turn.weight, turn.bias)]
    f = [turn.function] if turn.function else []
    address.write(turn=",".join([str(one.unit), str(turn.term), *new, *f, one.layer]), other=turn.other)


def apply(session: Session, one: Neuron, turn: Turn) -> WeightEdit | None:
    """What becomes of the network; None where nothing is turned."""
    function = turn.function if can_change(session.network, one.layer) else None
    if turn.weight is None and turn.bias is None and function is None:
        return None
    place = tuple(int(at) for at in np.unravel_index(turn.term, one.weights.shape))
    image, changed = session.trace.image, {"weight": turn.weight, "bias": turn.bias, "function": function}
    return edit_weight(session.network, image, one.layer, one.unit, place, cell=one.cell, **changed)  # type: ignore[arg-type]


def _channel(one: Neuron, turn: Turn, channels: int) -> None:
    """A slider for the channel that is shown: it picks the largest term of it."""
    key = f"turn-channel-{one.layer}"

    def choose() -> None:
        channel, now = st.session_state[key], read(one)
        if channel == now.term % channels:  # a late message, as in `_writer`
            return
        terms = np.abs(one.terms).reshape(-1, channels)[:, channel]
        write(one, Turn(int(terms.argmax()) * channels + channel, None, now.bias, now.function))

    controls.knob("Input channel", key, turn.term % channels, 0, channels - 1, choose, step=1)


def knobs(session: Session, one: Neuron, turn: Turn, sheet: Sheet) -> list[Callable[[], None]]:
    """What draws each control of the neuron: its channel, where it has several, a weight, the bias, F."""
    own = float(one.weights.ravel()[turn.term])
    found = [lambda: _knob(one, turn, f"Weight {sheet.name_of(turn.term)}", "weight", own)]
    if sheet.channels > 1:
        found.insert(0, lambda: _channel(one, turn, sheet.channels))
    if one.has_bias:
        found.append(lambda: _knob(one, turn, "Bias", "bias", one.bias))
    return [*found, lambda: _f(session, one, turn)]


def before_and_after(session: Session, one: Neuron, turn: Turn, result: WeightEdit | None) -> None:
    """The unit's output and the net's answer, as trained and as turned; and the way back."""
    now = session.trace.probabilities if result is None else result.probabilities
    made = one.output if result is None else result.output
    before, after = told_apart(one.output, made)
    changed = "" if result is None else html(" → <b>{}</b>", after)
    small(html("Output: <b>{}</b>{}", before, changed))
    answer.compared(session, now, ("trained", "now"))
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
    old, new = was.weights.ravel(), now.weights.ravel()
    parts = [
        "weight {} turned from {} to {}".format(name_of(int(k)), *told_apart(float(old[k]), float(new[k])))
        for k in np.flatnonzero(new != old)
    ]
    if now.bias != was.bias:
        its = "its bias" if parts else "bias"
        parts.append("{} turned from {} to {}".format(its, *told_apart(was.bias, now.bias)))
    if now.activation != was.activation:
        parts.append(f"{written(now.activation)} for {written(was.activation)}")
    made, instead = told_apart(now.output, was.output)
    makes = f"makes {made} as before" if now.output == was.output else f"makes {made} instead of {instead}"
    name = session.class_name(before.winner)
    text = f"With {' and '.join(parts) or 'nothing turned'}, unit {was.unit} of {was.layer} {makes}"
    share = answer.value(session.network, float(result.probabilities[before.winner]))
    was_share = answer.value(session.network, float(before.probabilities[before.winner]))
    kept = f"stays at {share}" if share == was_share else f"goes from {was_share} to {share}"
    if not session.network.output.chooses:
        return f"{text}; {name} {kept}."
    if result.winner != before.winner:
        other = session.class_name(result.winner)
        return f"{text}, and the net no longer says {name} ({share}) but {other}."
    return f"{text}; the net still says {name}, which {kept}."


def _f(session: Session, one: Neuron, turn: Turn) -> None:
    """The list of F: the trained one first, then all that Keras has, where it can be another."""
    free = can_change(session.network, one.layer)
    others = [name for name in keras_activations() if name != one.activation] if free else []
    key = f"turn-f-{one.layer}-{one.unit}"

    def choose() -> None:
        chosen, now = st.session_state[key] or None, read(one)
        if chosen != now.function:  # a late message, as in `_writer`
            write(one, replace(now, function=chosen))

    shown = (turn.function or "") if free else ""
    why = "" if free else f"{written(one.activation)} makes the answer of all units of {one.layer}: it stays."
    controls.listed(
        "F", key, ["", *others], shown, choose, title=lambda name: written(name or one.activation), help=why
    )


def _knob(one: Neuron, turn: Turn, title: str, name: str, own: float) -> None:
    changed = turn.weight if name == "weight" else turn.bias
    value = own if changed is None else changed
    reach = _reach([*np.abs([one.weights.min(), one.weights.max()]) * 2, abs(own), abs(value), 0.1])
    key = f"turn-{name}-{one.layer}-{one.unit}-{turn.term}"
    report = _writer(one, turn.term, name, key, own)
    controls.knob(f"{title} ({number(own)})", key, value, -reach, reach, report, step=reach / 200, format="%.2f")


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
