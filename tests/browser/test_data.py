"""The page of the data in the browser: a point tells its digit, opens it, and space can be turned."""

from __future__ import annotations

import json

import numpy as np
import pytest
from app import SECONDS, App
from draining import drained

from nnviz.analysis.data import digits
from nnviz.analysis.embedding.embedding import Embedding, embedded
from nnviz.analysis.network.network import Network

NUMBERS = np.arange(0, 10_000, 5)


@pytest.fixture(scope="module")
def dense2(networks: dict[str, Network]) -> Embedding:
    """The digits in a layer of the plain net, in the test's own process."""
    images, labels = digits.test_set()
    found, _ = drained(embedded(networks["mnist-mlp"], ["dense2"], images[NUMBERS], labels[NUMBERS].astype(int)))
    return found["dense2"]


def opened(app: App, **parameters: object) -> App:
    """The map, when all layers are measured."""
    app.open("data", **{"net": "mnist-mlp", "layer": "dense2", "image": "test-0", **parameters})
    app.page.locator('[data-testid="nnCaption"]', has_text="by the pixels alone").wait_for(timeout=SECONDS)
    return app.worked()


def canvas(app: App):
    return app.page.locator(".st-key-scatter-data-map .scatter > canvas")


def place(app: App, found: Embedding, index: int) -> dict[str, float]:
    """Where a point stands on the canvas."""
    x, y, scale = json.loads(canvas(app).get_attribute("data-view") or "")
    return {"x": x + scale * float(found.coordinates[index, 0]), "y": y - scale * float(found.coordinates[index, 1])}


def lonely(found: Embedding) -> int:
    """The point that stands farthest from all others, so that none lies over it."""
    plane = found.coordinates[:, :2]
    far = ((plane[:, None] - plane[None]) ** 2).sum(axis=2)
    np.fill_diagonal(far, np.inf)
    return int(far.min(axis=1).argmax())


def test_a_point_tells_its_digit_and_a_click_opens_it(app: App, dense2: Embedding) -> None:
    opened(app)
    index = lonely(dense2)
    number = int(NUMBERS[index])
    image, label = digits.digit(number)
    at = place(app, dense2, index)
    canvas(app).hover(position=at)
    tip = app.page.locator(".st-key-scatter-data-map .tip:not([hidden])")
    tip.wait_for(timeout=SECONDS)
    assert tip.inner_text().strip() == f"test digit {number}, a {label}"
    drawn = tip.locator("canvas").evaluate(
        """node => Array.from(node.getContext("2d").getImageData(0, 0, 28, 28).data).filter((_, at) => at % 4 === 0)"""
    )
    np.testing.assert_array_equal(np.array(drawn).reshape(28, 28), image)
    canvas(app).click(position=at)
    app.until(image=f"test-{number}")
    assert canvas(app).get_attribute("data-picked") == str(index)
    app.menu("Network")
    assert app.address["image"] == f"test-{number}"


def test_arrow_keys_pick_the_next_point(app: App, dense2: Embedding) -> None:
    opened(app)
    assert canvas(app).get_attribute("data-picked") == "0"
    canvas(app).focus()
    app.page.keyboard.press("ArrowRight")
    app.page.wait_for_function("() => new URLSearchParams(location.search).get('image') !== 'test-0'", timeout=SECONDS)
    app.still()
    index = int(canvas(app).get_attribute("data-picked") or -1)
    assert app.address["image"] == f"test-{NUMBERS[index]}"
    right, up = dense2.coordinates[index, :2] - dense2.coordinates[0, :2]
    assert right >= abs(up) > 0


def test_space_is_turned_by_keys_and_by_hand(app: App) -> None:
    opened(app, axes=3)
    before = canvas(app).get_attribute("data-turn")
    canvas(app).focus()
    app.page.keyboard.press("ArrowRight")
    app.page.wait_for_function(_TURNED, arg=before, timeout=SECONDS)
    after = canvas(app).get_attribute("data-turn")
    box = canvas(app).bounding_box()
    assert box is not None
    app.page.mouse.move(box["x"] + 300, box["y"] + 200)
    app.page.mouse.down()
    app.page.mouse.move(box["x"] + 380, box["y"] + 230, steps=4)
    app.page.mouse.up()
    app.page.wait_for_function(_TURNED, arg=after, timeout=SECONDS)
    app.page.wait_for_function(_IN_ADDRESS, timeout=SECONDS)
    # To turn is not to pick.
    assert app.address["image"] == "test-0"


_IN_ADDRESS = "() => /^\\d+,-?\\d+$/.test(new URLSearchParams(location.search).get('turn') || '')"
_TURNED = "was => window.nn.canvases().some(node => node.dataset.turn && node.dataset.turn !== was)"


def test_a_cell_of_the_matrix_shows_its_mistakes_and_one_of_them_opens(app: App) -> None:
    app.open("data", net="mnist-mlp", view="mistakes")
    app.page.locator('[data-testid="nnCaption"]', has_text="reads 9,870 of 10,000").wait_for(timeout=SECONDS)
    app.still()
    tip = app.hover("data-confusion", cell=(10, 5), shape=(12, 12))
    assert tip.endswith(" 9s read as 4")
    app.click("data-confusion", cell=(10, 5), shape=(12, 12))
    app.until(pair="9-4")
    assert len(app.places("data-mistakes")[0]) == min(int(tip.split()[0]), 20)
    app.click("data-mistakes", tile=0)
    app.page.wait_for_function("() => new URLSearchParams(location.search).get('image') !== 'test-0'", timeout=SECONDS)
    app.still()
    number = int(app.address["image"].removeprefix("test-"))
    assert digits.digit(number)[1] == 9
    app.menu("Network")
    assert app.says == "4"
