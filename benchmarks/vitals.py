"""The three numbers of how a page feels, on every page: `python benchmarks/vitals.py [--json FILE] [PAGE...]`.

In real Chromium at 1920x1080, server and browser warm: the largest contentful paint and the layout shift of a page that
is opened by its address, and from an interaction to the next paint, of arrow keys on what takes them and of clicks.
Beside each shift stands what moved, so that it can be mended. "Apart" is the time from the first to the last change of
captions, pictures and charts that one key press leads to, the median.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from playwright.sync_api import BrowserContext, Page, sync_playwright

from benchmarks.browser import METER
from benchmarks.measuring import ROOT, answering, free_port, launch, report, serving, table

GOALS = {"paint_ms": 2500.0, "next_paint_ms": 200.0, "shift": 0.1}
HEADS = ("Page", "Largest paint ms", "Next paint p75 ms", "Interactions", "Apart ms", "Layout shift", "Most of it")
LINK = "net=mnist-cnn&image=test-0"
PRESSES = 12
TAKES_KEYS = "[data-testid=stMain] :is(input[type=range], canvas[tabindex])"

WATCH = """
window.vitals = { paint: 0, shifts: [], interactions: {} };
// The name of what moved: the nearest key or kind that Streamlit gives it.
const called = (node) => {
  const up = (at) => at.parentElement || at.getRootNode().host;
  for (let at = node?.nodeType === 1 ? node : node?.parentElement; at; at = up(at)) {
    const key = String(at.className?.baseVal ?? at.className).match(/st-key-[\\w-]+/);
    if (key) return key[0];
    if (at.dataset?.testid) return at.dataset.testid;
  }
  return "page";
};
const since = (type, take, more = {}) =>
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
since("largest-contentful-paint", (entry) => { vitals.paint = entry.startTime; });
since("layout-shift", (entry) => {
  if (entry.hadRecentInput) return;
  const moved = entry.sources.map((source) => [called(source.node), source.previousRect, source.currentRect]
    .map((each) => each.top === undefined ? each : [each.left, each.top, each.width, each.height].map(Math.round)));
  vitals.shifts.push({ at: entry.startTime, value: entry.value, moved });
});
since("event", (entry) => {
  if (entry.interactionId) vitals.interactions[entry.interactionId] =
    Math.max(vitals.interactions[entry.interactionId] || 0, entry.duration);
}, { durationThreshold: 16 });
"""


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="as their addresses name them; all where none is named")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--runs", type=int, default=3, help="openings of each page")
    parser.add_argument("--size", default="1920x1080")
    asked = parser.parse_args()
    from nnviz.pages import registry

    places = asked.pages or [page.slug for page in registry.PAGES] + ["talk"]
    width, height = map(int, asked.size.split("x"))
    port = free_port()
    found = []
    with serving(ROOT / "dashboard.py", port), sync_playwright() as playwright, launch(playwright) as browser:
        answering(port)
        context = browser.new_context(viewport={"width": width, "height": height})
        context.add_init_script(METER + WATCH)
        context.set_default_timeout(120_000)
        for place in places:
            slug = "" if place == registry.FIRST.slug else place
            url = f"http://localhost:{port}/{slug}?{'scene=1' if place == 'talk' else LINK}"
            found.append(one_page(context, place, url, asked.runs))
            print(table(HEADS, [_row(found[-1])]).splitlines()[-1], file=sys.stderr, flush=True)
    print(table(HEADS, [_row(row) for row in found]))
    for name, goal in GOALS.items():
        over = [row["page"] for row in found if row[name] > goal]
        print(f"{name}, at most {goal:g}: " + (f"missed by {', '.join(over)}" if over else "met by all"))
    report({"vitals": found}, asked.json)


def one_page(context: BrowserContext, place: str, url: str, runs: int) -> dict[str, Any]:
    """Open a page, the first time to warm it, then as often as asked; press keys on it the last time."""
    opened = []
    for turn in range(-1, runs):
        page = context.new_page()
        page.goto(url, wait_until="commit")
        page.wait_for_function("() => meter.last && meter.still(1500)", polling=100, timeout=120_000)
        if turn >= 0:
            opened.append(page.evaluate("vitals"))
        if turn == runs - 1:
            taken, apart = _interactions(page)
        page.close()
    shifts = [_shift(each["shifts"]) for each in opened]
    middle = opened[int(np.argsort(shifts)[len(shifts) // 2])]
    return {
        "page": place,
        "paint_ms": float(np.median([each["paint"] for each in opened])),
        "next_paint_ms": float(np.percentile(taken, 75)) if taken else 0.0,
        "interactions": len(taken),
        "apart_ms": float(np.median(apart)) if apart else 0.0,
        "shift": float(np.median(shifts)),
        "shifts": shifts,
        "moved": middle["shifts"],
    }


def _shift(shifts: list[dict[str, Any]]) -> float:
    """The largest sum of shifts in a window of five seconds at most, in which none is a second from the next."""
    windows: list[list[dict[str, Any]]] = []
    for each in shifts:
        now = windows[-1] if windows else []
        if now and each["at"] - now[-1]["at"] < 1000 and each["at"] - now[0]["at"] < 5000:
            now.append(each)
        else:
            windows.append([each])
    return max((sum(each["value"] for each in window) for window in windows), default=0.0)


def _interactions(page: Page) -> tuple[list[float], list[float]]:
    """Keys on the first control or picture that takes arrows: milliseconds to the next paint of each, and those in
    which what follows from it changed."""
    control = page.locator(TAKES_KEYS)
    if control.count():
        control.first.evaluate("node => node.focus()")
    apart = []
    for turn in range(PRESSES if control.count() else 0):
        page.keyboard.press("ArrowRight" if turn % 2 == 0 else "ArrowLeft")
        page.wait_for_timeout(200)
        page.wait_for_function("() => meter.still(400)", polling=50, timeout=120_000)
        if page.evaluate("meter.changes"):
            apart.append(page.evaluate("meter.last - meter.first"))
    # What took less than a frame is not reported.
    return list(page.evaluate("Object.values(vitals.interactions)")) or [16.0] * len(apart), apart


def _row(row: dict[str, Any]) -> list[str]:
    most = max(row["moved"], key=lambda each: each["value"], default=None)
    return [
        row["page"],
        f"{row['paint_ms']:.0f}",
        f"{row['next_paint_ms']:.0f}",
        str(row["interactions"]),
        f"{row['apart_ms']:.0f}",
        f"{row['shift']:.3f}",
        "" if most is None else ", ".join(dict.fromkeys(each[0] for each in most["moved"])),
    ]


if __name__ == "__main__":
    main()
