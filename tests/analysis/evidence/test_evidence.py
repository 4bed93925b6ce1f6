"""Evidence against what can be computed by hand: linear nets, stubs that ignore the weights, scipy."""

import numpy as np
import pytest
from draining import drained
from linear import KERNEL, linear
from scipy.stats import spearmanr

from nnviz.analysis import targets
from nnviz.analysis.attribution import METHODS, explain
from nnviz.analysis.attribution.base import Attribution
from nnviz.analysis.evidence import agreeing, randomising, shaking, spearman
from nnviz.analysis.evidence.randomisation import cascading, private, shuffle
from nnviz.analysis.network import load
from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError


def test_what_cannot_be_measured_is_refused():
    network, image = linear(KERNEL), np.ones((4, 4, 1), np.float32)
    with pytest.raises(NnvizError, match="Noise"):
        shaking(network, image, "gradient", targets.logit(0), noise=0.0)
    with pytest.raises(NnvizError, match="'magic'"):
        randomising(network, image, "magic", targets.logit(0))


def test_spearman_is_scipys_also_with_ties():
    generator = np.random.default_rng(3)
    for _ in range(5):
        one, other = generator.integers(1, 6, (2, 7, 9))
        np.testing.assert_allclose(spearman(one, other), spearmanr(one.ravel(), other.ravel())[0], atol=1e-12)
    assert spearman(one, 3 * one + 2) == pytest.approx(1.0)
    assert spearman(one, -one) == pytest.approx(-1.0)
    assert np.isnan(spearman(one, np.zeros_like(one)))
    assert np.isnan(spearman(np.zeros_like(one), np.zeros_like(one)))


def test_places_where_both_maps_are_zero_make_them_no_more_alike():
    one, other = np.random.default_rng(4).normal(size=(2, 6, 6))
    framed = [np.pad(values, 20) for values in (one, other)]
    assert abs(spearmanr(framed[0].ravel(), framed[1].ravel())[0]) != pytest.approx(abs(spearman(one, other)), abs=0.05)
    assert spearman(*framed) == pytest.approx(spearman(one, other), abs=1e-12)
    one[0, 0] = 0  # zero in one of them: that says something
    assert spearman(one, other) == pytest.approx(spearmanr(one.ravel(), other.ravel())[0], abs=1e-12)


def test_the_agreement_matrix_is_symmetric_and_scipys(cases):
    case = cases["sequential_cnn"]
    methods = [("gradient", {}), ("gradient-x-input", {}), ("grad-cam", {"layer": "conv1"})]
    known = {"gradient": explain(case.network, case.picture, "gradient", 1)}
    found, reports = drained(agreeing(case.network, case.picture, targets.logit(1), methods, known))
    assert found.methods == ("gradient", "gradient-x-input", "grad-cam")
    np.testing.assert_array_equal(found.matrix, found.matrix.T)
    np.testing.assert_array_equal(np.diag(found.matrix), 1)
    maps = [
        np.abs(explain(case.network, case.picture, name, 1, **more).values).reshape(12, 12) for name, more in methods
    ]
    expected = np.eye(3)
    for row, column in ((0, 1), (0, 2), (1, 2)):
        told = (maps[row] != 0) | (maps[column] != 0)
        expected[row, column] = expected[column, row] = spearmanr(maps[row][told], maps[column][told])[0]
    np.testing.assert_allclose(found.matrix, expected, atol=1e-6)
    assert reports[-1].so_far.methods == found.methods
    partly, _ = drained(
        agreeing(case.network, case.picture, targets.logit(1), [*methods, ("occlusion", {"patch": 99})])
    )
    assert "patch" in partly.failed["occlusion"]
    np.testing.assert_array_equal(partly.matrix, found.matrix)


def test_a_constant_gradient_does_not_change_at_all():
    network, image = linear(KERNEL), np.random.default_rng(1).random((4, 4, 1), np.float32)
    found, _ = drained(shaking(network, image, "gradient", targets.logit(0), noise=0.05, copies=4))
    np.testing.assert_array_equal(found.changes, np.zeros(4))
    np.testing.assert_allclose(found.alike, 1)
    assert (found.largest, found.lipschitz, found.copies) == (0.0, 0.0, 4)


