"""The check of a talk: every scene drawn in the background for all viewers, stopped and begun anew."""

import pytest
from streamlit.testing.v1 import AppTest
from visiting import finish

from nnviz.errors import NnvizError
from nnviz.pages import registry
from nnviz.shell import caches, options
from nnviz.shell.jobs import queue, worker
from nnviz.shell.page import Page
from nnviz.shell.session import Session

OWN = """title: Mine
scenes:
- page: said
  say: What there is
- page: refused
  say: What there is not
"""


def written(session: Session) -> None:
    import streamlit as st

    st.write(session.name)


def refused(session: Session) -> None:
    raise NnvizError(f"A layer was expected. Received: {session.name}.")


def rehearse() -> None:
    from nnviz.talk import rehearse

    rehearse.draw()


@pytest.fixture
def checked(tmp_path, monkeypatch, nothing_kept):
    """The check of a talk of two scenes, of which the second one cannot be shown. Both are pages without a component:
    Streamlit registers those with a server, and here is none."""
    own = (Page("Said", "", "said", "", written), Page("Refused", "", "refused", "", refused))
    monkeypatch.setattr(registry, "PAGES", (*registry.PAGES, *own))
    (tmp_path / "mine.yaml").write_text(OWN)
    monkeypatch.setattr(options, "given", options.Options(talk=tmp_path / "mine.yaml"))
    caches.scenes.clear()

    return AppTest.from_function(rehearse, default_timeout=120)


def said(app: AppTest) -> str:
    return " ".join(str(element.proto.body) for element in app.get("html"))


def test_every_scene_is_drawn_once_for_all_and_again_when_it_is_asked_for(checked):
    app = finish(checked.run())
    assert "1 of 2 scenes and steps are ready: see why the others are not" in said(app)
    (first,) = app.session_state["jobs-prerender"].jobs
    app.button(key="again-prerender").click().run()
    app = finish(app)
    (second,) = app.session_state["jobs-prerender"].jobs
    assert second.result is not first.result
    assert [each.state for each in second.result] == [each.state for each in first.result] == ["ready", "not ready"]
    assert first.result[1].reasons == ("A layer was expected. Received: mnist-cnn.",)
    assert AppTest.from_function(rehearse, default_timeout=120).run().session_state["jobs-prerender"].jobs[0].result


def test_it_is_stopped_for_all_and_says_so(checked, monkeypatch):
    monkeypatch.setattr(worker, "_PATIENCE", 300)
    with queue.worker.drawing():  # as if a page took long: no step is done meanwhile
        app = checked.run()
        assert "0 of 2 scenes and steps are ready so far; the rest follows" in said(app)
        app.button(key="stop-prerender").click().run()
    assert "0 of 2 scenes and steps are ready so far; it was stopped" in said(app)
    app.button(key="again-prerender").click().run()
    assert "1 of 2 scenes and steps are ready: see why the others are not" in said(finish(app))
