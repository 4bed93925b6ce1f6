"""Who shows what: talks do not meet, and what is drawn headless is what the page would compute."""

import threading

import pytest

from nnviz.analysis.progress import Progress, finished
from nnviz.pages import registry
from nnviz.shell import address, caches, jobs, library, session
from nnviz.talk import headless, prerender, stage
from nnviz.talk.scenes import Scene


def test_each_talk_has_its_own_scene():
    first, second = stage.new_id(), stage.new_id()
    assert first != second
    assert stage.shown(first) is None
    began = stage.show(first, 3).began
    stage.show(second, 7)
    assert stage.shown(first).scene == 3
    assert stage.shown(second).scene == 7
    assert stage.show(first, 4).began == began  # the clock runs from the first scene on


def test_a_wall_that_is_turned_or_followed_outlasts_an_audience(monkeypatch):
    monkeypatch.setattr(stage, "_MOST", 64)
    turned, followed, left = (stage.new_id() for _ in range(3))
    for name in (left, turned, followed):
        began = stage.show(name, 1).began
    for number in range(200):
        stage.show(stage.new_id(), 1)
        if number % 20 == 0:
            stage.show(turned, 2)
            assert stage.shown(followed).scene == 1
    assert stage.shown(turned).scene == 2
    assert stage.shown(followed).began == began
    assert stage.shown(left) is None


def test_headless_an_address_is_read_as_in_a_browser():
    found = []
    finished(
        headless.drawing(lambda: found.append(session.read()), {"net": "mnist-mlp", "image": "test-18", "unit": "3"})
    )
    (current,) = found
    assert (current.name, current.picture.name, current.unit) == ("mnist-mlp", "test-18", 3)
    expected = library.network("mnist-mlp")
    assert current.network is expected  # the one that all viewers share


def test_headless_nobody_else_is_disturbed():
    seen = {}

    def look(name, image):
        finished(headless.drawing(lambda: seen.setdefault(name, session.read()), {"image": image}))

    both = [threading.Thread(target=look, args=(name, f"test-{name}")) for name in (1, 2, 3)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert {name: found.picture.name for name, found in seen.items()} == {1: "test-1", 2: "test-2", 3: "test-3"}


def test_headless_an_error_is_raised_and_work_is_done_to_its_end():
    def fail():
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        finished(headless.drawing(fail, {}))

    closed, states = [], []

    def steps():
        try:
            for done in range(3):
                yield Progress(done, 3)
            return "made"
        finally:
            closed.append(True)

    def begin():
        states.append(jobs.begin("mine", jobs.Job("Working", "headless", steps)).state)

    finished(headless.drawing(begin, {}))
    assert states == ["waiting", "done"]  # drawn once more, with what the work made
    assert closed == [True]


def test_headless_what_is_closed_ends_its_work():
    closed = []

    def steps():
        try:
            for done in range(10**9):
                yield Progress(done, 10**9)
        finally:
            closed.append(True)

    drawing = headless.drawing(lambda: jobs.begin("mine", jobs.Job("Working", "endless", steps)), {})
    next(drawing)
    next(drawing)
    assert not closed
    drawing.close()
    assert closed == [True]


def test_headless_work_that_all_viewers_share_is_waited_for_also_by_the_one_who_does_it(nothing_kept):
    def steps():
        for done in range(3):
            yield Progress(done, 3)
        return "made"

    seen = []

    def begin():
        seen.append(jobs.share("index", jobs.Job("Searching", "shared", steps)).found)

    preparing = jobs.Queue().share(jobs.Job("Preparing", "scene", lambda: headless.drawing(begin, {})))
    preparing.work(60)
    assert preparing.state == "done"
    assert seen[-1] == "made"


def test_what_a_page_does_not_ask_for_is_known():
    asked = []

    def look():
        address.forget_asked()
        session.read()
        asked.append(address.asked())

    finished(headless.drawing(look, {"unti": "3", "unit": "3"}))
    assert "unit" in asked[0]
    assert "unti" not in asked[0]


def test_a_wall_is_claimed_once_and_keeps_its_clock():
    waited_for = stage.new_id()
    assert stage.claim(waited_for)
    assert not stage.claim(waited_for)  # the link that named it names it no more
    began = stage.shown(waited_for).began
    assert stage.show(waited_for, 5).began == began
    assert not stage.claim(waited_for)
    assert stage.shown(waited_for).scene == 5
    stage.drop(waited_for)
    assert stage.shown(waited_for) is None
    stage.drop(waited_for)  # another window may have been quicker


def test_headless_drawing_ends_before_the_next_element():
    import streamlit as st

    stopped, drawn = threading.Event(), []

    def draw():
        for at in range(5):
            st.write(at)
            drawn.append(at)
            if at == 2:
                stopped.set()

    finished(headless.drawing(draw, {}, stopped.is_set))
    assert drawn == [0, 1, 2]


def test_a_scene_that_is_passed_over_is_not_prepared(monkeypatch):
    """Ten quick presses: the first scene's preparation ends where it is, and those between never begin."""
    begun, reached, go_on = [], threading.Event(), threading.Event()

    def page(render):
        return registry.Page("Slow", "", "slow", "", render)

    def slow(current):
        import streamlit as st

        begun.append(current.picture.name)
        reached.set()
        assert go_on.wait(60)
        st.write("Drawn")
        done.append(current.picture.name)

    done = []
    monkeypatch.setattr(registry, "PAGES", (*registry.PAGES, page(slow)))
    scenes = [Scene("slow", f"Scene {at}", parameters={"image": f"test-{at}"}) for at in range(11)]
    caches.scenes.clear()
    prerender.prepare(scenes[0])
    assert reached.wait(60)
    for scene in scenes[1:]:
        last = prerender.prepare(scene)
    assert prerender.prepare(scenes[10]) is last  # drawn again, as for a slider on the wall: it goes on
    go_on.set()
    last.work(60)
    assert (last.state, begun, done) == ("done", ["test-0", "test-10"], ["test-10"])
    assert prerender.prepare(scenes[10]).state == "done"
    assert prerender.prepare(None) is None
    assert begun == ["test-0", "test-10"]  # once
    # What was broken off is not taken for ready.
    again = prerender.prepare(scenes[0])
    again.work(60)
    assert (again.result.state, done) == ("ready", ["test-10", "test-0"])
