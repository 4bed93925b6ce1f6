"""The animation at the top of the README, made from the running app: `python docs/animate.py`.

A one is drawn with a long flag, the net reads a seven, and the page of saliency shows which stroke did it.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import ROOT, answering, free_port, launch, serving

FILE = Path(__file__).parent / "stage.webp"
SIZE, SHOWN = (1280, 720), (960, 540)
STROKE = (
    (60, 110),
    (80, 94),
    (100, 78),
    (120, 61),
    (140, 45),
    (138, 80),
    (136, 115),
    (134, 150),
    (132, 180),
    (130, 210),
)
"""Places on a pad 252 pixels wide."""
MOST_BYTES = 3_000_000


def main() -> None:
    """Record, and write the file."""
    port = free_port()
    script = ROOT / "dashboard.py"
    with serving(script, port), sync_playwright() as playwright, launch(playwright) as browser:
        answering(port)
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.goto(f"http://localhost:{port}/")
        frames = [
            (Image.open(io.BytesIO(picture)).convert("RGB").resize(SHOWN, Image.Resampling.LANCZOS), ms)
            for picture, ms in scenes(page)
        ]
    images, times = [image for image, _ in frames], [ms for _, ms in frames]
    images[0].save(FILE, save_all=True, append_images=images[1:], duration=times, loop=0, quality=72, method=6)
    print(f"{FILE.name}: {len(images)} pictures, {sum(times) / 1000:.1f} s, {FILE.stat().st_size / 1e6:.2f} MB")
    if FILE.stat().st_size > MOST_BYTES:
        sys.exit(f"A file below {MOST_BYTES:,} bytes was expected. Received: {FILE.stat().st_size:,}.")


def scenes(page: Page) -> Iterator[tuple[bytes, int]]:
    """PNGs, and how long each stands, in milliseconds."""
    pad, scene = page.locator(".st-key-stage canvas.pad"), page.locator(".st-key-stage canvas.scene")
    pad.wait_for(timeout=60_000)
    page.wait_for_function("window.nnRoom.settled && !document.querySelector('.nn-opening')", timeout=60_000)
    page.wait_for_timeout(2_000)
    yield page.screenshot(), 1_200
    box = pad.bounding_box()
    assert box is not None
    by = box["width"] / 252
    for number, (x, y) in enumerate(STROKE):
        page.mouse.move(box["x"] + x * by, box["y"] + y * by, steps=4)
        if not number:
            page.mouse.down()
        page.wait_for_timeout(150)
        yield page.screenshot(), 160
    page.mouse.up()
    page.wait_for_timeout(2_500)
    scene.click(position={"x": 5, "y": 5})
    page.keyboard.press("Space")
    for _ in range(9):
        yield page.screenshot(), 150
    page.wait_for_timeout(2_500)
    yield page.screenshot(), 1_600
    page.get_by_role("link", name="Which pixels decided?").click()
    page.wait_for_url("**/saliency**")
    page.wait_for_function("window.nnRoom.settled", timeout=60_000)
    page.wait_for_timeout(3_000)
    yield page.screenshot(), 3_500


if __name__ == "__main__":
    main()
