"""A talk as a file: the check, one of one's own, one that is wrong, and a view that is saved as a scene."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import SECONDS, App
from server import ROOT, Server
from talking import TALK, progress, stands

from nnviz.talk import scenes


def test_the_check_draws_every_scene_and_says_that_it_is_ready(viewer: Callable[..., App], server: Server) -> None:
    app = viewer(server.url).open("rehearse")
    app.page.get_by_text(f"All {len(TALK.stops)} scenes and steps are ready").wait_for(timeout=120_000)
    rows = app.page.locator(".nn-rehearse tr")
    assert rows.count() == len(TALK.stops)
    assert all("ready" in text and "not ready" not in text for text in rows.all_inner_texts())
    app.page.get_by_role("button", name="Rehearse again").click()
    app.page.get_by_text(f"All {len(TALK.stops)} scenes and steps are ready").wait_for(timeout=120_000)
    rows.nth(2).get_by_role("link").click()
    stands(app, TALK.stops[2])


WRONG = """- page: filters
  say: A parameter that nothing asks for, and a value that is none
  laier: conv2
  sort: nrom
"""
"""Nothing asks for the one, and the other is none."""


def test_a_view_is_saved_as_a_scene_of_a_talk_of_ones_own(
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
    caption = app.caption

    with path.open("a") as file:
        file.write(WRONG)
    back = viewer(serve("--talk", str(path)).url).open("talk")
    back.until(scene=1, image="test-61", layer="conv2", unit=5, dx=2)
    assert back.main.locator("h1").inner_text() == "What conv2 sees"
    assert back.caption == caption
    assert progress(back) == "1/2"
    back.open("rehearse")
    back.page.get_by_text("1 of 2 scenes and steps are ready").wait_for(timeout=SECONDS)
    rows = back.page.locator(".nn-rehearse tr")
    # The first may be ready while the second is still being drawn.
    rows.nth(1).get_by_text("Nothing on the page filters").wait_for(timeout=SECONDS)
    said = rows.nth(1).inner_text()
    assert "Nothing on the page filters asks for 'laier'" in said
    assert "For sort one of number, norm, " in said
    assert "so number is shown. Received: nrom." in said


BAD = """title: Mine
scenes:
- page: maps
  say: What conv2 sees in this 8
  layer: conv7
"""


def test_a_bad_talk_ends_the_server_with_line_and_reason(tmp_path: Path) -> None:
    """What only the networks can tell, when they are there."""
    path = tmp_path / "mine.yaml"
    path.write_text(BAD)
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.headless", "true"]
    command += ["--server.port", "0", "--", "--talk", str(path)]
    ended: Any = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode != 0
    said = ended.stdout + ended.stderr
    assert "mine.yaml, line 5: " in said
    assert "'conv7'" in said
    assert "Traceback" not in said
