"""Every page, for every network: it opens, it shows what nnviz computes, and it fits the screen."""

from __future__ import annotations

import contextlib
import re

import numpy as np
import pytest
from app import App, shows
from playwright.sync_api import TimeoutError as PlaywrightTimeout

import nnviz
from nnviz.analysis.attribution import explain
from nnviz.analysis.data.digits import digit
from nnviz.analysis.layer.filters import filter_bank
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Trace
from nnviz.pages.registry import PAGES
from nnviz.views.answer import percent

NETWORKS = ("mnist-cnn", "mnist-mlp")
TALK = ((1920, 1080), (1280, 720))
PHONE = (390, 844)


@pytest.mark.parametrize("net", NETWORKS)
@pytest.mark.parametrize("slug", [page.slug for page in PAGES])
def test_opens_with_a_caption_and_pictures(app: App, slug: str, net: str) -> None:
    app.open(slug, net=net)
    # A long job has its bar first.
    app.element("stProgress").wait_for(state="detached", timeout=90_000)
    app.still()
    title = next(page.title for page in PAGES if page.slug == slug)
    assert app.main.locator("h1").inner_text() == title
    assert app.address["net"] == net
    assert re.search(r"\d", app.caption), app.caption
    assert app.element("stException").count() == 0
    assert app.alerts == []
    pictures = app.main.locator("canvas")
    colours = [pictures.nth(at).evaluate("canvas => window.nn.colours(canvas)") for at in range(pictures.count())]
    assert max(colours, default=0) > 8
    keys = re.findall(r"st-key-raster-([\w-]+)", " ".join(_classes(app)))
    assert "gallery" in keys
    for key in keys:
        assert app.colours(key) > 8, key
        assert app.canvas(key).get_attribute("aria-label")


def _classes(app: App) -> list[str]:
    return app.page.locator("[class*=st-key-raster-]").evaluate_all("found => found.map(node => node.className)")


def _trace(network: Network, number: int) -> Trace:
    return nnviz.trace(network, digit(number)[0])


@pytest.mark.parametrize("net", NETWORKS)
def test_network_says_what_the_net_says(app: App, networks: dict[str, Network], net: str) -> None:
    """A digit that this net gets wrong."""
    network = networks[net]
    number = next(entry.index for entry in nnviz.digits.gallery() if entry.why.startswith(f"{net} reads"))
    found = _trace(network, number)
    app.open(net=net, image=f"test-{number}")
    assert app.says == network.classes[found.winner]
    assert app.says != str(digit(number)[1])
    order = np.argsort(-found.logits, kind="stable")[:5]
    bars = app.page.locator(".nn-answer")
    assert bars.locator(".name").all_inner_texts() == [network.classes[index] for index in order]
    assert bars.locator(".number").all_inner_texts() == [percent(found.probabilities[index]) for index in order]
    values = found.activations[app.address["layer"]]
    strongest = values.reshape(-1, values.shape[-1]).max(axis=0)
    assert int(app.address["unit"]) == strongest.argmax()
    assert shows(app.caption, float(strongest.max()))


@pytest.mark.parametrize("layer", ["conv1", "pool2", "conv2"])
def test_a_feature_map_has_its_maximum(app: App, networks: dict[str, Network], layer: str) -> None:
    values = _trace(networks["mnist-cnn"], 18).activations[layer]
    unit = int(values.max(axis=(0, 1)).argsort()[-2])
    app.open("maps", image="test-18", layer=layer, unit=unit)
    row, column = np.unravel_index(values[..., unit].argmax(), values.shape[:2])
    assert app.picked("map") == f"1,0,{row},{column}"
    assert shows(app.caption, values[row, column, unit])
    assert f"row {row}, column {column}" in app.caption
    assert shows(app.caption, 100 * np.mean(values[..., unit] == 0), 0)


def test_a_filter_has_its_norm_and_its_answer(app: App, networks: dict[str, Network]) -> None:
    bank = filter_bank(networks["mnist-cnn"], "conv2")
    values = _trace(networks["mnist-cnn"], 4).activations["conv2"]
    app.open("filters", image="test-4", layer="conv2", unit=7)
    assert shows(app.caption, bank.norms[7])
    assert bank.bias is not None
    assert shows(app.caption, bank.bias[7])
    assert shows(app.caption, values[..., 7].max())


@pytest.mark.parametrize(("net", "number", "target"), [("mnist-cnn", 2, None), ("mnist-mlp", 18, 8)])
def test_decision_has_the_logits(
    app: App, networks: dict[str, Network], net: str, number: int, target: int | None
) -> None:
    found = _trace(networks[net], number)
    more = {} if target is None else {"target": target}
    app.open("decision", net=net, image=f"test-{number}", **more)
    assert shows(app.caption, found.logits[found.winner if target is None else target])
    bars = app.page.locator(".nn-answer").inner_text()
    assert all(shows(bars, logit) for logit in found.logits)


def test_saliency_adds_up_as_computed_here(app: App, networks: dict[str, Network]) -> None:
    network = networks["mnist-cnn"]
    expected = explain(network, digit(0)[0], "integrated-gradients", 2)
    app.open("saliency", image="test-0", target=2)
    values = expected.over_image()
    row, column = np.unravel_index(np.abs(values).argmax(), values.shape)
    assert f"row {row}, column {column}" in app.caption
    assert shows(app.caption, values[row, column])
    assert expected.adds_up_to is not None
    text = app.main.inner_text()
    assert shows(text, expected.adds_up_to, 3)
    assert shows(text, float(expected.values.sum()), 3)


HIGH = """[document.querySelector('[data-testid="stMain"]')].map(node => node.scrollHeight - node.clientHeight)"""
WIDE = """[document.documentElement, document.querySelector('[data-testid="stMain"]')]
  .map(node => node.scrollWidth - node.clientWidth)"""


def _beyond(app: App, size: tuple[int, int], measure: str) -> int:
    """Pixels that do not fit a window of this size, once it has settled."""
    app.page.set_viewport_size({"width": size[0], "height": size[1]})
    app.still()
    with contextlib.suppress(PlaywrightTimeout):
        app.page.wait_for_function(f"() => Math.max(...{measure}) <= 2", timeout=8000)
    return max(app.page.evaluate(f"() => {measure}"))


@pytest.mark.parametrize("slug", [page.slug for page in PAGES])
def test_fits_the_screen(app: App, slug: str) -> None:
    """A talk never scrolls; a telephone never sideways."""
    found = {}
    for net in NETWORKS:
        app.open(slug, net=net)
        for size in TALK:
            found[f"px too high for {size[0]}x{size[1]}, {net}"] = _beyond(app, size, HIGH)
        found[f"px too wide for {PHONE[0]}x{PHONE[1]}, {net}"] = _beyond(app, PHONE, WIDE)
        app.page.set_viewport_size({"width": TALK[0][0], "height": TALK[0][1]})
    assert {what: pixels for what, pixels in found.items() if pixels > 2} == {}
