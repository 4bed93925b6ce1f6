"""The search for what excites a unit on its way: stopped, taken up again, out of time, short of pictures."""

import numpy as np
import pytest
from draining import drained
from searches import corner_detector, images_for, same

from nnviz import trace
from nnviz.analysis.data import pictures as given
from nnviz.analysis.search import ranking as ranked
from nnviz.analysis.search import strongest as searching
from nnviz.analysis.search.strongest import by_logits, strongest
from nnviz.errors import NnvizError


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


def test_what_must_be_read_is_searched_a_few_at_a_time_and_tells_of_each(cases, monkeypatch):
    network, images = cases["sequential_cnn"].network, images_for(cases["sequential_cnn"].network, 50)
    monkeypatch.setattr(given, "STEP", 0.0)  # as if each took half a second
    found, told = drained(strongest(network, Some(images, [7]), count=4))
    assert [each.done for each in told] == sorted([*range(51), 16, 32, 48, 50])
    assert [0 if each.so_far is None else each.so_far.seen for each in told if each.done in (15, 20, 33)] == [0, 16, 32]
    # The same as of an array, which is one batch.
    readable = np.delete(np.arange(50), 7)
    whole, told = drained(strongest(network, images[readable], count=4))
    assert [each.done for each in told] == [0, 49]
    for name, ranking in found.layers.items():
        np.testing.assert_array_equal(ranking.images, readable[whole.layers[name].images])
        np.testing.assert_array_equal(ranking.rows, whole.layers[name].rows)
        np.testing.assert_array_equal(ranking.columns, whole.layers[name].columns)
        np.testing.assert_allclose(ranking.values, whole.layers[name].values, rtol=1e-5, atol=1e-6)
    order, expected = np.argsort(found.sampled), np.argsort(whole.sampled)
    np.testing.assert_array_equal(found.sampled[order], readable[whole.sampled[expected]])
    for name, maxima in found.maxima.items():
        np.testing.assert_allclose(maxima[order], whole.maxima[name][expected], rtol=1e-5, atol=1e-6)


def test_one_that_is_stopped_while_it_reads_goes_on_with_that_batch(cases, monkeypatch):
    network, images = cases["sequential_cnn"].network, images_for(cases["sequential_cnn"].network, 40)
    monkeypatch.setattr(given, "STEP", 0.0)
    whole, _ = drained(strongest(network, Some(images, []), count=4))
    steps = strongest(network, Some(images, []), count=4)
    progress = next(steps)
    while progress.done < 25:
        progress = next(steps)
    steps.close()
    assert progress.so_far.seen == 16
    rest, told = drained(strongest(network, Some(images, []), count=4, since=progress.so_far))
    assert told[0].done == 16
    assert same(rest, whole)


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
