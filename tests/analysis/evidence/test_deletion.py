"""Deletion and insertion against sums by hand, against maps that cannot know, and against ones that do."""

import numpy as np
import pytest
from draining import drained
from linear import KERNEL, linear
from refusing import refusal
from scipy.ndimage import gaussian_filter
from shipped import shipped

from nnviz.analysis.attribution import explain
from nnviz.analysis.data import digits, photographs
from nnviz.analysis.evidence import deleting
from nnviz.analysis.network import targets
from nnviz.analysis.network.trace import trace
from nnviz.analysis.progress import Progress


def test_deletion_and_insertion_of_a_linear_net_by_hand():
    network, image = linear(KERNEL), np.ones((4, 4, 1), np.float32)
    found, reports = drained(deleting(network, image, KERNEL[..., 0], 0, steps=4, measure="score", maps=3))
    # 1 + ... + 16 = 136; the four largest go first: 16 + 15 + 14 + 13 = 58, then 42, 26, 10.
    np.testing.assert_allclose(found.deletion, [136, 78, 36, 10, 0])
    np.testing.assert_allclose(found.insertion, [0, 58, 100, 126, 136])
    np.testing.assert_allclose(found.shares, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(found.deletion_area, (136 / 2 + 78 + 36 + 10) / 4)
    np.testing.assert_allclose(found.insertion_area, (58 + 100 + 126 + 136 / 2) / 4)
    # Random orders start and end at the same scores, and lie between the best order and the worst.
    np.testing.assert_allclose(found.random_deletion[:, [0, -1]], [[136, 0]] * 3)
    np.testing.assert_allclose(found.random_deletion + found.random_insertion, 136, rtol=1e-5)
    assert (reports[-1].done, reports[-1].total) == (4, 4)
    assert all(isinstance(report, Progress) for report in reports)


def test_a_perfect_map_beats_random_and_its_inverse_loses():
    kernel = np.random.default_rng(9).normal(size=(8, 8, 2)).astype(np.float32)
    network, image = linear(kernel), np.ones((8, 8, 1), np.float32)
    best, worst = (
        drained(deleting(network, image, sign * kernel[..., 0], 0, steps=16, measure="score"))[0] for sign in (1, -1)
    )
    gone, there = best.random_areas
    assert best.deletion_area < gone.min() <= gone.max() < worst.deletion_area
    assert worst.insertion_area < there.min() <= there.max() < best.insertion_area
    assert (best.beaten, worst.beaten) == ((10, 10), (0, 0))
    assert best.erased.said is None
    # The random order that is shown has as many better ones as worse ones.
    assert np.count_nonzero(there - gone < (there - gone)[best.middle]) == 4
    # Taking away in one order is giving in the other, from behind.
    np.testing.assert_allclose(worst.deletion, best.insertion[::-1], atol=1e-4)


def test_the_probability_and_the_baseline_are_what_they_say(cases):
    case = cases["sequential_cnn"]
    values = explain(case.network, case.picture, "gradient", 2).over_image()
    found, _ = drained(deleting(case.network, case.picture, values, 2, steps=5, baseline="white", maps=1))
    white = np.ones_like(case.batch)
    probabilities = [np.asarray(case.model(each))[0, 2] for each in (case.batch, white)]
    np.testing.assert_allclose(found.deletion[[0, -1]], probabilities, rtol=1e-4)
    np.testing.assert_allclose(found.insertion[[0, -1]], probabilities[::-1], rtol=1e-4)
    assert (found.measure, found.baseline) == ("probability", "white")
    # The pictures that were measured can be made again, and the class that won on each is known.
    erased = found.erased
    for way, curve in enumerate((found.deletion, found.insertion)):
        gone = (erased.ranks[0] < erased.until[:, None, None])[..., None]
        images = np.where(gone == (way == 0), erased.fill, erased.picture)
        answers = np.asarray(case.model(images))
        np.testing.assert_allclose(curve, answers[:, 2], rtol=1e-4, atol=1e-6)
        np.testing.assert_array_equal(erased.said[way, 0], answers.argmax(axis=1))
        np.testing.assert_allclose(erased.sure[way, 0], answers.max(axis=1), rtol=1e-4)


def test_only_the_pixels_that_differ_are_ordered_and_the_others_go_last():
    network, image = linear(KERNEL), np.zeros((4, 4, 1), np.float32)
    image[1] = [[0.5], [1.0], [0.25], [1.0]]
    # The largest values lie on the black: they change nothing, and cost no step.
    values = np.where(image[..., 0] > 0, 0.0, 100.0)
    values[1] = [4, 3, 2, 1]
    found, _ = drained(deleting(network, image, values, 0, steps=4, measure="score", maps=5))
    assert (found.differ, found.pixels) == (4, 16)
    # Row 1 of the kernel is 5, 6, 7, 8: the pixels weigh 2.5, 6, 1.75 and 8.
    np.testing.assert_allclose(found.insertion, [0, 2.5, 8.5, 10.25, 18.25])
    np.testing.assert_allclose(found.deletion, [18.25, 15.75, 9.75, 8, 0])
    gains = np.sort(np.diff(found.random_insertion, axis=1), axis=1)
    np.testing.assert_allclose(gains, [[1.75, 2.5, 6, 8]] * 5, atol=1e-5)


def beaten(network, image, values, index, **more):
    return drained(deleting(network, image, values, index, **more))[0].beaten


@pytest.mark.parametrize("baseline", ["black", "mean", "blurred"])
def test_noise_on_the_ink_that_never_saw_the_network_does_not_win(baseline):
    network = shipped("mnist-cnn")
    for number in range(3):
        image = trace(network, digits.digit(number)[0])
        for seed in range(2):
            noise = np.random.default_rng(50 + seed).random((28, 28)) * (image.image[..., 0] > 0)
            assert beaten(network, image.image, noise, image.winner, baseline=baseline) != (10, 10)


def test_a_blind_map_is_no_better_for_being_smooth():
    """Smooth orders are given patch by patch: against orders of single pixels any of them would win at insertion."""
    network = shipped("photo-cnn")
    seen = trace(network, photographs.photograph("cat"))
    given = []
    for seed in range(3):
        smooth = gaussian_filter(np.random.default_rng(70 + seed).random(seen.image.shape[:2]), 20)
        given.append(beaten(network, seen.image, smooth, seen.winner, steps=4, maps=6)[1])
    assert sum(count == 6 for count in given) < 2


@pytest.mark.parametrize("method", ["gradient-x-input", "integrated-gradients"])
def test_a_map_of_what_the_network_reads_does_win(method):
    network = shipped("mnist-cnn")
    won = []
    for number in range(3):
        image = trace(network, digits.digit(number)[0])
        values = explain(network, image.image, method, image.winner).over_image()
        won.append(beaten(network, image.image, values, image.winner))
    assert np.min(won) >= 8
    assert (10, 10) in won or np.mean(won) > 9


def test_any_target_has_a_score_and_only_a_class_a_probability(cases):
    case = cases["sequential_cnn"]
    values = explain(case.network, case.picture, "gradient", 2).over_image()
    black, here = trace(case.network, np.zeros_like(case.picture)), trace(case.network, case.picture)
    for target, score in (
        (targets.logit(2), lambda seen: seen.logits[2]),
        (targets.difference(2, 0), lambda seen: seen.logits[2] - seen.logits[0]),
        (targets.channel("conv1", 1), lambda seen: seen.activations["conv1"][..., 1].sum()),
        (targets.unit("conv2", 1, 2, 3), lambda seen: seen.activations["conv2"][1, 2, 3]),
        (targets.as_target(None), lambda seen: seen.logits[here.winner]),
    ):
        found, _ = drained(deleting(case.network, case.picture, values, target, steps=3, maps=1, measure="score"))
        np.testing.assert_allclose(found.deletion[[0, -1]], [score(here), score(black)], rtol=1e-4, atol=1e-5)
    for target in (targets.difference(2, 0), targets.channel("conv1", 1)):
        said = refusal(deleting, case.network, case.picture, values, target)
        assert said == f"For a probability the score of one class was expected. Received: {target}."
    winner, _ = drained(deleting(case.network, case.picture, values, targets.as_target(None), steps=3, maps=1))
    assert winner.deletion[0] == pytest.approx(here.probabilities.max(), rel=1e-4)


def test_of_one_sigmoid_both_classes_have_a_probability(cases):
    case = cases["one_sigmoid"]
    values = np.random.default_rng(0).random(case.picture.shape[:2])
    seen = trace(case.network, case.picture)
    for index, sign in ((0, -1), (1, 1)):
        ends = [
            drained(deleting(case.network, case.picture, values, index, steps=2, maps=1, measure=measure))[0].deletion[
                0
            ]
            for measure in ("probability", "score")
        ]
        np.testing.assert_allclose(ends, [seen.probabilities[index], sign * seen.logits[1]], rtol=1e-4)


def test_what_cannot_be_deleted_is_refused():
    network, image = linear(KERNEL), np.ones((4, 4, 1), np.float32)
    for values, target, wrong, words in (
        (KERNEL[..., 0], 0, {"steps": 0}, "At least one step"),
        (KERNEL[..., 0], 0, {"maps": 0}, "one random order"),
        (KERNEL[..., 0], 0, {"measure": "loss"}, "Received: 'loss'."),
        (KERNEL[..., 0], 0, {"baseline": "green"}, "black, white, mean, blurred. Received: 'green'."),
        (KERNEL[..., 0], 0, {"baseline": "white"}, "Received: one that is white everywhere."),
        (KERNEL[..., 0], 7, {}, "class from 0 to 1"),
        (np.ones((3, 3)), 0, {}, "4x4"),
        (np.full((4, 4), np.nan), 0, {}, "finite"),
    ):
        assert words in refusal(lambda v=values, t=target, w=wrong: deleting(network, image, v, t, **w))
