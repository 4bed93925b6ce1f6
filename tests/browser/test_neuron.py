"""The neuron page in the browser: a weight is clicked and turned, a cell picked, and the toy's surface."""

from __future__ import annotations

import re

import numpy as np
import pytest
from app import App, shows

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.analysis.intervention.weight_edit import edit_weight
from nnviz.analysis.layer.neuron import neuron
from nnviz.analysis.network.network import Network


def test_a_weight_is_clicked_and_turned(app: App, networks: dict[str, Network]) -> None:
    network = networks["mnist-cnn"]
    trace = nnviz.trace(network, digit(0)[0])
    one = neuron(network, trace, "conv1", 3, (7, 9))
    side = one.weights.shape[0]
    app.open("neuron", layer="conv1", unit=3, row=7, column=9)
    assert shows(app.caption, one.sum)
    # What the picture has nothing for changes nothing.
    at, column = np.unravel_index(np.abs(one.inputs[..., 0]).argmax(), (side, side))
    app.click("neuron", panel=2, cell=(int(at), int(column)), shape=(side, side))
    term = int(at * side + column)
    app.until(turn=f"3,{term},,,conv1")
    thumb = app.page.locator(f".st-key-turn-weight-conv1-3-{term}").get_by_role("slider")
    thumb.focus()
    thumb.press("End")
    app.page.wait_for_function("() => /,[0-9.]+,,conv1/.test(decodeURIComponent(location.search))")
    app.still()
    weight = float(app.address["turn"].split(",")[2])
    found = edit_weight(network, trace.image, "conv1", 3, (int(at), int(column), 0), weight=weight, cell=(7, 9))
    assert f"With weight {at},{column} turned" in app.caption
    assert re.search(r"makes [-\d.e]+ instead of", app.caption)
    assert shows(app.caption, found.output)
    app.page.get_by_role("button", name="As trained").click()
    app.until(turn=f"3,{term},,,conv1")
    assert shows(app.caption, one.sum)


def test_a_cell_is_picked_in_its_map(app: App, networks: dict[str, Network]) -> None:
    network = networks["mnist-cnn"]
    values = nnviz.trace(network, digit(0)[0]).activations["conv1"]
    app.open("neuron", layer="conv1", unit=3)
    rows, columns = values.shape[:2]
    app.click("neuron", panel=4, cell=(20, 14), shape=(rows, columns))
    app.until(row=20, column=14)
    assert "row 20, column 14" in app.caption
    assert np.isfinite(values[20, 14, 3])


def test_the_toys_surface_is_picked(app: App) -> None:
    app.open("neuron", view="toy", w1=1, w2=1, b=0, f="linear")
    app.click("toy", cell=(0, 80), shape=(81, 81))
    app.until(x1="2.00", x2="2.00")
    assert "the sum is 4.00 and Linear makes 4.00" in app.caption
    assert app.colours("toy") > 50


# Slug and parameters of a page, the key of a slider, and where the address holds it: the parameter, and which part.
# The steps of these two weights are no round numbers (0.00225), and as trained they stand between two.
FAST = {
    "weight": ("neuron", {"layer": "conv2", "unit": 5}, "turn-weight-conv2-5-", ("turn", 2)),
    "dense weight": ("neuron", {"layer": "dense", "unit": 5}, "turn-weight-dense-5-", ("turn", 2)),
    "bias": ("neuron", {"layer": "conv1", "unit": 3}, "turn-bias-conv1-3-", ("turn", 3)),
    "toy": ("neuron", {"view": "toy"}, "toy-w1", ("w1", 0)),
    "whole": ("saliency", {"method": "occlusion"}, "parameter-occlusion-patch", ("occlusion.patch", 0)),
    "fraction": ("saliency", {"method": "smoothgrad"}, "parameter-smoothgrad-noise", ("smoothgrad.noise", 0)),
    "map": ("pooling", {"layer": "pool1"}, "slider-unit", ("unit", 0)),
    "unit": ("filters", {"layer": "conv1"}, "slider-unit", ("unit", 0)),
}


SOME = ("weight", "fraction", "unit")
"""One of each of the components that draw a slider."""


@pytest.mark.parametrize(
    "which", [*SOME, *(pytest.param(each, marks=pytest.mark.full) for each in FAST if each not in SOME)]
)
def test_of_many_quick_presses_every_one_counts(app: App, which: str) -> None:
    slug, parameters, key, (name, part) = FAST[which]
    app.open(slug, **parameters)
    if slug == "saliency":  # whose sliders are folded
        app.page.locator(".st-key-saliency-settings button").first.click()
    thumb = app.page.locator(f'[class*="st-key-{key}"]').get_by_role("slider")
    low, high, step = (float(thumb.get_attribute(of) or "") for of in ("min", "max", "step"))
    start = float(thumb.input_value())
    up, down = round((high - start) / step), round((start - low) / step)
    forth, back, way = ("ArrowRight", "ArrowLeft", 1) if up > down else ("ArrowLeft", "ArrowRight", -1)
    presses = min(12, max(up, down))

    def wait_for(value: float) -> None:
        app.page.wait_for_function(
            """([name, part, value, near]) => {
              const found = (new URLSearchParams(location.search).get(name) ?? "").split(",")[part];
              return found && Math.abs(found - value) < near;
            }""",
            arg=[name, part, value, step / 10],
        )
        app.still()
        assert float(thumb.input_value()) == pytest.approx(value, abs=step / 10)

    thumb.focus()
    for _ in range(presses):
        # As fast as a hand presses: some in one run of the page, some in the next.
        app.page.keyboard.press(forth, delay=60)
    wait_for(start + way * presses * step)
    for arrow in (back, back, forth, back):
        app.page.keyboard.press(arrow)
    wait_for(start + way * (presses - 2) * step)
