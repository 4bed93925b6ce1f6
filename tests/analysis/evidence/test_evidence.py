"""Evidence against what can be computed by hand: linear nets, stubs that ignore the weights, scipy."""

import numpy as np
import pytest
from draining import drained
from linear import KERNEL, linear
from scipy.stats import spearmanr

from nnviz.analysis.attribution import explain
from nnviz.analysis.evidence import agreeing, randomising, shaking, spearman
from nnviz.analysis.evidence.agreement import inner
from nnviz.analysis.network import targets
from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError


def test_what_cannot_be_measured_is_refused():
    network, image = linear(KERNEL), np.ones((4, 4, 1), np.float32)
    with pytest.raises(NnvizError, match="Noise"):
        shaking(network, image, "gradient", targets.logit(0), noise=0.0)
    with pytest.raises(NnvizError, match="'magic'"):
        randomising(network, image, "magic", targets.logit(0))
    with pytest.raises(NnvizError, match="At least one level was expected"):
        randomising(network, image, "gradient", targets.logit(0), levels=0)


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


def test_a_picture_of_one_colour_has_no_noisy_copies():
    network = linear(KERNEL)
    found, _ = drained(shaking(network, np.full((4, 4, 1), 0.5, np.float32), "gradient-x-input", targets.logit(0)))
    assert (found.sigma, found.copies, found.changes.size) == (0.0, 0, 0)
    bright, _ = drained(shaking(network, np.eye(4, dtype=np.float32)[..., None], "gradient", targets.logit(0)))
    assert bright.sigma == pytest.approx(0.02)
    assert bright.copies == 8


def test_the_agreement_is_told_while_a_method_works_and_hands_on_what_it_makes(cases):
    case = cases["sequential_cnn"]
    made = {}
    methods = [("gradient", {}), ("smoothgrad", {"samples": 12})]
    _, reports = drained(
        agreeing(case.network, case.picture, targets.logit(1), methods, made=lambda name, one: made.update({name: one}))
    )
    done = [report.done / report.total for report in reports]
    assert done == sorted(done)
    assert done[-1] == 1
    assert set(made) == {"gradient", "smoothgrad"}
    for name, one in made.items():
        own = explain(case.network, case.picture, name, 1, **dict(methods)[name])
        np.testing.assert_allclose(one.values, own.values, rtol=1e-4, atol=1e-6)
    again = {}
    drained(agreeing(case.network, case.picture, targets.logit(1), methods, made, made=again.setdefault))
    assert not again


def test_what_a_method_has_done_counts_as_a_part_of_the_longer_work():
    def steps():
        for at in range(1, 5):
            yield Progress(at, 4)
        return "the map"

    found, reports = drained(inner(steps(), 1, 3))
    assert found == "the map"
    # Of three pieces the second: from a third to two thirds, in quarters of it as far as tenths can tell.
    assert [(report.done, report.total) for report in reports] == [(12, 30), (15, 30), (17, 30), (20, 30)]
