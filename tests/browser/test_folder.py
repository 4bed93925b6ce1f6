"""A folder of one's own in the browser: its index with bar, Stop and Go on, its pictures, and links to them."""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from app import SECONDS, App
from PIL import Image
from server import Server, serving

from nnviz.analysis.data.folder import folder
from nnviz.analysis.data.photographs import gallery, photograph

COUNT = 10
"""Pictures of each of the four photographs: several batches of the search, so that it can be stopped in the middle."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parts of the photographs that ship, in a sub-folder each, a file that is none, and a link out of the folder."""
    root, pick = tmp_path_factory.mktemp("mine"), random.Random(1)
    for entry in gallery():
        (root / entry.name).mkdir()
        whole = Image.fromarray(photograph(entry.name))
        for number in range(COUNT):
            side = pick.randint(120, 200)
            left, top = pick.randint(0, whole.width - side), pick.randint(0, whole.height - side)
            part = whole.crop((left, top, left + side, top + side))
            part.save(root / entry.name / f"part {number:02d}.{('png', 'jpg', 'webp')[number % 3]}")
    (root / "astronaut" / "a broken one.png").write_bytes(b"no picture at all")
    (root / "cat" / "secret.png").symlink_to("/etc/passwd")
    return root


@pytest.fixture(scope="module")
def start(own: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Server]]:
    """Starts the app with the folder, where it does not run yet, and with a cache of this file's own."""
    running: list[Server] = []
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        patch.setenv("NNVIZ_CACHE", str(tmp_path_factory.mktemp("cache")))

        def begin() -> Server:
            if not running or not running[-1].runs:
                log = tmp_path_factory.mktemp("server") / "log.txt"
                running.append(stack.enter_context(serving(log, "--folder", str(own))))
            return running[-1]

        yield begin


def caption(app: App, text: str) -> None:
    app.page.locator('[data-testid="nnCaption"]', has_text=text).wait_for(timeout=4 * SECONDS)


def done(app: App) -> int:
    """How many pictures the bar says are searched."""
    said = app.element("stProgress").inner_text()
    found = re.search(r"([\d,]+) of ([\d,]+)", said)
    return int(found.group(1).replace(",", "")) if found else 0


def views(app: App, addresses: list[dict[str, str]]) -> list[tuple[str, list[str]]]:
    """What each address shows once its work is done: its sentence, and every picture drawn on the page."""
    found = []
    for address in addresses:
        app.open(**address).worked()
        pictures = app.main.locator("canvas, svg[data-drawn]")
        drawn = pictures.evaluate_all("all => all.map(one => (one.toDataURL ? one.toDataURL() : one.innerHTML))")
        found.append((app.caption, drawn))
    return found


def test_it_is_searched_stopped_taken_up_survives_the_server_and_is_found_again(
    start: Callable[[], Server], viewer: Callable[..., App], own: Path
) -> None:
    picture = folder(own).entries[7].name
    addresses = [
        {"slug": "maps", "net": "mnist-cnn", "image": "test-18", "layer": "conv2", "unit": "5", "dx": "2"},
        {"slug": "saliency", "net": "mnist-mlp", "image": "test-3", "method": "integrated-gradients", "target": "5"},
        {"slug": "decision", "net": "mnist-cnn", "image": picture},
    ]
    server, count = start(), 4 * COUNT
    app = viewer(server.url)
    before = views(app, addresses)
    assert all(drawn for _, drawn in before)
    app.page.goto(f"{server.url}/strokes?net=photo-cnn&layer=classes&unit=281", wait_until="commit")
    caption(app, "are being searched")
    app.page.wait_for_function(
        rf"() => /[1-9]\d* of {count + 1}/.test(document.querySelector('[data-testid=stProgress]')?.innerText || '')",
        timeout=4 * SECONDS,
    )
    app.page.get_by_role("button", name="Stop").click()
    again = app.page.get_by_role("button", name="Go on searching")
    again.wait_for(timeout=SECONDS)
    app.still()
    stopped = re.search(rf"([\d,]+) of the {count + 1} pictures were searched, drawn at random", app.main.inner_text())
    assert stopped
    assert 0 < int(stopped.group(1)) < count
    # A second viewer finds it stopped, and both see it go on.
    other = viewer(server.url).open("strokes", net="photo-cnn", layer="classes", unit=285)
    other.page.get_by_role("button", name="Go on searching").wait_for(timeout=SECONDS)
    again.click()
    app.element("stProgress").wait_for(timeout=SECONDS)
    assert done(app) in (0, *range(int(stopped.group(1)), count + 2))
    # The server dies in the middle of it, and another one shows the same again. Nobody looks on meanwhile: a browser
    # says of each request that nobody answers.
    app.page.goto("about:blank")
    other.page.goto("about:blank")
    server.kill()
    app = viewer(start().url)
    assert views(app, addresses) == before
    # What was searched is kept; the rest goes on while the viewer is elsewhere.
    app.open("strokes", net="photo-cnn", layer="classes", unit=285)
    app.menu("Feature maps")
    app.menu("Strokes to digits")
    caption(app, f"Of {count} pictures cat/part")
    app.still()
    assert "1 file could not be read: astronaut/a broken one.png." in app.main.inner_text()
    # A patch opens its picture, on every page.
    tip = app.hover("strokes-patches", panel=len(app.places("strokes-patches")) - 1, tile=0)
    path = re.match(r"[^:,]+\.\w+", tip)
    assert path
    name = next(entry.name for entry in folder(own).entries if entry.path == path.group())
    app.click("strokes-patches", panel=len(app.places("strokes-patches")) - 1, tile=0)
    app.until(image=name)
    app.menu("Feature maps")
    assert app.address["image"] == name
    assert f"Shown: {path.group()}" in app.sidebar.inner_text()
    assert (app.picked("folder") or "").startswith("0,")
    assert app.alerts == []


def test_links_to_pictures_and_the_chooser(start: Callable[[], Server], viewer: Callable[..., App], own: Path) -> None:
    app = viewer(start().url)
    app.open("maps", net="photo-cnn", image="folder-rocket-part-07")
    assert "Shown: rocket/part 07.jpg" in app.sidebar.inner_text()
    assert app.alerts == []
    app.click("folder", panel=0, tile=0)
    app.page.wait_for_function("() => !location.search.includes('part-07')", timeout=SECONDS)
    chosen = app.still().address["image"]
    path = next(entry.path for entry in folder(own).entries if entry.name == chosen)
    app.page.get_by_text(f"Shown: {path}").wait_for(timeout=SECONDS)
    before = app.still().hover("folder", panel=0, tile=0)
    app.page.locator(".st-key-folder-page").get_by_role("slider").press("ArrowRight")
    for _ in range(100):
        if app.still().hover("folder", panel=0, tile=0) != before:
            break
    turned = re.search(rf"page (\d+) of {-(-(4 * COUNT + 1) // 9)}", app.still().sidebar.inner_text())
    assert turned
    entry = folder(own).entries[9 * (int(turned.group(1)) - 1)]
    assert app.hover("folder", panel=0, tile=0).startswith(entry.path)
    assert app.address["image"] == chosen
    app.open("maps", net="photo-cnn", image="../../../etc/passwd")
    assert "A picture was expected" in app.alerts[0]
    assert app.address["image"] == "folder-astronaut-part-00"
    app.open("maps", net="photo-cnn", image="folder-cat-secret")
    assert "A picture was expected" in app.alerts[0]
