"""The search for what excites a unit, against planted patches and a slow search of every map by Keras itself."""

import keras
import numpy as np
import pytest
from keras import layers

from nnviz import digits, load, trace
from nnviz.analysis import ranking as ranked
from nnviz.analysis import strongest as searching
from nnviz.analysis.images import Transform
from nnviz.analysis.network import Network
from nnviz.analysis.pictures import as_given, batch
from nnviz.analysis.receptive import receptive_fields
from nnviz.analysis.strongest import by_logits, strongest
from nnviz.errors import NnvizError


def drained(steps):
    """The result of a search, and all its progress."""
    progress = []
    while True:
        try:
            progress.append(next(steps))
        except StopIteration as end:
            return end.value, progress


def same(one, other) -> bool:
    """Whether two searches found the same, bit for bit."""
    return (
        (one.searched, one.available, one.skipped) == (other.searched, other.available, other.skipped)
        and list(one.layers) == list(other.layers)
        and np.array_equal(one.sampled, other.sampled)
        and all(np.array_equal(one.maxima[name], other.maxima[name]) for name in other.maxima)
        and all(
            np.array_equal(getattr(one.layers[name], part), getattr(other.layers[name], part))
            for name in other.layers
            for part in ("values", "images", "rows", "columns")
        )
    )


def slow(network: Network, images: np.ndarray, layer: str, unit: int, count: int):
    """(value, image, cell) of the strongest places of a unit, from whole maps, one image after another."""
    found = []
    for index, image in enumerate(images):
        activations = trace(network, image).activations[layer][..., unit]
        place = np.unravel_index(activations.argmax(), activations.shape)
        cell = None if activations.ndim == 0 else (int(place[0]), int(place[1]) if activations.ndim == 2 else 0)
        found.append((float(activations[place]), index, cell))
    return sorted(found, key=lambda hit: (-hit[0], hit[1]))[:count]


CORNER = np.array([[-1, -1, -1], [-1, 1, 1], [-1, 1, 1]], np.float32)


