"""Strokes of drawings whose ends and crossings are known."""

import numpy as np
import pytest

from nnviz.analysis.image.strokes import strokes


def drawing(name: str) -> np.ndarray:
    rows, columns = np.mgrid[:28, :28]
    if name == "ring":
        return 1.0 * (np.abs(np.hypot(rows - 14, columns - 14) - 8) < 1.6)
    found = np.zeros((28, 28))
    found[13:16, 4:24] = 1
    if name == "cross":
        found[4:24, 13:16] = 1
    if name == "tee":
        found[13:24, 13:16] = 1
    return found


@pytest.mark.parametrize(
    ("name", "ends", "crossings"), [("line", 2, 0), ("ring", 0, 0), ("cross", 4, 1), ("tee", 3, 1)]
)
def test_ends_and_crossings_are_those_of_the_drawing(name, ends, crossings):
    found = strokes(255 * drawing(name))
    assert (len(found.ends), len(found.crossings)) == (ends, crossings)
    # One cell wide, and nowhere beside what was drawn.
    assert not (found.line[:-1, :-1] & found.line[1:, :-1] & found.line[:-1, 1:] & found.line[1:, 1:]).any()
    assert not (found.line & (drawing(name) == 0)).any()


def test_an_empty_picture_has_none():
    found = strokes(np.zeros((5, 5)))
    assert not found.line.any()
    assert found.ends == found.crossings == ()
