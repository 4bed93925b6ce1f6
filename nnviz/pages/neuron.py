"""One neuron: output = F(sum(input * weight) + bias), of any unit of the network, and of a toy with two inputs."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from nnviz.analysis.layers import LayerInfo
from nnviz.analysis.neuron import Cell, Neuron, has_neurons, nearest_with_neurons, neuron, responses, strongest
from nnviz.components.raster import Place, raster
from nnviz.figures import activation_curve, adding_up, largest_terms
from nnviz.figures.neurons import curve_span
from nnviz.figures.words import number
from nnviz.pages import address, controls, hand, neuron_sheet, toy, views
from nnviz.pages.markdown import plain
from nnviz.pages.page import Page, caption, head
from nnviz.pages.session import Session

VIEWS = {"real": "Real", "toy": "Toy"}
TERMS = 6
"""The largest ones that have a bar of their own."""

NAMES = {
    **{"relu": "ReLU", "relu6": "ReLU6", "gelu": "GELU", "elu": "ELU", "selu": "SELU", "silu": "SiLU"},
    **{"leaky_relu": "leaky ReLU", "hard_sigmoid": "hard sigmoid", "hard_silu": "hard SiLU", "mish": "Mish"},
}
WORDS = (
    '<b class="out">output</b> = F( sum( <b class="in">input</b> × <b class="weight">weight</b> ) + '
    '<b class="bias">bias</b> )'
)


def render(current: Session) -> None:
    """Draw the page."""
    view = address.choice("view", tuple(VIEWS), "real")
    with head(PAGE):
        controls.switch("View", "view", tuple(VIEWS), view, titles=VIEWS)
        if view == "real":
            controls.layers(current, [layer for layer in current.network.layers if has_neurons(layer)])
        else:
            toy.choose()
    if view == "toy":
        toy.draw()
    elif not has_neurons(current.layer):
        _without(current)
    else:
        _real(current)


def _without(current: Session) -> None:
    layer = current.layer
    near = nearest_with_neurons(current.network, layer.name)
    caption(f"{layer.name} ({layer.description}) has no neurons: it weighs nothing, so there is no sum to show.")
    if near is not None:
        st.button(f"Show the nearest that has some: {plain(near)}", on_click=lambda: controls.go_to(near))


def _real(current: Session) -> None:
    values = current.activations
    cell = _cell(current, values)
    was = neuron(current.network, current.trace, current.layer.name, current.unit, cell)
    turn = hand.read(was)
    result = hand.apply(current, was, turn)
    now = result.neuron if result else was
    sheet = neuron_sheet.sheet_of(current, now, turn.term)
    many = sheet.channels > 1
    words, *sliders = st.columns([6, 2, 2] if many else [8, 2], gap="medium", vertical_alignment="center")
    with words:
        st.html(f'<p class="nn-formula">{WORDS}<br>{_numbers(now)}</p>')
    with sliders[0]:
        controls.slider(f"Unit of {current.layer.name}", "unit", current.unit, 0, values.shape[-1] - 1)
    if many:
        with sliders[1]:
            hand.choose_channel(was, turn, sheet.channels)
    made = values.copy()
    if result:
        made[..., current.unit] = result.activations
    _pictures(current, now, sheet, turn, made)
    caption(_sentence(current, now) if result is None else hand.sentence(current, was, result, sheet.name_of))
    bars, curve, knobs, answer = st.columns([11, 6, 5, 6], gap="medium")
    with bars:
        _sum(now, current, sheet)
    with curve:
        _curve(current.layer, was, now)
    with knobs:
        hand.draw(was, turn, sheet.name_of)
    with answer:
        hand.answer(current, was, turn, result)


def _cell(current: Session, values: np.ndarray) -> Cell:
    """The cell of the address, else the unit's strongest."""
    if values.ndim == 2 and "step" in address.read():
        return (address.whole("step", 0, 0, len(values) - 1)[0],)
    if values.ndim == 3 and current.cell is not None:
        return min(current.cell[0], values.shape[0] - 1), min(current.cell[1], values.shape[1] - 1)
    return strongest(values, current.unit)


