"""From the command to the first picture, part by part: `python benchmarks/first_picture.py [--json FILE]`."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from benchmarks.measuring import ROOT, Log, answering, free_port, launch, report, seconds, serving, table

ALLOWED, WAITS, DRAWN = 1.0, 1.5, 2.5
"""Seconds after TensorFlow's bare import at which the first picture may be there, and after the command at which the
page may say what it waits for, and at which the pad may be alive."""

PARTS = {
    "answering": "Server answers",
    "page": "Page says what it waits for",
    "pad": "Pad can be drawn on, and the net answers",
    "TensorFlow": "TensorFlow imported",
    "network": "Network loaded",
    "trace": "Traced",
    "picture": "First picture drawn",
}
_BESIDE = ("page", "pad")
EYES = """
window.seen = {};
const eyes = setInterval(() => {
  const at = (time) => (performance.timeOrigin + time) / 1000;
  const words = document.querySelector(".nn-opening p, [data-testid=stProgress]");
  const [painted] = performance.getEntriesByName("first-contentful-paint");
  if (!seen.page && words && painted) {
    seen.page = at(words.closest(".nn-opening") ? painted.startTime : performance.now());
  }
  const early = document.querySelector(".nn-early")?.shadowRoot;
  if (!seen.pad && early?.querySelector("canvas.scene[data-drawn]") && early.querySelector(".answer").dataset.says) {
    seen.pad = at(performance.now());
  }
  // The stage notes in its canvas how often it has drawn; nothing of it is seen before the page is whole.
  const hosts = [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")];
  const drawn = hosts.some(({ shadowRoot }) => shadowRoot?.querySelector("canvas[data-drawn]"));
  if (drawn && !document.querySelector(".nn-opening")) {
    clearInterval(eyes);
    requestAnimationFrame((time) => { seen.picture = at(time); });
  }
}, 10);
"""


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    runs, imports = [], []
    with sync_playwright() as playwright, launch(playwright) as browser:
        for turn in range(-1, asked.runs):  # the first warms the disk, and is not kept
            bare = seconds(lambda: subprocess.run([sys.executable, "-c", "import tensorflow"], capture_output=True))
            run = one_run(browser)
            if turn >= 0:
                imports.append(bare)
                runs.append(run)
                print(f"import {bare:.2f} s, {run}", file=sys.stderr)
    found = {"import": float(np.median(imports)), "imports": imports, "runs": runs}
    at = {part: float(np.median([run[part] for run in runs])) for part in PARTS}
    over = float(np.median([run["picture"] - bare for run, bare in zip(runs, imports, strict=True)]))
    rows, before = [], 0.0
    for part, title in PARTS.items():
        # The page is there while TensorFlow loads; the others come one after the other.
        rows.append([title, f"{at[part]:.2f}", "" if part in _BESIDE else f"{at[part] - before:.2f}"])
        before = before if part in _BESIDE else at[part]
    print(table(("Median of the runs", "s after the command", "s for this part"), rows))
    print(f"\nBare import of TensorFlow: {found['import']:.2f} s, ", end="")
    met = "met" if over <= ALLOWED else "missed"
    print(f"so the first picture comes {over:.2f} s after it (allowed: {ALLOWED:g} s, {met}).")
    met = "met" if at["page"] <= WAITS else "missed"
    print(f"The page says what it waits for after {at['page']:.2f} s (allowed: {WAITS:g} s, {met}).")
    met = "met" if at["pad"] <= DRAWN else "missed"
    print(f"The pad is alive after {at['pad']:.2f} s (allowed: {DRAWN:g} s, {met}).")
    report({"first_picture": found | {"median": at, "over_import": over}}, asked.json)


def one_run(browser: Browser) -> dict[str, float]:
    """Seconds from the command to each part."""
    port = free_port()
    # The browser's window is open already.
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.add_init_script(EYES)
    began, clock = time.time(), time.perf_counter()
    with serving(ROOT / "dashboard.py", port) as log:
        run: dict[str, Any] = {"answering": answering(port) - clock}
        page.goto(f"http://localhost:{port}", wait_until="commit")
        page.wait_for_function("() => seen.picture", polling=50, timeout=120_000)
        seen = page.evaluate("seen")
        page.close()
    run |= {part: at - clock for part, at in said(log).items()}
    run |= {part: seen.get(part, seen["picture"]) - began for part in (*_BESIDE, "picture")}
    return {part: round(run[part], 3) for part in PARTS}


def said(log: Log) -> dict[str, float]:
    """When the server said that a part of its start was done."""
    found = {}
    for at, line in log.lines:
        if match := re.match(r"nnviz: (\w+) ready after", line):
            found[match[1]] = at
    return found


if __name__ == "__main__":
    main()
