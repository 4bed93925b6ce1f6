"""Pooling against an independent plain one, against Keras, and against the trace."""

import itertools
import math

import keras
import numpy as np
import pytest
from keras import layers

import nnviz
from nnviz.analysis.layer.pooling import (
    as_maps,
    global_pool,
    is_pooling,
    kept,
    pool_of,
    pooled,
    pooling_layers,
    window,
    windows,
)
from nnviz.analysis.network.network import load
from nnviz.errors import NnvizError

SETTINGS = list(
    itertools.product(
        ("max", "average"), ((2, 2), (3, 3), (3, 2), (1, 4), (5, 5)), ((1, 1), (2, 2), (3, 1), (4, 5)), (False, True)
    )
)
SHAPES = ((12, 12), (7, 9), (5, 8))


def plainly(maps, kind, size, strides, same):
    """Pooling cell by cell, by the definition: a list of what lies under the window, and no array arithmetic."""
    rows, columns, channels = maps.shape
    made = []
    for n, k, s in zip((rows, columns), size, strides, strict=True):
        out = math.ceil(n / s) if same else (n - k) // s + 1
        padding = max((out - 1) * s + k - n, 0) if same else 0
        made.append((out, padding // 2))
    (out_rows, above), (out_columns, left) = made
    found = np.zeros((out_rows, out_columns, channels))
    for r, c, channel in np.ndindex(out_rows, out_columns, channels):
        under = []
        for i, j in np.ndindex(*size):
            row, column = r * strides[0] - above + i, c * strides[1] - left + j
            if 0 <= row < rows and 0 <= column < columns:
                under.append(float(maps[row, column, channel]))
        found[r, c, channel] = max(under) if kind == "max" else sum(under) / len(under)
    return found


def random_maps(shape, channels=2, seed=3):
    return np.random.default_rng(seed).normal(size=(*shape, channels)).astype(np.float32)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("kind", "size", "strides", "same"), SETTINGS)
def test_it_is_what_the_definition_and_keras_make(kind, size, strides, same, shape):
    maps = random_maps(shape)
    pool = windows(kind, shape, size, strides, same=same)
    found = pooled(maps, pool)
    expected = plainly(maps, kind, size, strides, same)
    assert found.shape[:2] == pool.output == expected.shape[:2]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    kind_of = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}[kind]
    layer = kind_of(size, strides, padding="same" if same else "valid")
    np.testing.assert_allclose(found, np.asarray(layer(maps[None]))[0], rtol=1e-5, atol=1e-6)
    assert pool_of(layer, shape) == pool


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("kind", "size", "strides", "same"), SETTINGS[::3])
def test_every_window_makes_its_cell_and_says_who_reads_a_cell(kind, size, strides, same, shape):
    maps = random_maps(shape)
    pool = windows(kind, shape, size, strides, same=same)
    found, tile = pooled(maps, pool)[..., 1], maps[..., 1]
    read = {cell: [] for cell in np.ndindex(*shape)}
    for cell in np.ndindex(*pool.output):
        one = window(tile, pool, cell)
        assert one.value == pytest.approx(found[cell], abs=1e-12)
        assert one.count == one.inside.sum() > 0
        for i, j in np.ndindex(*size):
            place = one.start[0] + i, one.start[1] + j
            assert one.inside[i, j] == (place in read)
            assert one.values[i, j] == (tile[place] if place in read else 0)
            if place in read:
                read[place].append(cell)
        if kind == "max":
            assert tile[one.winner] == pytest.approx(one.value)
        else:
            assert one.winner is None
    for place, cells in read.items():
        assert pool.readers(place) == cells
    rows, columns = pool.left_out()
    assert all(not read[row, column] for row in range(shape[0] - rows, shape[0]) for column in range(shape[1]))
    assert all(not read[row, column] for row in range(shape[0]) for column in range(shape[1] - columns, shape[1]))
    assert rows == 0 or any(read[shape[0] - rows - 1, column] for column in range(shape[1]))
    assert pool.overlapping == any(len(cells) > 1 for cells in read.values())


@pytest.mark.parametrize(("kind", "size", "strides", "same"), SETTINGS[::5])
def test_a_cell_is_kept_where_changing_it_alone_changes_the_output(kind, size, strides, same):
    tile = np.random.default_rng(1).permutation(63).reshape(7, 9).astype(np.float32)
    pool = windows(kind, (7, 9), size, strides, same=same)
    before = pooled(tile[..., None], pool)
    chosen = kept(tile, pool)
    if kind == "average":
        assert not chosen.any()
        return
    for cell in np.ndindex(7, 9):
        moved = tile.copy()
        moved[cell] -= 0.25
        assert chosen[cell] == (pooled(moved[..., None], pool) != before).any()


