"""For who does not see the screen, or has no mouse: names of all controls, and a focus that can be seen."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from app import App
from PIL import Image

from nnviz.pages.registry import PAGES

ADDRESSES = [page.slug for page in PAGES] + ["talk", "check"]

PLACES = ("RootWebArea", "main", "generic", "none")
"""What takes the focus only so that it can be scrolled with keys."""

GIVE_UP = """() => {
  let node = document.activeElement;
  while (node.shadowRoot && node.shadowRoot.activeElement) node = node.shadowRoot.activeElement;
  node.blur();
  return node;
}"""

FOCUSED = """() => {
  let node = document.activeElement;
  while (node && node.shadowRoot && node.shadowRoot.activeElement) node = node.shadowRoot.activeElement;
  if (!node || node === document.body) return null;
  const { x, y, width, height } = node.getBoundingClientRect();
  return { x, y, width, height, what: `${node.tagName} ${node.getAttribute("role") || ""} ${node.className}` };
}"""


def focusable(app: App) -> list[dict[str, Any]]:
    """What the keyboard reaches, as a screen reader is told of it."""
    session = app.page.context.new_cdp_session(app.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    found = []
    for node in nodes:
        properties = {entry["name"]: entry["value"].get("value") for entry in node.get("properties", ())}
        role = node.get("role", {}).get("value")
        if properties.get("focusable") and not node.get("ignored") and role not in PLACES:
            found.append({"role": role, "name": node.get("name", {}).get("value", "").strip()})
    return found


@pytest.mark.parametrize("slug", ADDRESSES)
def test_every_control_has_a_name(app: App, slug: str) -> None:
    app.open(slug)
    found = focusable(app)
    assert found or slug == "talk"
    assert [node for node in found if not node["name"]] == []


@pytest.mark.parametrize("slug", ["convolution", "flatten", "filters", "saliency", "decision", "check"])
def test_the_focus_can_be_seen_wherever_the_keyboard_takes_it(app: App, slug: str) -> None:
    app.open(slug)
    seen: set[str] = set()
    for _ in range(60):
        app.page.keyboard.press("Tab")
        at = app.page.evaluate(FOCUSED)
        if at is None:
            break
        if at["what"] in seen or not at["width"] or at["what"].startswith("MAIN"):
            continue
        seen.add(at["what"])
        app.page.wait_for_timeout(250)
        at = app.page.evaluate(FOCUSED) or at
        clip = {
            "x": max(at["x"] - 30, 0),
            "y": max(at["y"] - 30, 0),
            "width": at["width"] + 60,
            "height": at["height"] + 60,
        }
        with_focus = picture(app, clip)
        node = app.page.evaluate_handle(GIVE_UP)
        app.page.wait_for_timeout(250)
        without = picture(app, clip)
        node.evaluate("node => node.focus({ focusVisible: true })")
        changed = np.abs(with_focus.astype(int) - without).max(axis=2) > 60
        assert changed.sum() >= 40, f"{at['what']} at {clip}"
    assert len(seen) >= 3


def picture(app: App, clip: dict[str, float]) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(app.page.screenshot(clip=clip))).convert("RGB"))
