"""The convolution page: every number that it shows against the network's own, and play, step, scrub, hover, keys."""

from __future__ import annotations

import pytest
from app import SECONDS, App, shows
from convolving import ROOT, assert_right, cell, over, press, until

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.analysis.layer.convolution import convolution_steps
from nnviz.analysis.network.network import Network


@pytest.mark.parametrize(("layer", "unit"), [("conv1", 3), ("conv2", 7)])
def test_every_number_is_the_networks_own(app: App, networks: dict[str, Network], layer: str, unit: int) -> None:
    network = networks["mnist-cnn"]
    found = nnviz.trace(network, digit(4)[0])
    steps = convolution_steps(network, found, layer, unit)
    rows, columns = steps.place.size
    app.open("convolution", image="test-4", layer=layer, unit=unit)
    for row, column in [(0, 0), (rows - 1, columns - 1), (rows // 2, 3), (2, columns // 2)]:
        app.page.locator(f"{ROOT} .output canvas").click(position=over(app, row, column))
        app.until(row=row, column=column)
        shown = until(app, row, column)
        assert_right(shown, steps)
        assert shows(app.caption, steps.pre_activation[row, column])
        numbers = app.page.locator(f"{ROOT} .numbers").inner_text()
        assert shows(numbers, steps.output[row, column], 2)


def test_another_channel_has_its_own_sum(app: App, networks: dict[str, Network]) -> None:
    network = networks["mnist-cnn"]
    steps = convolution_steps(network, nnviz.trace(network, digit(0)[0]), "conv2", 5)
    app.open("convolution", layer="conv2", unit=5, channel=3, row=7, column=7)
    assert_right(cell(app), steps)
    assert cell(app)["channel"] == 3
    app.press("channel", "ArrowRight")
    app.until(channel=4)
    assert cell(app)["channel"] == 4
    assert_right(cell(app), steps)
    strip = app.page.locator(f"{ROOT} .channels canvas")
    width = strip.evaluate("canvas => (canvas.clientWidth - 8) / 16")
    strip.click(position={"x": 4 + 9.5 * width, "y": 10})
    app.until(channel=9, row=7, column=7)
    assert_right(cell(app), steps)


def test_it_stands_still_until_it_is_played_and_then_fills_in(app: App) -> None:
    app.open("convolution", layer="conv1", unit=1, row=0, column=0)
    app.frames(30)
    assert (cell(app)["row"], cell(app)["column"], cell(app)["playing"]) == (0, 0, False)
    app.page.get_by_label("Speed", exact=True).fill("6")
    press(app, "Play")
    app.page.wait_for_function(
        "() => JSON.parse(window.nn.canvases().find((n) => n.closest('.conv')).closest('.conv').dataset.cell).row >= 1",
        timeout=SECONDS,
    )
    press(app, "Pause")
    found = cell(app)
    assert not found["playing"]
    app.until(row=found["row"], column=found["column"])
    assert cell(app)["row"] == found["row"]


def test_it_plays_to_the_last_cell_and_then_from_the_first(app: App) -> None:
    app.open("convolution", layer="conv1", unit=1, row=27, column=20)
    app.page.get_by_label("Speed", exact=True).fill("4")
    press(app, "Play")
    found = until(app, 27, 27)
    app.until(row=27, column=27)
    assert not cell(app)["playing"]
    assert found["total"] == cell(app)["total"]
    press(app, "Play")
    app.page.wait_for_function(
        "() => JSON.parse(window.nn.canvases().find((n) => n.closest('.conv')).closest('.conv').dataset.cell).row < 2",
        timeout=SECONDS,
    )
    press(app, "Pause")
    app.still()


def test_single_steps_scrubbing_and_keys(app: App) -> None:
    app.open("convolution", layer="conv1", unit=1, row=5, column=26)
    press(app, "One cell on")
    press(app, "One cell on")
    app.until(row=6, column=0)
    press(app, "One cell back")
    app.until(row=5, column=27)
    scrub = app.page.get_by_label("Cell of the output", exact=True)
    scrub.focus()
    scrub.press("Home")
    app.until(row=0, column=0)
    scrub.press("ArrowRight")
    app.until(row=0, column=1)
    app.page.locator(f"{ROOT} .output canvas").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp"):
        app.page.keyboard.press(key)
    app.until(row=1, column=2)
    app.page.keyboard.press("End")
    app.until(row=27, column=27)
    app.page.keyboard.press("ArrowRight")
    app.page.keyboard.press("ArrowLeft")
    app.until(row=27, column=26)
    app.page.get_by_label("Speed", exact=True).fill("0")
    app.page.locator(f"{ROOT} .output canvas").focus()
    app.page.keyboard.press("Space")
    assert cell(app)["playing"]
    app.page.keyboard.press("Space")
    assert not cell(app)["playing"]
    app.still()


def test_hovering_shows_a_cell_and_leaving_goes_back(app: App, networks: dict[str, Network]) -> None:
    network = networks["mnist-cnn"]
    steps = convolution_steps(network, nnviz.trace(network, digit(0)[0]), "conv1", 1)
    app.open("convolution", layer="conv1", unit=1, row=5, column=5)
    app.page.locator(f"{ROOT} .output canvas").hover(position=over(app, 11, 13))
    assert_right(until(app, 11, 13), steps)
    app.page.mouse.move(2, 2)
    until(app, 5, 5)
    assert (app.address["row"], app.address["column"]) == ("5", "5")
    # A pixel of the input shows the place whose kernel has its middle there: no padding moves it.
    canvas = app.page.locator(f"{ROOT} .input canvas")
    size = canvas.evaluate("canvas => (canvas.clientWidth - 8) / 34")
    canvas.hover(position={"x": 4 + (3 + 9.5) * size, "y": 4 + (3 + 20.5) * size})
    assert_right(until(app, 20, 9), steps)
    canvas.click(position={"x": 4 + (3 + 9.5) * size, "y": 4 + (3 + 20.5) * size})
    app.until(row=20, column=9)
