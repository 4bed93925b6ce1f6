"""The unrolling on the flatten page: play, pause, step, scrub, pick, the address, and what is drawn."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from app import SECONDS, App

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.analysis.network.network import Network
from nnviz.figures.colour import TABLES

ROOT = ".unroll"
STATE = "() => JSON.parse(window.nn.canvases().find((n) => n.closest('.unroll')).closest('.unroll').dataset.at)"


def shown(app: App) -> dict[str, Any]:
    """What the component says of itself."""
    return json.loads(app.page.locator(ROOT).get_attribute("data-at") or "")


def until(app: App, condition: str) -> dict[str, Any]:
    """Wait until that holds of `at`."""
    app.page.wait_for_function(f"() => {{ const at = ({STATE})(); return {condition}; }}", timeout=SECONDS)
    return shown(app)


def press(app: App, name: str) -> None:
    app.page.get_by_role("button", name=name, exact=True).click()


def places(app: App) -> dict[str, Any]:
    return json.loads(app.page.locator(f"{ROOT} canvas").get_attribute("data-places") or "")


def words(app: App) -> str:
    return app.page.locator(f"{ROOT} .where").inner_text()


def greys(app: App, xs: list[float], y: float) -> list[int]:
    """The red of the canvas at places in CSS pixels, on white paper."""
    return app.page.locator(f"{ROOT} canvas").evaluate(
        """(canvas, [xs, y]) => xs.map((x) => {
          const ratio = canvas.width / canvas.clientWidth;
          const [red, , , solid] = canvas.getContext("2d").getImageData(x * ratio, y * ratio, 1, 1).data;
          return Math.round((red * solid) / 255 + 255 - solid);
        })""",
        [xs, y],
    )


def test_it_stands_still_until_it_is_played_and_tells_where_it_was_paused(app: App) -> None:
    app.open("flatten", unrolled=0)
    app.frames(30)
    assert (shown(app)["position"], shown(app)["playing"]) == (0, False)
    assert words(app) == "row 0 of 28, slot 0 of 784"
    press(app, "Play")
    until(app, "at.row >= 1 && at.playing")
    assert app.address["unrolled"] == "0"
    press(app, "Pause")
    found = shown(app)
    app.until(unrolled=round(found["position"]))
    assert shown(app)["position"] == round(found["position"])
    assert not shown(app)["playing"]


def test_it_plays_to_the_end_and_then_from_the_beginning(app: App) -> None:
    app.open("flatten", unrolled=600)
    app.page.get_by_label("Speed", exact=True).fill("6")
    press(app, "Play")
    app.until(unrolled=784)
    assert words(app) == "row 28 of 28, slot 784 of 784"
    assert shown(app)["laid"] == 784
    # At the end the close-up goes to the pixel under study.
    until(app, "at.view <= at.slot && at.slot < at.view + at.shown")
    app.page.get_by_label("Speed", exact=True).fill("3")
    app.until(speed=2)
    press(app, "Play")
    assert until(app, "at.playing && at.position < 700")["laid"] < 700
    press(app, "Pause")
    app.still()


def test_a_step_is_a_row_by_button_and_by_key(app: App) -> None:
    app.open("flatten", unrolled=0)
    press(app, "One row on")
    app.until(unrolled=28)
    assert words(app) == "row 1 of 28, slot 28 of 784"
    canvas = app.page.locator(f"{ROOT} canvas")
    canvas.focus()
    app.page.keyboard.press("ArrowRight")
    app.page.keyboard.press("ArrowDown")
    app.until(unrolled=84)
    assert words(app) == "row 3 of 28, slot 84 of 784"
    assert app.page.locator(f"{ROOT} .say").inner_text() == words(app)
    app.page.keyboard.press("ArrowLeft")
    app.until(unrolled=56)
    app.page.keyboard.press("End")
    app.until(unrolled=784)
    app.page.keyboard.press("Home")
    app.until(unrolled=0)
    app.page.keyboard.press(" ")
    assert until(app, "at.playing")["playing"]
    app.page.keyboard.press(" ")
    until(app, "!at.playing")
    app.still()
    press(app, "One row back")
    app.until(unrolled=0)


def test_the_bar_shows_every_place_and_a_row_on_its_way(app: App) -> None:
    app.open("flatten", unrolled=0)
    app.page.get_by_label("Slots unrolled").fill("70")
    app.until(unrolled=70)
    assert (shown(app)["laid"], shown(app)["moving"]) == (56, True)
    assert words(app) == "row 3 of 28 on its way, slot 56 of 784"


def test_who_asked_for_less_motion_sees_rows_jump(app: App) -> None:
    app.page.emulate_media(reduced_motion="reduce")
    app.open("flatten", unrolled=0)
    look = "const look = () => { window.moved.push(at()); requestAnimationFrame(look); };"
    app.page.evaluate(f"() => {{ window.moved = []; const at = {STATE}; {look} look(); }}")
    press(app, "One row on")
    app.until(unrolled=28)
    app.page.get_by_label("Speed", exact=True).fill("6")
    press(app, "Play")
    app.until(unrolled=784)
    seen = app.page.evaluate("() => window.moved")
    assert len({at["position"] for at in seen}) > 5
    assert not any(at["moving"] for at in seen)


def test_the_address_alone_opens_it_half_unrolled_with_the_images_own_pixels(app: App) -> None:
    """What is close up are the slots up to 392, pixel by pixel; above row 15 the image is washed out."""
    picture = digit(4)[0]
    app.open("flatten", image="test-4", unrolled=392)
    found, where = shown(app), places(app)
    assert (found["row"], found["laid"], found["moving"]) == (14, 392, False)
    x, y, w, h = where["tape"]
    slots = np.arange(int(np.ceil(found["view"])), 392)
    assert len(slots) > 30
    wide = w / found["shown"]
    middles = [x + (slot - found["view"] + 0.5) * wide for slot in slots]
    assert greys(app, middles, y + h / 2) == picture.ravel()[slots].tolist()
    x, y, w, h = where["maps"][0]
    columns = [x + (column + 0.5) * w / 28 for column in range(28)]
    for row in (4, 13, 14, 20):
        got = np.array(greys(app, columns, y + (row + 0.5) * h / 28))
        bright, dark = picture[row].astype(int), got.min()
        assert (dark > 150) if row < 14 else (got == bright).all(), row


def test_the_maps_are_laid_out_as_keras_does(app: App, networks: dict[str, Network]) -> None:
    """The whole vector at the end: in each place the colour of the strongest of its run."""
    network = networks["mnist-cnn"]
    trace = nnviz.trace(network, digit(0)[0])
    flat = trace.activations["flatten"]
    app.open("flatten", what="maps", unrolled=1568, slot=1)
    found, where = shown(app), places(app)
    x, y, w, _ = where["tape"]
    wide = w / found["shown"]
    slots = np.arange(20, min(found["shown"], 700))
    got = greys(app, [x + (slot - found["view"] + 0.5) * wide for slot in slots], y + 4)
    table = TABLES["viridis"][np.floor(256 * np.clip(flat[slots] / flat.max(), 0, 1) + 0.5).astype(int), 0]
    # Outlines of the neighbours cover a few.
    assert np.mean(np.abs(np.array(got) - table) <= 1) > 0.9
    assert words(app) == "row 7 of 7, slot 1,568 of 1,568"


def click(app: App, x: float, y: float) -> None:
    app.page.locator(f"{ROOT} canvas").click(position={"x": x, "y": y})


def test_a_click_picks_in_the_image_in_the_close_ups_and_in_the_vector(app: App) -> None:
    app.open("flatten", unrolled=784)
    x, y, w, h = places(app)["maps"][0]
    click(app, x + 9.5 * w / 28, y + 10.5 * h / 28)
    app.until(pixel=290, unrolled=784)
    assert "Pixel 290 touches 261, 262, 263, 289, 291, 317, 318 and 319" in app.caption
    found = until(app, "at.slot === 289 && at.view > 200")
    slot, bx, by, bw, bh = next(box for box in places(app)["near"] if box[0] == 261)
    click(app, bx + bw / 2, by + bh / 2)
    app.until(pixel=slot + 1)
    x, y, w, h = places(app)["strip"]
    click(app, x + 400.5 / 784 * w, y + h / 2)
    app.until(pixel=401)
    app.frames(30)  # the vector comes to rest
    found = shown(app)
    x, y, w, h = places(app)["tape"]
    click(app, x + (405.5 - found["view"]) * w / found["shown"], y + h / 2)
    app.until(pixel=406)
    app.frames(30)
    first, cells, x, y, w, h = places(app)["own"]
    click(app, x + 0.5 * w / cells, y + h / 2)
    app.until(pixel=first + 1)


def test_the_preset_and_its_sentence(app: App) -> None:
    app.open("flatten", what="maps", net="mnist-cnn")
    press(app, "Pixel 29")
    app.until(what="image", pixel=29)
    assert app.caption == (
        "Pixel 29 touches 1, 2, 30, 57 and 58 in the image; in the vector pixel 28 beside it comes from the other "
        "side of the image, and 57, straight below it, is 28 slots away."
    )
    alt = app.page.locator(f"{ROOT} canvas").get_attribute("aria-label") or ""
    assert "784 slots" in alt
    assert "pixel 29 and its 5 neighbours" in alt


def test_what_is_picked_while_it_plays_does_not_stop_it(app: App) -> None:
    app.open("flatten", unrolled=0)
    press(app, "Play")
    until(app, "at.row >= 1")
    x, y, w, h = places(app)["maps"][0]
    click(app, x + 9.5 * w / 28, y + 20.5 * h / 28)
    before = until(app, "at.slot === 20 * 28 + 9")
    assert before["playing"]
    assert until(app, f"at.position > {before['position'] + 28}")["playing"]
    press(app, "Pause")
    app.until(unrolled=round(shown(app)["position"]))
    assert shown(app)["position"] == int(app.address["unrolled"])
