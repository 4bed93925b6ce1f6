"""A viewer's own jobs: one under way, the rest waiting; stopped, left, taken up and begun anew."""

import threading

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from visiting import finish

from nnviz.analysis.cache import Cache
from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError
from nnviz.shell import caches
from nnviz.shell.jobs import Job, Queue
from nnviz.shell.jobs.step_thread import Steps

SOON = 30

pytestmark = pytest.mark.usefixtures("nothing_kept")


def counting(count, so_far=True, log=None):
    def steps():
        try:
            for done in range(count):
                yield Progress(done, count, done if so_far else None)
            return f"all {count}"
        finally:
            if log is not None:
                log.append(count)

    return steps


def job(key, count=3, **more):
    return Job(f"Job {key}", key, counting(count, **more))


def stepped(mine, done):
    while mine.progress is None or mine.progress.done < done:
        mine.work(0)


def test_they_are_worked_on_in_the_order_in_which_they_are_wanted_one_at_a_time():
    mine = Queue()
    one, two = mine.want([job("a"), job("b")], begin=True)
    assert [one.state, two.state] == ["waiting", "waiting"]
    assert mine.current is one
    one.work(0)
    assert [one.state, two.state] == ["running", "waiting"]
    # What is under way goes on also where another is wanted first now.
    assert mine.want([job("b"), job("a")], begin=True) == [two, one]
    assert mine.current is one
    mine.work(SOON)
    assert [one.result, two.result] == ["all 3", "all 3"]
    assert not mine.busy
    assert dict(caches.results.items()) == {"a": "all 3", "b": "all 3"}


def test_what_another_viewer_has_made_is_there_at_once_and_ends_ones_own_work():
    log, mine = [], Queue()
    (own,) = mine.want([job("a", 10**9, log=log)], begin=True)
    stepped(own, 2)
    caches.results.keep("a", "made by another")
    (found,) = mine.want([job("a", 10**9)], begin=True)
    assert (found.state, found.result) == ("done", "made by another")
    assert log == [10**9]
    assert not mine.busy


def test_what_is_wanted_no_more_is_closed_and_what_was_stopped_keeps_what_it_had():
    log, mine = [], Queue()
    (left,) = mine.want([job("left", 10**9, log=log)], begin=True)
    stepped(left, 2)
    (stopped,) = mine.want([job("stopped", 10**9, log=log)], begin=True)
    assert log == [10**9]
    stepped(stopped, 5)
    stopped.stop()
    assert len(log) == 2
    had = stopped.found
    mine.want([job("other")], begin=True)
    mine.work(SOON)
    (again,) = mine.want([job("stopped")], begin=True)
    assert again is stopped
    assert (again.state, again.found) == ("stopped", had)
    # One that was left has to be done anew.
    (again,) = mine.want([job("left")], begin=True)
    assert (again.state, again.progress) == ("waiting", None)


def test_what_was_stopped_before_its_first_result_is_begun_anew_when_it_is_wanted_again():
    mine = Queue()
    (stopped,) = mine.want([job("a", so_far=False)], begin=True)
    stopped.stop()
    mine.want([], begin=True)
    (again,) = mine.want([job("a")], begin=True)
    assert again.state == "waiting"


def test_of_many_that_were_stopped_the_latest_are_put_by():
    mine = Queue()
    for key in range(20):
        (one,) = mine.want([job(key, 10**9)], begin=True)
        stepped(one, 1)
        one.stop()
    mine.want([], begin=True)
    assert mine.want([job(11)], begin=False) == [None]
    assert mine.want([job(12)], begin=False)[0].state == "stopped"


def test_a_look_begins_nothing_and_again_begins_it():
    mine, wanted = Queue(), job("a")
    assert mine.want([wanted], begin=False) == [None]
    assert not mine.busy
    mine.again(wanted)
    assert mine.news
    assert mine.want([job("a")], begin=False) == [wanted]
    wanted.stop()
    mine.again(job("a"))
    (found,) = mine.want([job("a")], begin=False)
    assert found is not wanted
    mine.work(SOON)
    assert found.result == "all 3"


def test_one_that_was_stopped_is_taken_up_and_the_others_stay():
    mine = Queue()
    one, two = mine.want([job("a"), job("b")], begin=True)
    one.stop()
    two.stop()
    mine.again(job("b"))
    mine.want([job("a"), job("b")], begin=True)
    mine.work(SOON)
    assert [each.state for each in mine.jobs] == ["stopped", "done"]
    mine.again()
    mine.want([job("a"), job("b")], begin=True)
    mine.work(SOON)
    assert [each.state for each in mine.jobs] == ["done", "done"]


def test_a_result_too_large_to_be_kept_is_shown_all_the_same_and_made_once(monkeypatch):
    monkeypatch.setattr(caches, "results", Cache(2**10))
    made = []

    def steps():
        made.append(True)
        yield Progress(0, 1)
        return np.zeros(2**12, np.uint8)

    mine = Queue()
    for _ in range(3):
        (found,) = mine.want([Job("Large", "large", steps)], begin=True)
        mine.work(SOON)
    assert found.result.size == 2**12
    assert len(made) == 1
    assert len(caches.results) == 0


def test_the_last_that_there_was_stays_where_a_step_has_nothing():
    def steps():
        yield Progress(0, 3, "early")
        yield Progress(1, 3)
        yield Progress(2, 3, "late")

    one = Job("Working", "a", steps)
    found = []
    while one.busy:
        one.step(None)
        found.append((one.progress.done, one.found))
    assert found[:3] == [(0, "early"), (1, "early"), (2, "late")]


