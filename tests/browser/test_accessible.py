"""For who has no mouse: a focus that can be seen. That all controls have names is a part of each visit to a page."""

from __future__ import annotations

import io

import numpy as np
import pytest
from app import App
from PIL import Image

GIVE_UP = """() => {
  let node = document.activeElement;
  while (node.shadowRoot && node.shadowRoot.activeElement) node = node.shadowRoot.activeElement;
  node.blur();
  return node;
}"""

FOCUSED = """async () => {
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
  let node = document.activeElement;
  while (node && node.shadowRoot && node.shadowRoot.activeElement) node = node.shadowRoot.activeElement;
  if (!node || node === document.body) return null;
  const { x, y, width, height } = node.getBoundingClientRect();
  return { x, y, width, height, what: `${node.tagName} ${node.getAttribute("role") || ""} ${node.className}` };
}"""
"""Where the focus is, once all that it moved stands still."""


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
        clip = {
            "x": max(at["x"] - 30, 0),
            "y": max(at["y"] - 30, 0),
            "width": at["width"] + 60,
            "height": at["height"] + 60,
        }
        with_focus = picture(app, clip)
        node = app.page.evaluate_handle(GIVE_UP)
        app.page.evaluate(FOCUSED)
        without = picture(app, clip)
        node.evaluate("node => node.focus({ focusVisible: true })")
        changed = np.abs(with_focus.astype(int) - without).max(axis=2) > 60
        assert changed.sum() >= 40, f"{at['what']} at {clip}"
    assert len(seen) >= 3


def picture(app: App, clip: dict[str, float]) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(app.page.screenshot(clip=clip))).convert("RGB"))
