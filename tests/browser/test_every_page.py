"""Every page, for every network: it opens, shows what nnviz computes, has a name for all, and fits the screen."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from accessing import focusable, nameless, serious
from app import SECONDS, App, heading, shows, strongest_term
from grammar import ungrammatical
from playwright.sync_api import TimeoutError as PlaywrightTimeout

import nnviz
from nnviz.analysis.attribution import explain
from nnviz.analysis.data.digits import digit
from nnviz.analysis.layer.filters import filter_bank
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Trace
from nnviz.figures.words import probability
from nnviz.pages.registry import PAGES
from nnviz.shell.page import Page

DIGITS = ("mnist-cnn", "mnist-mlp")
LINKS: dict[str, dict[str, str]] = {
    **{net: {"net": net} for net in DIGITS},
    "photo-cnn": {"net": "photo-cnn", "image": "cat"},
}
"""What the address of a visit has, by network."""
WALL = {"mnist-cnn": "light", "mnist-mlp": "dark", "photo-cnn": "dark room"}
"""What the pages are looked at in on a wall, by network; on a phone they are looked at in the dark."""
UNTOLD = """() => {
  const wrapper = "[data-testid=stLayoutWrapper]", element = "[data-testid=stElementContainer]";
  const column = "[data-testid=stColumn]", boxes = {};
  for (const name of ["foot", "paste", "menu-button", "menu-talk"]) boxes[name] = `${wrapper}:has(> .st-key-${name})`;
  for (const name of ["study"]) boxes[name] = `${column}:has(.st-key-${name})`;
  for (const name of ["reading", "chapter"]) boxes[name] = `${element}:has(.nn-${name})`;
  const wrong = [...document.querySelectorAll("[data-nn-holds]")].filter((box) => {
    const name = box.dataset.nnHolds;
    return name === "nothing" ? box.innerText.trim() : name in boxes && !box.matches(boxes[name]);
  });
  for (const [name, box] of Object.entries(boxes)) {
    wrong.push(...[...document.querySelectorAll(box)].filter((one) => one.dataset.nnHolds !== name));
  }
  return wrong.map((box) => `${box.dataset.nnHolds}: ${box.outerHTML.slice(0, 120)}`);
}"""
"""Boxes that hold what the style has to know, and are not marked so, or are and do not."""
TALK = ((1920, 1080), (1280, 720))
PHONE = (390, 844)


@pytest.mark.long
@pytest.mark.parametrize(
    "net", ["mnist-cnn", *(pytest.param(net, marks=pytest.mark.full) for net in ("mnist-mlp", "photo-cnn"))]
)
def test_a_walk_through_all_pages_finds_each_as_it_should_be(app: App, net: str) -> None:
    """By the menu: the app is not loaded anew for each page, which costs the browser far more than the page does."""
    app.open(**LINKS[net])
    if net not in DIGITS:
        assert list(_no_photographs(app)) == []
    found = {}
    for page in PAGES:
        app.page.set_viewport_size({"width": 1920, "height": 1080})
        app.menu(page.title)
        # What takes long says its numbers when it has some.
        app.element("nnCaption").filter(has_text=re.compile(r"\d")).first.wait_for(timeout=SECONDS)
        found[page.slug] = list(_wrong(app, page, net))
    assert found == {page.slug: [] for page in PAGES}


def _wrong(app: App, page: Page, net: str) -> Iterator[str]:
    """All that is wrong with a page that is open."""
    if net in DIGITS:
        # A long job has its bar first.
        app.worked()
        yield from _not_drawn(app, least=8)
    yield from _not_opened(app, page, LINKS[net])
    yield from (f"not told to the style: {box}" for box in app.page.evaluate(UNTOLD))
    yield from nameless(app)
    yield from ungrammatical(app, PAGES)
    yield from serious(app, WALL[net])
    if net in DIGITS:
        yield from _not_fitting(app)
        yield from serious(app, "dark")


@pytest.mark.parametrize("slug", ["talk", "rehearse"])
def test_every_control_beside_the_pages_has_a_name(app: App, slug: str) -> None:
    app.open(slug)
    assert list(nameless(app)) == []
    assert focusable(app) or slug == "talk"


def _not_opened(app: App, page: Page, link: dict[str, str]) -> Iterator[str]:
    """What is wrong with the head of a page, its address and its words."""
    title = app.main.locator("h1").inner_text()
    if title != heading(page.title):
        yield f"the title is {title!r}"
    if not link.items() <= app.address.items():
        yield f"the address is {app.address}"
    if app.element("stException").count():
        yield "a traceback"
    yield from (f"an alert: {alert}" for alert in app.alerts)


def _no_photographs(app: App) -> Iterator[str]:
    """Whether the sidebar has none to choose from."""
    if app.colours("photographs") <= 100:
        yield "no photographs beside the page"


def _not_drawn(app: App, least: int) -> Iterator[str]:
    """Pictures that are empty, or that nothing is said of."""
    drawn: list[dict[str, Any]] = app.page.evaluate("() => window.nn.pictures()")
    flows = app.main.locator("svg[data-drawn] .ribbon").count()
    if max((picture["colours"] for picture in drawn if picture["main"]), default=0) <= least and not flows:
        yield "no picture in the page"
    keyed = [picture for picture in drawn if picture["key"]]
    if "gallery" not in [picture["key"] for picture in keyed]:
        yield "no gallery"
    yield from (f"empty: {picture}" for picture in keyed if picture["colours"] <= least)
    yield from (f"nothing said of it: {picture}" for picture in keyed if not picture["label"])


def _trace(network: Network, number: int) -> Trace:
    return nnviz.trace(network, digit(number)[0])


@pytest.mark.parametrize("net", DIGITS)
def test_network_says_what_the_net_says(app: App, networks: dict[str, Network], net: str) -> None:
    """A digit that this net gets wrong."""
    network = networks[net]
    number = next(entry.index for entry in nnviz.digits.gallery() if entry.why.startswith(f"{net} reads"))
    found = _trace(network, number)
    app.open(net=net, image=f"test-{number}")
    assert app.says == network.classes[found.winner]
    assert app.says != str(digit(number)[1])
    assert app.stage.bars == dict(zip(network.classes, map(probability, found.probabilities), strict=True))
    values = found.activations[app.address["layer"]]
    strongest = values.reshape(-1, values.shape[-1]).max(axis=0)
    assert int(app.address["unit"]) == strongest.argmax()
    assert shows(app.caption, float(strongest.max()))


def test_a_feature_map_has_its_maximum(app: App, networks: dict[str, Network]) -> None:
    found = _trace(networks["mnist-cnn"], 18).activations
    app.open("maps", image="test-18")
    for layer in ("conv1", "pool2", "conv2"):
        values = found[layer]
        unit = int(values.max(axis=(0, 1)).argsort()[-2])
        app.go("maps", image="test-18", layer=layer, unit=unit)
        row, column = np.unravel_index(values[..., unit].argmax(), values.shape[:2])
        assert app.picked("map") == f"1,0,{row},{column}"
        assert shows(app.caption, values[row, column, unit])
        assert f"row {row}, column {column}" in app.caption


def test_a_filter_has_its_norm_and_its_answer(app: App, networks: dict[str, Network]) -> None:
    bank = filter_bank(networks["mnist-cnn"], "conv2")
    values = _trace(networks["mnist-cnn"], 4).activations["conv2"]
    app.open("filters", image="test-4", layer="conv2", unit=7)
    facts = app.main.inner_text()
    assert shows(facts, bank.norms[7])
    assert bank.bias is not None
    assert shows(facts, bank.bias[7])
    assert shows(app.caption, values[..., 7].max())


@pytest.mark.parametrize(("net", "number", "target"), [("mnist-cnn", 2, None), ("mnist-mlp", 18, 8)])
def test_decision_has_the_logits(
    app: App, networks: dict[str, Network], net: str, number: int, target: int | None
) -> None:
    network = networks[net]
    found = _trace(network, number)
    more = {} if target is None else {"target": target}
    app.open("decision", net=net, image=f"test-{number}", **more)
    assert shows(app.caption, strongest_term(network, found, found.winner if target is None else target))
    bars = app.page.locator(".nn-answer").inner_text()
    assert all(shows(bars, logit) for logit in found.logits)


def test_saliency_adds_up_as_computed_here(app: App, networks: dict[str, Network]) -> None:
    network = networks["mnist-cnn"]
    expected = explain(network, digit(0)[0], "integrated-gradients", 2)
    app.open("saliency", image="test-0", target=2).worked()
    values = expected.over_image()
    row, column = np.unravel_index(np.abs(values).argmax(), values.shape)
    assert f"row {row}, column {column}" in app.caption
    assert shows(app.caption, values[row, column])
    assert expected.adds_up_to is not None
    text = app.main.inner_text()
    assert shows(text, expected.adds_up_to)
    assert shows(text, float(expected.values.sum()))


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


def _not_fitting(app: App) -> Iterator[str]:
    """A talk never scrolls; a telephone never sideways."""
    for size in TALK:
        if (pixels := _beyond(app, size, HIGH)) > 2:
            yield f"{pixels} px too high for {size[0]}x{size[1]}"
    if (pixels := _beyond(app, PHONE, WIDE)) > 2:
        yield f"{pixels} px too wide for {PHONE[0]}x{PHONE[1]}"
