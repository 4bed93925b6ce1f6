"""Kernel SHAP against Shapley values by brute force, and games whose values are known on paper."""

from itertools import combinations, permutations
from math import comb, factorial

import numpy as np
import pytest

from nnviz.analysis.attribution import explain
from nnviz.analysis.attribution.coalitions import coalitions, shapley_values
from nnviz.analysis.attribution.regions import REGIONS, grid, regions, superpixels
from nnviz.analysis.network.trace import scores


def by_brute_force(worth, players):
    """The definition: what a player adds to each coalition of the others, weighted by its share of the orders."""
    found = np.zeros(players)
    for player in range(players):
        others = [other for other in range(players) if other != player]
        for size in range(players):
            share = factorial(size) * factorial(players - size - 1) / factorial(players)
            for members in combinations(others, size):
                found[player] += share * (worth[frozenset((*members, player))] - worth[frozenset(members)])
    return found


def game(network, image, baseline, labels, k):
    """What every coalition of regions is worth, each from an image of its own."""
    players = int(labels.max()) + 1
    members = [frozenset(each) for size in range(players + 1) for each in combinations(range(players), size)]
    images = [np.where(np.isin(labels, list(each))[..., None], image, baseline) for each in members]
    found = scores(network, np.stack(images).astype(np.float32))[:, k]
    return dict(zip(members, found - found[0], strict=True))


@pytest.mark.parametrize(("name", "side"), [("sequential_cnn", 2), ("sequential_cnn", 3), ("mlp_8x8", 3)])
@pytest.mark.parametrize("cut", REGIONS)
@pytest.mark.parametrize("baseline", [0.0, 0.5])
def test_shapley_values_of_few_regions_are_exact(cases, name, side, cut, baseline):
    case = cases[name]
    image = case.picture.reshape(case.network.image_shape)
    labels = regions(image, side, cut)
    worth = game(case.network, image, baseline, labels, 2)
    expected = by_brute_force(worth, labels.max() + 1)
    options = {"regions": side, "samples": 2 ** (side * side), "cut": cut, "baseline": baseline}
    if options["samples"] < 10:
        options["samples"] = 10
    result = explain(case.network, case.picture, "kernel-shap", 2, **options)
    found = [float(result.values[labels == player].sum()) for player in range(labels.max() + 1)]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=2e-5)
    assert abs(result.gap) < 1e-4


def test_the_brute_force_itself_on_three_players():
    """The mean over all six orders of arrival."""
    generator = np.random.default_rng(0)
    every = [frozenset(each) for size in range(4) for each in combinations(range(3), size)]
    worth = {each: generator.normal() for each in every}
    marginal = np.zeros(3)
    for order in permutations(range(3)):
        for at, player in enumerate(order):
            marginal[player] += (worth[frozenset(order[: at + 1])] - worth[frozenset(order[:at])]) / 6
    np.testing.assert_allclose(by_brute_force(worth, 3), marginal)


@pytest.mark.parametrize("cut", REGIONS)
@pytest.mark.parametrize("samples", [10, 40, 500])
def test_the_efficiency_is_exact_and_a_linear_score_too_however_few_the_samples(linear, cut, samples):
    network, picture, w = linear
    result = explain(network, picture, "kernel-shap", 1, samples=samples, regions=4, cut=cut, baseline=0.2)
    assert result.adds_up_to == pytest.approx(float((w[..., 1] * (picture - 0.2)).sum()), rel=1e-4)
    assert abs(result.gap) < 1e-4
    labels = regions(picture, 4, cut)
    if samples >= 40:
        for player in range(labels.max() + 1):
            own = (w[..., 1] * (picture - 0.2)).sum(axis=2)[labels == player]
            np.testing.assert_allclose(result.values[labels == player], own.mean(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("players", [16, 30])
def test_the_error_of_drawn_coalitions_falls_with_their_number(players):
    """v(S) = sum of a_i + sum of the pairs' b_ij: a pair's b is shared by halves. And three at once, by thirds."""
    generator = np.random.default_rng(3)
    single, pairs = generator.normal(size=players), generator.normal(size=(players, players))
    pairs = np.triu(pairs, 1)

    def worth(shown):
        shown = np.asarray(shown, float)
        trio = 9 * shown[..., 0] * shown[..., 1] * shown[..., 2]
        return shown @ single + np.einsum("...i,ij,...j->...", shown, pairs, shown) + trio

    expected = single + (pairs.sum(axis=0) + pairs.sum(axis=1)) / 2 + 3 * (np.arange(players) < 3)
    errors = []
    for samples in (100, 400, 1600):
        apart = []
        for seed in range(8):
            shown, weights = coalitions(players, samples, seed)
            found = shapley_values(shown, weights, worth(shown), worth(np.ones(players)))
            assert found.sum() == pytest.approx(worth(np.ones(players)), rel=1e-9)
            apart.append(np.square(found - expected).mean())
        errors.append(np.sqrt(np.mean(apart)))
    assert errors[2] < errors[1] < errors[0]
    assert errors[2] < 0.25 * errors[0]
    assert errors[2] < 0.1 * np.abs(expected).max()


@pytest.mark.parametrize(("players", "samples"), [(1, 10), (2, 10), (3, 10), (4, 14), (5, 29), (9, 100), (49, 500)])
def test_the_coalitions_are_those_of_the_shapley_kernel(players, samples):
    shown, weights = coalitions(players, samples, 0)
    assert len(shown) <= samples
    sizes = shown.sum(axis=1)
    assert ((sizes > 0) & (sizes < players)).all()
    every = 2**players - 2
    if every <= samples:
        assert len({row.tobytes() for row in shown}) == every == len(shown)
        kernel = [(players - 1) / (comb(players, s) * s * (players - s)) for s in sizes.tolist()]
        np.testing.assert_allclose(weights, kernel)
        return
    # Those that were drawn come in pairs with their complements, and weigh together what their sizes weigh.
    mass = sum((players - 1) / (s * (players - s)) for s in range(1, players))
    assert weights.sum() == pytest.approx(mass)
    np.testing.assert_allclose((shown * weights[:, None]).sum(axis=0), weights.sum() / 2)
    assert (sizes == 1).sum() >= players


@pytest.mark.parametrize("shape", [(7, 9, 3), (28, 28, 1), (3, 2, 1)])
@pytest.mark.parametrize("side", [1, 2, 5])
@pytest.mark.parametrize("cut", REGIONS)
def test_regions_share_out_the_image(shape, side, cut):
    image = np.random.default_rng(0).random(shape).astype(np.float32)
    labels = regions(image, side, cut)
    assert labels.shape == shape[:2]
    assert set(labels.ravel().tolist()) == set(range(labels.max() + 1))
    assert labels.max() < min(side, shape[0]) * min(side, shape[1])


def test_the_grid_by_hand():
    expected = [[0, 0, 0, 1, 1], [0, 0, 0, 1, 1], [2, 2, 2, 3, 3]]
    np.testing.assert_array_equal(grid((3, 5), 2), expected)


def test_superpixels_end_where_the_colour_does():
    """A bright square off the grid: no region has both its pixels and others."""
    image = np.zeros((24, 24, 1), np.float32)
    image[5:17, 8:20] = 1
    labels = superpixels(image, 4)
    inside, outside = (set(labels[image[..., 0] == value].tolist()) for value in (1, 0))
    assert not inside & outside
    mixed = set(grid((24, 24), 4)[image[..., 0] == 1].tolist()) & set(grid((24, 24), 4)[image[..., 0] == 0].tolist())
    assert mixed
