"""Another picture: from the gallery, moved and turned, or one's own."""

from __future__ import annotations

import io

import numpy as np
import pytest
from app import FIRST, App, shows, strongest_term
from PIL import Image

import nnviz
from nnviz.analysis.data.digits import digit, gallery
from nnviz.analysis.image.decode import decode
from nnviz.analysis.image.images import Fitted, Transform, fit, rescale
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Trace


def moved(network: Network, number: int, transform: Transform) -> Trace:
    pixels = transform.apply(digit(number)[0][..., None].astype(np.float32))
    return nnviz.trace(network, Fitted(rescale(pixels, network.scale, network.offset), pixels, ""))


def png(colours: bool = True) -> bytes:
    """A picture that is no digit: 60 columns, 40 rows, waves."""
    row, column = np.mgrid[0:40, 0:60]
    waves = [127 + 120 * np.sin(row / 5 + column / period) for period in (3, 7, 11)]
    pixels = np.stack(waves, axis=2).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels if colours else pixels[..., 0]).save(out, "PNG")
    return out.getvalue()


def test_a_thumbnail_is_another_picture(app: App, networks: dict[str, Network]) -> None:
    sevens = [entry.index for entry in gallery() if entry.label == 7]
    app.open("maps", layer="conv1", unit=6)
    before = app.caption
    tile = next(at for at, number in enumerate(sevens) if number != 0)
    app.click("gallery", tile=tile)
    app.until(image=f"test-{sevens[tile]}")
    assert app.picked("gallery") == f"0,{tile},0,0"
    values = nnviz.trace(networks["mnist-cnn"], digit(sevens[tile])[0]).activations["conv1"]
    assert shows(app.caption, values[..., 6].max())
    assert app.caption != before
    assert app.address["unit"] == "6"
    # Another class first: the picture stays until one is picked.
    app.page.locator(".st-key-digit-class").get_by_role("radio", name="4").click()
    app.canvas("gallery").and_(app.page.locator('[aria-label*="4s"]')).wait_for()
    app.still()
    assert app.address["image"] == f"test-{sevens[tile]}"
    fours = [entry.index for entry in gallery() if entry.label == 4]
    app.click("gallery", tile=3)
    app.until(image=f"test-{fours[3]}")
    values = nnviz.trace(networks["mnist-cnn"], digit(fours[3])[0]).activations["conv1"]
    assert shows(app.caption, values[..., 6].max())


def test_sliders_move_the_picture(app: App, networks: dict[str, Network]) -> None:
    network = networks["mnist-cnn"]
    app.open("decision", target=7)

    def check(transform: Transform) -> None:
        found = moved(network, 0, transform)
        assert shows(app.caption, strongest_term(network, found, 7))
        assert all(shows(app.page.locator(".nn-answer").inner_text(), logit) for logit in found.logits)
        assert app.address["target"] == "7"

    app.press("dx", "ArrowRight", 3)
    app.until(dx=3)
    check(Transform(shift=(3, 0)))
    app.press("dy", "ArrowLeft", 2)
    app.until(dx=3, dy=-2)
    check(Transform(shift=(3, -2)))
    app.press("rotate", "ArrowRight", 2)
    app.until(rotate=10)
    app.press("noise", "ArrowRight")
    app.until(noise=5)
    check(Transform(shift=(3, -2), rotate=10.0, noise=5.0))
    app.sidebar.locator(".st-key-invert label").click()
    app.until(invert=1)
    check(Transform(shift=(3, -2), rotate=10.0, noise=5.0, invert=True))
    app.press("dx", "ArrowLeft", 3)
    app.until(dx=0)
    check(Transform(shift=(0, -2), rotate=10.0, noise=5.0, invert=True))


def test_another_network_takes_the_same_picture(app: App, networks: dict[str, Network]) -> None:
    app.open("decision", image="test-18", layer="conv2", unit=3)
    app.sidebar.get_by_test_id("stSelectbox").locator("[role=combobox], input").first.click()
    app.page.get_by_role("option", name="mnist-mlp", exact=True).click()
    app.until(net="mnist-mlp", image="test-18", layer="dense1")
    found = nnviz.trace(networks["mnist-mlp"], digit(18)[0])
    assert shows(app.caption, strongest_term(networks["mnist-mlp"], found, found.winner))


NAME = "w*av*es [x](y) _1_ $2$.png"
"""Each of its signs would mean something in Markdown."""


@pytest.mark.parametrize("slug", [pytest.param(FIRST, marks=pytest.mark.full), "maps"])
def test_an_upload_is_shown(app: App, networks: dict[str, Network], slug: str) -> None:
    network = networks["mnist-cnn"]
    content = png()
    pixels = decode(content, NAME).pixels
    expected = nnviz.trace(network, pixels)
    app.open(slug, layer="conv1", unit=3)
    app.upload(NAME, content)
    app.until(image="upload", layer="conv1", unit=3)
    assert app.alerts == []
    note = fit(pixels, network.image_shape, network.scale, network.offset).note
    assert "cropped to a square" in note
    assert "made grey" in note
    said = app.sidebar.inner_text()
    assert NAME in said
    assert note in said
    assert shows(app.caption, expected.activations["conv1"][..., 3].max())
    app.menu("Decision")
    assert app.address["image"] == "upload"
    assert shows(app.caption, strongest_term(network, expected, expected.winner))
    # And back to a digit.
    app.click("gallery", tile=0)
    app.until(image=f"test-{next(entry.index for entry in gallery() if entry.label == 7)}")


def test_what_is_no_picture_is_said_and_leaves_what_was_there(app: App, networks: dict[str, Network]) -> None:
    app.open("maps", image="test-2", layer="conv1", unit=3)
    before, caption = app.address, app.caption
    app.upload(NAME, b"these are my notes, and no picture")
    app.element("stAlert").wait_for()
    app.still()
    assert len(app.alerts) == 1
    assert NAME in app.alerts[0]
    assert "a whole PNG" in app.alerts[0]
    assert app.element("stAlertContentError").count() == 1
    assert app.element("stException").count() == 0
    assert app.address == before
    assert app.caption == caption
    app.click("maps", tile=5)
    app.until(unit=5)
    values = nnviz.trace(networks["mnist-cnn"], digit(2)[0]).activations["conv1"]
    assert shows(app.caption, values[..., 5].max())
    # A whole one is taken after it.
    app.upload("waves.png", png(colours=False))
    app.until(image="upload")
    assert app.alerts == []


def test_a_cut_off_picture_is_said_also_while_the_page_computes(app: App) -> None:
    app.open("saliency", dy=-9, rotate=35)
    app.upload("half.png", png()[:300])
    app.element("stAlert").wait_for()
    app.worked()
    assert len(app.alerts) == 1
    assert "half.png" in app.alerts[0]
    assert app.address["image"] == "test-0"
