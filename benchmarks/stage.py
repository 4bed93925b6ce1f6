"""Frames and passes a second of the stage: `python benchmarks/stage.py [--json FILE]`.

Frames are those of a signal that passes through the net; beside them, in turn, a canvas of the same size that is only
cleared, which is as much as this browser can do. Passes are those of a pen that draws as fast as the mouse tells.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from benchmarks.measuring import ROOT, answering, free_port, launch, report, serving, table

SIZES = ((1920, 1080), (1280, 720))
NETS = {"mnist-cnn": (18, 40), "photo-cnn": (12, 12)}
"""Frames a second that are asked for at the two sizes, where software draws."""
SECONDS = 2.0
CLEARED = """async ([wide, high, seconds]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: wide, height: high });
  document.body.append(canvas);
  const gl = canvas.getContext("webgl2", { antialias: false, alpha: false }), began = performance.now();
  for (let frames = 1; ; frames++) {
    gl.clearColor(frames % 2, 0, 0, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    await new Promise(requestAnimationFrame);
    const spent = performance.now() - began;
    if (spent > 1000 * seconds) { canvas.remove(); return (1000 * frames) / spent; }
  }
}"""


def main() -> None:
    """Measure, print the tables, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    port = free_port()
    with serving(ROOT / "dashboard.py", port), sync_playwright() as playwright, launch(playwright) as browser:
        answering(port)
        frames = {net: [of_size(browser, port, net, size, asked.rounds) for size in SIZES] for net in NETS}
        passes = drawn(browser, port)
    rows = []
    for net, wanted in NETS.items():
        for size, allowed, found in zip(SIZES, wanted, frames[net], strict=True):
            ours, cleared = np.median(found["ours"]), np.median(found["cleared"])
            met = "met" if ours >= allowed else "missed"
            told = (
                f"{ours:.1f}",
                f"{cleared:.1f}",
                f"{ours / cleared:.2f}",
                f"{found['script']:.1f}",
                f"{allowed}, {met}",
            )
            rows.append([f"{net}, {size[0]}x{size[1]}", *told])
    print(table(("Frames a second", "ours", "a cleared canvas", "ratio", "ms of script", "asked for"), rows))
    print(
        f"\nDrawing, {passes['a second']:.0f} passes a second (asked for: 20); "
        f"a pass of the net takes {passes['ms']:.1f} ms (asked for: 10)."
    )
    report({"frames": frames, "passes": passes}, asked.json)


def opened(browser: Browser, port: int, net: str, size: tuple[int, int]) -> tuple[Page, Locator]:
    """The opening page, when all of it is there."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(f"http://localhost:{port}/?net={net}")
    scene = page.locator(".st-key-stage canvas.scene")
    scene.wait_for(timeout=90_000)
    page.wait_for_function("window.nnRoom.settled && !document.querySelector('.nn-opening')", timeout=90_000)
    page.wait_for_timeout(3_000)
    return page, scene


def of_size(browser: Browser, port: int, net: str, size: tuple[int, int], rounds: int) -> dict[str, Any]:
    """Frames a second of the stage and of a cleared canvas of its size, in turn."""
    page, scene = opened(browser, port, net, size)
    other = browser.new_page(viewport={"width": size[0], "height": size[1]})
    box = scene.bounding_box()
    assert box is not None
    ours, cleared = list[float](), list[float]()
    for _ in range(rounds):
        other.bring_to_front()
        cleared.append(float(other.evaluate(CLEARED, [int(box["width"]), int(box["height"]), SECONDS])))
        page.bring_to_front()
        scene.focus()
        before, began = int(scene.get_attribute("data-frames") or 0), time.perf_counter()
        page.keyboard.press("Space")
        page.wait_for_timeout(1000 * SECONDS)
        ours.append((int(scene.get_attribute("data-frames") or 0) - before) / (time.perf_counter() - began))
        page.wait_for_timeout(800)
    script = float(scene.get_attribute("data-script") or 0)
    page.close()
    other.close()
    return {"ours": ours, "cleared": cleared, "script": script}


def drawn(browser: Browser, port: int) -> dict[str, float]:
    """Passes a second while a pen draws on the digit net, and how long one takes."""
    page, scene = opened(browser, port, "mnist-cnn", SIZES[1])
    box = page.locator(".st-key-stage canvas.pad").bounding_box()
    assert box is not None
    turns = np.linspace(0, 4 * np.pi, 160)
    places = [
        (box["x"] + box["width"] * (0.5 + 0.3 * np.cos(a)), box["y"] + box["height"] * (0.5 + 0.3 * np.sin(a)))
        for a in turns
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    began, before = time.perf_counter(), int(scene.get_attribute("data-passes") or 0)
    for place in places:
        page.mouse.move(*place)
    taken = time.perf_counter() - began
    passes = int(scene.get_attribute("data-passes") or 0) - before
    page.mouse.up()
    ms = float(scene.get_attribute("data-took") or 0)
    page.close()
    return {"a second": passes / taken, "ms": ms}


if __name__ == "__main__":
    main()
