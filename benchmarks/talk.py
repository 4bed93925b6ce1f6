"""A press of the remote to its scene, beside an empty page's slider: `python benchmarks/talk.py [--json FILE]`.

The whole talk that ships, forwards and backwards, in real Chromium at 1920x1080. The first time through, each scene
is new to the browser and counts apart: there the talk is alone, and three seconds pass between two presses, as
somebody speaks and the next scene is prepared meanwhile. After that it is pressed in turn with the empty page.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Page, sync_playwright

from benchmarks.browser import opened
from benchmarks.measuring import ROOT, answering, free_port, launch, milliseconds, report, serving, table
from nnviz.talk import scenes

GOAL = 300
PAUSE = 3000
HEADS = ("What is pressed", "Presses", "p50 ms", "p95 ms", "max ms", "p95 to empty", "Goal p95 ms")


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--rounds", type=int, default=3, help="through the talk and back, after the first time")
    asked = parser.parse_args()
    talk = [stop.shown for stop in scenes.bundled().stops]
    ours, empty = free_port(), free_port()
    with (
        serving(ROOT / "dashboard.py", ours),
        serving(ROOT / "benchmarks" / "empty_page.py", empty),
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        answering(ours)
        answering(empty)
        wall = opened(browser, f"http://localhost:{ours}/talk?scene=1")
        slider = opened(browser, f"http://localhost:{empty}")
        thumb = slider.locator(".st-key-phase input[type=range]").first
        taken: dict[str, list[float]] = {"empty": [], "first": [], "again": []}
        by_scene: dict[int, list[float]] = {}
        wall.bring_to_front()
        for step in range(1, len(talk)):
            wall.wait_for_timeout(PAUSE)
            taken["first"].append(_press(wall, "PageDown"))
            by_scene.setdefault(1 + step, []).append(taken["first"][-1])
        for key in ("PageUp", "PageDown") * asked.rounds:
            for step in range(1, len(talk)):
                slider.bring_to_front()
                thumb.focus()
                taken["empty"].append(_press(slider, "ArrowRight" if step % 2 else "ArrowLeft"))
                wall.bring_to_front()
                taken["again"].append(_press(wall, key))
                scene = 1 + step if key == "PageDown" else len(talk) - step
                by_scene.setdefault(scene, []).append(taken["again"][-1])
    titles = {
        "empty": "Empty page: slider",
        "first": "Talk: a scene or step for the first time",
        "again": "Talk: a scene or step once more",
    }
    floor = milliseconds(taken["empty"], 95)
    found = [_row(titles[name], times, floor, name == "empty") for name, times in taken.items()]
    print(table(HEADS, [list(row.values()) for row in found]))
    slowest = max(by_scene, key=lambda at: milliseconds(by_scene[at]))
    print(f"\nThe slowest stop: {slowest} ({talk[slowest - 1].page}), p50 {milliseconds(by_scene[slowest]):.0f} ms.")
    per_scene = {str(at): [round(1000 * time, 1) for time in times] for at, times in sorted(by_scene.items())}
    report({"talk": found, "by scene": per_scene}, asked.json)


def _press(page: Page, key: str) -> float:
    """Press, and wait until nothing has changed for 0.4 s; the seconds until the last change."""
    page.wait_for_timeout(200)
    page.keyboard.press(key)
    return page.wait_for_function("() => meter.took()", polling=50).json_value() / 1000


def _row(title: str, times: list[float], floor: float, empty: bool) -> dict[str, Any]:
    p95 = milliseconds(times, 95)
    return {
        "what": title,
        "presses": len(times),
        "p50_ms": f"{milliseconds(times):.0f}",
        "p95_ms": f"{p95:.0f}",
        "max_ms": f"{milliseconds(times, 100):.0f}",
        "p95_ratio": f"{p95 / floor:.2f}",
        "goal": "" if empty else f"{GOAL} {'met' if p95 <= GOAL else 'missed'}",
    }


if __name__ == "__main__":
    main()
