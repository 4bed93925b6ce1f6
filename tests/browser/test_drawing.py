"""A digit drawn with the pointer is the picture of every page."""

from __future__ import annotations

from app import FIRST, SECONDS, App
from playwright.sync_api import expect

SEVEN = [(0.28, 0.2), (0.72, 0.2), (0.45, 0.83)]
BAR = [(0.3, 0.52), (0.74, 0.52)]
ONE = [(0.5, 0.16), (0.5, 0.83)]


def test_what_is_drawn_is_read_after_each_stroke(app: App) -> None:
    app.open(FIRST, image="test-2")
    assert app.says == "1"
    # It stands on the page itself: the sidebar's own is for the others.
    assert not app.page.get_by_role("button", name="Draw a digit").is_visible()
    app.stage.draw(SEVEN)
    app.until(image="upload")
    assert app.says == "7"
    first = app.element("nnCaption").first.inner_text()
    assert "your drawing" in app.sidebar.inner_text()
    # A second stroke is another picture of the same class.
    app.stage.draw(BAR)
    expect(app.element("nnCaption").first).not_to_have_text(first, timeout=SECONDS)
    app.still()
    assert app.says == "7"
    # Emptied, the pad leaves what was read; the next stroke begins anew.
    app.stage.root.get_by_role("button", name="Clear").click()
    app.still()
    assert app.address["image"] == "upload"
    assert app.says == "7"
    app.stage.draw(ONE)
    expect(app.stage.answer).to_have_attribute("data-says", "1", timeout=SECONDS)
    # It goes to the other pages as any picture does.
    app.still().menu("Decision")
    assert app.address["image"] == "upload"
    assert "your drawing" in app.sidebar.inner_text()
