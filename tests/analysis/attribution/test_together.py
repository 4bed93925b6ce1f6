"""Several viewers explain at once: one cached network, other methods and other classes, the same maps."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from quick_methods import NAMES, quick

from nnviz.analysis.attribution import explain, method_named
from nnviz.analysis.network import targets
from nnviz.analysis.network.network import load


def test_viewers_who_explain_at_once_get_the_maps_that_they_get_one_after_the_other(cases):
    """Twice each, in an order that mixes them, on a network for which nothing is compiled yet."""
    case = cases["sequential_cnn"]
    asked = [
        (name, target) for name in NAMES for target in (0, 3, targets.difference(2, 1), targets.channel("conv2", 4))
    ]

    def answer(network, name, target):
        return explain(network, case.picture, name, target, **quick(method_named(name), network))

    alone = {(name, str(target)): answer(case.network, name, target) for name, target in asked}
    shared, mixed = load(case.model), asked * 2
    random.Random(0).shuffle(mixed)
    with ThreadPoolExecutor(4) as viewers:
        together = list(viewers.map(lambda each: answer(shared, *each), mixed))
    for (name, target), found in zip(mixed, together, strict=True):
        expected = alone[name, str(target)]
        np.testing.assert_array_equal(found.values, expected.values, err_msg=f"{name} of {target}")
        assert (found.target, found.score) == (expected.target, expected.score)
    assert len({found.values.tobytes() for found in alone.values()}) > len(NAMES)  # the targets do differ
