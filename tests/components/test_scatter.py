"""What the scatter component sends to the browser."""

import json

import numpy as np
import pytest

from nnviz.components.scatter import Points
from nnviz.components.scatter.scatter import packed

GENERATOR = np.random.default_rng(0)


def points(axes=2, count=5, rows=3, columns=3, **more):
    first = {
        "coordinates": GENERATOR.normal(size=(count, axes)),
        "groups": np.arange(count) % 2,
        "names": ["猫", "b"],
        "colours": ["#332288", "#88ccee"],
        "pictures": GENERATOR.integers(0, 256, (count, rows, columns)).astype(np.uint8),
        "titles": [f"point {at}" for at in range(count)],
    }
    return Points(**{**first, **more})


def sent(given, **header):
    """Read back as the head of scatter.py tells it."""
    buffer = packed(given, header)
    length = int.from_bytes(buffer[:4], "little")
    assert (4 + length) % 4 == 0
    assert len(buffer) % 4 == 0
    found = json.loads(buffer[4 : 4 + length])
    coordinates = np.frombuffer(buffer, "<f4", found["floats"], 4 + length)
    return found, coordinates, buffer[4 + length + 4 * found["floats"] :]


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("shape", [(3, 3), (28, 28), (1, 2)])
def test_places_and_pictures_arrive(axes, shape):
    given = points(axes, 5, *shape)
    header, coordinates, rest = sent(given, alt="what it shows", picked=3, other=None)
    places = coordinates.reshape(5, 3)
    np.testing.assert_array_equal(places[:, :axes], given.coordinates.astype(np.float32))
    assert not places[:, axes:].any()
    count = 5 * shape[0] * shape[1]
    np.testing.assert_array_equal(np.frombuffer(rest[:count], np.uint8).reshape(5, *shape), given.pictures)
    assert len(rest) - count < 4
    assert (header["shape"], header["axes"], header["picked"]) == ([5, *shape], axes, 3)
    assert (header["groups"], header["names"]) == ([0, 1, 0, 1, 0], ["猫", "b"])
    assert header["titles"] == list(given.titles)


def test_pictures_are_known_by_their_mark():
    given = points()
    first = sent(given)[0]["what"]
    moved = points(pictures=given.pictures, coordinates=given.coordinates + 1)
    assert sent(moved)[0]["what"] == first
    assert sent(points(pictures=given.pictures[::-1]))[0]["what"] != first
    assert sent(points(pictures=given.pictures, colours=["#000000", "#ffffff"]))[0]["what"] != first