def test_gradient_times_input_of_a_linear_net_changes_as_the_input_does():
    """map' - map = w * noise: computed by hand from the same noise."""
    network, image = linear(KERNEL), np.random.default_rng(1).random((4, 4, 1), np.float32)
    found, _ = drained(shaking(network, image, "gradient-x-input", targets.logit(0), noise=0.05, copies=1, seed=8))
    noise = np.float32(0.05 * np.ptp(image)) * np.random.default_rng(8).standard_normal(image.shape, np.float32)
    weights = KERNEL[..., :1]
    moved = np.linalg.norm(weights * noise)
    np.testing.assert_allclose(found.changes, [moved / np.linalg.norm(weights * image)], rtol=1e-4)
    np.testing.assert_allclose(found.lipschitz, moved / np.linalg.norm(noise), rtol=1e-4)


def test_a_copy_whose_answer_changes_does_not_count(cases):
    case = cases["sequential_cnn"]
    found, _ = drained(shaking(case.network, case.picture, "gradient", targets.logit(0), noise=1.0, copies=12))
    assert found.copies == 12
    assert 0 < len(found.changes) < 12


def weights_of(model):
    return [np.asarray(weight).tobytes() for weight in model.weights]


def test_the_gradient_of_a_linear_net_is_forgotten_and_the_shared_weights_are_not():
    kernel = np.random.default_rng(0).normal(0, 1, (16, 16, 2)).astype(np.float32)
    network, image = linear(kernel), np.ones((16, 16, 1), np.float32)
    before = weights_of(network.model)
    found, reports = drained(randomising(network, image, "gradient", targets.logit(0)))
    assert weights_of(network.model) == before
    assert found.alike[0] == 1.0
    assert abs(found.alike[1]) < 0.2
    np.testing.assert_allclose(found.maps[0], np.abs(kernel[..., 0]), rtol=1e-5)
    assert sorted(np.abs(kernel).ravel())[-1] >= found.maps[1].max()
    assert len(found.levels) == 2
    assert reports[-1].done == reports[-1].total


def test_what_ignores_the_weights_stays_exactly_as_it_was(cases):
    case = cases["sequential_cnn"]

    def edges(network):
        """No saliency at all: where the picture changes from column to column."""
        yield Progress(1, 1)
        return Attribution(np.abs(np.diff(case.picture[..., 0], axis=1)), False, "edges", targets.logit(0), 0.0)

    found, _ = drained(cascading(case.network, case.picture, edges))
    np.testing.assert_array_equal(found.alike, np.ones(4))
    assert [len(level) for level in found.levels] == [0, 1, 1, 1]


def test_every_tiny_network_can_be_copied_and_its_own_weights_stay(case):
    before = weights_of(case.model)
    copy = private(case.network)
    assert [weight is other for weight, other in zip(copy.model.weights, case.model.weights, strict=True)].count(
        True
    ) == 0
    np.testing.assert_allclose(np.asarray(copy.model(case.batch)), np.asarray(case.model(case.batch)), rtol=1e-5)
    found, _ = drained(randomising(case.network, case.picture, "gradient-x-input", targets.logit(1), levels=3))
    assert weights_of(case.model) == before
    assert len(found.levels) <= 4
    names = [name for level in found.levels for name in level]
    weighted = [step.name for step in case.network.graph.steps if getattr(step.layer, "weights", ())]
    assert set(names) <= set(weighted)
    assert np.isfinite(found.maps).all()


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_method_reads_the_weights_that_it_is_given(cases, method):
    """A function that kept the weights of its first call would pass for one that ignores what was learned."""
    case = cases["sequential_cnn"]
    options = {"samples": 12} if any(p.name == "samples" for p in method.parameters(case.network)) else {}
    one, other = private(case.network), private(case.network)
    explain(one, case.picture, method.name, 1, **options)
    for seed, name in enumerate(("conv1", "conv2", "answer")):
        for each in (one, other):
            shuffle(each.model.get_layer(name), np.random.default_rng(seed))
    used, fresh = (explain(each, case.picture, method.name, 1, **options).values for each in (one, other))
    np.testing.assert_allclose(used, fresh, rtol=1e-4, atol=1e-6)
