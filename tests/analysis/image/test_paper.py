"""A digit on paper: told from a clean one, and made one as networks are trained on, whatever the light on it."""

from __future__ import annotations

import numpy as np
import pytest
from shipped import shipped

from nnviz.analysis.data import digits
from nnviz.analysis.data.photographs import photograph
from nnviz.analysis.image.images import Transform, fit, rescale
from nnviz.analysis.image.paper import paper_and_ink
from nnviz.analysis.network.trace import scores, trace

IMAGES, LABELS = (each[:150] for each in digits.test_set())
STROKES = IMAGES / np.float32(255)
Y, X = np.meshgrid(np.linspace(-1, 1, 28), np.linspace(-1, 1, 28), indexing="ij")
GRAIN = np.random.default_rng(0).normal(0, 3, STROKES.shape)
SHEETS = {
    "grey": 118 - 98 * STROKES,
    "grainy": 118 - 98 * STROKES + 2 * GRAIN,
    "faint": 250 - 90 * STROKES + GRAIN,
    "shaded": (140 + 60 * X) * (1 - 0.8 * STROKES) + GRAIN,
    "below a lamp": (200 - 60 * (X**2 + Y**2) + 30 * Y) * (1 - 0.7 * STROKES) + GRAIN,
    "blackboard": 60 + 110 * STROKES + GRAIN,
}


def right(pictures: np.ndarray) -> float:
    """Share of the digits that the convolutional net reads right."""
    network = shipped("mnist-cnn")
    given = np.stack([rescale(each[..., None], network.scale, network.offset) for each in pictures])
    return float(np.mean(scores(network, given).argmax(axis=1) == LABELS))


def test_a_clean_digit_is_neither_dark_nor_faint_and_its_opposite_is_dark_alone():
    for picture in IMAGES:
        found = paper_and_ink(picture[..., None].astype(np.float32))
        assert (found.dark, found.faint) == (False, False)
        found = paper_and_ink(255 - picture[..., None].astype(np.float32))
        assert (found.dark, found.faint) == (True, False)


@pytest.mark.parametrize("name", SHEETS)
def test_what_is_told_of_a_sheet_is_mended_by_what_is_advised(name):
    sheets = SHEETS[name].astype(np.float32)
    found = [paper_and_ink(sheet[..., None]) for sheet in sheets]
    told = [each for each in found if each is not None]
    assert len(told) > 0.98 * len(sheets)
    assert all(each.faint for each in told)
    assert {each.dark for each in told} == {name != "blackboard"}
    mended = [Transform(invert=name != "blackboard", stretch=True).apply(each[..., None])[..., 0] for each in sheets]
    assert right(sheets) < 0.5
    assert right(np.array(mended)) > 0.97
    # Nothing is left to be told of it.
    again = [paper_and_ink(each[..., None]) for each in mended]
    assert sum(each is None or each.dark or each.faint for each in again) < 0.02 * len(sheets)


def test_the_shades_that_are_told_are_those_of_paper_and_ink():
    found = paper_and_ink(SHEETS["grey"][0][..., None].astype(np.float32))
    assert (round(found.paper), found.ink) == (118, pytest.approx(20, abs=3))
    assert found.words == f"dark on light (ink {found.ink:.0f} on paper 118)"


def test_what_is_no_drawing_is_not_taken_for_one():
    for blank in (np.full((28, 28, 1), 250.0), np.zeros((28, 28, 1)), np.full((3, 3, 1), 9.0)):
        assert paper_and_ink(blank.astype(np.float32)) is None
    noise = np.random.default_rng(1).uniform(0, 255, (28, 28, 1)).astype(np.float32)
    assert paper_and_ink(noise) is None
    photo = fit(photograph("astronaut"), (28, 28, 1), (1.0,), (0.0,)).pixels
    assert paper_and_ink(photo) is None
    np.testing.assert_array_equal(Transform(stretch=True).apply(photo), photo)


def test_a_stretched_digit_in_colours_is_grey_and_a_clean_one_hardly_changes():
    clean = IMAGES[0][..., None].astype(np.float32)
    assert np.abs(Transform(stretch=True).apply(clean) - clean).max() < 16
    colours = Transform(stretch=True).apply(np.repeat(SHEETS["grey"][0][..., None], 3, axis=2))
    assert colours.shape == (28, 28, 3)
    assert np.ptp(colours, axis=2).max() == 0


def test_a_trace_tells_of_a_dark_digit():
    network = shipped("mnist-cnn")
    assert trace(network, IMAGES[0]).note == ""
    assert "dark on light (ink 2" in trace(network, SHEETS["grey"][0].astype(np.uint8)).note
