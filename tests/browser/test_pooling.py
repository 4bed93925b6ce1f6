"""The pooling page in the browser: its numbers against the trace at both networks, and picking in its pictures."""

from __future__ import annotations

import numpy as np
import pytest
from app import App, shows

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.analysis.image.images import Transform
from nnviz.analysis.layer.activation import layer_activation
from nnviz.analysis.layer.invariance import invariance, shifted_traces
from nnviz.analysis.layer.pooling import pooled, windows
from nnviz.analysis.network.network import Network


def test_a_cell_is_picked_in_the_output_and_in_the_input(app: App, networks: dict[str, Network]) -> None:
    trace = nnviz.trace(networks["mnist-cnn"], digit(0)[0])
    before, after = (trace.activations[name][..., 1] for name in ("conv1", "pool1"))
    app.open("pooling", layer="pool1", unit=1)
    strongest = np.unravel_index(after.argmax(), after.shape)
    assert app.picked("pooling") == f"2,0,{strongest[0]},{strongest[1]}"
    assert shows(app.caption, after.max())
    app.click("pooling", panel=2, cell=(12, 5), shape=after.shape)
    app.until(layer="pool1", unit=1, row=12, column=5)
    assert shows(app.caption, after[12, 5])
    assert all(shows(app.page.locator(".nn-formula").inner_text(), value) for value in before[24:26, 10:12].ravel())
    tip = app.hover("pooling", panel=1, cell=(0, 1), shape=(2, 2))
    assert shows(tip, before[24, 11])
    app.canvas("pooling").focus()
    app.page.keyboard.press("ArrowUp")
    app.until(row=11, column=5)
    assert shows(app.caption, after[11, 5])
    app.click("pooling", panel=0, cell=(9, 14), shape=before.shape)
    app.until(row=4, column=7, at=9 * 28 + 14)
    assert app.picked("pooling") == "0,0,9,14"
    window = before[8:10, 14:16]
    lost = before[9, 14] < window.max()
    assert ("is dropped" in app.caption) == lost
    assert shows(app.caption, before[9, 14] if lost else window.max())


def test_ones_own_pooling_on_the_plain_networks_picture(app: App) -> None:
    pixels = digit(0)[0].astype(np.float32)[..., None] / 255
    app.open("pooling", net="mnist-mlp")
    assert "mnist-mlp has no pooling layer" in app.main.inner_text()
    app.page.get_by_role("radio", name="Average", exact=True).click()
    app.until(pool="average")
    app.press("psize", "ArrowRight")
    app.until(psize=3)
    made = pooled(pixels, windows("average", (28, 28), (3, 3), (3, 3)))[..., 0]
    app.click("pooling", panel=2, cell=(3, 5), shape=made.shape)
    app.until(window=3 * made.shape[1] + 5)
    assert shows(app.caption, made[3, 5])
    assert "⌊(28 - 3) / 3⌋ + 1 = 9" in app.main.inner_text().replace("\u2212", "-")


@pytest.mark.parametrize(
    ("net", "layer", "unit"),
    [("mnist-cnn", "conv1", 2), pytest.param("mnist-mlp", "dense1", 40, marks=pytest.mark.full)],
)
def test_the_same_cell_is_picked_before_and_after(
    app: App, networks: dict[str, Network], net: str, layer: str, unit: int
) -> None:
    network = networks[net]
    found = layer_activation(network, nnviz.trace(network, digit(0)[0]), layer)
    app.open("activation", net=net, layer=layer, unit=unit)
    own = unit if found.after.ndim > 1 else None
    assert shows(app.caption, 100 * found.zeroed(own), 1)
    if found.after.ndim > 1:
        app.click("activation-before", cell=(9, 12), shape=(28, 28))
        app.until(row=9, column=12)
        index: tuple[int, ...] = (9, 12, unit)
    else:
        app.click("activation-before", cell=(3, 4), shape=(16, 8))
        app.until(unit=28)
        index = (28,)
    assert app.picked("activation-after") == app.picked("activation-before")
    words = app.page.locator(".nn-formula").inner_text()
    assert shows(words, found.before[index])
    assert shows(words, found.after[index])


@pytest.mark.parametrize("net", ["mnist-cnn", pytest.param("mnist-mlp", marks=pytest.mark.full)])
def test_the_change_under_a_shift_is_the_one_computed_here(app: App, networks: dict[str, Network], net: str) -> None:
    network = networks[net]
    app.open("pooling", view="invariance", net=net, image="test-18", dx=-1)
    app.page.get_by_role("radio", name="Diagonal", exact=True).click()
    app.until(direction="diagonal")
    app.press("shift", "End")
    app.until(shift=3)
    traces = shifted_traces(network, digit(18)[0], "diagonal", Transform(shift=(-1, 0)))
    source, pool = ("conv1", "pool1") if net == "mnist-cnn" else ("input", windows("max", (28, 28), (2, 2), (2, 2)))
    found = invariance(network, traces, source, pool)
    for values in (found.before, found.after):
        assert shows(app.caption, values[3])
    says = network.classes[found.winners[3]]
    assert f"the net says {says}" in app.main.inner_text() or f", {says}; " in app.main.inner_text()
    assert app.page.locator(".st-key-plot-pooling-change .js-plotly-plot").count() == 1
