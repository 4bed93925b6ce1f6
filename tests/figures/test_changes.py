"""The curves of change: their points, their names, and what is marked."""

from itertools import pairwise

import numpy as np
import pytest

from nnviz.figures.changes import apart, change_curves

LINES = {"conv": np.array([0, 0.5, 0.8, 1.0]), "pool": np.array([0, 0.4, 0.7, 0.98]), "zero": np.full(4, np.nan)}


def test_every_value_is_a_point_and_what_has_no_measure_is_left_out():
    figure = change_curves(range(4), LINES, now=2)
    lines = {trace.name: trace for trace in figure.data}
    assert list(lines["conv"].y) == [0, 0.5, 0.8, 1.0]
    assert list(lines["pool"].x) == [0, 1, 2, 3]
    assert list(lines["zero"].y) == [None] * 4
    assert [trace.marker.size[2] > trace.marker.size[1] for trace in figure.data] == [True] * 3
    (mark,) = [shape for shape in figure.layout.shapes if shape.x0 == shape.x1 == 2]
    assert mark.line.color == "#e6007e"
    assert len({(trace.line.color, trace.line.dash) for trace in figure.data}) == 3


def test_names_stand_at_the_ends_and_not_on_each_other():
    figure = change_curves(range(4), LINES)
    found = {note.text.split("</span> ")[1]: note.y for note in figure.layout.annotations}
    assert set(found) == {"conv 1.00", "pool 0.98"}
    assert found["conv 1.00"] - found["pool 0.98"] >= 0.1


def test_the_limit_is_drawn_where_it_is_near():
    near = change_curves(range(4), LINES, limit=(1.2, "far apart"))
    assert "far apart" in [note.text for note in near.layout.annotations]
    assert near.layout.yaxis.range[1] > 1.2
    far = change_curves(range(4), LINES, limit=(9.0, "far apart"))
    assert "far apart" not in [note.text for note in far.layout.annotations]


@pytest.mark.parametrize("places", [(0.5, 0.5, 0.5), (1.0, 0.99, 0.0), (0.0, 0.01, 0.02), (0.1, 0.5, 0.9)])
def test_names_keep_their_order_and_their_distance(places):
    named = dict(zip("abc", places, strict=True))
    found = apart(named, 0.1, 1.1)
    order = sorted(named, key=lambda name: named[name])
    for lower, higher in pairwise(order):
        assert found[higher] - found[lower] >= 0.1 - 1e-12
    assert all(0 <= value <= 1.1 for value in found.values())


def test_nothing_at_all_draws():
    assert change_curves(range(4), {"zero": np.full(4, np.nan)}).layout.yaxis.range[1] > 0
