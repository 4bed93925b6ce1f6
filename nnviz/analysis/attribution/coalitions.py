"""Shapley values by weighted least squares: which coalitions are asked, and the values that fit the answers best.

Lundberg and Lee 2017, theorem 2: with weight (M - 1) / (C(M, s) s (M - s)) for a coalition of s of M players, the
linear fit that keeps both ends gives the Shapley values. Coalitions come in pairs with their complements, which halves
the error at the same cost (Covert and Lee 2021, Improving KernelSHAP, arXiv:2012.01536).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np
import tensorflow as tf


@lru_cache(maxsize=4)
def coalitions(players: int, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """At most `samples` coalitions, neither empty nor of all: all there are, or the small and large, the rest drawn.

    Returns:
        Who takes part, (n, players) bool, and the weight of each in the fit, (n,) float64; both read-only.
    """
    sizes = np.arange(1, players)
    mass = (players - 1) / (sizes * (players - sizes)) if players > 1 else np.zeros(0)
    left = samples
    rows: list[np.ndarray] = []
    weights: list[float] = []
    whole = 2**players - 2 <= samples
    drawn_from = list(range(1, players // 2 + 1))
    for size in tuple(drawn_from):
        both = size != players - size
        count = comb(players, size) * (1 + both)
        share = mass[size - 1] * (1 + both)
        rest = sum(mass[other - 1] * (1 + (2 * other != players)) for other in drawn_from)
        # A size is asked in full where drawing would bring up each of its coalitions once or more.
        if not whole and left * share / rest < count:
            break
        for members in combinations(range(players), size):
            row = np.isin(np.arange(players), members)
            for each in (row, ~row)[: 1 + both]:
                rows.append(each)
                weights.append(share / count)
        left -= count
        drawn_from.remove(size)
    if drawn_from and left >= 2:
        generator = np.random.default_rng(seed)
        masses = np.array([mass[size - 1] * (1 + (2 * size != players)) for size in drawn_from])
        pairs = left // 2
        for size in generator.choice(drawn_from, pairs, p=masses / masses.sum()):
            row = np.zeros(players, bool)
            row[generator.choice(players, size, replace=False)] = True
            rows += [row, ~row]
            weights += [masses.sum() / (2 * pairs)] * 2
    shown = np.array(rows, bool).reshape(-1, players)
    found = np.array(weights)
    shown.flags.writeable = found.flags.writeable = False
    return shown, found


def shapley_values(shown: np.ndarray, weights: np.ndarray, values: np.ndarray, total: float) -> np.ndarray:
    """The values (players,) that sum to `total` and fit what the coalitions are worth best; of equals the least.

    Args:
        shown: (n, players) bool, who takes part in each coalition.
        weights: (n,) of the fit.
        values: (n,) what each coalition is worth; the empty one is worth 0, that of all players `total`.
        total: what all players are worth together.
    """
    return fitted(fit_of(shown, weights), shown, values, total)


def fit_of(shown: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The fit of `shapley_values`, which is linear: (players, n) float64, from what is left over an equal share."""
    root = np.sqrt(weights)[:, None]
    # What is left lies in the plane of sum 0; the shortest fit there keeps the sum.
    apart = (shown - shown.mean(axis=1, keepdims=True)) * root
    # Not numpy's lstsq: its threads wait for those of TensorFlow, on two cores a hundred times longer than it works.
    spread, axes = tf.linalg.eigh(tf.linalg.matmul(apart, apart, transpose_a=True))
    inverse = tf.where(spread > 1e-10 * spread[-1], 1 / spread, 0)
    found = tf.linalg.matmul(tf.linalg.matmul(axes * inverse, axes, transpose_b=True), apart, transpose_b=True)
    return np.asarray(found) * root[:, 0]


@lru_cache(maxsize=32)
def known_fit(players: int, samples: int, seed: int, count: int) -> np.ndarray:
    """`fit_of` the first `count` of these `coalitions`, which are the same for every picture."""
    shown, weights = coalitions(players, samples, seed)
    return fit_of(shown[:count], weights[:count])


def fitted(fit: np.ndarray, shown: np.ndarray, values: np.ndarray, total: float) -> np.ndarray:
    """`shapley_values` by a fit that is known."""
    share = total / shown.shape[1]
    # Not by BLAS, for the same reason.
    found = np.einsum("pn,n->p", fit, values - shown.sum(axis=1) * share)
    return share + found - found.mean()
