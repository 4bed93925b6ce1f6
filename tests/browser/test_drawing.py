"""A digit drawn with the pointer is the picture of every page."""

from __future__ import annotations

from app import FIRST, SECONDS, App
from playwright.sync_api import expect

SEVEN = ((70, 50), (180, 50), (115, 210))
BAR = ((75, 130), (185, 130))
ONE = ((126, 40), (126, 210))


def stroke(app: App, points: tuple[tuple[int, int], ...]) -> None:
    """Draw through some points of the canvas, then wait for what the pages make of it."""
    canvas = app.page.locator(".st-key-hand canvas").last
    canvas.wait_for()
    box = canvas.bounding_box()
    assert box is not None
    mouse = app.page.mouse
    places = [(box["x"] + x, box["y"] + y) for x, y in points]
    mouse.move(*places[0])
    mouse.down()
    for place in places[1:]:
        mouse.move(*place, steps=12)
    mouse.up()


def test_what_is_drawn_is_read_after_each_stroke(app: App) -> None:
    app.open(FIRST, image="test-2")
    assert app.says == "1"
    # It stands on the page itself: the sidebar's own is for the others.
    assert not app.page.get_by_role("button", name="Draw a digit").is_visible()
    stroke(app, SEVEN)
    app.until(image="upload")
    assert app.says == "7"
    first = app.element("nnCaption").first.inner_text()
    assert "your drawing" in app.sidebar.inner_text()
    # A second stroke, with the canvas still open, is another picture of the same class.
    stroke(app, BAR)
    expect(app.element("nnCaption").first).not_to_have_text(first, timeout=SECONDS)
    app.still()
    assert app.says == "7"
    # Emptied, the canvas leaves what was read; the next stroke begins anew.
    tools = app.page.locator(".st-key-hand").get_by_role("button")
    tools.last.click()
    app.still()
    assert app.address["image"] == "upload"
    assert app.says == "7"
    stroke(app, ONE)
    app.page.locator(".nn-big", has_text="1").wait_for()
    # It goes to the other pages as any picture does.
    app.menu("Decision")
    assert app.address["image"] == "upload"
    assert "your drawing" in app.sidebar.inner_text()
