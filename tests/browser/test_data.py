"""The page of the data in the browser: a point tells its digit, opens it, and space can be turned."""

from __future__ import annotations

import json

import numpy as np
import pytest
from app import SECONDS, App
from draining import drained
from playwright.sync_api import expect

from nnviz.analysis.data import digits
from nnviz.analysis.embedding.alignment import chained
from nnviz.analysis.embedding.embedding import embedded
from nnviz.analysis.network.network import Network

NUMBERS = np.arange(0, 10_000, 5)
LAYERS = ("input", "dense1", "dense2", "output")


@pytest.fixture(scope="module")
def maps(networks: dict[str, Network]) -> dict[str, np.ndarray]:
    """The digits in the layers of the plain net, each upon the one before, in the test's own process: (n, 2)."""
    images, labels = digits.test_set()
    found, _ = drained(embedded(networks["mnist-mlp"], LAYERS, images[NUMBERS], labels[NUMBERS].astype(int)))
    planes = [found[name].coordinates[:, :2] for name in LAYERS]
    return {name: laid.place(plane) for name, laid, plane in zip(LAYERS, chained(planes), planes, strict=True)}


@pytest.fixture(scope="module")
def dense2(maps: dict[str, np.ndarray]) -> np.ndarray:
    return maps["dense2"]


def opened(app: App, **parameters: object) -> App:
    """The map, when all layers are measured."""
    app.open("data", **{"net": "mnist-mlp", "layer": "dense2", "image": "test-0", **parameters})
    app.page.locator('[data-testid="nnCaption"]', has_text="by the pixels alone").wait_for(timeout=SECONDS)
    return app.worked()


def part(app: App, selector: str):
    return app.page.locator(f".st-key-scatter-data-map .scatter {selector}")


def canvas(app: App):
    return part(app, "canvas.points")


def standing(app: App) -> dict[str, object]:
    """Where the points are on their way, once they stand."""
    root = app.page.locator(".st-key-scatter-data-map .scatter")
    app.page.wait_for_function(
        "root => !JSON.parse(root.dataset.at).moving", arg=root.element_handle(), timeout=SECONDS
    )
    return json.loads(root.get_attribute("data-at") or "")


def place(app: App, found: np.ndarray, index: int) -> dict[str, float]:
    """Where a point stands on the canvas."""
    x, y, scale = json.loads(canvas(app).get_attribute("data-view") or "")
    return {"x": x + scale * float(found[index, 0]), "y": y - scale * float(found[index, 1])}


def lonely(plane: np.ndarray) -> int:
    """The point that stands farthest from all others, so that none lies over it."""
    far = ((plane[:, None] - plane[None]) ** 2).sum(axis=2)
    np.fill_diagonal(far, np.inf)
    return int(far.min(axis=1).argmax())


def test_a_point_tells_its_digit_and_a_click_opens_and_follows_it(app: App, dense2: np.ndarray) -> None:
    opened(app)
    index = lonely(dense2)
    number = int(NUMBERS[index])
    image, label = digits.digit(number)
    at = place(app, dense2, index)
    canvas(app).hover(position=at)
    tip = part(app, ".tip:not([hidden])")
    tip.wait_for(timeout=SECONDS)
    assert tip.inner_text().strip() == f"test digit {number}, a {label}"
    drawn = tip.locator("canvas").evaluate(
        """node => Array.from(node.getContext("2d").getImageData(0, 0, 28, 28).data).filter((_, at) => at % 4 === 0)"""
    )
    np.testing.assert_array_equal(np.array(drawn).reshape(28, 28), image)
    canvas(app).click(position=at)
    app.until(image=f"test-{number}", follow=1)
    assert canvas(app).get_attribute("data-picked") == str(index)
    assert f"test digit {number}, a" in app.sidebar.inner_text()
    assert f"Followed: a {label}, read as " in app.caption.replace("an ", "a ")
    app.page.keyboard.press("Escape")
    app.until(image=f"test-{number}", follow=None)
    app.menu("Network")
    assert app.address["image"] == f"test-{number}"


def test_the_points_travel_along_the_curve_and_the_address_says_where_they_rest(
    app: App, maps: dict[str, np.ndarray]
) -> None:
    opened(app)
    index = lonely(maps["output"])
    # On arrival nothing moves.
    assert standing(app)["position"] == 2
    part(app, ".on").click()
    app.until(layer="output")
    assert standing(app)["position"] == 3
    canvas(app).hover(position=place(app, maps["output"], index))
    part(app, ".tip:not([hidden])").wait_for(timeout=SECONDS)
    assert part(app, ".tip").inner_text().startswith(f"test digit {NUMBERS[index]}, ")
    box = part(app, ".curve canvas").bounding_box()
    assert box is not None
    # A click on the curve's left end goes to the pixels; from there all of the way is played.
    part(app, ".curve canvas").click(position={"x": 40, "y": box["height"] / 2})
    app.until(layer="input")
    part(app, ".speed input").press("End")
    part(app, ".play").click()
    app.until(layer="output")
    own = standing(app)["own"]
    at = place(app, maps["output"], 0)
    np.testing.assert_allclose(own, [at["x"], at["y"]], atol=0.5)
    # Enlarged, a point is the digit itself.
    at = place(app, maps["output"], index)
    canvas(app).hover(position=at)
    for _ in range(8):
        app.page.mouse.wheel(0, -200)
    app.frames(3)
    near, side, zoom = place(app, maps["output"], index), *(float(standing(app)[key]) for key in ("pictures", "zoom"))
    # The wheel counts whole pixels, and what they leave out is enlarged too.
    np.testing.assert_allclose([near["x"], near["y"]], [at["x"], at["y"]], atol=zoom)
    drawn = canvas(app).evaluate(_ALPHA, [near["x"] - side / 2, near["y"] - side / 2, side])
    assert np.corrcoef(drawn, digits.digit(int(NUMBERS[index]))[0].ravel())[0, 1] > 0.9
    followed = part(app, ".marked button").first
    name = followed.get_attribute("title") or ""
    followed.click()
    app.until(image=f"test-{name.split(',')[0].split()[-1]}", follow=1)
    assert " read as " in name
    expect(part(app, ".marked button[aria-pressed=true]")).to_have_attribute("title", name, timeout=SECONDS)


def test_arrow_keys_pick_the_next_point(app: App, dense2: np.ndarray) -> None:
    opened(app)
    assert canvas(app).get_attribute("data-picked") == "0"
    canvas(app).focus()
    app.page.keyboard.press("ArrowRight")
    app.page.wait_for_function("() => new URLSearchParams(location.search).get('image') !== 'test-0'", timeout=SECONDS)
    app.still()
    index = int(canvas(app).get_attribute("data-picked") or -1)
    assert app.address["image"] == f"test-{NUMBERS[index]}"
    right, up = dense2[index] - dense2[0]
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


_ALPHA = """(canvas, [left, top, side]) => {
  const small = document.createElement("canvas"), context = small.getContext("2d"), ratio = devicePixelRatio;
  small.width = small.height = 28;
  context.drawImage(canvas, left * ratio, top * ratio, side * ratio, side * ratio, 0, 0, 28, 28);
  return Array.from(context.getImageData(0, 0, 28, 28).data).filter((_, at) => at % 4 === 3);
}"""
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
