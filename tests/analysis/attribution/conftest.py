"""What several tests of attributions stand on."""

import keras
import numpy as np
import pytest
from keras import layers
from quick_methods import FITTING, NAMES, TYPICAL

from nnviz.analysis.attribution import method_named
from nnviz.analysis.network.network import load


@pytest.fixture(scope="module")
def linear():
    """score_k = sum(w_k * x) + b_k: network, picture, w as (H, W, C, classes)."""
    generator = np.random.default_rng(4)
    weights = generator.normal(size=(7 * 9 * 3, 3)).astype(np.float32)
    model = keras.Sequential([keras.Input((7, 9, 3)), layers.Flatten(), layers.Dense(3)])
    model.layers[-1].set_weights([weights, np.array([0.5, -1, 2], np.float32)])
    return load(model), generator.random((7, 9, 3)).astype(np.float32), weights.reshape(7, 9, 3, 3)


@pytest.fixture(scope="session")
def bilinear():
    """Places (h, w) at another size: cell centres on cell centres, the border cells carried on outwards."""

    def enlarged(places, height, width):
        def weights(new, old):
            at = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
            low = np.minimum(np.floor(at).astype(int), old - 1)
            found = np.zeros((new, old))
            for i, (a, b) in enumerate(zip(at, low, strict=True)):
                found[i, b] += 1 - (a - b)
                found[i, min(b + 1, old - 1)] += a - b
            return found

        return weights(height, places.shape[0]) @ places @ weights(width, places.shape[1]).T

    return enlarged


@pytest.fixture(params=NAMES)
def method(request):
    """Each attribution method in turn."""
    return method_named(request.param)


CROSS = [
    pytest.param(pair, id="-".join(pair), marks=() if pair[0] in TYPICAL else pytest.mark.full) for pair in FITTING
]


@pytest.fixture(params=CROSS)
def fitting(request, cases):
    """Each case with each method that makes sense on it."""
    name, way = request.param
    return cases[name], method_named(way)