def test_a_failure_has_its_sentence_and_what_no_user_can_mend_is_raised_once():
    def refused():
        yield Progress(0, 2, "half")
        raise NnvizError("A picture was expected. Received: none.")

    def refused_at_once():
        raise NnvizError("A method was expected. Received: none.")

    def broken():
        yield Progress(0, 2)
        raise RuntimeError("a bug")

    mine = Queue()
    wanted = [Job("One", "a", refused), Job("Two", "b", refused_at_once), job("c")]
    one, two, three = mine.want(wanted, begin=True)
    mine.work(SOON)
    assert (one.state, one.reason, one.found) == ("failed", "A picture was expected. Received: none.", "half")
    assert (two.state, two.reason) == ("failed", "A method was expected. Received: none.")
    assert three.state == "done"
    (bad,) = mine.want([Job("Bad", "bad", broken)], begin=True)
    with pytest.raises(RuntimeError, match="a bug"):
        mine.work(SOON)
    assert not mine.busy
    # A page that is drawn anew when a job ends must not begin it anew without end.
    assert mine.want([job("bad")], begin=True) == [bad]
    assert (bad.state, bad.reason) == ("failed", "It ended with an error that was not foreseen: RuntimeError.")
    mine.work(SOON)
    mine.again()
    (again,) = mine.want([job("bad")], begin=True)
    mine.work(SOON)
    assert again.result == "all 3"


def test_a_stop_ends_the_first_step_too_at_once():
    """A step that takes its time, as the compilation of a large network does, is left, and closed when it ends."""
    begun, go, closed = threading.Event(), threading.Event(), threading.Event()

    def steps():
        try:
            begun.set()
            go.wait(SOON)
            yield Progress(1, 2)
        finally:
            closed.set()

    mine = Queue()
    (one,) = mine.want([Job("Compiling", "a", steps)], begin=True)
    mine.work(0)
    assert one.state == "running"
    assert begun.wait(SOON)
    one.stop()
    assert one.state == "stopped"
    assert not mine.busy
    assert not closed.is_set()
    go.set()
    assert closed.wait(SOON)
    assert one.progress is None


def test_steps_that_are_closed_take_no_more_and_end_once():
    log = []
    steps = Steps(counting(10**9, log=log)())
    assert steps.next(SOON).done == 0
    assert steps.next(None).done == 1
    closing = [threading.Thread(target=steps.close) for _ in range(4)]
    for each in closing:
        each.start()
    for each in closing:
        each.join()
    assert log == [10**9]
    assert steps.next(SOON) is None
    assert steps.next(None) is None


def test_one_that_is_stopped_from_many_threads_while_it_is_worked_on_is_closed_once():
    for _ in range(50):
        log = []
        one = Job("Working", "a", counting(10**9, log=log))
        one.shared = True

        def working(one=one):
            while one.busy:
                one.step(None)

        worker = threading.Thread(target=working)
        worker.start()
        stopping = [threading.Thread(target=one.stop) for _ in range(3)]
        for each in stopping:
            each.start()
        for each in [*stopping, worker]:
            each.join()
        assert one.state == "stopped"
        # Closed, or never begun.
        assert log in ([10**9], [])
        assert one._steps is None


def page() -> None:
    import streamlit as st

    from nnviz.analysis.progress import Progress
    from nnviz.shell import jobs

    def steps(name):
        def work():
            for done in range(20):
                yield Progress(done, 20, done)
            return name

        return work

    found = jobs.begin_all("many", [jobs.Job(f"Job {name}", name, steps(name)) for name in "abc"])
    st.text(" ".join(f"{each.state}:{each.found}" for each in found))
    jobs.progress_bar("many")
    if any(each.halted for each in found):
        jobs.again_button("many", "Take it up")


def leaving() -> None:
    import streamlit as st

    from nnviz.analysis.progress import Progress
    from nnviz.shell import jobs

    def work():
        yield Progress(0, 1)
        return "made"

    with jobs.drawing():
        jobs.begin(st.text_input("Page") or "first", jobs.Job("Working", "a", work), 60.0)


def test_a_page_that_was_left_holds_no_results():
    app = AppTest.from_function(leaving, default_timeout=60).run()
    assert [job.result for job in app.session_state["jobs-first"].jobs] == ["made"]
    app.run()
    assert [job.result for job in app.session_state["jobs-first"].jobs] == ["made"]
    app.text_input[0].input("second").run()
    assert app.session_state["jobs-first"].jobs == []
    assert [job.result for job in app.session_state["jobs-second"].jobs] == ["made"]


def bar(app):
    (found,) = app.get("progress")
    return found.proto.text


def test_a_page_draws_first_and_its_bar_says_how_many_are_to_come():
    app = AppTest.from_function(page, default_timeout=60).run()
    assert app.text[0].value == "waiting:None waiting:None waiting:None"
    assert bar(app) == "Job a: begins (2 more to come)"
    mine = app.session_state["jobs-many"]
    stepped(mine.current, 4)
    app.run()
    assert app.text[0].value == f"running:{mine.current.found} waiting:None waiting:None"
    assert bar(app) == f"Job a: {mine.current.progress.done} of 20 (2 more to come)"
    app.button(key="stop-many").click().run()
    assert app.text[0].value.startswith("stopped:")
    assert bar(app) == "Job b: begins (1 more to come)"
    finish(app)
    assert app.text[0].value.endswith("done:b done:c")
    assert not app.get("progress")
    app.button(key="again-many").click().run()
    finish(app)
    assert app.text[0].value == "done:a done:b done:c"
    assert not app.button
    assert not app.exception
