"""The relative change under a shift, by hand and by a slow direct computation."""

import math

import keras
import numpy as np
import pytest
from keras import layers
from shipped import shipped

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.analysis.image.images import Transform
from nnviz.analysis.layer.invariance import (
    DIRECTIONS,
    NOTHING_SHARED,
    invariance,
    relative_change,
    shifted_traces,
    shifts,
    stages,
)
from nnviz.analysis.layer.pooling import windows
from nnviz.analysis.network.network import load
from nnviz.errors import NnvizError


@pytest.fixture(scope="module")
def cnn():
    return shipped("mnist-cnn")


def test_nothing_changes_without_a_shift_and_the_scale_does_not_matter():
    values = np.random.default_rng(0).normal(size=(4, 5, 6, 2))
    found = relative_change(list(values))
    assert found[0] == 0
    assert (found[1:] > 0).all()
    np.testing.assert_allclose(relative_change(list(1000 * values)), found)
    np.testing.assert_allclose(relative_change([np.tile(v, (3, 1, 1)) for v in values]), found)


def test_equally_strong_answers_without_a_shared_cell_are_the_square_root_of_two_apart():
    first, second = np.array([3.0, 4, 0, 0]), np.array([0.0, 0, 5, 0])
    assert relative_change([first, second])[1] == pytest.approx(NOTHING_SHARED) == math.sqrt(2)


def test_what_is_zero_has_no_measure():
    zero = np.zeros(3)
    assert relative_change([zero, zero]).tolist() == [0, 0]
    assert np.isnan(relative_change([zero, np.ones(3)])[1])


def test_the_shifts_go_on_from_where_the_picture_stands():
    start = Transform(shift=(2, -1), rotate=10, invert=True)
    assert [one.shift for one in shifts(start, "right")] == [(2, -1), (3, -1), (4, -1), (5, -1)]
    assert [one.shift for one in shifts(start, "down", 1)] == [(2, -1), (2, 0)]
    assert [one.shift for one in shifts(start, "diagonal", 2)] == [(2, -1), (3, 0), (4, 1)]
    assert all(one.rotate == 10 and one.invert for one in shifts(start, "right"))
    with pytest.raises(NnvizError, match=r"right, down, diagonal\. Received: 'up'"):
        shifts(start, "up")


def one_dot(kind="max"):
    """The picture itself, pooled in fours; what follows reads the sum of everything."""
    pooling = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}[kind]
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="picture"),
            layers.Activation("relu", name="same"),
            pooling(4, name="pool"),
            layers.Flatten(name="flatten"),
            layers.Dense(2, use_bias=False, name="answer"),
        ]
    )
    model.layers[-1].kernel.assign(np.ones((4, 2), np.float32))
    return load(model)


def dot(row, column):
    image = np.zeros((8, 8), np.float32)
    image[row, column] = 1
    return image


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_shift_within_its_window_leaves_the_pooled_map_unchanged(kind, direction):
    """A dot in the first cell of a window of four by four stays in it for three pixels."""
    network = one_dot(kind)
    traces = shifted_traces(network, dot(0, 0), direction)
    found = invariance(network, traces, "same", "pool")
    np.testing.assert_allclose(found.before, [0, NOTHING_SHARED, NOTHING_SHARED, NOTHING_SHARED])
    assert found.after.tolist() == [0, 0, 0, 0]
    assert found.last.tolist() == [0, 0, 0, 0]
    assert found.scores.tolist() == [0, 0, 0, 0]
    assert found.last_layer == "flatten"


def test_a_shift_over_the_edge_of_its_window_is_no_smaller_after_pooling():
    """From column 2 the first shift stays in the window, the second leaves it."""
    network = one_dot()
    found = invariance(network, shifted_traces(network, dot(1, 2), "right"), "same", "pool")
    np.testing.assert_allclose(found.after, [0, 0, NOTHING_SHARED, NOTHING_SHARED])
    # Every fourth cell, without pooling, never meets this dot: no change, and nothing seen.
    assert np.isfinite(found.thinned).all()
    assert found.thinned.tolist() == [0, 0, 0, 0]


