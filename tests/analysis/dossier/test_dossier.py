"""The dossier of a unit: against nets solved by hand, Keras copies with zeroed kernels, and numpy's own statistics."""

import keras
import numpy as np
import pytest
from keras import layers
from shipped import shipped

from nnviz.analysis import dossier
from nnviz.analysis.data import digits
from nnviz.analysis.intervention.knockout import knocked_out, switchable
from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.influence import answer_layer
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace
from nnviz.errors import NnvizError


@pytest.fixture(scope="module")
def network():
    return shipped("mnist-cnn")


@pytest.fixture(scope="module")
def few():
    return digits.test_set()[0][:12]


def maxima(network, images, layer):
    found = [trace(network, image).activations[layer] for image in images]
    return np.stack([values.reshape(-1, values.shape[-1]).max(axis=0) for values in found])


def pixels(case):
    """Its picture as a data set has it: uint8."""
    return np.rint(case.picture * (1 if case.name == "nested" else 255)).astype(np.uint8)


def twins():
    """Filter 1 is filter 0 again, 2 its negative, 3 zeros, 4 twice filter 0, 5 another."""
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1), name="picture"),
            layers.Conv2D(6, 3, name="conv"),
            layers.BatchNormalization(name="normal"),
            layers.ReLU(name="relu"),
            layers.MaxPooling2D(2, name="pool"),
            layers.GlobalMaxPooling2D(name="means"),
            layers.Dense(2, name="scores"),
        ]
    )
    generator = np.random.default_rng(5)
    one, other = generator.normal(0, 1, (2, 3, 3, 1))
    filters = [one, one, -one, 0 * one, 2 * one, other]
    model.get_layer("conv").set_weights([np.stack(filters, axis=-1), np.zeros(6)])
    return load(model)


def test_the_distribution_is_that_of_the_answers(network, few):
    table = maxima(network, few, "conv2")
    for unit in (0, 5):
        found = dossier.distribution(table, unit)
        np.testing.assert_array_equal(found.values, table[:, unit])
        assert found.mean == pytest.approx(table[:, unit].mean(), rel=1e-6)
        assert found.silent == np.mean(table[:, unit] == 0)


def test_what_stands_below_an_answer_is_smaller():
    found = dossier.distribution(np.array([[0.0], [0.0], [1.0], [3.0]]), 0)
    assert [found.below(value) for value in (-1.0, 0.0, 0.5, 1.0, 3.0, 4.0)] == [0, 0, 0.5, 0.5, 0.75, 1]
    assert found.silent == 0.5
    assert not found.constant
    assert dossier.distribution(np.zeros((3, 2)), 1).constant


def test_answers_that_are_no_numbers_are_left_out():
    found = dossier.distribution(np.array([[1.0], [np.nan], [-np.inf], [2.0]]), 0)
    np.testing.assert_array_equal(found.values, [1, 2])
    with pytest.raises(NnvizError, match=r"finite answer of unit 0 was expected. Received: 1 answers"):
        dossier.distribution(np.array([[np.nan]]), 0)


def test_the_means_of_each_class():
    table, labels = np.array([[1.0], [3.0], [4.0], [10.0], [7.0]]), np.array([0, 0, 2, 2, -1])
    found = dossier.class_means(table, 0, labels, 4)
    np.testing.assert_array_equal(found.means, [2, 0, 7, 0])
    np.testing.assert_array_equal(found.counts, [2, 0, 2, 0])
    assert (found.best, found.others) == (2, 2.0)
    assert dossier.class_means(table[:2], 0, labels[:2], 4).others is None
    # A class without pictures is never the best, also where all answers are negative.
    assert dossier.class_means(-table, 0, labels, 4).best == 0
    with pytest.raises(NnvizError, match="One label a picture"):
        dossier.class_means(table, 0, labels[:3], 4)
    with pytest.raises(NnvizError, match="Labels from -1 to 1 were expected"):
        dossier.class_means(table, 0, labels, 2)


