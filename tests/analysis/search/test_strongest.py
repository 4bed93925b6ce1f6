"""The search for what excites a unit, against planted patches and a slow search of every map by Keras itself."""

import keras
import numpy as np
import pytest
from draining import drained
from keras import layers
from searches import corner_detector, images_for
from shipped import shipped

from nnviz import digits, load, trace
from nnviz.analysis.data.pictures import as_given, batch
from nnviz.analysis.image.images import Transform
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.receptive import receptive_fields
from nnviz.analysis.search.strongest import by_logits, strongest


def slow(network: Network, images: np.ndarray, layer: str, unit: int, count: int):
    """(value, image, cell) of the strongest places of a unit, from whole maps, one image after another."""
    found = []
    for index, image in enumerate(images):
        activations = trace(network, image).activations[layer][..., unit]
        place = np.unravel_index(activations.argmax(), activations.shape)
        cell = None if activations.ndim == 0 else (int(place[0]), int(place[1]) if activations.ndim == 2 else 0)
        found.append((float(activations[place]), index, cell))
    return sorted(found, key=lambda hit: (-hit[0], hit[1]))[:count]


def test_a_planted_corner_is_found_where_it_was_planted():
    network = corner_detector()
    images = np.full((40, 12, 10), 100, np.uint8)
    images[17, 5:9, 3:8] = 255  # its upper left corner is pixel (5, 3), its lower right one (8, 7)
    images[17, :5] = images[17, :, :3] = 0
    images[17, 9:] = images[17, :, 8:] = 0
    images[23] = images[17] // 2  # the same, half as bright
    found, _ = drained(strongest(network, images, count=3))
    first, second, third = found.layers["corner"].of(0)
    # The filter's middle lies on the corner, so the cell is one up and left of it.
    assert (first.image, first.cell, first.value) == (17, (4, 2), pytest.approx(4.0))
    assert (second.image, second.cell) == (23, (4, 2))
    assert second.value == pytest.approx(4 * 127 / 255)
    assert third.value == 0.0
    lower = found.layers["corner"].of(1)[0]
    assert (lower.image, lower.cell) == (17, (7, 6))
    assert found.layers["pool"].of(0)[0].cell == (2, 1)
    # It reads every other cell of the pool: of those the one left of the corner's, which half of the filter fits.
    strided = found.layers["strided"].of(0)[0]
    assert (strided.image, strided.cell, strided.value) == (17, (1, 0), pytest.approx(2.0))
    seen = [e.span(at, n) for e, at, n in zip(receptive_fields(network.graph)["corner"], (4, 2), (12, 10), strict=True)]
    assert seen == [(4, 7), (2, 5)]


