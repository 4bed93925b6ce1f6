"""The neuron page: what it says of a real neuron, of one turned by hand, and of the toy."""

import numpy as np
import pytest
from shipped import shipped
from visiting import visited

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.analysis.intervention.weight_edit import edit_weight
from nnviz.analysis.layer.neuron import neuron
from nnviz.figures.words import number


def script() -> None:
    from nnviz.pages.neuron import page as neuron
    from nnviz.shell import page

    page.show(neuron.PAGE)


@pytest.fixture(scope="module")
def cnn():
    return shipped("mnist-cnn")


@pytest.fixture
def opened():
    def opening(**parameters):
        return visited(script, **{"net": "mnist-cnn", "image": "test-0", **parameters})

    return opening


def said(app):
    texts = [element.proto.body for element in app.main if type(element).__name__ == "Html"]
    (caption,) = [text for text in texts if 'class="nn-caption"' in text]
    return caption, " ".join(texts)


def param(app, name):
    """AppTest has what it was given as a list, and what the page wrote as text."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


@pytest.mark.parametrize(
    ("layer", "unit", "cell"), [("conv1", 3, (7, 9)), ("conv2", 11, None), ("dense", 5, None), ("output", 7, None)]
)
def test_its_numbers_are_the_neurons(layer, unit, cell, opened, cnn):
    more = {} if cell is None else {"row": str(cell[0]), "column": str(cell[1])}
    app = opened(layer=layer, unit=str(unit), **more)
    one = neuron(cnn, nnviz.trace(cnn, digit(0)[0]), layer, unit, cell)
    caption, all_of_it = said(app)
    assert f"Unit {unit} of {layer}" in caption
    assert f"adds up {one.weights.size:,} products" in caption
    assert number(one.sum) in caption
    assert f'<b class="out">{number(one.output)}</b>' in all_of_it
    assert f'<b class="bias">{number(one.bias)}</b>' in all_of_it
    if cell:
        assert f"row {cell[0]}, column {cell[1]}" in caption
    if layer == "output":
        assert "its logit; softmax reads all 10" in caption


def test_a_turned_weight_changes_the_answer_and_as_trained_brings_it_back(opened, cnn):
    image = nnviz.trace(cnn, digit(0)[0]).image
    before = [weight.copy() for weight in cnn.model.get_weights()]
    wanted = edit_weight(cnn, image, "output", 2, (12,), weight=8.0, bias=20.0)
    app = opened(layer="output", unit="2", turn="2,12,8,20,output")
    caption, _ = said(app)
    assert "With weight 12 turned from" in caption
    assert "to 8.00 and its bias turned from" in caption
    assert f"unit 2 of output makes {number(wanted.output)} instead of" in caption
    assert wanted.winner == 2
    assert "the net no longer says 7" in caption
    assert "but 2" in caption
    app.button(key="turn-reset").click().run()
    caption, _ = said(app)
    assert "adds up 128 products" in caption
    assert param(app, "turn") == "2,12,,,output"
    for was, now in zip(before, cnn.model.get_weights(), strict=True):
        np.testing.assert_array_equal(was, now)


def test_the_knobs_write_the_address(opened, cnn):
    app = opened(layer="conv1", unit="3", turn="3,10,,,conv1")
    knob = app.slider(key="turn-weight-conv1-3-10")
    knob.set_value(knob.max).run()
    assert "With weight 1,3 turned from" in said(app)[0]
    app.slider(key="turn-bias-conv1-3-10").set_value(0.0).run()
    assert "and its bias turned from" in said(app)[0]
    app.selectbox(key="turn-f-conv1-3").set_value("tanh").run()
    caption, formula = said(app)
    assert "and tanh for ReLU, unit 3 of conv1 makes" in caption
    assert "tanh( " in formula
    term, weight, bias, f = param(app, "turn").split(",")[1:5]
    image = nnviz.trace(cnn, digit(0)[0]).image
    cell = neuron(cnn, nnviz.trace(cnn, digit(0)[0]), "conv1", 3).cell
    changed = {"weight": float(weight), "bias": float(bias), "function": f}
    found = edit_weight(cnn, image, "conv1", 3, (1, 3, 0), cell=cell, **changed)
    assert term == "10"
    assert f'<b class="out">{number(found.output)}</b>' in formula


def test_f_of_an_answer_stays(opened):
    box = opened(layer="output", unit="2", turn="2,12,,,tanh,output").selectbox(key="turn-f-output-2")
    assert box.options == ["softmax"]


@pytest.mark.parametrize(
    "turn",
    [
        "",
        "nonsense",
        "3,999999,1,1,conv1",
        "3,-1,nan,inf,conv1",
        "4,10,1,1,conv1",
        "3,1,1,1,conv2",
        "3,²,1e9,,conv1",
        "3,1,,,softmax,conv1",
        "3,1,,,relu,conv1",
    ],
)
def test_a_turn_that_is_none_of_this_neurons_turns_nothing_odd(turn, opened):
    caption, _ = said(opened(layer="conv1", unit="3", turn=turn))
    assert caption.startswith('<p class="nn-caption"')
    assert "nan" not in caption
    if not turn.startswith("3,9"):
        assert "turned" not in caption


def test_the_channel_slider_shows_the_largest_term_of_a_channel(opened, cnn):
    app = opened(layer="conv2", unit="3")
    app.slider(key="turn-channel-conv2").set_value(4).run()
    term = int(param(app, "turn").split(",")[1])
    one = neuron(cnn, nnviz.trace(cnn, digit(0)[0]), "conv2", 3)
    row, column, channel = np.unravel_index(term, one.weights.shape)
    assert channel == 4
    assert abs(one.terms[row, column, channel]) == np.abs(one.terms[..., 4]).max()


def test_the_toy_says_its_sum(opened):
    app = opened(view="toy", w1="2", w2="-1", b="0.5", x1="0.5", x2="1.5", f="tanh")
    caption, all_of_it = said(app)
    assert "the sum is 0.00 and tanh makes 0.00" in caption
    app.slider(key="toy-b").set_value(1.5).run()
    caption, all_of_it = said(app)
    assert "the sum is 1.00 and tanh makes 0.76" in caption
    assert "tanh( 1.00 )" in all_of_it
    assert param(app, "b") == "1.50"


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"w1": "0", "w2": "0"}, "the output is the same everywhere"),
        ({"w1": "0.1", "w2": "0.1", "b": "-3"}, "the sum is below 0 everywhere"),
        ({"w1": "0.1", "w2": "0.1", "b": "3"}, "the sum is above 0 everywhere"),
        ({"f": "sigmoid", "b": "0"}, "with an output above 0.50"),
        ({"f": "no", "w1": "x", "x1": "nan", "x2": "1e99"}, "ReLU makes"),
        ({"w1": "-99", "x1": "99"}, "At x1 = 2.00"),
    ],
)
def test_the_toy_at_its_ends(more, wanted, opened):
    caption, _ = said(opened(view="toy", **more))
    assert wanted in caption
    assert "nan" not in caption
