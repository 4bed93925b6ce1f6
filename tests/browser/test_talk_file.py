"""A talk as a file: the check, one of one's own, one that is wrong, and a view that is saved as a scene."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from app import SECONDS, App
from server import ROOT, Server
from talking import TOTAL, progress, shows

from nnviz.talk import scenes


def test_the_check_draws_every_scene_and_says_that_it_is_ready(viewer: Callable[..., App], server: Server) -> None:
    app = viewer(server.url).open("rehearse")
    app.page.get_by_text(f"All {TOTAL} scenes are ready").wait_for(timeout=120_000)
    rows = app.page.locator(".nn-rehearse tr")
    assert rows.count() == TOTAL
    assert all("ready" in text and "not ready" not in text for text in rows.all_inner_texts())
    app.page.get_by_role("button", name="Check again").click()
    app.page.get_by_text(f"All {TOTAL} scenes are ready").wait_for(timeout=120_000)
    rows.nth(2).get_by_role("link").click()
    shows(app, 3)


OWN = """title: Mine
scenes:
- page: maps
  say: What conv2 sees in this 8
  note: Only I can read this.
  image: test-61
  layer: conv2
  unit: 5
- page: filters
  say: A parameter that nothing asks for, and a value that is none
  laier: conv2
  sort: nrom
"""


def test_a_talk_of_ones_own(
    viewer: Callable[..., App], serve: Callable[..., Server], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(OWN)
    app = viewer(serve("--talk", str(path)).url).open("talk")
    app.until(scene=1, image="test-61", layer="conv2", unit=5)
    assert app.main.locator("h1").inner_text() == "What conv2 sees in this 8"
    assert progress(app) == "1/2"
    app.open("rehearse")
    app.page.get_by_text("1 of 2 scenes are ready").wait_for(timeout=SECONDS)
    rows = app.page.locator(".nn-rehearse tr")
    # The first may be ready while the second is still being drawn.
    rows.nth(1).get_by_text("Nothing on the page filters").wait_for(timeout=SECONDS)
    said = rows.nth(1).inner_text()
    assert "Nothing on the page filters asks for 'laier'" in said
    assert "For sort one of number, norm, " in said
    assert "so number is shown. Received: nrom." in said


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("title: Mine", "title: [Mine"), 2, "YAML"),
        (("layer: conv2\n  unit", "layer: conv7\n  unit"), 7, "'conv7'"),
    ],
)
def test_a_bad_talk_ends_the_server_with_line_and_reason(
    tmp_path: Path, change: tuple[str, str], line: int, words: str
) -> None:
    """What the file itself tells, at once; what only the networks can tell, when they are there."""
    path = tmp_path / "mine.yaml"
    path.write_text(OWN.replace(*change, 1))
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.headless", "true"]
    command += ["--server.port", "0", "--", "--talk", str(path)]
    ended: Any = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode != 0
    said = ended.stdout + ended.stderr
    assert f"mine.yaml, line {line}: " in said
    assert words in said
    assert "Traceback" not in said


def test_a_view_is_saved_as_a_scene_and_comes_back(
    app: App, viewer: Callable[..., App], serve: Callable[..., Server], tmp_path: Path
) -> None:
    app.open("maps", layer="conv2", unit=5, image="test-61", dx=2)
    app.page.get_by_role("button", name="Save as a scene").click()
    app.page.get_by_label("The sentence on the wall").fill("What conv2 sees")
    app.page.get_by_label("Your note").fill("Say it slowly.")
    app.page.get_by_label("Your note").press("Control+Enter")
    app.page.get_by_role("button", name="Save this view").click()
    with app.page.expect_download() as download:
        app.page.get_by_role("button", name="Download the talk").click()
    path = tmp_path / "saved.yaml"
    download.value.save_as(path)
    (scene,) = scenes.read(path).scenes
    assert (scene.page, scene.say, scene.note) == ("maps", "What conv2 sees", "Say it slowly.")
    assert {name: scene.parameters[name] for name in ("layer", "unit", "image", "dx")} == {
        "layer": "conv2",
        "unit": "5",
        "image": "test-61",
        "dx": "2",
    }
    caption = app.caption
    back = viewer(serve("--talk", str(path)).url).open("talk")
    assert back.caption == caption
