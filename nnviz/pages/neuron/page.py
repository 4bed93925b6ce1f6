"""One neuron: output = F(sum(input * weight) + bias), of any unit of the network, and of a toy with two inputs."""

from __future__ import annotations

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.analysis.layer.activation_functions import written
from nnviz.analysis.layer.neuron import Cell, Neuron, has_neurons, nearest_with_neurons, neuron, responses, strongest
from nnviz.components.raster import Place, raster
from nnviz.figures import activation_curve, adding_up, largest_terms
from nnviz.figures.neurons import curve_span
from nnviz.figures.words import number
from nnviz.pages.neuron import surface, toy, weight_edit
from nnviz.pages.neuron.sheet import Sheet, output_panel, sheet_of
from nnviz.shell import address, controls
from nnviz.shell.markdown import escape_markdown
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import Page, Reading, caption, head
from nnviz.shell.session import Session
from nnviz.views import chart, faces, layer_configuration, scales

VIEWS = {"real": "Real", "toy": "Toy"}
TERMS = 6
"""The largest ones that have a bar of their own."""

WORDS = Markup('<b class="out">output</b> = F( sum( <b class="in">input</b> × <b class="weight">weight</b> ){} )')
BIAS = Markup(' + <b class="bias">{}</b>')


def render(session: Session) -> None:
    """Draw the page."""
    view = address.choice("view", tuple(VIEWS), "real")
    layers = [layer for layer in session.network.layers if has_neurons(layer)]
    count = None if has_neurons(session.layer) else 0
    study = None if view == "toy" else lambda: controls.study(session, layers, count=count)
    with head(PAGE, study):
        controls.switch("View", "view", tuple(VIEWS), view, titles=VIEWS)
        if view == "toy":
            toy.choose()
        else:
            layer_configuration.popover(session.layer)
    if view == "toy":
        toy.draw()
    elif not has_neurons(session.layer):
        _without(session)
    else:
        _real(session)


def _without(session: Session) -> None:
    layer = session.layer
    near = nearest_with_neurons(session.network, layer.name)
    caption(f"{layer.name} ({layer.description}) has no neurons: it weighs nothing, so there is no sum to show.")
    if near is not None:
        st.button(f"Show the nearest that has some: {escape_markdown(near)}", on_click=lambda: controls.go_to(near))


def _real(session: Session) -> None:
    values = session.activations
    cell = _cell(session, values)
    was = neuron(session.network, session.trace, session.layer.name, session.unit, cell)
    turn = weight_edit.read(was)
    result = weight_edit.apply(session, was, turn)
    now = result.neuron if result else was
    sheet = sheet_of(session, now, turn.term)
    knobs = weight_edit.knobs(session, was, turn, sheet)
    words, *places = st.columns(
        [max(5, 13 - 2 * len(knobs)), *[2] * len(knobs)], gap="medium", vertical_alignment="center"
    )
    with words:
        formula = WORDS.format(BIAS.format("bias") if now.has_bias else "")
        write_html('<p class="nn-formula">{}<br>{}</p>', formula, _numbers(now))
    for place, knob in zip(places, knobs, strict=True):
        with place:
            knob()
    made = values.copy()
    if result:
        made[..., session.unit] = result.activations
    _pictures(session, now, sheet, turn, made)
    caption(_sentence(session, now) if result is None else weight_edit.sentence(session, was, result, sheet.name_of))
    bars, curve, over, turned = st.columns([10, 6, 6, 6], gap="medium")
    with bars:
        _sum(now, session, sheet)
    with curve:
        _curve(was, now)
    with over:
        surface.draw(now, turn.term, turn.other, sheet.name_of)
    with turned:
        weight_edit.before_and_after(session, was, turn, result)


def _cell(session: Session, values: np.ndarray) -> Cell:
    """The cell of the address, else the unit's strongest."""
    if values.ndim == 2 and "step" in address.read():
        return (address.whole("step", 0, 0, len(values) - 1)[0],)
    if values.ndim == 3 and session.cell is not None:
        return min(session.cell[0], values.shape[0] - 1), min(session.cell[1], values.shape[1] - 1)
    return strongest(values, session.unit)


def _pictures(session: Session, now: Neuron, sheet: Sheet, turn: weight_edit.Turn, made: np.ndarray) -> None:
    """What it reads, input x weight, and what its layer makes, from left to right."""
    panels, marks = sheet.panels()
    output, own, find = output_panel(session, made, now)
    first = len(panels) - 3
    weights = first + 1

    def pick(place: Place) -> None:
        if place.panel == len(panels):
            find(place)
        else:
            # What was under study becomes the second input of the surface.
            term = sheet.term_at(place.row or 0, place.column or 0)
            other = turn.other if term == turn.term else turn.term
            weight_edit.write(now, weight_edit.Turn(term, None, turn.bias, turn.function, other))

    marks += [Place(first + step, 0, *sheet.place_of(turn.term), colour="picked") for step in (0, 2)]
    raster(
        [*panels, output],
        key="neuron",
        alt=f"What unit {now.unit} of {now.layer} reads, its weights, their products, and the output",
        picked=Place(weights, 0, *sheet.place_of(turn.term)),
        marks=[*marks, Place(len(panels), 0, *own, colour="picked")],
        height=0.32,
        least=100,
        wide=True,
        on_pick=pick,
    )