def test_all_layers_are_ranked_as_a_slow_search_does(case, small_batches):
    network, images = case.network, images_for(case.network)
    found, _ = drained(strongest(network, images, count=4))
    assert list(found.layers) == [layer.name for layer in network.layers[1:]]
    assert (found.searched, found.available) == (30, 30)
    for name, ranking in found.layers.items():
        assert ranking.values.shape == ranking.images.shape == ranking.rows.shape == ranking.columns.shape
        if by_logits(network, name) or len(network.layer(name).output_shape) not in (1, 3):
            continue
        for unit in range(0, len(ranking.values), max(1, len(ranking.values) // 3)):
            wanted = slow(network, images, name, unit, 4)
            hits = ranking.of(unit)
            np.testing.assert_allclose([hit.value for hit in hits], [hit[0] for hit in wanted], atol=1e-4)
            for hit in hits:
                values = trace(network, images[hit.image]).activations[name][..., unit]
                at = values if hit.cell is None else values[hit.cell]
                assert (hit.cell is None) == (values.ndim == 0), name
                # Which of two cells that differ by a rounding error is larger depends on the batch.
                assert float(at) == pytest.approx(float(values.max()), abs=1e-4), name
            assert len({hit.image for hit in hits}) == 4


@pytest.mark.parametrize(
    "made",
    [
        layers.Conv2D(3, 3, activation="relu", name="layer"),
        layers.Conv2D(3, (2, 3), strides=2, padding="same", name="layer"),
        layers.MaxPooling2D(3, 2, name="layer"),
        layers.AveragePooling2D(2, name="layer"),
        layers.DepthwiseConv2D(3, name="layer"),
        layers.GlobalMaxPooling2D(name="layer"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_one_layer_is_ranked_as_keras_and_numpy_do(made, fixed_weights, small_batches):
    given = keras.Input((9, 8, 3))
    out = type(made).from_config(made.get_config())(given)
    model = fixed_weights(keras.Model(given, layers.Dense(2, name="scores")(layers.Flatten()(out))), 5)
    network = load(model, {"input": {"scale": 1 / 255}})
    images = images_for(network)
    found, _ = drained(strongest(network, images, ["layer"], count=5))
    maps = keras.Model(given, out).predict(images / np.float32(255), verbose=0)
    assert list(found.layers) == ["layer"]
    for unit in range(maps.shape[-1]):
        of_unit = maps[..., unit].reshape(len(images), -1)
        order = np.lexsort((np.arange(len(images)), -of_unit.max(axis=1)))[:5]
        hits = found.layers["layer"].of(unit)
        assert [hit.image for hit in hits] == order.tolist()
        np.testing.assert_allclose([hit.value for hit in hits], of_unit.max(axis=1)[order], rtol=1e-5)
        if maps.ndim == 4:
            cells = [np.unravel_index(of_unit[index].argmax(), maps.shape[1:3]) for index in order]
            assert [hit.cell for hit in hits] == [(int(row), int(column)) for row, column in cells]
        else:
            assert all(hit.cell is None for hit in hits)


def test_of_equals_the_lower_image_comes_first_and_in_it_the_first_cell(small_batches):
    network = corner_detector()
    images = np.zeros((25, 12, 10), np.uint8)
    for index in (20, 3, 11, 16):
        images[index, 1:3, 1:3] = images[index, 6:8, 4:6] = 255
    found, _ = drained(strongest(network, images, count=6))
    hits = found.layers["corner"].of(0)
    assert [hit.image for hit in hits] == [3, 11, 16, 20, 0, 1]
    assert [hit.value for hit in hits] == [4, 4, 4, 4, 0, 0]
    assert [hit.cell for hit in hits] == [(0, 0)] * 6


def test_the_answer_of_a_softmax_is_ranked_by_its_logits():
    network = shipped("mnist-cnn")
    images = digits.test_set()[0][:60]
    assert [layer.name for layer in network.layers if by_logits(network, layer.name)] == ["output"]
    found, _ = drained(strongest(network, images, ["output", "dense"], count=3))
    logits = np.stack([trace(network, image).logits for image in images])
    for unit in range(10):
        hits = found.layers["output"].of(unit)
        assert [hit.image for hit in hits] == np.argsort(-logits[:, unit], kind="stable")[:3].tolist()
        np.testing.assert_allclose([hit.value for hit in hits], np.sort(logits[:, unit])[::-1][:3], rtol=1e-4)


def test_one_sigmoid_is_one_unit_ranked_by_its_own_logit(cases):
    network = cases["one_sigmoid"].network
    images = images_for(network)
    found, _ = drained(strongest(network, images, ["answer"], count=3))
    logits = np.array([trace(network, image).logits[1] for image in images])
    assert found.layers["answer"].values.shape == (1, 3)
    assert [hit.image for hit in found.layers["answer"].of(0)] == np.argsort(-logits)[:3].tolist()


def test_what_is_not_a_number_is_no_hit():
    given = keras.Input((4, 4, 1))
    rooted = keras.ops.sqrt(given - 0.5)  # of what is darker than that: not a number
    network = load(keras.Model(given, layers.Dense(2)(layers.Flatten()(rooted))))
    images = np.full((6, 4, 4), 255, np.uint8)
    images[2:] = 10
    name = next(layer.name for layer in network.layers if layer.kind == "Sqrt")
    found, _ = drained(strongest(network, images, [name], count=6))
    assert [hit.image for hit in found.layers[name].of(0)] == [0, 1]


@pytest.mark.parametrize("name", ["mnist-cnn", "mnist-cnn-shuffled"])
def test_digits_are_given_as_the_network_was_trained(name):
    network = shipped(name)
    images = digits.test_set()[0]
    given = as_given(network, images[5])
    pixels, numbers = batch(network, images, np.arange(4, 7))
    assert numbers.tolist() == [4, 5, 6]
    np.testing.assert_array_equal(pixels[1], given)
    plain = images[5][..., None].astype(np.float32)
    np.testing.assert_array_equal(given, Transform(shuffle=network.shuffle).apply(plain))


def test_digits_are_fitted_to_a_network_that_takes_others(cases):
    network = cases["nested"].network
    given = as_given(network, digits.digit(0)[0])
    assert given.shape == (12, 12, 3)
    found, _ = drained(strongest(network, digits.test_set()[0][:9], count=2))
    assert found.searched == 9
    hit = found.layers["relu"].of(1)[0]
    values = trace(network, digits.digit(hit.image)[0]).activations["relu"]
    assert values[(*hit.cell, 1)] == pytest.approx(hit.value, rel=1e-4)
