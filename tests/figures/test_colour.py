"""Colours against the facts that they are chosen for, and against Plotly's own copies of the same maps."""

import numpy as np
import plotly.colors
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnviz.figures.colour import SCALES, TABLES, from_zero, symmetric

WHITE = [255, 255, 255]
values = arrays(np.float64, st.integers(0, 20), elements=st.floats(-1e6, 1e6))


def lightness(table):
    """Relative luminance of sRGB colours (WCAG), 0..1."""
    share = table / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def hexes(stops):
    return np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in stops], float)


def test_diverging_is_white_at_zero_and_nowhere_else():
    table = TABLES["diverging"]
    assert table.shape == (257, 3)
    assert table[128].tolist() == WHITE
    assert (table.min(axis=1) == 255).sum() == 1
    low, high = symmetric(np.array([-2.0, 5.0]))
    assert round(256 * (0 - low) / (high - low)) == 128


def test_diverging_is_blue_below_and_orange_above_and_as_dark_on_both_sides():
    table = TABLES["diverging"].astype(int)
    assert (table[:128, 2] > table[:128, 0]).all()
    assert (table[129:, 0] > table[129:, 2]).all()
    light = lightness(table)
    assert (np.diff(light[:129]) > 0).all()
    assert (np.diff(light[128:]) < 0).all()
    assert abs(light[0] - light[-1]) < 0.03
    # Whoever sees no colour reads the same magnitude on both sides, at least roughly.
    assert np.abs(light[:128] - light[:128:-1]).max() < 0.15


@pytest.mark.parametrize(("name", "theirs"), [("viridis", "Viridis"), ("inferno", "Inferno")])
def test_the_perceptual_maps_are_the_published_ones(name, theirs):
    published = hexes(getattr(plotly.colors.sequential, theirs))
    at = np.linspace(0, 256, len(published)).round().astype(int)
    # Nine stops of ours between ten of theirs: alike within what a straight line leaves out.
    far = np.abs(TABLES[name][at].astype(float) - published)
    assert far.max() <= 15
    assert far.mean() <= 3
    light = lightness(TABLES[name])
    assert (np.diff(light) >= 0).all()
    assert (light[4:] > light[:-4]).all()


def test_grey_is_grey_from_black_to_white():
    table = TABLES["grey"]
    assert table[0].tolist() == [0, 0, 0]
    assert table[256].tolist() == WHITE
    assert (table == table[:, :1]).all()


@pytest.mark.parametrize("name", list(TABLES))
def test_pages_and_notebooks_share_one_scale(name):
    """Plotly's own reading of the stops gives the colours that the browser component is sent."""
    scale = [[place, f"rgb{tuple(int(c) for c in hexes([stop])[0])}"] for place, stop in SCALES[name]]
    sampled = plotly.colors.sample_colorscale(scale, np.linspace(0, 1, 257).tolist())
    read = [[float(part) for part in colour[4:-1].split(",")] for colour in sampled]
    np.testing.assert_allclose(read, TABLES[name], atol=1.01)


@given(values)
def test_the_diverging_range_is_centred_and_holds_all(array):
    low, high = symmetric(array)
    assert low == -high < 0
    assert not array.size or np.abs(array).max() in (0, high)


@given(values)
def test_the_range_of_activations_begins_at_zero_and_holds_all(array):
    low, high = from_zero(array)
    assert low == 0 < high
    assert not (array > high).any()
    assert not (array > 0).any() or high == array.max()
