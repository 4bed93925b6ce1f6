"""The one cache: never above its ceiling, the least recently used goes first, and threads may share it."""

import sys
import threading
from dataclasses import dataclass

import numpy as np
import pytest

from nnviz.analysis.cache import Cache, size_of

KIB = 2**10


@dataclass(frozen=True)
class Inner:
    values: np.ndarray


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner
    by_layer: dict


def array(kib: int = 1) -> np.ndarray:
    return np.zeros(kib * KIB, np.uint8)


def test_arrays_are_counted_over_what_is_nested_each_once():
    one, two, three = array(100), array(50), array(25)
    everything = Outer("x", Inner(one), {"a": (two, [three]), "b": two, "c": {"again": one}})
    total = 175 * KIB
    assert total <= size_of(everything) < total + 4 * KIB


def test_a_view_counts_as_what_it_keeps_alive():
    whole = array(100)
    assert size_of(whole[:3]) == size_of(whole)
    assert 100 * KIB <= size_of([whole[:3], whole[5:], whole.reshape(2, -1)]) < 101 * KIB
    spread = np.broadcast_to(np.zeros(1, np.uint8), (KIB, KIB))
    assert size_of(spread) < KIB


def test_what_holds_itself_is_counted_to_an_end():
    ring = [array()]
    ring.append(ring)
    assert size_of(ring) < 2 * KIB


def test_a_key_counts_too():
    cache = Cache(64 * KIB)
    for number in range(100):
        cache.keep((number, bytes(KIB)), None)
    assert cache.size <= 64 * KIB
    assert 50 < len(cache) < 64


def test_it_stays_below_its_ceiling_and_lets_the_least_recently_used_go():
    cache = Cache(10 * KIB)
    for number in range(40):
        cache.keep(number, array())
        assert cache.size <= cache.ceiling
        cache.get(0)
    assert 0 in cache
    assert [key for key, _ in cache.items()] == [*sorted(key for key, _ in cache.items() if key), 0]
    assert 39 in cache
    assert 1 not in cache
    assert len(cache) == 9  # of a KiB each, and a little for what holds them


@pytest.mark.parametrize("kept", [1, 5, 64])
def test_what_is_kept_again_throws_nothing_else_out(kept):
    cache = Cache(kept, size=lambda _: 1)
    for number in range(kept):
        cache.keep(number, "old")
    cache.keep(0, "new")
    assert len(cache) == kept
    assert cache.get(0) == "new"
    assert [key for key, _ in cache.items()] == [*range(1, kept), 0]


def test_one_of_another_size_under_the_same_key_counts_as_it_is():
    cache = Cache(10 * KIB)
    cache.keep("a", array(2))
    cache.keep("b", array(5))
    cache.keep("b", array(6))
    assert "a" in cache
    cache.keep("b", array(1))
    assert cache.size == sum(size_of((key, value)) for key, value in cache.items())


def test_what_is_larger_than_all_room_is_not_kept_and_leaves_the_others():
    cache = Cache(10 * KIB)
    cache.keep("a", array())
    cache.keep("large", array(11))
    assert cache.get("large") is None
    assert "a" in cache
    # Nor is the one before it: it is no longer what was made last.
    cache.keep("a", array(11))
    assert "a" not in cache
    assert cache.size == 0
    assert cache.made("large", lambda: array(12)).size == 12 * KIB
    assert len(cache) == 0


def test_what_is_made_is_made_once_and_again_where_it_had_to_go():
    cache, made = Cache(3 * KIB), []

    def make(name):
        return cache.made(name, lambda: made.append(name) or array())

    first = make("a")
    assert make("a") is first
    for name in "bcd":
        make(name)
    make("a")
    assert made == ["a", "b", "c", "d", "a"]
    cache.drop("a")
    cache.drop("nothing")
    make("a")
    assert made[-1] == "a"
    cache.clear()
    assert (len(cache), cache.size) == (0, 0)


def test_none_may_be_kept_where_it_is_asked_whether_there_is_one():
    cache = Cache(KIB)
    assert "a" not in cache
    assert cache.made("a", lambda: None) is None
    assert cache.made("a", lambda: pytest.fail("made anew")) is None


def test_threads_that_hammer_it_leave_it_whole():
    cache, wrong = Cache(20 * KIB), []
    values = {number: array() for number in range(30)}
    switch = sys.getswitchinterval()

    def hammer(seed):
        generator = np.random.default_rng(seed)
        try:
            for number in generator.integers(0, 30, 2000).tolist():
                found = cache.get(number)
                if found is not None and found is not values[number]:
                    wrong.append(number)
                what = number % 4
                if what == 0:
                    cache.drop(number)
                elif what == 1:
                    cache.made(number, lambda number=number: values[number])
                else:
                    cache.keep(number, values[number])
                if cache.size > cache.ceiling or len(cache) > 20:
                    wrong.append("too much")
        except Exception as error:  # noqa: BLE001 - told below
            wrong.append(error)

    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=hammer, args=(seed,)) for seed in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switch)
    assert not wrong
    assert cache.size == sum(size_of((key, value)) for key, value in cache.items())
