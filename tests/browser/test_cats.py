"""The page of photographs in the browser: the camera, a file, a dream, and the way to the maps."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable

import numpy as np
import pytest
from app import SECONDS, App
from PIL import Image
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from server import Server

DREAM, STOP = ".st-key-again-cats button", ".st-key-stop-cats button"


def opened(app: App, **parameters: object) -> App:
    """The page, once its map is there."""
    app.open("cats", **({"net": "photo-cnn", "image": "cat"} | parameters))
    return app.worked()


def test_it_opens_on_a_cat_and_nothing_moves_by_itself(app: App) -> None:
    opened(app)
    assert app.main.locator("h1").inner_text() == "Cats"
    assert "cat" in app.caption or "Mau" in app.caption
    assert "where the map is brightest" in app.caption
    for key in ("cats-photograph", "cats-look", "cats-layers", "cats-dream"):
        assert app.colours(key) > 50, key
        assert app.canvas(key).get_attribute("aria-label")
    names = app.page.locator("[class*=st-key-cats-class-] button").all_inner_texts()
    assert len(names) == 5
    assert all("%" in name for name in names)
    assert app.page.locator("video").count() == 0
    assert app.page.locator(STOP).count() == 0


def test_a_bar_is_explained_and_a_map_opens_the_maps(app: App) -> None:
    opened(app)
    before = app.caption
    app.page.locator(".st-key-cats-class-1 button").click()
    app.page.wait_for_function("() => new URLSearchParams(location.search).has('target')")
    app.still()
    assert app.caption != before
    header = app.canvas("cats-layers").get_attribute("aria-label") or ""
    app.canvas("cats-layers").click(position=app.point("cats-layers", 1, 2))
    app.main.locator("h1", has_text="Feature maps").wait_for(timeout=SECONDS)
    app.still()
    assert app.slug == "maps"
    assert app.address["net"] == "photo-cnn"
    assert app.address["layer"] in header
    assert f"Map {app.address['unit']} is strongest" in app.caption
    app.menu("Cats")
    assert app.address["image"] == "cat"


def test_the_dream_begins_on_a_click_stops_and_is_kept(app: App) -> None:
    opened(app, image="rocket")
    app.page.locator(DREAM).click()
    app.page.locator(STOP).click(timeout=SECONDS)
    app.page.locator(DREAM).wait_for(timeout=SECONDS)
    app.still()
    assert "dreams it" not in app.caption
    app.page.locator(DREAM).click()
    app.page.get_by_text("layer dreams it").wait_for(timeout=90_000)
    app.still()
    assert app.page.locator(f"{DREAM}, {STOP}").count() == 0
    said = app.caption
    opened(app, image="coffee")
    assert app.page.locator(DREAM).count() == 1
    opened(app, image="rocket")
    assert app.caption == said


def png() -> bytes:
    row, column = np.mgrid[0:90, 0:120]
    waves = [127 + 120 * np.sin(row / 5 + column / period) for period in (3, 7, 11)]
    out = io.BytesIO()
    Image.fromarray(np.stack(waves, axis=2).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def test_a_file_of_ones_own_and_one_that_is_no_picture(app: App) -> None:
    opened(app)
    said = app.caption
    app.page.locator(".st-key-file-cats button").click()
    window = app.element("stDialog")
    chooser = window.locator("input[type=file]")
    chooser.set_input_files({"name": "notes.png", "mimeType": "image/png", "buffer": b"my notes"})
    window.get_by_text("notes.png: a whole PNG").wait_for(timeout=SECONDS)
    assert app.address["image"] == "cat"
    chooser.set_input_files({"name": "waves.png", "mimeType": "image/png", "buffer": png()})
    app.until(image="upload")
    window.wait_for(state="detached", timeout=SECONDS)
    assert app.caption != said
    assert "waves.png" in app.sidebar.inner_text()
    app.page.locator(".st-key-cats-picture").get_by_role("radio", name="Cat", exact=True).click()
    app.until(image="cat")
    assert app.caption == said


@pytest.mark.parametrize(("slug", "place"), [("cats", "cats"), ("maps", "sidebar")])
def test_the_camera_opens_when_asked_and_gives_the_picture(camera: App, slug: str, place: str) -> None:
    app = camera.open(slug, net="photo-cnn", image="cat")
    said = app.caption
    assert app.page.locator("video").count() == 0
    app.page.locator(f".st-key-camera-{place} button").click()
    window = app.element("stDialog")
    window.locator("video").wait_for(timeout=SECONDS)
    app.page.wait_for_function("() => document.querySelector('video')?.readyState >= 2")
    take = window.get_by_role("button", name="Take Photo")
    for _ in range(10):
        # A click that comes before the camera has told the page of itself gives no picture.
        if take.is_visible():
            take.click()
        with contextlib.suppress(PlaywrightTimeout):
            app.page.wait_for_function("() => location.search.includes('image=upload')", timeout=6000)
            break
    app.until(image="upload")
    window.wait_for(state="detached", timeout=SECONDS)
    app.still()
    assert app.caption != said
    assert "Shown: your photograph" in app.sidebar.inner_text()
    assert app.page.locator("video").count() == 0


def test_a_camera_that_is_closed_again_leaves_all_as_it_was(camera: App) -> None:
    app = camera.open("cats", net="photo-cnn", image="coffee")
    said = app.page.locator(".nn-cats-big").inner_text()
    app.page.locator(".st-key-camera-cats button").click()
    app.element("stDialog").locator("video").wait_for(timeout=SECONDS)
    app.page.keyboard.press("Escape")
    app.element("stDialog").wait_for(state="detached", timeout=SECONDS)
    app.page.locator(".st-key-cats-class-1 button").click()
    app.page.wait_for_function("() => new URLSearchParams(location.search).has('target')")
    app.still()
    assert app.element("stDialog").count() == 0
    assert app.address["image"] == "coffee"
    assert app.page.locator(".nn-cats-big").inner_text() == said


@pytest.fixture
def camera(viewer: Callable[..., App], server: Server) -> App:
    """A window whose camera shows a test picture."""
    app = viewer(server.url)
    app.page.context.grant_permissions(["camera"], origin=server.url)
    return app
