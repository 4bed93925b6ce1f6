"""Why nothing comes back: counted on nets whose units are off or at their limit by their biases."""

import keras
import numpy as np
import pytest
from keras import layers

from nnviz.analysis.attribution import explain
from nnviz.analysis.evidence.dead_units import find_dead_units
from nnviz.analysis.network import targets
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace


def net(activation, first, second):
    """Two hidden layers whose units are where their biases put them."""
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Flatten(),
            layers.Dense(len(first), activation=activation, name="one"),
            layers.Dense(len(second), activation=activation, name="two"),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax"),
        ]
    )
    for layer, bias in zip((model.get_layer("one"), model.get_layer("two")), (first, second), strict=True):
        layer.set_weights([np.full(layer.kernel.shape, 0.01, np.float32), np.array(bias, np.float32)])
    return load(model)


@pytest.mark.parametrize(
    ("activation", "first", "second", "expected"),
    [
        ("relu", [1, 1], [-9, -9, -9], ("two", 3, 0, 3, True)),
        ("relu", [-9, -9], [1, -1, -1], ("one", 2, 0, 2, False)),
        ("relu", [1, -9], [1, -1, -1], ("two", 2, 0, 3, True)),
        ("tanh", [0, 0], [50, -50], ("two", 0, 2, 2, True)),
        ("sigmoid", [0, 0], [50, -50, 0], ("two", 0, 2, 3, True)),
    ],
)
def test_the_units_that_let_nothing_through_are_counted(activation, first, second, expected):
    network, image = net(activation, first, second), np.full((4, 4, 1), 0.5, np.float32)
    found = find_dead_units(network, trace(network, image))
    assert (found.layer, found.zero, found.limited, found.total, found.last) == expected
    assert found.live == found.total - found.zero - found.limited
    if not found.live:
        assert not explain(network, image, "gradient", 1).values.any()


def test_a_unit_that_is_off_is_named_itself_and_one_that_is_on_leads_to_the_layers_before_it():
    network, image = net("relu", [-9, -9], [1, -1, -1]), np.full((4, 4, 1), 0.5, np.float32)
    traced = trace(network, image)
    off = find_dead_units(network, traced, targets.channel("two", 2))
    assert (off.layer, off.zero, off.live, off.total, off.explained, off.last) == ("two", 1, 0, 1, True, False)
    assert not explain(network, image, "gradient", targets.channel("two", 2)).values.any()
    on = find_dead_units(network, traced, targets.channel("two", 0))
    assert (on.layer, on.zero, on.live, on.total, on.explained, on.last) == ("one", 2, 0, 2, False, False)
    assert not explain(network, image, "gradient", targets.channel("two", 0)).values.any()


@pytest.mark.parametrize(
    "make", [lambda: layers.ReLU(6.0, name="capped"), lambda: layers.Activation("relu6", name="capped")]
)
def test_a_relu_that_is_cut_off_above_is_at_its_limit_there(make):
    linear = layers.Dense(3, name="linear")
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), linear, make(), layers.Dense(2)])
    linear.set_weights([np.full((16, 3), 0.01), np.array([9.0, 7, 8])])
    network, image = load(model), np.full((4, 4, 1), 0.5, np.float32)
    found = find_dead_units(network, trace(network, image))
    assert (found.layer, found.zero, found.limited, found.live) == ("capped", 0, 3, 0)
    assert not explain(network, image, "gradient", 1).values.any()
    linear.set_weights([np.full((16, 3), 0.01), np.array([9.0, 2, 8])])
    network = load(model)
    assert find_dead_units(network, trace(network, image)).live == 1
    assert explain(network, image, "gradient", 1).values.any()


def test_of_a_map_only_the_cells_that_are_explained_are_counted():
    conv = layers.Conv2D(2, 1, activation="relu", name="conv")
    model = keras.Sequential([keras.Input((2, 2, 1)), conv, layers.Flatten(), layers.Dense(2)])
    conv.set_weights([np.array([[[[1.0, -1.0]]]], np.float32), np.array([-0.5, 0], np.float32)])
    network, image = load(model), np.array([[0.2, 0.9], [0.1, 0.3]], np.float32)[..., None]
    traced = trace(network, image)
    for target, zero, live in (
        (targets.channel("conv", 1), 4, 0),
        (targets.unit("conv", 0, 0, 0), 1, 0),
    ):
        found = find_dead_units(network, traced, target)
        assert (found.zero, found.live, found.explained) == (zero, live, True)
    assert find_dead_units(network, traced, targets.unit("conv", 0, 1, 0)) is None


def test_a_net_without_hidden_layers_has_none():
    network = load(keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3)]))
    assert find_dead_units(network, trace(network, np.ones((4, 4, 1), np.float32))) is None
