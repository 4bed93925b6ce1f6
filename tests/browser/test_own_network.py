"""A network of one's own in the browser: dropped, opened, set right, refused, and nobody else's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from app import SECONDS, App, Open
from playwright.sync_api import expect
from server import Server

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.figures.words import probability

MINE = "mine _b_ (yours)"
"""Its name in the address: what could be a tag is none there."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, fixed_weights: Callable[..., keras.Model]) -> dict[str, Path]:
    """A network whose names are markup, and a file that is none."""
    layers = keras.layers
    stack = [
        keras.Input((28, 28, 1), name="_in"),
        layers.Conv2D(3, 5, activation="relu", name="<i>look</i>".replace("/", "-")),
        layers.Flatten(name="*flat*"),
        layers.Dense(3, activation="softmax", name="answer"),
    ]
    folder = tmp_path_factory.mktemp("brought")
    found = {name: folder / f"{name}.keras" for name in ("mine <b>", "broken")}
    fixed_weights(keras.Sequential(stack), 8).save(found["mine <b>"])
    found["broken"].write_bytes(b"PK\x03\x04 and no model")
    (folder / "labels.txt").write_text("0 cat\n1 dog\n2 <u>mouse</u>\n")
    return {**found, "labels": folder / "labels.txt"}


def names(app: App) -> list[str]:
    """The networks that this viewer can choose."""
    box = app.page.locator(".st-key-network")
    box.get_by_role("combobox").click()
    found = app.page.get_by_role("option").all_inner_texts()
    app.page.keyboard.press("Escape")
    return found


def test_it_is_dropped_seen_on_the_pages_and_nobody_elses(viewer: Open, server: Server, files: dict[str, Path]) -> None:
    app, other = viewer(server.url, 1366, 768), viewer(server.url)
    app.open()
    zone = app.page.locator(".st-key-drop-page")
    box = zone.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 768
    app.bring(files["mine <b>"], files["labels"], place="page")
    app.until(net=MINE).worked()
    found = nnviz.trace(nnviz.load(files["mine <b>"]), digit(0)[0])
    said = ("cat", "dog", "<u>mouse</u>")[found.winner]
    assert app.says == said
    assert app.stage.bars[said] == probability(found.probabilities.max())
    assert zone.count() == 0
    app.menu("Saliency").worked()
    assert app.element("stException").count() == 0
    assert f"{said} wins" in app.main.inner_text()
    assert MINE in names(app)

    other.open("maps", net=MINE).until(net="mnist-cnn")
    assert other.alerts == [
        "info\n\nAn uploaded network is its viewer's own and cannot be in a link, so 'mnist-cnn' is shown."
    ], other.page.url
    assert not [each for each in names(other) if "mine" in each]


def test_what_is_refused_is_said_on_every_page_until_it_is_read(app: App, files: dict[str, Path]) -> None:
    app.open()
    before = app.says
    app.bring(files["broken"])
    app.page.locator(".st-key-refused").get_by_test_id("stAlert").wait_for(timeout=SECONDS)
    app.still()
    assert "broken.keras" in app.alerts[0]
    assert app.says == before
    assert app.address["net"] == "mnist-cnn"
    for title in ("Saliency", "Filters"):
        app.menu(title).worked()
        assert len(app.alerts) == 1
        assert "broken.keras" in app.alerts[0]
    app.page.locator(".st-key-refused-read button").click()
    app.page.wait_for_function("() => !document.querySelector('[data-testid=stAlert]')", timeout=SECONDS)


def test_the_settings_are_a_card_that_can_be_taken_along(app: App, files: dict[str, Path], tmp_path: Path) -> None:
    app.open()
    app.bring(files["mine <b>"])
    app.until(net=MINE).worked()
    app.page.locator(".st-key-settings button").click()
    form = app.page.get_by_role("dialog")
    form.get_by_label("Names of the classes, one a line").fill("ant\nbee\n*c*")
    form.get_by_role("textbox", name="Own scale").fill("0.5")
    form.get_by_role("combobox").first.click()
    app.page.get_by_role("option", name="By a scale and an offset of its own").click()
    form.get_by_role("button", name="Apply").click()
    form.wait_for(state="detached", timeout=SECONDS)
    app.still()
    card = {"classes": ["ant", "bee", "*c*"], "input": {"scale": 0.5, "offset": 0.0}}
    found = nnviz.trace(nnviz.load(files["mine <b>"], card), digit(0)[0])
    first = nnviz.trace(nnviz.load(files["mine <b>"]), digit(0)[0])
    assert not np.allclose(found.probabilities, first.probabilities, atol=0.01)
    assert app.says == card["classes"][found.winner]
    assert app.stage.bars[app.says] == probability(found.probabilities.max())
    app.page.locator(".st-key-settings button").click()
    with app.page.expect_download() as taken:
        form.get_by_role("button", name="Download the card").click()
    assert taken.value.suggested_filename == "mine _b_.json"
    taken.value.save_as(tmp_path / "card.json")
    assert json.loads((tmp_path / "card.json").read_text()) == card
    form.get_by_role("button", name="Back to what was found").click()
    expect(app.stage.answer).not_to_have_attribute("data-says", re.compile("ant|bee|c"), timeout=SECONDS)
    app.page.keyboard.press("Escape")
    assert app.says == str(first.winner)
