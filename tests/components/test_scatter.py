"""What the scatter component sends to the browser."""

import json
from dataclasses import replace

import numpy as np
import pytest

from nnviz.components.scatter import Curve, Line, Points, Subject
from nnviz.components.scatter.scatter import packed

GENERATOR = np.random.default_rng(0)
CURVE = Curve("what", ["in", "out"], ["in", "o…"], [Line("whole", "#21918c", [0.5, None])], [0, 1], 1)
SUBJECT = Subject(np.arange(24).reshape(2, 4, 3), 3)


def points(axes=2, count=5, rows=3, columns=3, **more):
    first = {
        "maps": GENERATOR.normal(size=(2, count, axes)),
        "groups": np.arange(count) % 2,
        "names": ["猫", "b"],
        "colours": ["#332288", "#88ccee"],
        "pictures": GENERATOR.integers(0, 256, (count, rows, columns)).astype(np.uint8),
        "titles": [f"point {at}" for at in range(count)],
    }
    return Points(**{**first, **more})


def sent(given, curve=CURVE, subject=SUBJECT, **header):
    """Read back as the head of scatter.py tells it."""
    buffer = packed(given, curve, subject, header)
    length = int.from_bytes(buffer[:4], "little")
    assert (4 + length) % 4 == 0
    assert len(buffer) % 4 == 0
    found = json.loads(buffer[4 : 4 + length])
    coordinates = np.frombuffer(buffer, "<f4", found["floats"], 4 + length)
    return found, coordinates, buffer[4 + length + 4 * found["floats"] :]


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("shape", [(3, 3), (28, 28), (1, 2)])
def test_maps_and_pictures_arrive(axes, shape):
    given = points(axes, 5, *shape, marked=[(2, "7→1")])
    header, coordinates, rest = sent(given, alt="what it shows")
    np.testing.assert_array_equal(coordinates.reshape(2, 5, axes), given.maps.astype(np.float32))
    count = 5 * shape[0] * shape[1]
    np.testing.assert_array_equal(np.frombuffer(rest[:count], np.uint8).reshape(5, *shape), given.pictures)
    np.testing.assert_array_equal(np.frombuffer(rest[count : count + 24], np.uint8).reshape(2, 4, 3), SUBJECT.picture)
    assert len(rest) - count - 24 < 4
    assert (header["shape"], header["axes"], header["maps"], header["picked"]) == ([5, *shape], axes, 2, 3)
    assert (header["groups"], header["names"], header["thumb"]) == ([0, 1, 0, 1, 0], ["猫", "b"], [2, 4])
    assert header["titles"] == list(given.titles)
    assert header["marked"] == [{"index": 2, "short": "7→1"}]


def test_the_curve_and_what_is_under_study_arrive():
    places = (np.float32([1, 2]), None)
    header = sent(points(), subject=Subject(SUBJECT.picture, None, places, follow=True))[0]
    assert header["stops"] == [
        {"name": "in", "short": "in", "values": [0.5], "said": "50.0%"},
        {"name": "out", "short": "o…", "values": [None], "said": ""},
    ]
    assert header["lines"] == [{"name": "whole", "colour": "#21918c", "dash": False}]
    assert (header["at"], header["now"], header["picked"]) == ([0, 1], 1, None)
    assert (header["own"], header["follow"]) == ([[1, 2], None], True)


def test_pictures_are_known_by_their_mark():
    given = points()
    first = sent(given)[0]["what"]
    assert sent(replace(given, maps=given.maps + 1))[0]["what"] == first
    for other in (
        {"pictures": given.pictures[::-1]},
        {"colours": ["#000000", "#ffffff"]},
        {"groups": 1 - given.groups},
    ):
        assert sent(replace(given, **other))[0]["what"] != first
