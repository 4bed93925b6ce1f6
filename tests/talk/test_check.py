"""The check of a talk: every scene drawn in the background for all viewers, stopped and begun anew."""

import pytest
from streamlit.testing.v1 import AppTest
from visiting import finish

from nnviz.shell import caches, options
from nnviz.shell.jobs import queue, worker

OWN = """title: Mine
scenes:
- page: maps
  say: What conv2 sees in this 8
  image: test-61
  layer: conv2
- page: filters
  say: The filters of conv2
  layer: conv2
"""


def check() -> None:
    from nnviz.talk import check

    check.draw()


@pytest.fixture
def checked(tmp_path, monkeypatch, nothing_kept):
    """The check of a talk of two scenes. Without a server nothing can be drawn off stage, so neither is ready; that
    they are where there is one a browser shows."""
    (tmp_path / "mine.yaml").write_text(OWN)
    monkeypatch.setattr(options, "given", options.Options(talk=tmp_path / "mine.yaml"))
    caches.scenes.clear()

    return AppTest.from_function(check, default_timeout=120)


def said(app: AppTest) -> str:
    return " ".join(str(element.proto.body) for element in app.get("html"))


def test_every_scene_is_drawn_once_for_all_and_again_when_it_is_asked_for(checked):
    app = finish(checked.run())
    assert "0 of 2 scenes are ready: see why the others are not" in said(app)
    (first,) = app.session_state["jobs-rehearsal"].jobs
    app.button(key="again-rehearsal").click().run()
    app = finish(app)
    (second,) = app.session_state["jobs-rehearsal"].jobs
    assert second.result is not first.result
    assert [each.state for each in second.result] == [each.state for each in first.result] == ["not ready"] * 2
    assert AppTest.from_function(check, default_timeout=120).run().session_state["jobs-rehearsal"].jobs[0].result


def test_it_is_stopped_for_all_and_says_so(checked, monkeypatch):
    monkeypatch.setattr(worker, "_PATIENCE", 300)
    with queue.worker.drawing():  # as if a page took long: no step is done meanwhile
        app = checked.run()
        assert "0 of 2 scenes are ready so far; the rest follows" in said(app)
        app.button(key="stop-rehearsal").click().run()
    assert "0 of 2 scenes are ready so far; it was stopped" in said(app)
    app.button(key="again-rehearsal").click().run()
    assert "0 of 2 scenes are ready: see why the others are not" in said(finish(app))
