"""Slots against NumPy and Keras, neighbours by brute force, and which maps a network flattens."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnviz.analysis.layer.flattening import Flattened, flattened_maps, neighbours, place_of, slot_of
from nnviz.analysis.network.network import load
from nnviz.errors import NnvizError

shapes = st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 9))


@st.composite
def places(draw):
    shape = draw(shapes)
    return shape, tuple(draw(st.integers(0, size - 1)) for size in shape)


@given(places())
def test_slots_are_numpys_c_order(case):
    shape, place = case
    slot = slot_of(shape, *place)
    assert slot == np.ravel_multi_index(place, shape)
    assert place_of(shape, slot) == tuple(np.unravel_index(slot, shape)) == place


@pytest.mark.parametrize("shape", [(28, 28, 1), (7, 7, 32), (4, 5, 3), (1, 6, 2), (6, 1, 2)])
def test_slots_are_those_of_keras_flatten(shape):
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)[::-1, ::-1, ::-1].copy()
    vector = np.asarray(keras.layers.Flatten(data_format="channels_last")(values[None]))[0]
    for place in np.ndindex(shape):
        assert vector[slot_of(shape, *place)] == values[place]


@given(places())
def test_neighbours_are_all_that_touch(case):
    shape, (row, column, channel) = case
    wanted = {
        (r, c)
        for r in range(shape[0])
        for c in range(shape[1])
        if max(abs(r - row), abs(c - column)) == 1  # Chebyshev distance, independent of the offsets in the code
    }
    found = neighbours(shape, row, column, channel)
    assert {(n.row, n.column) for n in found} == wanted
    assert len(found) == len(wanted)
    for n in found:
        assert (n.row - row, n.column - column) == (n.down, n.right)
        assert n.slot == np.ravel_multi_index((n.row, n.column, channel), shape)
        assert n.slot - slot_of(shape, row, column, channel) == n.distance
    assert [n.slot for n in found] == sorted(n.slot for n in found)


def test_the_decks_case():
    """Counted from one: pixel 29 touches 1, 2, 30, 57, 58, while the vector puts 28 beside it."""
    shape = (28, 28, 1)
    place = place_of(shape, 29 - 1)
    assert place == (1, 0, 0)
    found = neighbours(shape, *place)
    assert [n.slot + 1 for n in found] == [1, 2, 30, 57, 58]
    assert [abs(n.distance) for n in found] == [28, 27, 1, 28, 29]
    assert place_of(shape, 28 - 1) == (0, 27, 0)


def test_inside_an_image_neighbours_land_1_27_28_and_29_away():
    found = neighbours((28, 28, 1), 14, 9)
    assert [n.distance for n in found] == [-29, -28, -27, -1, 1, 27, 28, 29]


def test_neighbours_in_a_map_land_channels_apart():
    found = neighbours((7, 7, 32), 3, 3, 5)
    assert sorted({abs(n.distance) for n in found}) == [32, 6 * 32, 7 * 32, 8 * 32]


@pytest.mark.parametrize("wrong", [(28, 0, 0), (0, -1, 0), (0, 0, 1)])
def test_a_place_outside_is_said(wrong):
    with pytest.raises(NnvizError, match=r"28x28x1 was expected. Received"):
        slot_of((28, 28, 1), *wrong)


def test_a_slot_or_a_shape_that_is_none_is_said():
    with pytest.raises(NnvizError, match=r"from 0 to 783 was expected. Received: 784"):
        place_of((28, 28, 1), 784)
    with pytest.raises(NnvizError, match=r"Received: \(28, 28\)"):
        place_of((28, 28), 0)


@pytest.mark.parametrize(
    ("name", "found", "reason"),
    [
        ("sequential_cnn", Flattened("pool2", "flatten"), ""),
        ("shared", Flattened("twice#2", "flatten"), ""),
        ("one_sigmoid", Flattened("conv", "flatten"), ""),
        ("nested", None, "pooled averages each map"),
        ("branched", None, "pooled averages each map"),
        ("any_size", None, "pooled keeps only the largest"),
        ("mlp_28x28x1", None, "its layer flatten takes the image itself"),
        ("mlp_8x8", None, "its layer flatten takes the image itself"),
        ("mlp_64", None, "takes the image as a vector"),
    ],
)
def test_which_maps_are_flattened(cases, name, found, reason):
    got, why = flattened_maps(cases[name].network)
    assert got == found
    assert reason in why
    assert bool(why) == (found is None)


def test_the_vector_of_a_network_is_in_this_order(cases):
    """The activations of the two named layers themselves, not a layer made for the test."""
    from nnviz.analysis.network.trace import trace

    case = cases["sequential_cnn"]
    found, _ = flattened_maps(case.network)
    activations = trace(case.network, np.random.default_rng(3).integers(0, 256, (12, 12, 1), np.uint8)).activations
    maps, vector = activations[found.maps], activations[found.flatten]
    assert len(np.unique(vector)) > 15
    for place in np.ndindex(maps.shape):
        assert vector[slot_of(maps.shape, *place)] == maps[place]


def model(*layers):
    return load(keras.Sequential([keras.Input((8, 8, 1)), *layers, keras.layers.Dense(3, name="scores")], name="net"))


def test_a_reshape_counts_and_a_dropout_is_passed_over():
    made = model(
        keras.layers.Conv2D(2, 3, name="conv"),
        keras.layers.SpatialDropout2D(0.5),
        keras.layers.Dropout(0.5),
        keras.layers.Reshape((72,), name="reshape"),
    )
    assert flattened_maps(made) == (Flattened("conv", "reshape"), "")


def test_a_scaled_image_is_still_the_image():
    found, reason = flattened_maps(model(keras.layers.Rescaling(1 / 255), keras.layers.Flatten(name="flat")))
    assert found is None
    assert "its layer flat takes the image itself" in reason


def test_a_flatten_after_global_pooling_lays_nothing_out():
    found, reason = flattened_maps(
        model(
            keras.layers.Conv2D(2, 3),
            keras.layers.GlobalAveragePooling2D(keepdims=True, name="mean"),
            keras.layers.Flatten(),
        )
    )
    assert found is None
    assert "mean averages each map" in reason


def test_a_flatten_with_channels_first_is_another_order():
    made = model(
        keras.layers.Conv2D(2, 3, name="conv"), keras.layers.Flatten(data_format="channels_first", name="flat")
    )
    found, reason = flattened_maps(made)
    assert found is None
    assert "flat takes the first axis of conv for its channels" in reason


def test_a_network_without_any_says_so():
    made = load(
        keras.Sequential(
            [keras.Input((8, 8, 1)), keras.layers.Conv2D(3, 8, name="conv"), keras.layers.Softmax()], name="net"
        )
    )
    assert flattened_maps(made) == (None, "No layer of net turns feature maps into one long vector.")