def test_the_grid_alone_sees_the_dot_come_and_go():
    network = one_dot()
    found = invariance(network, shifted_traces(network, dot(4, 4), "right"), "same", "pool")
    assert found.thinned.tolist() == [0, 1, 1, 1]
    assert found.after.tolist() == [0, 0, 0, 0]


def test_an_image_of_one_tone_does_not_change(cnn):
    for direction in DIRECTIONS:
        traces = shifted_traces(cnn, np.full((28, 28), 90, np.uint8), direction)
        found = invariance(cnn, traces, "conv1", "pool1")
        for values in (found.before, found.after, found.thinned, found.last, found.scores):
            assert values.tolist() == [0, 0, 0, 0]
        assert len(set(found.winners)) == 1


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_it_is_the_slow_direct_computation(direction, cnn):
    """Each image shifted by hand over black, each through Keras on its own, each norm added up cell by cell."""
    image = digit(5)[0].astype(np.float32)
    dx, dy = DIRECTIONS[direction]
    tapped = keras.Model(
        cnn.model.inputs, [cnn.model.get_layer(name).output for name in ("conv2", "pool2", "dense", "output")]
    )
    made = []
    for step in range(4):
        moved = np.zeros_like(image)
        for row, column in np.ndindex(28, 28):
            if row - step * dy >= 0 and column - step * dx >= 0:
                moved[row, column] = image[row - step * dy, column - step * dx]
        made.append([np.asarray(v)[0] for v in tapped([moved[None, ..., None] / 255])])
    traces = shifted_traces(cnn, digit(5)[0], direction)
    found = invariance(cnn, traces, "conv2", "pool2")
    for at, values in enumerate((found.before, found.after, found.last)):
        for step in range(4):
            apart = sum(float(d) ** 2 for d in (made[step][at] - made[0][at]).ravel())
            norm = sum(float(v) ** 2 for v in made[0][at].ravel())
            assert values[step] == pytest.approx(math.sqrt(apart / norm), rel=1e-3, abs=1e-6)
    assert found.last_layer == "dense"
    winner = int(np.argmax(made[0][3]))
    assert found.winners == tuple(int(np.argmax(one[3])) for one in made)
    np.testing.assert_allclose(found.probabilities, [one[3][winner] for one in made], rtol=1e-3, atol=1e-6)


def test_windows_of_ones_own_are_those_of_the_network(cnn):
    traces = shifted_traces(cnn, digit(2)[0], "down")
    theirs = invariance(cnn, traces, "conv1", "pool1")
    own = invariance(cnn, traces, "conv1", windows("max", (28, 28), (2, 2), (2, 2)))
    np.testing.assert_allclose(own.after, theirs.after, rtol=1e-6)
    np.testing.assert_allclose(own.thinned, theirs.thinned)


def test_every_stage_is_that_of_its_layers(cnn):
    traces = shifted_traces(cnn, digit(2)[0], "right")
    found = stages(cnn, traces)
    assert list(found) == ["pool1", "pool2"]
    for source, name in (("conv1", "pool1"), ("conv2", "pool2")):
        one = invariance(cnn, traces, source, name)
        np.testing.assert_array_equal(found[name][0], one.before)
        np.testing.assert_array_equal(found[name][1], one.after)


def test_every_tiny_network_can_be_shifted(case):
    traces = shifted_traces(case.network, case.picture, "diagonal")
    height, width = traces[0].image.shape[:2]
    pool = windows("average", (height, width), (1, 2), (1, 2))
    found = invariance(case.network, traces, case.network.layers[0].name, pool)
    assert found.before[0] == found.after[0] == found.scores[0] == 0
    assert len(found.winners) == 4
    again = nnviz.trace(case.network, case.picture)
    np.testing.assert_allclose(traces[0].logits, again.logits, rtol=1e-3, atol=1e-4)


def test_no_trace_is_refused(cnn):
    with pytest.raises(NnvizError, match="A trace at shift 0"):
        invariance(cnn, [], "conv1", "pool1")