def _numbers(now: Neuron) -> Markup:
    """The formula with this image's numbers."""
    best, more = int(np.abs(now.terms).argmax()), now.weights.size - 1
    first = float(now.inputs.ravel()[best]), float(now.weights.ravel()[best])
    return html(
        '<b class="out">{output}</b> = {f}( <b class="in">{input}</b> × <b class="weight">{weight}</b>{more}{bias} ) '
        "= {f}( {sum}{peers} )",
        output=number(now.output),
        f=written(now.activation),
        input=number(first[0]),
        weight=number(first[1]),
        more=f" + {more:,} more" if more else "",
        bias=BIAS.format(number(now.bias)) if now.has_bias else "",
        sum=number(now.sum),
        peers="" if now.elementwise else ", …",
    )


def _sum(now: Neuron, session: Session, sheet: Sheet) -> None:
    largest, others = largest_terms(now.terms, TERMS)
    inputs, weights, flat = now.inputs.ravel(), now.weights.ravel(), now.terms.ravel()
    names = [f"{sheet.name_of(int(i))}:  {number(float(inputs[i]))}×{number(float(weights[i]))}" for i in largest]
    values = [float(flat[i]) for i in largest]
    if flat.size > TERMS:
        names.append(f"{flat.size - TERMS:,} others")
        values.append(others)
    last = session.layer.index == session.network.layers[-1].index
    total = "logit" if last and session.network.output.shares else "sum"
    if now.has_bias:
        names.append("bias")
        values.append(now.bias)
    figure = adding_up(
        names,
        values,
        html("<b>{}</b>", total),
        # A softmax reads the other logits too: what it makes of this one is no step from it.
        through=(f"F: {written(now.activation)}", now.output, Markup("<b>output</b>")) if now.elementwise else None,
        across=True,
        faces=_faces(session, now, largest) if sheet.shape is None else [],
        font=18,
    )
    chart.plot(figure, "neuron-sum")


def _faces(session: Session, now: Neuron, terms: np.ndarray) -> list[tuple[str, str]]:
    """Of each input that is itself a unit what excites that most, beside its number; none of the picture's pixels."""
    if now.stage or scales.is_input(session.network, now.source):
        return []
    known, found = faces.gallery(session), list[tuple[str, str]]()
    for term in terms:
        unit = int(now.places.reshape(-1, now.places.shape[-1])[int(term), -1])
        portrait = None if unit < 0 else known.portrait(now.source, unit)
        words = Markup()
        if portrait is not None:
            said = faces.speaks_here(session, now.source, unit)
            words = html("{}<br>{}", f"{unit} of {now.source}: {portrait.words}", said)
        found.append(("" if portrait is None else portrait.png(56), words))
    return found


def _curve(was: Neuron, now: Neuron) -> None:
    sums = curve_span([was.sum, now.sum])
    figure = activation_curve(
        sums,
        responses(now, sums),
        (now.sum, now.output),
        before=None if now is was else (was.sum, was.output),
        title=f"F = {written(now.activation)}",
    )
    chart.plot(figure, "neuron-curve")


def _sentence(session: Session, now: Neuron) -> str:
    where = f", {_where(now.cell)}," if now.cell else ""
    of = " of its inner maps" if now.stage else ""
    text = (
        f"Unit {now.unit} of {now.layer}{where} adds up {now.terms.size:,} products{of}"
        f"{' and its bias' if now.has_bias else ''} to {number(now.sum)}"
    )
    name = written(now.activation)
    if not now.elementwise:
        return f"{text}, its logit; {name} reads all {len(now.peers)} and makes {number(now.output)} of this one."
    if now.activation == "linear":
        after = _after(session)
        return f"{text}; F is linear and passes that on{after}."
    if now.output == 0:
        return f"{text}: {name} makes 0 of it, so this neuron is silent here."
    kept = (
        "lets it pass"
        if abs(now.output - now.sum) < 1e-6 * max(1, abs(now.sum))
        else f"makes {number(now.output)} of it"
    )
    return f"{text}: {name} {kept}."


def _after(session: Session) -> str:
    """The layers right behind a linear one that do to each value what F else does."""
    name, found = session.layer.name, list[str]()
    while len(found) < 3:
        readers = [layer for layer in session.network.layers if name in layer.inputs]
        if len(readers) != 1 or not readers[0].pointwise or readers[0].idle:
            break
        name = readers[0].name
        found.append(name)
    return f" to {' and '.join(found)}" if found else ""


def _where(cell: Cell) -> str:
    names = ("row", "column") if len(cell) == 2 else ("step",) if len(cell) == 1 else ("place",) * len(cell)
    return ", ".join(f"{name} {at}" for name, at in zip(names, cell, strict=True))


PAGE = Page(
    "Neuron",
    ":material/adjust:",
    "neuron",
    "Neuron",
    render,
    reading=(
        Reading("Neural networks", "3Blue1Brown", "https://www.3blue1brown.com/topics/neural-networks"),
        Reading(
            "Neural networks and deep learning, 1",
            "Nielsen 2015",
            "http://neuralnetworksanddeeplearning.com/chap1.html",
        ),
    ),
)
