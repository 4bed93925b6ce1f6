"""Frames per second of the playing convolution: `python benchmarks/frames.py [--json FILE]`.

In a real browser, in a window of 1920x1080, for some seconds of play at 120 cells a second, so that every frame
has another cell to show. A frame counts when the component has drawn a new cell in it, all numbers included. Beside
it, how many frames the browser gives the same page while nothing moves: more than that there are not.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser, sync_playwright

from benchmarks.measuring import ROOT, answering, free_port, launch, report, serving, table

HEADS = ("Input", "Kernel", "Frames a second", "Page at rest", "Frame p50 ms", "Frame p95 ms", "Drawing p50 ms", "Goal")
CASES = ((28, 1, 7, 60), (28, 16, 5, 60), (224, 3, 3, 30), (224, 64, 3, 30))
"""Side and channels of the input, side of the kernel, frames a second that are the goal."""

SLACK = 0.5
"""The display gives 60 at most: what its clock loses to rounding is no frame that was missed."""

COUNT = """async (seconds) => {
  const root = [...document.querySelectorAll("*")].map((node) => node.shadowRoot?.querySelector(".conv")).find(Boolean);
  const frames = (wanted) => new Promise((done) => {
    const times = [], began = performance.now();
    const frame = (now) => {
      times.push(now);
      if (now - began < 1000 * wanted) requestAnimationFrame(frame); else done(times);
    };
    requestAnimationFrame(frame);
  });
  const rest = await frames(2);
  root.querySelector(".speed input").value = "7";
  root.querySelector(".play").click();
  await new Promise((done) => setTimeout(done, 300));
  const began = performance.now(), first = Number(root.dataset.frames), times = await frames(seconds);
  const drawn = Number(root.dataset.frames) - first, took = (performance.now() - began) / 1000;
  const playing = JSON.parse(root.dataset.cell).playing;
  root.querySelector(".play").click();
  const costs = [];
  for (let at = 0; at < 60; at++) {
    const from = performance.now();
    root.querySelector(".back").click();
    // Reading a pixel waits until all is really drawn.
    root.querySelector(".output canvas").getContext("2d").getImageData(0, 0, 1, 1);
    costs.push(performance.now() - from);
  }
  const gaps = times.slice(1).map((time, at) => time - times[at]);
  return { drawn, took, gaps, costs, playing, rest: (1000 * (rest.length - 1)) / (rest[rest.length - 1] - rest[0]) };
}"""


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--seconds", type=float, default=5, help="of play, each")
    asked = parser.parse_args()
    port = free_port()
    with (
        serving(ROOT / "benchmarks" / "frames_page.py", port, PYTHONPATH=str(ROOT)),
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        answering(port)
        found = [_measured(browser, port, asked.seconds, *case) for case in CASES]
    print(table(HEADS, [_row(row) for row in found]))
    report({"frames": found}, asked.json)


def _measured(browser: Browser, port: int, seconds: float, side: int, channels: int, kernel: int, goal: int) -> Any:
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(f"http://localhost:{port}/?side={side}&channels={channels}&kernel={kernel}")
    page.locator(".conv .output canvas[data-drawn]").wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    took = page.evaluate(COUNT, seconds)
    page.close()
    if not took["playing"]:
        raise ValueError(f"A film longer than {seconds:g} s was expected. Received: one that ended before.")
    gaps, costs = sorted(took["gaps"]), sorted(took["costs"])
    return {
        "input": f"{side}x{side}x{channels}",
        "kernel": f"{kernel}x{kernel}",
        "frames_per_second": took["drawn"] / took["took"],
        "rest_per_second": took["rest"],
        "frame_p50_ms": gaps[len(gaps) // 2],
        "frame_p95_ms": gaps[int(0.95 * len(gaps))],
        "drawing_p50_ms": costs[len(costs) // 2],
        "goal": goal,
    }


def _row(row: dict[str, Any]) -> list[str]:
    met = "met" if row["frames_per_second"] >= row["goal"] - SLACK else "missed"
    numbers = [
        f"{row[name]:.1f}"
        for name in ("frames_per_second", "rest_per_second", "frame_p50_ms", "frame_p95_ms", "drawing_p50_ms")
    ]
    return [row["input"], row["kernel"], *numbers, f"{row['goal']} {met}"]


if __name__ == "__main__":
    main()
