"""What the unrolling component sends to the browser."""

import json

import numpy as np
import pytest

from nnviz.components.unrolling import Layout
from nnviz.components.unrolling.unrolling import packed


def sent(layout, **header):
    buffer = packed(layout, header)
    length = int.from_bytes(buffer[:4], "little")
    assert (4 + length) % 4 == 0
    return json.loads(buffer[4 : 4 + length]), np.frombuffer(buffer[4 + length :], "<f4")


def layout(values, colours=False, **more):
    first = {"colour": "viridis", "range": (0.0, 1.0), "first": 0, "shown": 1, "slot": 3, "near": (), "beside": ()}
    return Layout(values, colours, **{**first, **more})


MAPS = np.random.default_rng(0).random((3, 4, 5)).astype(np.float32)


def test_maps_are_sent_one_after_the_other():
    header, values = sent(layout(MAPS, first=2, shown=3), unrolled=7)
    np.testing.assert_array_equal(values.reshape(5, 3, 4), np.moveaxis(MAPS, 2, 0))
    (panel,) = header["panels"]
    assert (panel["n"], panel["h"], panel["w"], panel["channels"]) == (5, 3, 4, 1)
    assert (header["shape"], header["step"], header["shown"], header["unrolled"]) == ([3, 4, 5], 1, [2, 3], 7)


def test_a_picture_in_colours_is_one_tile_and_a_pixel_of_it_three_slots():
    values = np.arange(24.0).reshape(2, 4, 3)
    header, numbers = sent(layout(values, True))
    np.testing.assert_array_equal(numbers, np.arange(24))
    (panel,) = header["panels"]
    assert (panel["n"], panel["channels"], header["step"]) == (1, 3, 3)


def test_marks_and_words_arrive():
    near, words = [(1, -1, 0), (np.int64(5), 1, 0)], {"title": "a \u732b", "own": "b", "touch": "c", "stranger": "d"}
    header, _ = sent(layout(MAPS, near=near, beside=(2, 4), noun="slot", whole="map", **words))
    assert header["near"] == [[1, -1, 0], [5, 1, 0]]
    assert (header["slot"], header["beside"], header["noun"], header["whole"]) == (3, [2, 4], "slot", "map")
    assert {name: header[name] for name in words} == words


@pytest.mark.parametrize("change", [{"range": (0.0, 2.0)}, {"first": 1}, {"shown": 4}, {"colour": "diverging"}])
def test_what_is_drawn_anew_is_known_by_its_mark(change):
    """Another cell under study, or another place, leaves the sheets as they are."""
    first = sent(layout(MAPS))[0]["what"]
    assert sent(layout(MAPS, slot=9, near=[(8, 0, -1)]), unrolled=20)[0]["what"] == first
    assert sent(layout(MAPS, **change))[0]["what"] != first
    assert sent(layout(MAPS[::-1]))[0]["what"] != first
