"""Picking in a picture, by mouse and by keys, and the value under the pointer."""

from __future__ import annotations

import re

import numpy as np
import pytest
from app import FIRST, App, shows

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.analysis.network.network import Network
from nnviz.figures.tiles import folded_shape


def test_a_click_picks_a_map_and_another_a_cell(app: App, networks: dict[str, Network]) -> None:
    values = nnviz.trace(networks["mnist-cnn"], digit(0)[0]).activations["conv1"]
    app.open("maps", layer="conv1", unit=1)
    app.click("maps", tile=9)
    app.until(unit=9, row=None)
    assert app.picked("maps") == "0,9,0,0"
    assert shows(app.caption, values[..., 9].max())
    app.click("map", panel=1, cell=(20, 6), shape=(28, 28))
    app.until(unit=9, row=20, column=6)
    assert app.picked("map") == "1,0,20,6"
    assert f"At row 20, column 6 map 9 is {values[20, 6, 9]:.2f}" in app.caption


def test_a_neuron_is_picked_in_the_network(app: App, networks: dict[str, Network]) -> None:
    values = nnviz.trace(networks["mnist-cnn"], digit(0)[0]).activations["dense"]
    unit = int(values.argmax())
    app.open(FIRST)
    app.stage.click(app.stage.titles.index("dense"), unit)
    app.until(layer="dense", unit=unit)
    assert shows(app.caption, values[unit])


def test_ten_fast_arrow_keys_are_ten_steps(app: App, networks: dict[str, Network]) -> None:
    values = nnviz.trace(networks["mnist-cnn"], digit(0)[0]).activations["conv1"]
    app.open("maps", layer="conv1", unit=4, row=9, column=3)
    canvas = app.canvas("map")
    canvas.focus()
    for _ in range(10):
        app.page.keyboard.press("ArrowRight")
    app.until(row=9, column=13)
    app.page.keyboard.press("ArrowDown")
    app.page.keyboard.press("ArrowDown")
    app.page.keyboard.press("ArrowLeft")
    app.until(row=11, column=12)
    assert app.picked("map") == "1,0,11,12"
    assert f"{values[11, 12, 4]:.2f}" in app.caption


def test_arrow_keys_walk_over_the_tiles(app: App) -> None:
    app.open("maps", layer="conv1", unit=0)
    x, y = (app.places("maps")[0][0][at] for at in (0, 1))
    beside = next(i for i, box in enumerate(app.places("maps")[0]) if box[1] == y and box[0] > x)
    below = next(i for i, box in enumerate(app.places("maps")[0]) if box[0] == x and box[1] > y)
    app.canvas("maps").focus()
    app.page.keyboard.press("ArrowRight")
    app.until(unit=beside)
    app.page.keyboard.press("ArrowDown")
    app.until(unit=below + beside)
    app.page.keyboard.press("ArrowUp")
    app.page.keyboard.press("ArrowLeft")
    app.until(unit=0)
    # At the edge nothing is left to walk to.
    app.page.keyboard.press("ArrowLeft")
    app.page.keyboard.press("ArrowDown")
    app.until(unit=below)


def _last_number(tip: str) -> float:
    return float(re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", tip)[-1])


@pytest.mark.parametrize("layer", ["conv1", pytest.param("pool2", marks=pytest.mark.full)])
def test_the_value_under_the_pointer_is_that_of_the_array(app: App, networks: dict[str, Network], layer: str) -> None:
    values = nnviz.trace(networks["mnist-cnn"], digit(0)[0]).activations[layer]
    unit = int(values.max(axis=(0, 1)).argmax())
    app.open("maps", layer=layer, unit=unit)
    shape = values.shape[:2]
    strongest = np.unravel_index(values[..., unit].argmax(), shape)
    for row, column in [(int(strongest[0]), int(strongest[1])), (0, 0), (shape[0] - 1, shape[1] - 1), (2, 3)]:
        tip = app.hover("map", panel=1, cell=(row, column), shape=shape)
        assert f"row {row}, column {column}" in tip
        assert _last_number(tip) == pytest.approx(values[row, column, unit], rel=0.006, abs=1e-6)
    tip = app.hover("maps", tile=3, cell=(5, 4), shape=shape)
    assert tip.startswith("map 3, row 5, column 4: ")
    assert _last_number(tip) == pytest.approx(values[5, 4, 3], rel=0.006, abs=1e-6)


def test_pixels_and_neurons_say_their_value_too(app: App, networks: dict[str, Network]) -> None:
    values = nnviz.trace(networks["mnist-mlp"], digit(0)[0]).activations["dense1"]
    unit = int(values.argmax())
    rows, columns = folded_shape(values.size)
    app.open("maps", net="mnist-mlp", layer="dense1")
    tip = app.hover("maps", cell=divmod(unit, columns), shape=(rows, columns))
    assert tip.startswith(f"unit {unit}: ")
    assert _last_number(tip) == pytest.approx(values[unit], rel=0.006)
    picture = digit(0)[0]
    row, column = (int(at) for at in np.unravel_index(picture.argmax(), picture.shape))
    assert _last_number(app.hover("map-input", cell=(row, column), shape=(28, 28))) == picture[row, column]
    app.page.mouse.move(2, 2)
    app.page.locator(".st-key-raster-map-input .tip").wait_for(state="hidden")