def corner_detector() -> Network:
    """A filter that fits the upper left corner of a bright block, and one that fits the lower right."""
    model = keras.Sequential(
        [
            keras.Input((12, 10, 1), name="picture"),
            layers.Conv2D(2, 3, activation="relu", name="corner"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Conv2D(1, 1, strides=2, name="strided"),
            layers.Flatten(name="flatten"),
            layers.Dense(2, name="scores"),
        ]
    )
    kernel = np.stack([CORNER, CORNER[::-1, ::-1]], axis=-1)[:, :, None]
    model.get_layer("corner").set_weights([kernel, np.zeros(2, np.float32)])
    model.get_layer("strided").set_weights([np.array([1.0, 0.0]).reshape(1, 1, 2, 1), np.zeros(1)])
    return load(model)


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
    assert found.layers["strided"].of(0)[0].value == 0.0 or found.layers["strided"].of(0)[0].image == 17
    seen = [e.span(at, n) for e, at, n in zip(receptive_fields(network.graph)["corner"], (4, 2), (12, 10), strict=True)]
    assert seen == [(4, 7), (2, 5)]


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(searching, "_LARGEST_BATCH", 7)


def images_for(network: Network, count: int = 30) -> np.ndarray:
    shape = tuple(size or 11 for size in network.image_shape)
    return np.random.default_rng(3).integers(0, 256, (count, *shape)).astype(np.uint8)


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


def test_what_there_is_halfway_is_the_search_of_those_images(small_batches):
    network, images = corner_detector(), images_for(corner_detector(), 31)
    steps = strongest(network, images, count=3)
    assert next(steps).so_far is None
    next(steps)
    progress = next(steps)
    steps.close()
    assert (progress.done, progress.total, progress.so_far.searched, progress.so_far.available) == (14, 31, 14, 31)
    part = np.sort(np.random.RandomState(0).permutation(31)[:14])
    alone, _ = drained(strongest(network, images[part], ["corner"], count=3))
    np.testing.assert_array_equal(progress.so_far.layers["corner"].images, part[alone.layers["corner"].images])
    np.testing.assert_array_equal(progress.so_far.layers["corner"].rows, alone.layers["corner"].rows)
    with pytest.raises(StopIteration):
        next(steps)


@pytest.mark.parametrize("most", [2000, 17])
def test_the_maxima_are_those_of_the_maps(case, small_batches, monkeypatch, most):
    monkeypatch.setattr(ranked, "SAMPLE", most)
    network, images = case.network, images_for(case.network)
    found, _ = drained(strongest(network, images, count=2))
    order = np.random.RandomState(0).permutation(30)
    assert set(found.sampled.tolist()) == set(order[:most].tolist())
    traces = {number: trace(network, images[number]) for number in found.sampled.tolist()}
    for name, maxima in found.maxima.items():
        assert maxima.shape == (min(30, most), network.layer(name).output_shape[-1])
        assert maxima.dtype == np.float32
        for row, number in zip(maxima, found.sampled.tolist(), strict=True):
            whole = traces[number].activations[name]
            wanted = whole.reshape(-1, whole.shape[-1]).max(axis=0)
            if by_logits(network, name):
                wanted = traces[number].logits[-len(row) :]
            np.testing.assert_allclose(row, wanted, rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match="read-only"):
        found.maxima[name][0, 0] = 0


def test_a_deep_networks_sample_is_smaller(small_batches, monkeypatch):
    monkeypatch.setattr(ranked, "SAMPLE_BYTES", 4 * 2 * 11)
    network, images = corner_detector(), images_for(corner_detector())
    found, _ = drained(strongest(network, images, ["corner"]))
    assert found.maxima["corner"].shape == (11, 2)
    assert set(found.sampled.tolist()) == set(np.random.RandomState(0).permutation(30)[:11].tolist())


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_a_search_that_goes_on_ends_like_one_that_was_not_stopped(steps, case, small_batches):
    network, images = case.network, images_for(case.network)
    whole, _ = drained(strongest(network, images, count=3))
    stopped = strongest(network, images, count=3)
    for _ in range(steps + 1):
        progress = next(stopped)
    stopped.close()
    rest, told = drained(strongest(network, images, count=3, since=progress.so_far))
    assert [each.done for each in told][:2] == [7 * steps, min(30, 7 * steps + 7)]
    assert same(rest, whole)


class Some:
    """Pictures that are read when they are needed, some of which cannot be."""

    def __init__(self, images, broken):
        self.images, self.broken = images, broken

    def __len__(self):
        return len(self.images)

    def pixels(self, numbers):
        return (None if number in self.broken else self.images[number] for number in numbers.tolist())


def test_pictures_that_cannot_be_read_are_skipped_and_counted(small_batches):
    network, images = corner_detector(), images_for(corner_detector(), 20)
    broken = [2, 9, 17]
    found, progress = drained(strongest(network, Some(images, broken), count=4))
    assert (found.searched, found.available, sorted(found.skipped)) == (17, 20, broken)
    assert (progress[-1].done, progress[-1].total) == (20, 20)
    readable = np.setdiff1d(np.arange(20), broken)
    alone, _ = drained(strongest(network, images[readable], count=4))
    assert sorted(found.sampled.tolist()) == readable.tolist()
    np.testing.assert_array_equal(found.layers["corner"].images, readable[alone.layers["corner"].images])
    np.testing.assert_array_equal(found.layers["corner"].values, alone.layers["corner"].values)
    with pytest.raises(NnvizError, match=r"can be read was expected.*Received: 20"):
        drained(strongest(network, Some(images, range(20)), count=4))


def test_progress_runs_from_nothing_to_all(small_batches):
    network = corner_detector()
    result, progress = drained(strongest(network, images_for(network)))
    assert [each.done for each in progress] == [0, 7, 14, 21, 28, 30]
    assert {each.total for each in progress} == {30}
    assert progress[-1].so_far is result


def test_what_was_handed_out_does_not_change_while_the_search_goes_on(small_batches):
    network, images = corner_detector(), images_for(corner_detector())
    steps = strongest(network, images, ["corner"], count=3)
    next(steps)
    early = next(steps).so_far
    before = early.layers["corner"].values.copy()
    drained(steps)
    np.testing.assert_array_equal(early.layers["corner"].values, before)
    with pytest.raises(ValueError, match="read-only"):
        early.layers["corner"].values[0] = 0


def test_too_little_time_searches_fewer_and_the_bar_never_runs_back(small_batches):
    network, images = corner_detector(), images_for(corner_detector())
    found, progress = drained(strongest(network, images, count=3, seconds=0.0))
    assert found.searched == 7
    assert found.available == 30
    shares = [each.done / each.total for each in progress]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    found, _ = drained(strongest(network, images, count=3, seconds=3600.0))
    assert found.searched == 30


def test_fewer_images_than_asked_for_are_all_there_is(small_batches):
    network = corner_detector()
    found, _ = drained(strongest(network, images_for(network, 2), count=5))
    assert found.layers["corner"].values.shape == (2, 2)


def test_the_search_is_traced_once(small_batches):
    network = corner_detector()
    for count in (30, 10):
        drained(strongest(network, images_for(network, count), ["corner"], count=3))
    function = searching._searching(network, ("corner",), 3)
    assert function.experimental_get_tracing_count() == 1


@pytest.mark.parametrize(("layer", "images", "count"), [("corner", 3, 0), ("corner", 0, 1), ("nowhere", 3, 1)])
def test_what_cannot_be_searched_is_said(layer, images, count):
    network = corner_detector()
    with pytest.raises(NnvizError, match=r"expected.*Received"):
        next(strongest(network, images_for(network, images), [layer], count))


def test_the_answer_of_a_softmax_is_ranked_by_its_logits():
    network = load("mnist-cnn")
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
    network = load(name)
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
