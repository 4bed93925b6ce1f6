"""The toy neuron, and the activation functions against Keras' own."""

import keras
import numpy as np
import pytest

from nnviz.analysis.layer.activation_functions import ACTIVATIONS, LEAK, activation_named
from nnviz.analysis.layer.toy import REACH, SIDE, Toy, axis, cell_of, inputs_at

WANTED = {one.name: getattr(keras.activations, one.name) for one in ACTIVATIONS}


@pytest.mark.parametrize("one", ACTIVATIONS, ids=lambda one: one.name)
def test_an_activation_function_is_keras_own(one):
    sums = np.concatenate([np.linspace(-9, 9, 361), [-80.0, 80.0]])
    wanted = np.asarray(WANTED[one.name](keras.ops.convert_to_tensor(sums.astype(np.float32))))
    np.testing.assert_allclose(one.apply(sums), wanted, rtol=2e-5, atol=2e-6)
    assert one.apply(np.zeros(())) == pytest.approx(one.fires_above)
    assert one.apply(sums.reshape(3, -1)).shape == (3, 121)


@pytest.mark.parametrize("one", ACTIVATIONS, ids=lambda one: one.name)
def test_no_large_sum_overflows(one):
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(one.apply(np.array([-1e4, 1e4]))).all()


def test_an_unknown_name_is_the_first():
    assert activation_named("leaky_relu").apply(np.array(-2.0)) == pytest.approx(-2 * LEAK)
    assert activation_named("nothing") is ACTIVATIONS[0]


@pytest.mark.parametrize("one", ACTIVATIONS, ids=lambda one: one.name)
def test_the_surface_is_the_output_at_each_cell(one):
    toy = Toy(1.5, -0.7, 0.3, one)
    values = toy.surface()
    assert values.shape == (SIDE, SIDE)
    for row, column in ((0, 0), (0, 80), (80, 0), (40, 40), (13, 62)):
        x1, x2 = inputs_at(row, column)
        assert values[row, column] == pytest.approx(toy.output(x1, x2))
        assert cell_of(x1, x2) == (row, column)
    assert inputs_at(0, 0) == (-REACH, REACH)
    assert inputs_at(40, 40) == (0, 0)


def test_cells_outside_are_at_the_edge():
    assert cell_of(9, -9) == (SIDE - 1, SIDE - 1)
    assert cell_of(-9, 9) == (0, 0)


@pytest.mark.parametrize(
    ("w1", "w2", "bias"),
    [(1.0, -0.5, 0.25), (0.0, 2.0, 1.0), (2.0, 0.0, -1.0), (1.0, 1.0, 0.0), (-0.3, 2.5, -1.7), (1.0, 1.0, 3.9)],
)
def test_on_the_line_the_sum_is_zero(w1, w2, bias):
    toy = Toy(w1, w2, bias, ACTIVATIONS[0])
    ends = toy.border()
    assert ends is not None
    (a, b), (c, d) = ends
    for share in (0, 0.3, 1):
        x1, x2 = a + share * (c - a), b + share * (d - b)
        assert toy.sums(np.array(x1), np.array(x2)) == pytest.approx(0, abs=1e-6)
        assert max(abs(x1), abs(x2)) <= REACH + 1e-6
    # Each end is at the edge of the square.
    for x1, x2 in ends:
        assert max(abs(x1), abs(x2)) == pytest.approx(REACH)


@pytest.mark.parametrize(("w1", "w2", "bias", "share"), [(0.0, 0.0, 1.0, 1.0), (1.0, 1.0, -4.5, 0.0)])
def test_a_line_outside_the_square_is_none(w1, w2, bias, share):
    toy = Toy(w1, w2, bias, ACTIVATIONS[1])
    assert toy.border() is None
    assert toy.fires() == share


def test_it_fires_where_the_sum_is_above_zero():
    toy = Toy(1.0, 0.0, 0.0, ACTIVATIONS[0])
    assert toy.fires() == pytest.approx((axis() > 1e-9).mean())
    assert (toy.surface() > 1e-9).mean() == pytest.approx(toy.fires())
