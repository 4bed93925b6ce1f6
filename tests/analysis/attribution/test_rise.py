"""RISE against a slow version with loops over Keras' own model, and on a net that sees one patch alone."""

import keras
import numpy as np
import pytest
from draining import drained
from keras import layers

from nnviz.analysis.attribution import explain, explaining
from nnviz.analysis.attribution.rise import draws, masks
from nnviz.analysis.network import passes
from nnviz.analysis.network.network import load


def slow_mask(cells, shift, height, width):
    """Bilinear, cell centres on cell centres, enlarged to a cell more than the image, cut at the shift."""
    grid = len(cells)
    found = np.zeros((height, width))
    tall, wide = -(-height // grid), -(-width // grid)
    for row in range(height):
        for column in range(width):
            y = (row + int(shift[0] * tall) + 0.5) * grid / ((grid + 1) * tall) - 0.5
            x = (column + int(shift[1] * wide) + 0.5) * grid / ((grid + 1) * wide) - 0.5
            y, x = min(max(y, 0), grid - 1), min(max(x, 0), grid - 1)
            top, left = min(int(y), max(grid - 2, 0)), min(int(x), max(grid - 2, 0))
            for at, down in ((top, 1 - (y - top)), (min(top + 1, grid - 1), y - top)):
                for beside, across in ((left, 1 - (x - left)), (min(left + 1, grid - 1), x - left)):
                    found[row, column] += cells[at, beside] * down * across
    return found


@pytest.mark.parametrize(("grid", "shape"), [(1, (5, 4)), (3, (9, 9)), (4, (10, 7)), (7, (28, 28))])
def test_masks_are_bilinear_and_shifted(grid, shape):
    cells, shifts = draws(3, grid, 0.5, 1)
    expected = [slow_mask(each, shift, *shape) for each, shift in zip(cells, shifts, strict=True)]
    np.testing.assert_allclose(masks(cells, shifts, shape), expected, atol=1e-5)


def test_the_map_is_the_mean_of_masks_by_score(cases, monkeypatch):
    monkeypatch.setattr(passes, "_CHUNK_BYTES", 40_000)
    case = cases["sequential_cnn"]
    cells, shifts = draws(40, 4, 0.3, 9)
    shown = np.stack([slow_mask(each, shift, 12, 12) for each, shift in zip(cells, shifts, strict=True)])
    scorer = keras.Model(case.model.inputs, case.model.get_layer("dropout").output)
    kernel, bias = case.model.get_layer("answer").get_weights()
    scores = (np.asarray(scorer(shown[..., None] * case.picture)) @ kernel + bias)[:, 2]
    options = {"samples": 40, "grid": 4, "probability": 0.3, "seed": 9}
    published = explain(case.network, case.picture, "rise", 2, centred="no", **options)
    np.testing.assert_allclose(published.values, np.tensordot(scores, shown, 1) / (40 * 0.3), rtol=1e-4, atol=1e-5)
    centred = explain(case.network, case.picture, "rise", 2, **options)
    expected = np.tensordot(scores - scores.mean(), shown, 1) / (40 * 0.3)
    np.testing.assert_allclose(centred.values, expected, rtol=1e-3, atol=1e-4)


def test_the_hot_spot_is_where_the_net_looks():
    """A net that adds up one 4x4 patch."""
    model = keras.Sequential([keras.Input((16, 16, 1)), layers.Flatten(), layers.Dense(2, use_bias=False)])
    kernel = np.zeros((16, 16, 2), np.float32)
    kernel[9:13, 2:6, 0] = 1
    model.layers[-1].set_weights([kernel.reshape(-1, 2)])
    found, reports = drained(explaining(load(model), np.ones((16, 16, 1), np.float32), "rise", 0, samples=1500, grid=8))
    assert reports[-1].done == 1500
    row, column = np.unravel_index(found.values.argmax(), found.values.shape)
    assert 9 <= row <= 12
    assert 2 <= column <= 5
    inside = found.values[9:13, 2:6].mean()
    away = found.values[:6, 9:]
    assert inside > 5 * np.abs(away).max()
