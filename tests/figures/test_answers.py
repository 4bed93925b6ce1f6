"""The histogram of a unit's answers: what it counts, and where the present picture is marked."""

import numpy as np
import pytest

from nnviz.figures.answers import ANSWER, answer_histogram
from nnviz.figures.colour import NEGATIVE, POSITIVE


def test_silent_pictures_are_left_out_and_all_others_counted():
    figure = answer_histogram(np.array([0, 0, 0, 1.0, 2.0, 2.0, 4.0]), 2.5)
    (bars,) = figure.data
    assert sum(bars.y) == 4
    assert set(bars.marker.color) == {ANSWER}
    edges = np.asarray(bars.customdata)
    assert edges[0, 0] == 0
    assert edges[-1, 1] == 4
    assert figure.layout.shapes[0].x0 == 2.5


def test_below_zero_is_blue_and_a_mark_outside_is_seen():
    figure = answer_histogram(np.array([-3.0, -1.0, 2.0]), 9.0)
    colours = dict(zip(figure.data[0].x, figure.data[0].marker.color, strict=True))
    assert {colours[x] for x in colours if x < 0} == {NEGATIVE}
    assert {colours[x] for x in colours if x > 0} == {POSITIVE}
    low, high = figure.layout.xaxis.range
    assert low < -3
    assert high > 9


@pytest.mark.parametrize("values", [[], [0.0, 0.0], [2.0, 2.0]])
def test_little_to_count_still_makes_a_figure(values):
    assert sum(answer_histogram(np.array(values), 0.0).data[0].y) == np.count_nonzero(values)
