"""The toy neuron of the neuron page: two inputs, all of whose numbers are sliders, and its whole surface."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from nnviz.analysis.layer.activation_functions import ACTIVATIONS, activation_named
from nnviz.analysis.layer.toy import REACH, Toy, cell_of, inputs_at
from nnviz.components.raster import Line, Panel, Place, raster
from nnviz.figures import activation_curve, adding_up
from nnviz.figures.colour import from_zero, symmetric
from nnviz.figures.neurons import curve_span
from nnviz.figures.words import number
from nnviz.shell import address, controls
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import caption
from nnviz.views import chart

KNOBS = {
    "w1": ("Weight w1", 1.0, 3.0),
    "w2": ("Weight w2", -0.5, 3.0),
    "b": ("Bias b", 0.25, 3.0),
    "x1": ("Input x1", 1.0, REACH),
    "x2": ("Input x2", 0.5, REACH),
}
"""Title, first value and reach by name in the address."""

_DEFAULT = "relu"


def choose() -> None:
    """The switch for F."""
    titles = {one.name: one.title for one in ACTIVATIONS}
    controls.switch("F", "f", tuple(titles), address.choice("f", tuple(titles), _DEFAULT), titles=titles)


def draw() -> None:
    """Draw the toy below the page's head."""
    f = activation_named(address.choice("f", tuple(one.name for one in ACTIVATIONS), _DEFAULT))
    values = {name: _read(name) for name in KNOBS}
    toy = Toy(values["w1"], values["w2"], values["b"], f)
    x1, x2 = values["x1"], values["x2"]
    write_html('<p class="nn-formula">{}</p>', _formula(toy, x1, x2))
    left, middle, right = st.columns([4, 9, 8], gap="large")
    with left:
        for name in ("x1", "x2", "w1", "w2", "b"):
            _knob(name, values[name])
    with middle:
        _sum(toy, x1, x2)
        _curve(toy, x1, x2)
    with right:
        _surface(toy, x1, x2)
    caption(_sentence(toy, x1, x2))


def _read(name: str) -> float:
    """A knob's value from the address: the nearest that it has."""
    _, first, reach = KNOBS[name]
    try:
        value = float(address.read().get(name, first))
    except ValueError:
        return first
    return min(max(round(value, 2), -reach), reach) if abs(value) < 1e6 else first


def _knob(name: str, value: float) -> None:
    title, _, reach = KNOBS[name]
    key = f"toy-{name}"
    controls.knob(title, key, value, -reach, reach, address.writer(name, key, _written), step=0.05, format="%.2f")


def _written(value: float) -> str:
    return f"{value:.2f}"


def _formula(toy: Toy, x1: float, x2: float) -> Markup:
    total = toy.w1 * x1 + toy.w2 * x2 + toy.bias
    f = toy.activation
    line = (
        '<b class="out">{}</b> = {}( <b class="in">{}</b>×<b class="weight">{}</b> + '
        '<b class="in">{}</b>×<b class="weight">{}</b> + <b class="bias">{}</b> ) '
    )
    words = html(line, "output", "F", "x1", "w1", "x2", "w2", "b")
    values = (number(value) for value in (x1, toy.w1, x2, toy.w2, toy.bias))
    numbers = html(line, number(toy.output(x1, x2)), f.title, *values)
    return html("{}with F = {}: {}<br>{}= {}( {} )", words, f.title, f.formula, numbers, f.title, number(total))


def _sum(toy: Toy, x1: float, x2: float) -> None:
    figure = adding_up(
        ["x1 × w1", "x2 × w2", "bias b"],
        [x1 * toy.w1, x2 * toy.w2, toy.bias],
        Markup("<b>sum</b>"),
        through=(f"F: {toy.activation.title}", toy.output(x1, x2), Markup("<b>output</b>")),
        across=True,
    )
    chart.plot(figure, "toy-sum")


def _curve(toy: Toy, x1: float, x2: float) -> None:
    total = toy.w1 * x1 + toy.w2 * x2 + toy.bias
    sums = curve_span([total])
    figure = activation_curve(
        sums, toy.activation.apply(sums), (total, toy.output(x1, x2)), title=f"F = {toy.activation.title}"
    )
    chart.plot(figure, "toy-curve")


def _surface(toy: Toy, x1: float, x2: float) -> None:
    values = toy.surface()
    diverging = bool((values < 0).any())
    low, high = symmetric(values) if diverging else from_zero(values)
    border = toy.border()
    lines = []
    if border is not None:
        start, end = (Place(0, 0, *cell_of(*point)) for point in border)
        lines = [Line(start, end, plain=True)]

    def pick(place: Place) -> None:
        found = inputs_at(place.row or 0, place.column or 0)
        address.write(**{name: _written(value) for name, value in zip(("x1", "x2"), found, strict=True)})

    raster(
        [
            Panel(
                values[None],
                "diverging" if diverging else "viridis",
                (low, high),
                title="Output for all inputs",
                note=f"x1 right, x2 up, each −{REACH:.0f} to {REACH:.0f}\ncolours {number(low)} to {number(high)}"
                + ("; line: sum is 0" if lines else ""),
                names=["output"],
                most=660,
                pick="cell",
            )
        ],
        key="toy",
        alt=f"Output of the toy neuron for inputs from {-REACH:g} to {REACH:g}",
        picked=Place(0, 0, *cell_of(x1, x2)),
        lines=lines,
        height=0.68,
        least=120,
        on_pick=pick,
    )


def _sentence(toy: Toy, x1: float, x2: float) -> str:
    total, made = toy.w1 * x1 + toy.w2 * x2 + toy.bias, toy.output(x1, x2)
    f, share = toy.activation, toy.fires()
    text = (
        f"At x1 = {number(x1)}, x2 = {number(x2)} the sum is {number(total)} and {f.title} makes {number(made)} of it; "
    )
    if not toy.w1 and not toy.w2:
        return f"{text}with both weights at 0 the inputs do not count: the output is the same everywhere."
    if toy.border() is None:
        return (
            f"{text}the bias outweighs every input here: the sum is {'above' if share > 0.5 else 'below'} 0 everywhere."
        )
    above = "" if not f.fires_above else f", with an output above {number(f.fires_above)}"
    return (
        f"{text}it fires{above} on {share:.0%} of the square, on one side of a straight line: the weights turn "
        "the line, the bias moves it."
    )
