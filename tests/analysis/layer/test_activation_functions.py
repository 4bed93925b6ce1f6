"""The activation functions of Keras, and the formulas of the toy against them."""

import keras
import numpy as np
import pytest

from nnviz.analysis.layer.activation_functions import ACTIVATIONS, keras_activations
from nnviz.analysis.network.pointwise import elementwise


def test_what_keras_has_for_one_number():
    found = keras_activations()
    assert {"relu", "tanh", "linear", "silu", "mish", "celu"} <= set(found)
    # Of many numbers, of half as many, with an argument; and a second name for silu.
    assert not {"softmax", "log_softmax", "sparsemax", "glu", "threshold", "swish", "get"} & set(found)
    assert not elementwise(keras.activations.sparsemax)


@pytest.mark.parametrize("one", ACTIVATIONS, ids=lambda one: one.name)
def test_the_toys_formulas_are_keras_own(one):
    sums = np.linspace(-4, 4, 33)
    # The exact GELU; Keras' own default is an approximation of it, and so is this test's tolerance.
    given = keras_activations()[one.name](keras.ops.convert_to_tensor(sums.astype(np.float32)))
    np.testing.assert_allclose(one.apply(sums), np.asarray(given), atol=1e-3)
