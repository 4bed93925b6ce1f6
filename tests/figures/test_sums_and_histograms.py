"""Histograms that count every value, and waterfalls that add up."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnviz.figures import adding_up, histograms, largest_terms
from nnviz.figures.colour import NEGATIVE, POSITIVE

numbers = arrays(np.float32, st.integers(1, 300), elements=st.floats(-100, 100, width=32))


@settings(deadline=None, max_examples=40)
@given(numbers)
def test_every_value_is_counted_in_the_bar_where_it_lies(values):
    (bars,) = histograms({"weights": values}).data
    edges = np.asarray(bars.customdata)
    assert sum(bars.y) == values.size
    for (low, high), count in zip(edges[:-1], np.asarray(bars.y)[:-1], strict=True):
        assert ((values >= low) & (values < high)).sum() == count
    np.testing.assert_allclose(np.asarray(bars.width), edges[:, 1] - edges[:, 0])
    np.testing.assert_allclose(np.asarray(bars.x), edges.mean(axis=1))


def test_bars_below_zero_are_blue_above_orange():
    (bars,) = histograms({"weights": np.linspace(-1, 2, 400)}).data
    assert {colour for centre, colour in zip(bars.x, bars.marker.color, strict=True) if centre < 0} == {NEGATIVE}
    assert {colour for centre, colour in zip(bars.x, bars.marker.color, strict=True) if centre > 0} == {POSITIVE}


def test_groups_stand_side_by_side_with_their_number_and_empty_ones_are_left_out():
    figure = histograms({"weights": np.ones((3, 400)), "none": np.zeros(0), "biases": np.arange(4.0)})
    assert [note.text for note in figure.layout.annotations] == ["weights (1,200)", "biases (4)"]
    assert [sum(bars.y) for bars in figure.data] == [1200, 4]
    assert len({bars.xaxis for bars in figure.data}) == 2
    assert not histograms({}).data


@settings(deadline=None)
@given(numbers, st.integers(1, 400))
def test_the_largest_terms_and_the_rest_are_the_whole(terms, count):
    order, rest = largest_terms(terms, count)
    assert len(order) == min(count, terms.size)
    chosen = terms.astype(float)[order]
    np.testing.assert_allclose(chosen.sum() + rest, terms.astype(float).sum(), rtol=1e-9, atol=1e-9)
    assert (np.diff(np.abs(chosen)) <= 0).all()
    others = np.delete(terms, order)
    assert not others.size or np.abs(others).max() <= np.abs(chosen).min()


def test_the_largest_terms_of_a_stack_of_maps_are_flat_indices():
    terms = np.zeros((2, 3, 4))
    terms[1, 2, 0], terms[0, 1, 3] = -5, 3
    order, rest = largest_terms(terms, 2)
    assert [np.unravel_index(index, terms.shape) for index in order] == [(1, 2, 0), (0, 1, 3)]
    assert rest == 0


def test_the_waterfall_adds_up():
    figure = adding_up(["a", "b", "c"], [1.5, -4.0, 0.25], "logit")
    (bars,) = figure.data
    assert isinstance(bars, go.Waterfall)
    assert list(bars.x) == ["a", "b", "c", "logit"]
    assert list(bars.measure) == ["relative"] * 3 + ["total"]
    # Plotly's rule: relative bars add on, the total shows what they have come to.
    assert sum(value for value, kind in zip(bars.y, bars.measure, strict=True) if kind == "relative") == -2.25
    assert list(bars.text) == ["+1.50", "\u22124.00", "+0.25", "<b>\u22122.25</b>"]


@pytest.mark.parametrize(
    "figure",
    [
        histograms({"weights": np.linspace(-1, 1, 50), "biases": np.arange(3.0)}),
        adding_up(["a", "b"], [1, -2], "logit"),
    ],
    ids=["histograms", "adding up"],
)
def test_a_chart_is_written_with_its_axes_readable_from_afar(figure):
    layout = json.loads(figure.to_json())["layout"]
    axes = [axis for name, axis in layout.items() if name.startswith(("xaxis", "yaxis"))]
    assert len(axes) >= 2
    for axis in axes:
        assert axis["tickfont"]["size"] >= 16
        assert axis.get("visible", True)
        assert axis.get("showticklabels", True)
