"""For who has no mouse: a focus that can be seen. That all controls have names is a part of each visit to a page."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from app import App
from PIL import Image
from playwright.sync_api import CDPSession

GIVE_UP = """() => {
  let node = document.activeElement;
  while (node.shadowRoot && node.shadowRoot.activeElement) node = node.shadowRoot.activeElement;
  node.blur();
  return node;
}"""

HELD = """() => {
  let node = document.activeElement;
  while (node && node.shadowRoot && node.shadowRoot.activeElement) node = node.shadowRoot.activeElement;
  if (!node || node === document.body) return null;
  // What a component of our own draws has no class by itself: its style is that of the component.
  const own = node.getRootNode().host ? node.closest("div[class]")?.className : "";
  const place = node.closest("[class*=st-key-]") ? "" : node.parentElement?.closest("[data-testid]")?.dataset.testid;
  const what = `${node.tagName} ${node.getAttribute("role") || ""} ${node.className} ${own || ""} in ${place}`;
  const { x, y, width, height } = node.getBoundingClientRect();
  return { x, y, width, height, what };
}"""
"""Where the focus is now, and of what kind that is."""

SETTLED = """async () => {
  const roots = [document], frame = () => new Promise(requestAnimationFrame);
  for (const root of roots) {
    for (const { shadowRoot } of root.querySelectorAll("*")) if (shadowRoot) roots.push(shadowRoot);
  }
  // What a change of focus begins to move has begun by the second frame.
  await frame();
  await frame();
  const moving = new Set(roots.flatMap((root) => root.getAnimations()));
  const ending = [...moving].filter((one) => one.effect.getComputedTiming().endTime < Infinity);
  await Promise.allSettled(ending.map((one) => one.finished));
}"""
"""Waits until all that a change of focus moved stands still."""


SLUGS = ("", "convolution", "flatten", "filters", "saliency", "decision", "rehearse")
"""Pages that have a control of every kind between them."""


@pytest.mark.long
def test_the_focus_can_be_seen_wherever_the_keyboard_takes_it(app: App) -> None:
    """Each kind of control is looked at on the first page that has it, and in each kind of place: one class has one
    style, but what stands around it may cut it off."""
    seen: set[str] = set()
    early: set[str] = set()
    hidden = []
    session = app.page.context.new_cdp_session(app.page)
    app.open()
    # A caret that blinks would be taken for a focus that is seen.
    app.page.add_style_tag(content="* { caret-color: transparent !important; }")
    for slug in SLUGS:
        app.go(slug)
        met = 0
        for _ in range(60):
            app.page.keyboard.press("Tab")
            # Most are of a kind that was looked at before: what they move is not waited for.
            held = app.page.evaluate(HELD)
            if held is not None and held["what"] in early:
                met += 1
                continue
            app.page.evaluate(SETTLED)
            at = app.page.evaluate(HELD)
            if at is None:
                break
            if not at["width"] or at["what"].startswith("MAIN"):
                continue
            met += 1
            if held is not None:
                early.add(held["what"])
            if at["what"] in seen:
                continue
            seen.add(at["what"])
            clip = {
                "x": max(at["x"] - 30, 0),
                "y": max(at["y"] - 30, 0),
                "width": at["width"] + 60,
                "height": at["height"] + 60,
                "scale": 1,
            }
            with_focus = picture(session, clip)
            node = app.page.evaluate_handle(GIVE_UP)
            app.page.evaluate(SETTLED)
            without = picture(session, clip)
            node.evaluate("node => node.focus({ focusVisible: true })")
            changed = np.abs(with_focus.astype(int) - without).max(axis=2) > 60
            if changed.sum() < 40:
                hidden.append(f"{slug}: {at['what']} at {clip}")
        assert met >= 3, slug
    session.detach()
    assert hidden == []


def picture(session: CDPSession, clip: dict[str, float]) -> np.ndarray:
    found = session.send("Page.captureScreenshot", {"clip": clip, "optimizeForSpeed": True})
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(found["data"]))).convert("RGB"))
