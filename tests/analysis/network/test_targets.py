"""What a target's weights are, and what is refused."""

import numpy as np
import pytest

from nnviz.analysis.network import targets
from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.targets import Target, as_target
from nnviz.errors import NnvizError


@pytest.fixture
def network(cases):
    return cases["sequential_cnn"].network


def test_logit_and_difference_weigh_the_scores(network):
    np.testing.assert_array_equal(targets.logit(2).spread(network), [0, 0, 1, 0])
    np.testing.assert_array_equal(targets.difference(3, 1).spread(network), [0, -1, 0, 1])
    np.testing.assert_array_equal(targets.difference(1, 1).spread(network), [0, 0, 0, 0])


def test_a_channel_weighs_each_of_its_cells_and_a_unit_one(network):
    weights = targets.channel("conv1", 3).spread(network)
    assert weights.shape == (10, 10, 4)
    assert weights.dtype == np.float32
    np.testing.assert_array_equal(weights[..., 3], np.ones((10, 10)))
    assert weights.sum() == 100
    weights = targets.unit("conv2", 4, 0, 1).spread(network)
    assert weights[4, 0, 1] == weights.sum() == 1


def test_a_channel_of_a_dense_layer_is_one_neuron(cases):
    weights = targets.channel("hidden1", 5).spread(cases["mlp_64"].network)
    np.testing.assert_array_equal(weights, [0, 0, 0, 0, 0, 1])


def test_a_weighted_sum_adds_up_what_names_the_same_cell(network):
    target = Target("conv1", (((1,), 0.5), ((2, 3, 1), 2.0)))
    weights = target.spread(network)
    assert weights[2, 3, 1] == 2.5
    assert weights[0, 0, 1] == 0.5
    assert weights[2, 3, 0] == 0


def test_one_sigmoid_has_two_classes(cases):
    network = cases["one_sigmoid"].network
    np.testing.assert_array_equal(targets.logit(1).spread(network), [0, 1])
    with pytest.raises(NnvizError, match="0 to 1"):
        targets.logit(2).spread(network)


def test_sizes_left_open_are_taken_from_the_shapes_given(cases):
    network = cases["any_size"].network
    assert targets.channel("conv1", 1).spread(network, {"conv1": (6, 5, 4)}).sum() == 30
    with pytest.raises(NnvizError, match="known size"):
        targets.channel("conv1", 1).spread(network)


@pytest.mark.parametrize(
    ("target", "match"),
    [
        (targets.logit(4), r"0 to 3.*Received: 4\."),
        (targets.logit(-1), r"Received: -1\."),
        (targets.difference(0, 9), r"Received: 9\."),
        (targets.channel("conv1", 4), r"\(10, 10, 4\).*Received: 4\."),
        (targets.channel("conv9", 0), "conv9"),
        (targets.unit("conv1", 10, 0, 0), r"Received: \(10, 0, 0\)"),
        (targets.unit("conv1", 0, -1, 0), r"Received: \(0, -1, 0\)"),
        (targets.unit("answer", 0, 0, 0), r"Received: \(0, 0, 0\)"),
    ],
)
def test_what_is_not_there_is_refused(network, target, match):
    with pytest.raises(NnvizError, match=match):
        target.spread(network)


@pytest.mark.parametrize("value", [1.5, "3", [1], np.float32(1)])
def test_an_index_is_a_whole_number(value):
    with pytest.raises(NnvizError, match="whole number"):
        as_target(value)


def test_an_int_is_a_logit_and_none_the_winner():
    assert as_target(np.int64(3)) == targets.logit(3) == Target(LOGITS, (((3,), 1.0),))
    assert as_target(None).winner
    assert as_target(None).class_index is None
    assert as_target(3).class_index == 3
    assert targets.difference(3, 8).class_index is None
    assert targets.channel("conv1", 3).class_index is None
    target = targets.unit("conv1", 1, 2, 3)
    assert as_target(target) is target


def test_a_target_says_what_it_is():
    shown = [targets.logit(3), targets.difference(3, 8), targets.unit("c", 1, 2, 3), as_target(None)]
    assert [str(target) for target in shown] == ["logit 3", "logit 3 -8", "c 1,2,3", "the winner"]
