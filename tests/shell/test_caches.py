"""The table of what is kept: each cache filled stays below its ceiling and lets the least recently used go."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from nnviz.analysis.cache import Cache
from nnviz.analysis.image.images import Transform
from nnviz.analysis.network.network import _MOST_COMPILED, functions
from nnviz.shell import caches, library

ALL = {name: value for name, value in vars(caches).items() if isinstance(value, Cache)}
KEPT = {name: value for name, value in ALL.items() if name != "networks"}
MOST = 2 * 2**30
"""Bytes that a server may keep in all, beside its networks."""


def test_the_table_names_what_there_is_and_fits_a_small_machine():
    kept = {"traces", "attributions", "results", "vectors", "pictures", "fitted", "thumbnails", "scenes", "refusals"}
    kept |= {"programs"}
    assert set(KEPT) == kept
    assert sum(cache.ceiling for cache in KEPT.values()) <= MOST


@pytest.mark.parametrize("name", KEPT)
def test_each_filled_stays_below_its_ceiling(name):
    cache = KEPT[name]
    cache.clear()
    # Never written to, so that they take no room of the machine.
    size = cache.ceiling // 8
    for number in range(20):
        cache.keep(number, {"values": np.zeros(size, np.uint8)})
        assert cache.size <= cache.ceiling
        cache.get(0)
    kept = [key for key, _ in cache.items()]
    cache.clear()
    assert kept == [*range(14, 20), 0]


def test_what_is_made_of_a_photograph_does_not_keep_its_pixels(cases):
    network, size = cases["sequential_cnn"].network, caches.fitted.size
    large = library.Picture("large", "24 megapixels", np.zeros((4000, 6000, 3), np.uint8))
    first = library.fitted(network, large, Transform())
    assert library.fitted(network, large, Transform()) is first
    assert caches.fitted.size - size < 100 * first.image.nbytes


def test_a_networks_functions_are_bounded_and_built_once_until_they_had_to_go(cases):
    network = replace(cases["sequential_cnn"].network, _functions=functions())
    built = []
    for number in range(_MOST_COMPILED + 10):
        network.compiled(number, lambda number=number: built.append(number) or number)
        network.compiled(0, lambda: pytest.fail("built anew"))
    assert len(network._functions) == _MOST_COMPILED
    assert network.compiled(1, lambda: "anew") == "anew"
    assert built == list(range(_MOST_COMPILED + 10))


def test_networks_stay_below_their_ceiling_and_one_that_is_larger_is_kept_alone(cases):
    kept = Cache(caches.networks.ceiling, caches.networks._size_of)
    sizes = {"small": kept.ceiling // 4, "large": 3 * kept.ceiling}

    @dataclass
    class Sized:
        size: int

    for number in range(10):
        kept.keep(number, Sized(sizes["small"]))
        assert kept.size <= kept.ceiling
    assert [key for key, _ in kept.items()] == [6, 7, 8, 9]
    kept.keep("large", Sized(sizes["large"]))
    assert [key for key, _ in kept.items()] == ["large"]
    weights = sum(weight.numpy().nbytes for weight in cases["nested"].model.weights)
    assert cases["nested"].network.size > weights + len(cases["nested"].network.layers)