def _pictures(current: Session, now: Neuron, sheet: neuron_sheet.Sheet, turn: hand.Turn, made: np.ndarray) -> None:
    """What it reads, input x weight, and what its layer makes, from left to right."""
    panels, marks = sheet.panels()
    output, own, find = neuron_sheet.output_panel(current, made, now)
    first = len(panels) - 3
    weights = first + 1

    def pick(place: Place) -> None:
        if place.panel == len(panels):
            find(place)
        else:
            hand.write(now, hand.Turn(sheet.term_at(place.row or 0, place.column or 0), None, turn.bias))

    marks += [Place(first + step, 0, *sheet.place_of(turn.term), colour="picked") for step in (0, 2)]
    raster(
        [*panels, output],
        key="neuron",
        alt=f"What unit {now.unit} of {now.layer} reads, its weights, their products, and the output",
        picked=Place(weights, 0, *sheet.place_of(turn.term)),
        marks=[*marks, Place(len(panels), 0, *own, colour="picked")],
        height=0.3,
        least=100,
        wide=True,
        on_pick=pick,
    )


def _numbers(now: Neuron) -> str:
    """The formula with this image's numbers."""
    best, more = int(np.abs(now.terms).argmax()), now.weights.size - 1
    first = float(now.inputs.ravel()[best]), float(now.weights.ravel()[best])
    name = function_name(now)
    return (
        f'<b class="out">{number(now.output)}</b> = {name}( <b class="in">{number(first[0])}</b> × '
        f'<b class="weight">{number(first[1])}</b>{f" + {more:,} more" if more else ""} + '
        f'<b class="bias">{number(now.bias)}</b> ) = {name}( {number(now.sum)}{"" if now.elementwise else ", …"} )'
    )


def function_name(one: Neuron) -> str:
    """F as one writes it."""
    return html.escape(NAMES.get(one.activation, one.activation.replace("_", " ")))


def _sum(now: Neuron, current: Session, sheet: neuron_sheet.Sheet) -> None:
    largest, others = largest_terms(now.terms, TERMS)
    inputs, weights, flat = now.inputs.ravel(), now.weights.ravel(), now.terms.ravel()
    names = [f"{sheet.name_of(int(i))}:  {number(float(inputs[i]))}×{number(float(weights[i]))}" for i in largest]
    values = [float(flat[i]) for i in largest]
    if flat.size > TERMS:
        names.append(f"{flat.size - TERMS:,} others")
        values.append(others)
    total = "logit" if current.layer.index == current.network.layers[-1].index else "sum"
    figure = adding_up(
        [*names, "bias"],
        [*values, now.bias],
        f"<b>{total}</b>",
        # A softmax reads the other logits too: what it makes of this one is no step from it.
        through=(f"F: {function_name(now)}", now.output, "<b>output</b>") if now.elementwise else None,
        across=True,
        font=18,
    )
    views.plot(figure, "neuron-sum")


def _curve(layer: LayerInfo, was: Neuron, now: Neuron) -> None:
    sums = curve_span([was.sum, now.sum])
    figure = activation_curve(
        sums,
        responses(layer, now, sums),
        (now.sum, now.output),
        before=None if now is was else (was.sum, was.output),
        title=f"F = {function_name(now)}",
    )
    views.plot(figure, "neuron-curve")


def _sentence(current: Session, now: Neuron) -> str:
    terms = now.terms.ravel()
    best = float(terms[np.abs(terms).argmax()])
    where = f", {_where(now.cell)}," if now.cell else ""
    of = " of its inner maps" if now.stage else ""
    text = (
        f"Unit {now.unit} of {html.escape(now.layer)}{where} adds up {terms.size:,} products{of} "
        f"(the largest {number(best, sign=True)}) and its bias to {number(now.sum)}"
    )
    name = function_name(now)
    if not now.elementwise:
        return f"{text}, its logit; {name} reads all {len(now.peers)} and makes {number(now.output)} of this one."
    if now.activation == "linear":
        after = _after(current)
        return f"{text}; F is linear and passes that on{after}."
    if now.output == 0:
        return f"{text}: {name} makes 0 of it, so this neuron is silent here."
    kept = (
        "lets it pass"
        if abs(now.output - now.sum) < 1e-6 * max(1, abs(now.sum))
        else f"makes {number(now.output)} of it"
    )
    return f"{text}: {name} {kept}."


def _after(current: Session) -> str:
    """The layers right behind a linear one that do to each value what F else does."""
    name, found = current.layer.name, list[str]()
    while len(found) < 3:
        readers = [layer for layer in current.network.layers if name in layer.inputs]
        if len(readers) != 1 or not readers[0].pointwise or readers[0].kind.endswith("Dropout"):
            break
        name = readers[0].name
        found.append(html.escape(name))
    return f" to {' and '.join(found)}" if found else ""


def _where(cell: Cell) -> str:
    names = ("row", "column") if len(cell) == 2 else ("step",) if len(cell) == 1 else ("place",) * len(cell)
    return ", ".join(f"{name} {at}" for name, at in zip(names, cell, strict=True))


PAGE = Page("One neuron", ":material/adjust:", "neuron", "Neuron", render)
