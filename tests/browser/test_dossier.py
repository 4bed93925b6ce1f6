"""The dossier in the browser: its numbers, its bar, and what a click on it opens."""

from __future__ import annotations

import re

from app import SECONDS, App, shows

import nnviz
from nnviz.analysis import dossier
from nnviz.analysis.data import digits
from nnviz.analysis.layer.filters import filter_bank
from nnviz.analysis.network.network import Network

HIGH = """() => {
  const main = document.querySelector('[data-testid="stMain"]');
  return main.scrollHeight - main.clientHeight;
}"""


def opened(app: App, **parameters: object) -> App:
    """The page, when all of it is there."""
    app.open("dossier", **{"net": "mnist-cnn", "image": "test-0", "layer": "conv2", "unit": 5, **parameters})
    known = re.compile("it speaks most|without it|is silent|is itself")
    app.page.locator('[data-testid="nnCaption"]', has_text=known).wait_for(timeout=SECONDS)
    return app.worked()


def test_its_numbers_and_all_on_one_screen(app: App, networks: dict[str, Network]) -> None:
    opened(app)
    app.canvas("dossier-preferred").wait_for(timeout=SECONDS)
    assert "Unit 5 of conv2 answers " in app.caption
    values = nnviz.trace(networks["mnist-cnn"], digits.digit(0)[0]).activations["conv2"][..., 5]
    assert shows(app.main.inner_text(), float(values.max()))
    table = app.page.locator(".nn-speaks")
    assert table.locator(".name").all_inner_texts() == [str(digit) for digit in range(10)]
    assert table.locator(".bar").count() == 20
    for width, height in ((1920, 1080), (1280, 720)):
        app.page.set_viewport_size({"width": width, "height": height})
        app.worked()
        assert app.page.evaluate(HIGH) <= 2


def test_a_patch_opens_its_digit_at_its_cell(app: App, networks: dict[str, Network]) -> None:
    opened(app, dx=2)
    tip = app.hover("dossier-patches", panel=0, tile=2, shape=(1, 1))
    number = int(re.findall(r"test digit (\d+)", tip)[0])
    app.click("dossier-patches", panel=0, tile=2)
    values = nnviz.trace(networks["mnist-cnn"], digits.digit(number)[0]).activations["conv2"][..., 5]
    row, column = divmod(int(values.argmax()), values.shape[1])
    app.until(image=f"test-{number}", layer="conv2", unit=5, row=row, column=column, dx=None)
    assert (app.picked("dossier-patches") or "").startswith("0,2,")
    assert shows(app.main.inner_text(), float(values.max()))


def test_a_unit_like_it_is_a_click_away(app: App, networks: dict[str, Network]) -> None:
    opened(app, layer="conv1", unit=3)
    cosines = dossier.cosines(networks["mnist-cnn"], "conv1", 3)
    assert cosines is not None
    nearest = int(dossier.most_alike(cosines, 3, 1)[0])
    tip = app.hover("dossier-alike", panel=1, tile=0, cell=(2, 4), shape=(7, 7))
    assert tip.startswith(f"unit {nearest}, ")
    assert shows(tip, float(filter_bank(networks["mnist-cnn"], "conv1").weights[nearest, 2, 4, 0]))
    app.click("dossier-alike", panel=1, tile=0)
    app.until(unit=nearest, layer="conv1")
    assert f"Unit {nearest} of conv1" in app.caption


def test_the_preferred_picture_is_asked_for_and_stopped(app: App) -> None:
    opened(app, net="photo-cnn", image="cat", layer="head_conv_relu", unit=100)
    app.page.get_by_role("button", name="Form it").click()
    bar = app.element("stProgress").get_by_text(re.compile("Forming: [1-9]"))
    bar.wait_for(timeout=90_000)
    app.page.get_by_role("button", name="Stop").click()
    app.element("stProgress").wait_for(state="detached", timeout=SECONDS)
    app.still()
    assert app.colours("dossier-preferred") > 50
    assert app.page.get_by_role("button", name="Form it").count() == 1


def test_from_the_maps_to_the_dossier_of_the_picked_unit(app: App) -> None:
    app.open("maps", net="mnist-mlp", layer="dense1", unit=7)
    app.main.get_by_role("link", name="Dossier").last.click()
    app.main.locator("h1", has_text="Dossier").wait_for(timeout=SECONDS)
    app.until(net="mnist-mlp", layer="dense1", unit=7)
    assert app.slug == "dossier"
    assert "nit 7 of dense1" in app.caption
