"""Slider to picture, against an empty Streamlit page: `python benchmarks/browser.py [--json FILE]`.

In real Chromium, from the key press to the last change that belongs to it. A mark in the page notes both, so
what it costs to drive the browser is not in the figures.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Locator, Page, sync_playwright

from benchmarks.measuring import ROOT, answering, free_port, launch, milliseconds, report, serving, table

GOAL = 1.5
HEADS = ("What is pressed", "Presses", "p50 ms", "p95 ms", "p50 to empty", "p95 to empty", "Goal")

METER = """
window.meter = {
  pressed: 0, first: 0, last: 0, changes: 0,
  // What is looked at: pictures that the server drew anew, charts, captions. Not the widgets themselves.
  belongs(change) {
    if (change.type === "attributes" && change.attributeName === "data-drawn") return true;
    const node = change.target.nodeType === 1 ? change.target : change.target.parentElement;
    if (!node || change.attributeName === "data-stale") return false;
    return Boolean(node.closest('[data-testid=stPlotlyChart], [data-testid=stHtml], [data-testid=stHeading]'));
  },
  watch(root) {
    const observer = new MutationObserver((changes) => {
      if (changes.some((change) => this.belongs(change))) {
        this.last = performance.now();
        this.first = this.changes ? this.first : this.last;
        this.changes += 1;
      }
    });
    observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
  },
  still(quiet) {
    const app = document.querySelector("[data-testid=stApp]");
    return app && app.dataset.testScriptState === "notRunning" && performance.now() - this.last > quiet;
  },
  took() { return this.last > this.pressed && this.still(400) ? this.last - this.pressed : 0; },
};
window.addEventListener("keydown", () => { meter.pressed = performance.now(); meter.changes = 0; }, true);
meter.watch(document);
// The rasters live in shadow roots, which an observer of the document does not see into.
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (how) {
  const root = attach.call(this, how);
  meter.watch(root);
  return root;
};
"""


@dataclass
class Subject:
    """A page, and what is pressed on it."""

    title: str
    page: Page
    thumb: Locator
    way: str = "ArrowRight"
    taken: list[float] = field(default_factory=list)
    changes: list[int] = field(default_factory=list)

    def turn(self) -> None:
        """A slider goes to its end and back; a picked map to its neighbour and back."""
        ends = self.thumb.evaluate("node => [node.min, node.value, node.max].map(Number)")
        if None in ends:
            self.way = "ArrowLeft" if self.way == "ArrowRight" else "ArrowRight"
            return
        low, now, high = ends
        self.way = "ArrowLeft" if now >= high else "ArrowRight" if now <= low else self.way

    def press(self, keep: bool) -> None:
        """Press once, and wait until nothing has changed for 0.4 s."""
        self.page.bring_to_front()
        self.thumb.focus()
        self.page.wait_for_timeout(30)
        self.turn()
        self.page.keyboard.press(self.way)
        taken = self.page.wait_for_function("() => meter.took()", polling=50).json_value()
        if keep:
            self.taken.append(taken / 1000)
            self.changes.append(self.page.evaluate("meter.changes"))


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--presses", type=int, default=60, help="on each page")
    asked = parser.parse_args()
    ours, empty = free_port(), free_port()
    with (
        serving(ROOT / "dashboard.py", ours),
        serving(ROOT / "benchmarks" / "empty_page.py", empty),
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        answering(ours)
        answering(empty)

        def subject_at(title: str, address: str, selector: str) -> Subject:
            page = opened(browser, address, selector)
            return Subject(title, page, page.locator(selector).first)

        app, slider = f"http://localhost:{ours}", "input[type=range]"
        link = "net=mnist-cnn&image=test-0&layer=conv2"
        subjects = [
            subject_at("Empty page: slider", f"http://localhost:{empty}", f".st-key-phase {slider}"),
            subject_at("Filters: input channel", f"{app}/filters?{link}", f".st-key-slider-channel {slider}"),
            subject_at("Feature maps: layer", f"{app}/maps?{link}", f".st-key-slider-layer {slider}"),
            subject_at("Feature maps: pick a map", f"{app}/maps?{link}&unit=4", ".st-key-raster-maps canvas"),
        ]
        for turn in range(-5, asked.presses):
            for subject in subjects if turn % 2 == 0 else subjects[::-1]:
                subject.press(keep=turn >= 0)
    found = _compared(subjects)
    print(table(HEADS, [_row(row) for row in found]))
    report({"browser": found}, asked.json)


def opened(browser: Any, address: str, selector: str = "body") -> Page:
    """A page with the meter in it, once it shows what is selected and has stood still for a second."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.add_init_script(METER)
    page.goto(address)
    page.locator(selector).first.wait_for(state="attached", timeout=60_000)
    page.wait_for_function("() => meter.last && meter.still(1000)", polling=100, timeout=60_000)
    return page


def _compared(subjects: list[Subject]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for subject in subjects:
        row: dict[str, Any] = {"what": subject.title, "presses": len(subject.taken), "goal": GOAL}
        for percent in (50, 95):
            row[f"p{percent}_ms"] = milliseconds(subject.taken, percent)
            row[f"p{percent}_ratio"] = row[f"p{percent}_ms"] / (found or [row])[0][f"p{percent}_ms"]
        row["changes"] = sorted(subject.changes)[len(subject.changes) // 2]
        found.append(row | {"ms": [round(1000 * taken, 1) for taken in subject.taken]})
    return found


def _row(row: dict[str, Any]) -> list[str]:
    start = [row["what"], row["presses"], f"{row['p50_ms']:.0f}", f"{row['p95_ms']:.0f}"]
    if row["what"].startswith("Empty"):
        return [*start, "1", "1", ""]
    met = "met" if row["p95_ratio"] <= row["goal"] else "missed"
    return [*start, f"{row['p50_ratio']:.2f}", f"{row['p95_ratio']:.2f}", f"{row['goal']:g} {met}"]


if __name__ == "__main__":
    main()