def test_classes_whose_means_lie_in_a_fifth_of_the_spread_are_alike():
    # Within each class the answers lie 1 below and 1 above their mean: the spread is 1.
    means = np.array([5.0, 4.81, 3.0, 4.79, 5.0])
    table = (means[:, None] + [-1.0, 1.0]).reshape(-1, 1)
    found = dossier.class_means(table, 0, np.repeat(np.arange(5), 2), 6)
    assert found.spread == pytest.approx(1)
    assert found.alike == (0, 4, 1)
    assert found.others == pytest.approx((3.0 + 4.79) / 2)
    # Without a spread only what is equal is alike.
    assert dossier.class_means(means[:, None], 0, np.arange(5), 5).alike == (0,)


def test_the_best_class_is_that_of_plain_counting(network):
    images, labels = digits.test_set()
    table = maxima(network, images[:80], "output")
    for digit in range(10):
        found = dossier.class_means(table, digit, labels[:80].astype(int), 10)
        expected = [table[labels[:80] == other, digit].mean() for other in range(10)]
        np.testing.assert_allclose(found.means, expected, rtol=1e-5)
        assert found.best == digit
        assert found.others == pytest.approx(table[labels[:80] != digit, digit].mean(), rel=1e-5)


def test_before_the_last_weights_the_effect_is_weight_times_activation(network, few):
    weights = network.model.get_layer("output").get_weights()[0]
    for unit in range(0, 64, 9):
        found = dossier.effects(network, few, "dense", unit)
        mean = maxima(network, few, "dense")[:, unit].mean()
        np.testing.assert_allclose(found.drops, weights[unit] * mean, atol=2e-5)
        assert found.pictures == len(few)
        assert found.own is None


def test_the_effect_of_a_filter_is_that_of_a_zeroed_kernel(network, few):
    copy = keras.models.clone_model(network.model)
    copy.set_weights(network.model.get_weights())
    layer = copy.get_layer("conv2")
    kernel, bias = layer.get_weights()
    kernel[..., 5], bias[5] = 0, 0
    layer.set_weights([kernel, bias])
    other = load(copy, network.card)
    expected = np.mean([trace(network, image).logits - trace(other, image).logits for image in few], axis=0)
    found = dossier.effects(network, few, "conv2", 5)
    np.testing.assert_allclose(found.drops, expected, atol=2e-5)
    assert found.drops[found.speaks_for] == found.drops.max() > 0
    assert found.drops[found.speaks_against] == found.drops.min() < 0


def test_effects_on_every_kind_of_network(case):
    image = pixels(case)
    expected = trace(case.network, image)
    kinds = {layer.kind: layer for layer in switchable(case.network) if layer.name != answer_layer(case.network)}
    for layer in kinds.values():
        unit = expected.activations[layer.name].shape[-1] - 1
        found = dossier.effects(case.network, image[None], layer.name, unit)
        without = knocked_out(case.network, image, layer.name, [unit])
        np.testing.assert_allclose(found.drops, expected.logits - without.logits, atol=1e-4)


def test_a_class_score_loses_itself_alone(case):
    image, layer = pixels(case), answer_layer(case.network)
    logits = trace(case.network, image).logits
    for unit in range(case.network.layer(layer).output_shape[-1]):
        found = dossier.effects(case.network, image[None], layer, unit)
        own = unit + (case.network.graph.output_head == "binary")
        assert found.own == own
        np.testing.assert_allclose(found.drops, np.where(np.arange(len(logits)) == own, logits, 0), rtol=1e-5)


def test_the_pictures_that_count_are_those_asked_for(network, few):
    one = dossier.effects(network, few, "conv2", 5, [7])
    np.testing.assert_allclose(one.drops, dossier.effects(network, few[7:8], "conv2", 5).drops, atol=1e-6)
    assert one.pictures == 1


def test_effects_are_counted_as_they_come_and_may_be_stopped(network, few):
    steps = dossier.measuring(network, few, "conv1", 3)
    begun = next(steps)
    assert (begun.done, begun.total, begun.so_far) == (0, 12, None)
    assert next(steps).so_far.pictures == 12
    steps.close()


@pytest.mark.parametrize(
    ("layer", "unit", "images", "said"),
    [
        ("conv2", 32, 1, "Units of conv2 from 0 to 31 were expected. Received: 32"),
        ("conv2", -1, 1, "Received: -1"),
        ("output", 10, 1, "Units of output from 0 to 9 were expected. Received: 10"),
        ("conv9", 0, 1, "A layer of mnist-cnn was expected"),
        ("conv2", 0, 0, "At least one picture that can be read was expected"),
    ],
)
def test_what_does_not_exist_is_said(network, few, layer, unit, images, said):
    with pytest.raises(NnvizError, match=said):
        dossier.effects(network, few[:images], layer, unit)


