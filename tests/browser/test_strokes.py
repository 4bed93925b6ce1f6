"""The page of strokes to digits in the browser: its numbers are those of the search, and a patch opens its digit."""

from __future__ import annotations

import re

import pytest
from app import SECONDS, App, shows
from draining import drained

import nnviz
from nnviz.analysis.data import digits
from nnviz.analysis.data.digits import digit
from nnviz.analysis.network.network import Network
from nnviz.analysis.search.strongest import Strongest, strongest

COUNT = 7


@pytest.fixture(scope="module")
def searched(networks: dict[str, Network]) -> Strongest:
    """The search of the convolutional digits in the test's own process."""
    return drained(strongest(networks["mnist-cnn"], digits.test_set()[0], count=COUNT))[0]


def opened(app: App, **parameters: object) -> App:
    """The page, when the search is done."""
    app.open("strokes", net="mnist-cnn", **parameters)
    app.page.locator('[data-testid="nnCaption"]', has_text="10,000 digits").wait_for(timeout=SECONDS)
    return app.still()


def test_the_numbers_are_those_of_the_search(app: App, searched: Strongest) -> None:
    opened(app, image="test-0", layer="conv2", unit=5)
    hits = searched.layers["conv2"].of(5)
    assert "Unit 5 of conv2 sees 16x16 of the 28x28 pixels." in app.caption
    words = ("", "one", "two", "three", "four", "five", "six", "seven")
    labels = [digit(hit.image)[1] for hit in hits]
    for label in set(labels):
        assert f"{words[labels.count(label)]} {label}" in app.caption
    # Pixel by pixel: what is under the pointer in a patch is what the digit has there.
    inside = next(i for i, hit in enumerate(hits) if 3 <= hit.cell[0] <= 9 and 3 <= hit.cell[1] <= 9)
    hit = hits[inside]
    tip = app.hover("strokes-patches", panel=1, tile=inside, cell=(8, 8), shape=(16, 16))
    # A conv2 cell sees from 2 * cell - 7 on: 2 cells padding of 2 pixels each, and 3 of the first layer.
    row, column = (2 * at - 7 + 8 for at in hit.cell)
    assert tip.startswith(f"test digit {hit.image}, row 8, column 8: ")
    assert int(float(re.findall(r"[\d.]+", tip)[-1])) == digit(hit.image)[0][row, column]


def test_a_patch_opens_its_digit_at_its_cell(app: App, networks: dict[str, Network], searched: Strongest) -> None:
    opened(app, image="test-0", layer="conv2", unit=5, dx=3)
    hit = searched.layers["conv2"].of(5)[2]
    app.click("strokes-patches", panel=1, tile=2)
    app.until(image=f"test-{hit.image}", layer="conv2", unit=5, row=hit.cell[0], column=hit.cell[1], dx=None)
    assert (app.picked("strokes-patches") or "").startswith("1,2,")
    values = nnviz.trace(networks["mnist-cnn"], digit(hit.image)[0]).activations["conv2"]
    app.menu("Feature maps")
    assert shows(app.caption, float(values[(*hit.cell, 5)]))


def test_a_picture_takes_its_layer_under_study_and_a_patch_of_another_depth_too(app: App, searched: Strongest) -> None:
    opened(app, image="test-0", layer="conv2", unit=5)
    app.click("strokes-fields", panel=0)
    app.until(layer="conv1", row=None)
    assert "of conv1 sees 7x7 of the 28x28 pixels." in app.caption
    assert (app.picked("strokes-fields") or "").startswith("0,0,")
    app.click("strokes-patches", panel=3, tile=1)
    app.until(layer="output")
    unit = int(app.address["unit"])
    hit = searched.layers["output"].of(unit)[1]
    assert app.address["image"] == f"test-{hit.image}"
    assert f"Unit {unit} of output sees the whole picture" in app.caption
    assert "row" not in app.address


def test_a_plain_net_shows_whole_digits(app: App) -> None:
    app.open("strokes", net="mnist-mlp", layer="dense1", unit=3)
    app.page.locator('[data-testid="nnCaption"]', has_text="10,000 digits").wait_for(timeout=SECONDS)
    app.still()
    assert app.caption.startswith("Unit 3 of dense1 sees the whole picture. Its seven strongest of 10,000 digits are")
    assert len(app.places("strokes-patches")) == 3
    assert app.colours("strokes-patches") > 50