def test_the_sizes_are_said_with_their_arithmetic():
    assert windows("max", (24, 24), (2, 2), (2, 2)).arithmetic(0) == "⌊(24 − 2) / 2⌋ + 1 = 12"
    assert windows("max", (7, 8), (3, 3), (2, 2)).arithmetic(1) == "⌊(8 − 3) / 2⌋ + 1 = 3"
    assert windows("max", (7, 8), (3, 3), (2, 2), same=True).arithmetic(0) == "⌈7 / 2⌉ = 4"
    assert global_pool("max", (7, 8)).arithmetic(1) == "8 → 1"


def test_padding_never_counts():
    """All values are below zero: a zero of the padding would win every maximum, and shrink every mean."""
    tile = np.full((3, 3), -2.0, np.float32)
    for kind in ("max", "average"):
        made = pooled(tile[..., None], windows(kind, (3, 3), (3, 3), (1, 1), same=True))
        np.testing.assert_array_equal(made[..., 0], tile)


@pytest.mark.parametrize("name", ["MaxPooling1D", "AveragePooling1D", "GlobalMaxPooling1D", "GlobalAveragePooling1D"])
def test_steps_are_one_row(name):
    steps = random_maps((11,), 3)
    layer = getattr(layers, name)() if name.startswith("Global") else getattr(layers, name)(3, 2, padding="same")
    pool = pool_of(layer, (1, 11))
    expected = as_maps(np.asarray(layer(steps[None]))[0])
    np.testing.assert_allclose(pooled(as_maps(steps), pool), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["GlobalMaxPooling2D", "GlobalAveragePooling2D"])
@pytest.mark.parametrize("keepdims", [False, True])
def test_global_pooling_is_one_window(name, keepdims):
    maps = random_maps((6, 5))
    layer = getattr(layers, name)(keepdims=keepdims)
    pool = pool_of(layer, (6, 5))
    expected = as_maps(np.asarray(layer(maps[None]))[0])
    np.testing.assert_allclose(pooled(maps, pool), expected, rtol=1e-5, atol=1e-6)
    assert window(maps[..., 0], pool, (0, 0)).value == pytest.approx(float(expected[0, 0, 0]), rel=1e-5)
    assert pool.readers((5, 4)) == [(0, 0)]
    assert pool.left_out() == (0, 0)


def pooling_net():
    """Every kind of pooling in one network."""
    given = keras.Input((14, 13, 1), name="picture")
    x = layers.Conv2D(3, 3, name="conv")(given)
    x = layers.MaxPooling2D(3, 2, padding="same", name="overlap")(x)
    x = layers.AveragePooling2D((2, 3), (1, 2), padding="same", name="mean")(x)
    left = layers.GlobalMaxPooling2D(name="largest")(x)
    steps = layers.Reshape((-1, 3), name="steps")(x)
    steps = layers.MaxPooling1D(2, name="max1d")(layers.AveragePooling1D(3, 1, name="mean1d")(steps))
    right = layers.GlobalAveragePooling1D(name="all")(steps)
    joined = layers.Concatenate(name="joined")([left, right])
    return keras.Model(given, layers.Dense(3, activation="softmax", name="answer")(joined), name="pooling_net")


def test_what_is_shown_is_what_the_network_computed(fixed_weights):
    network = load(fixed_weights(pooling_net(), 5))
    trace = nnviz.trace(network, random_maps((14, 13), 1))
    names = [layer.name for layer in pooling_layers(network)]
    assert sorted(names) == ["all", "largest", "max1d", "mean", "mean1d", "overlap"]
    for layer in pooling_layers(network):
        maps, made = as_maps(trace.activations[layer.inputs[0]]), as_maps(trace.activations[layer.name])
        pool = pool_of(layer.keras_layer, maps.shape[:2])
        assert made.shape[:2] == pool.output
        for *cell, channel in np.ndindex(*made.shape):
            assert window(maps[..., channel], pool, tuple(cell)).value == pytest.approx(
                made[(*cell, channel)], rel=1e-5, abs=1e-6
            )


def test_only_pooling_layers_pool(cases):
    found = {name: [layer.name for layer in pooling_layers(case.network)] for name, case in cases.items()}
    assert found["sequential_cnn"] == ["pool1", "pool2"]
    assert found["branched"] == ["pooled"]
    assert found["mlp_64"] == []
    assert not any(is_pooling(layer) for layer in cases["shared"].network.layers)


def test_what_does_not_fit_is_refused():
    with pytest.raises(NnvizError, match=r"A window that fits the map of 3x3 cells was expected. Received: one of 4x2"):
        windows("max", (3, 3), (4, 2), (1, 1))
    with pytest.raises(NnvizError, match="Sizes and strides from 1"):
        windows("max", (3, 3), (2, 2), (0, 1))
    pool = windows("max", (4, 4), (2, 2), (2, 2))
    for cell in ((2, 0), (0, -1)):
        with pytest.raises(NnvizError, match="A cell within 2x2"):
            window(np.zeros((4, 4)), pool, cell)
    assert windows("max", (3, 3), (4, 4), (1, 1), same=True).output == (3, 3)
