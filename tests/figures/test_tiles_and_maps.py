"""Every value of a layer is in the picture once, where the words say that it is."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz.figures import heatmap, mosaic
from nnviz.figures.colour import SCALES
from nnviz.figures.tiles import as_tiles, fold, folded_shape

sizes = st.integers(1, 7)


def distinct(*shape):
    """No two values alike, and none of them zero, in no order that a wrong index could hide in."""
    count = int(np.prod(shape))
    return (np.random.default_rng(0).permutation(count) + 1).reshape(shape).astype(np.float32)


@settings(deadline=None)
@given(st.integers(1, 5000))
def test_a_vector_is_folded_to_a_near_square_that_holds_it(length):
    rows, columns = folded_shape(length)
    assert rows * columns >= length > (rows - 1) * columns
    assert columns <= rows <= 4 * columns
    exact = [c for c in range(1, length + 1) if length % c == 0 and c <= length // c <= 4 * c]
    assert not exact or rows * columns == length


@settings(deadline=None)
@given(st.integers(1, 400))
def test_folding_keeps_the_order_and_fills_up_with_zeros(length):
    vector = distinct(length)
    folded = fold(vector)
    assert folded.shape == folded_shape(length)
    np.testing.assert_array_equal(folded.ravel()[:length], vector)
    assert not folded.ravel()[length:].any()


@settings(deadline=None)
@given(sizes, sizes, sizes)
def test_a_tile_is_a_channel(rows, columns, channels):
    maps = distinct(rows, columns, channels)
    tiles = as_tiles(maps)
    assert tiles.shape == (channels, rows, columns)
    for channel in range(channels):
        np.testing.assert_array_equal(tiles[channel], maps[:, :, channel])


def test_tiles_of_other_shapes():
    steps, volume = distinct(6, 4), distinct(2, 3, 4, 5)
    np.testing.assert_array_equal(as_tiles(steps), steps[None])
    np.testing.assert_array_equal(as_tiles(volume)[3], np.concatenate([volume[0, :, :, 3], volume[1, :, :, 3]]))
    np.testing.assert_array_equal(as_tiles(distinct(12)), fold(distinct(12))[None])


def cells(figure):
    """What stands in the picture: by hover text, all values with that text; and what stands in no cell."""
    (heat,) = figure.data
    found, rest = {}, []
    for text, value in zip(np.ravel(heat.text), np.ravel(heat.z), strict=True):
        if text:
            found.setdefault(str(text), []).append(float(value))
        else:
            rest.append(float(value))
    return found, rest


@settings(deadline=None, max_examples=60)
@given(sizes, sizes, sizes, st.integers(0, 4))
def test_every_pixel_of_every_map_is_in_the_mosaic_once(rows, columns, channels, across):
    maps = distinct(rows, columns, channels)
    figure = mosaic(maps, columns=across)
    found, rest = cells(figure)
    assert found == {
        f"map {index}, row {row}, column {column}": [float(maps[row, column, index])]
        for row, column, index in np.ndindex(*maps.shape)
    }
    assert np.isnan(rest).all()


@settings(deadline=None, max_examples=60)
@given(sizes, sizes, sizes, st.integers(1, 4))
def test_maps_stand_in_order_one_empty_cell_apart(rows, columns, channels, across):
    maps = distinct(rows, columns, channels)
    z = np.asarray(mosaic(maps, columns=across).data[0].z)
    for index in range(channels):
        down, right = divmod(index, across)
        top, left = down * (rows + 1), right * (columns + 1)
        np.testing.assert_array_equal(z[top : top + rows, left : left + columns], maps[:, :, index])
        assert np.isnan(z[top : top + rows, left + columns : left + columns + 1]).all()
        assert np.isnan(z[top + rows : top + rows + 1, left : left + columns]).all()


@pytest.mark.parametrize("length", [1, 10, 11, 64, 97])
def test_a_vector_in_the_mosaic_names_its_units_and_adds_none(length):
    vector = distinct(length)
    found, rest = cells(mosaic(vector))
    assert found == {f"unit {unit}": [float(value)] for unit, value in enumerate(vector)}
    assert np.isnan(rest).all()


def test_a_heatmap_is_the_array_row_zero_on_top():
    values = distinct(3, 5)
    figure = heatmap(values)
    np.testing.assert_array_equal(figure.data[0].z, values)
    assert figure.layout.yaxis.autorange == "reversed"
    assert figure.layout.yaxis.scaleanchor == "x"


@pytest.mark.parametrize("draw", [heatmap, lambda values, **more: mosaic(values[..., None], **more)])
def test_the_range_follows_the_sign(draw):
    signed, positive = np.array([[-3.0, 1.0]]), np.array([[0.5, 4.0]])
    heat = draw(signed).data[0]
    assert (heat.zmin, heat.zmax) == (-3, 3)
    assert [tuple(stop) for stop in heat.colorscale] == SCALES["diverging"]
    heat = draw(positive).data[0]
    assert (heat.zmin, heat.zmax) == (0, 4)
    assert [tuple(stop) for stop in heat.colorscale] == SCALES["viridis"]
    assert [tuple(stop) for stop in draw(positive, colour="inferno").data[0].colorscale] == SCALES["inferno"]
    assert draw(np.zeros((2, 2))).data[0].zmax > 0


@pytest.mark.parametrize("draw", [heatmap, lambda values, **more: mosaic(values[..., None], **more)])
def test_a_map_is_written_for_a_notebook(draw):
    written = json.loads(draw(distinct(3, 4), title="conv1").to_json())
    assert written["layout"]["title"]["text"] == "conv1"
    assert written["data"][0]["type"] == "heatmap"