def test_a_copy_correlates_fully_and_a_constant_unit_not_at_all():
    generator = np.random.default_rng(1)
    one, other = generator.random((2, 50))
    found = dossier.correlations(np.stack([one, 3 * one + 2, -one, np.full(50, 0.1), np.zeros(50), other], axis=1), 0)
    np.testing.assert_allclose(found.values[:3], [1, 1, -1], atol=1e-12)
    assert (found.values[3:5] == 0).all()
    np.testing.assert_array_equal(found.constant, [False, False, False, True, True, False])
    assert found.values[5] == pytest.approx(np.corrcoef(one, other)[0, 1])
    assert np.abs(found.values).max() <= 1
    assert found.values[5] > 0
    assert list(dossier.most_alike(found.values, 0, 2)) == [1, 5]
    silent = dossier.correlations(np.stack([one, np.zeros(50)], axis=1), 1)
    np.testing.assert_array_equal(silent.values, [0, 0])


def test_a_unit_that_gives_no_number_takes_nothing_from_the_others():
    table = np.random.default_rng(2).normal(size=(30, 4))
    table[3], table[7, 2] = -np.inf, np.nan  # a picture without any number, and a unit without one
    found = dossier.correlations(table, 0)
    rest = np.delete(table, 3, axis=0)
    np.testing.assert_allclose(found.values[[0, 1, 3]], np.corrcoef(rest[:, [0, 1, 3]].T)[0], atol=1e-12)
    assert found.values[2] == 0
    assert found.constant.tolist() == [False, False, True, False]


def test_correlations_are_those_of_numpy(network, few):
    table = maxima(network, few, "conv2")
    with np.errstate(invalid="ignore"):
        expected = np.nan_to_num(np.corrcoef(table.T.astype(float))[3])
    np.testing.assert_allclose(dossier.correlations(table, 3).values, expected, atol=1e-6)
    with pytest.raises(NnvizError, match="At least two pictures"):
        dossier.correlations(table[:1], 3)
    with pytest.raises(NnvizError, match=r"A unit from 0 to 31 was expected. Received: 32"):
        dossier.correlations(table, 32)


def test_copied_and_negated_filters():
    network = twins()
    pictures = np.random.default_rng(3).integers(0, 256, (30, 6, 6), np.uint8)
    for layer in ("conv", "relu", "means"):
        np.testing.assert_allclose(dossier.cosines(network, layer, 0)[:5], [1, 1, -1, 0, 1], atol=1e-6)
        alike = dossier.correlations(maxima(network, pictures, layer), 0)
        np.testing.assert_allclose(alike.values[[1, 4]], 1, atol=1e-5)
        assert set(dossier.most_alike(alike.values, 0, 2)) == {1, 4}
        assert alike.constant[3]
    assert dossier.cosines(network, "pool", 3).tolist() == [0] * 6
    assert list(dossier.most_alike(dossier.cosines(network, "conv", 0), 0, 9))[-1] == 2


def test_the_filters_behind_a_unit(network):
    own = twins()
    found = {layer.name: dossier.kernels(own, layer.name) for layer in own.layers}
    assert found["picture"] is None
    assert {name: each.layer for name, each in found.items() if each} == {
        **dict.fromkeys(("conv", "normal", "relu", "pool", "means"), "conv"),
        "scores": "scores",
    }
    assert dossier.kernels(network, "flatten") is None
    weights = network.model.get_layer("conv2").get_weights()[0]
    slices = dossier.kernels(network, "pool2").slices(7)
    norms = np.linalg.norm(weights[..., 7].reshape(-1, weights.shape[2]), axis=0)
    assert (np.diff(norms[slices]) <= 0).all()
    with pytest.raises(NnvizError, match="Received: 32"):
        dossier.cosines(network, "conv2", 32)


def test_layers_that_join_others_have_no_filters_of_their_own(cases):
    network = cases["branched"].network
    assert dossier.kernels(network, "added") is None
    assert dossier.cosines(network, "joined", 0) is None
    assert LOGITS not in [layer.name for layer in network.layers]
