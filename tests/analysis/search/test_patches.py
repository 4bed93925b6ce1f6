"""Patches against numpy slices of a padded image, and the cells that look at one place."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from nnviz.analysis.network.extent import Extent
from nnviz.analysis.network.graph import Graph
from nnviz.analysis.network.receptive import receptive_fields
from nnviz.analysis.search.patches import box, cut, looking_at, middle

IMAGE = np.random.default_rng(0).integers(1, 256, (13, 10, 2)).astype(np.float32)


def field_of(*made):
    graph = Graph(keras.Sequential([keras.Input((13, 10, 2)), *made]))
    return receptive_fields(graph)[graph.steps[-1].name], graph.steps[-1].outputs[0].shape[1:3]


FIELDS = {
    "valid": lambda: [layers.Conv2D(2, 3)],
    "same": lambda: [layers.Conv2D(2, (5, 3), padding="same")],
    "strided": lambda: [layers.Conv2D(2, 4, 2, padding="same"), layers.Conv2D(1, 2, padding="same")],
    "pooled": lambda: [layers.Conv2D(2, 3, padding="same"), layers.MaxPooling2D(2), layers.Conv2D(1, 2)],
}


@pytest.mark.parametrize("kind", list(FIELDS))
def test_a_patch_is_the_slice_of_the_padded_image(kind):
    field, (rows, columns) = field_of(*FIELDS[kind]())
    pad = 20
    padded = np.pad(IMAGE, ((pad, pad), (pad, pad), (0, 0)))
    for row in range(rows):
        for column in range(columns):
            patch = cut(IMAGE, field, (row, column))
            top = pad + int(field[0].jump * row + field[0].low)
            left = pad + int(field[1].jump * column + field[1].low)
            wanted = padded[top : top + field[0].size, left : left + field[1].size]
            np.testing.assert_array_equal(np.where(patch.seen[..., None], wanted, 0), patch.pixels)
            # No pixel of the image is 0: what is not seen is padding, or what a pooling left out.
            assert not patch.seen[wanted[..., 0] == 0].any()
            y, x, height, width = box(field, (row, column), (13, 10))
            np.testing.assert_array_equal(
                patch.pixels[patch.seen].reshape(height, width, 2), IMAGE[y : y + height, x : x + width]
            )


def test_a_field_larger_than_the_image_shows_the_image_with_what_is_not_seen_marked():
    field, _ = field_of(layers.Conv2D(2, 9, padding="same"), layers.Conv2D(1, 9, padding="same"))
    assert field[0].size == 17
    patch = cut(IMAGE, field, (0, 0))
    assert patch.pixels.shape == (13, 10, 2)
    np.testing.assert_array_equal(patch.seen, np.logical_and.outer(np.arange(13) <= 8, np.arange(10) <= 8))
    np.testing.assert_array_equal(patch.pixels[:9, :9], IMAGE[:9, :9])


@pytest.mark.parametrize(("field", "cell"), [(None, (1, 1)), ((Extent(), Extent()), None), (None, None)])
def test_where_all_is_seen_the_patch_is_the_image(field, cell):
    patch = cut(IMAGE, field, cell)
    np.testing.assert_array_equal(patch.pixels, IMAGE)
    assert patch.seen.all()
    assert box(field, cell, (13, 10)) == (0, 0, 13, 10)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(1, 4), st.integers(-5, 0), st.integers(0, 9), st.floats(-3, 40), st.integers(1, 12))
def test_no_other_cell_has_its_middle_nearer(jump, low, size, place, length):
    extent = Extent(float(jump), float(low), float(low + size))
    found = looking_at((extent, extent), (place, 0.0), (length, 1, 7))
    assert found[1] == 0
    far = [abs(middle((extent, extent), (at, 0))[0] - place) for at in range(length)]
    assert far[found[0]] == pytest.approx(min(far))


def test_a_cell_looks_at_its_own_middle():
    for build in FIELDS.values():
        field, (rows, columns) = field_of(*build())
        for cell in [(0, 0), (rows - 1, columns - 1), (rows // 2, columns // 3)]:
            assert looking_at(field, middle(field, cell), (rows, columns)) == cell
