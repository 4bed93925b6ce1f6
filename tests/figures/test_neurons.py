"""The curve of F with its point, and the waterfall that goes on through F."""

import numpy as np
import pytest

from nnviz.figures import activation_curve, adding_up
from nnviz.figures.neurons import curve_span


def test_the_point_stands_on_the_curve():
    sums = np.linspace(-3, 3, 61)
    figure = activation_curve(sums, np.maximum(sums, 0), (1.5, 1.5), before=(-1.0, 0.0), title="F = ReLU")
    curve, guide, before, now = figure.data
    assert (now.x[0], now.y[0]) == (1.5, 1.5)
    assert np.interp(now.x[0], curve.x, curve.y) == pytest.approx(now.y[0])
    assert (before.x[0], before.y[0]) == (-1.0, 0.0)
    assert list(guide.x) == [1.5, 1.5, -3.0]
    assert list(guide.y) == [0.0, 1.5, 1.5]
    assert figure.layout.yaxis.title.text == "F = ReLU"
    assert len(activation_curve(sums, sums, (0.0, 0.0)).data) == 3


@pytest.mark.parametrize("points", [(), (0.0,), (9.0, -1.0), (-250.0,)])
def test_the_span_holds_all_points_and_zero_in_its_middle(points):
    span = curve_span(points)
    assert span[0] == -span[-1]
    assert 0.0 in span
    assert span[-1] >= 2
    assert all(abs(point) < 0.8 * span[-1] for point in points)


def ends(figure):
    """Where each bar of a waterfall ends, reckoned as Plotly does."""
    (bars,) = figure.data
    values = bars.x if bars.orientation == "h" else bars.y
    at, found = 0.0, []
    for value, measure in zip(values, bars.measure, strict=True):
        at += value if measure == "relative" else 0.0
        found.append(at)
    return found


@pytest.mark.parametrize("across", [False, True])
def test_the_waterfall_goes_from_the_sum_through_f_to_the_output(across):
    figure = adding_up(["a", "b", "bias"], [1.0, -2.5, 0.5], "sum", through=("F", 0.0, "output"), across=across)
    (bars,) = figure.data
    assert ends(figure) == pytest.approx([1.0, -1.5, -1.0, -1.0, 0.0, 0.0])
    assert list(bars.text) == ["+1.00", "−2.50", "+0.50", "<b>−1.00</b>", "+1.00", "<b>0.00</b>"]
    assert list(bars.y if across else bars.x) == ["a", "b", "bias", "sum", "F", "output"]


def test_what_f_passes_on_is_no_step_but_for_rounding():
    figure = adding_up(["a"], [0.1 + 0.2], "sum", through=("F", float(np.float32(0.3)), "output"), across=True)
    assert figure.data[0].text[2] == "+0.00"
    assert ends(figure)[-1] == pytest.approx(0.3)


def test_bars_across_have_room_for_their_numbers():
    figure = adding_up(["a", "b"], [3.0, -4.0], "sum", across=True)
    low, high = figure.layout.xaxis.range
    assert low < -1.0 - 0.2 * 4
    assert high > 3.0 + 0.2 * 4
