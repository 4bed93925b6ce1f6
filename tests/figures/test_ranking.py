"""Ranked bars: the largest fall first, and of many those that change most."""

import numpy as np

from nnviz.figures.colour import NEGATIVE, NEUTRAL, PICKED, POSITIVE
from nnviz.figures.ranking import ranked_bars


def test_the_largest_fall_stands_first():
    figure = ranked_bars(np.array([0.5, -2.0, 0.0, -1.0]), off=(3,), picked=1, title="filters")
    (bars,) = figure.data
    assert list(bars.x) == ["1", "3", "2", "0"]
    np.testing.assert_array_equal(bars.y, [-2, -1, 0, 0.5])
    assert list(bars.marker.color) == [NEGATIVE, NEGATIVE, NEUTRAL, POSITIVE]
    assert list(bars.marker.opacity) == [1, 0.35, 1, 1]
    assert list(bars.marker.line.width) == [4, 0, 0, 0]
    assert bars.marker.line.color == PICKED
    assert list(bars.customdata) == ["\u22122.00", "\u22121.00", "+0.00", "+0.50"]
    assert figure.layout.xaxis.title.text == "filters"


def test_of_many_those_that_change_most_are_shown():
    changes = np.linspace(-1, 0.9, 40)
    (bars,) = ranked_bars(changes, most=6).data
    largest = sorted(np.argsort(-np.abs(changes))[:6], key=lambda unit: changes[unit])
    assert [int(unit) for unit in bars.x] == largest
