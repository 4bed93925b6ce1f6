"""Work that all viewers share: one thread, one job at a time, not while a page is drawn."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nnviz.analysis.cache import Cache
from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError
from nnviz.shell.jobs import Job, Queue
from nnviz.shell.jobs import worker as worker_module
from nnviz.shell.jobs.worker import Worker

ROOT = Path(__file__).parents[3]
SOON = 30
"""Seconds after which a test gives up; all that it waits for takes a moment."""


@pytest.fixture
def kept():
    return Cache(2**20)


def begin(worker, key, steps, kept):
    return worker.begin(Job("Working", key, steps, kept))


def counting(count, log=None, name=""):
    """A job of so many steps, and where each was done."""

    def steps():
        for done in range(count + 1):
            if log is not None:
                log.append((name, threading.current_thread().name))
            yield Progress(done, count, done)
        return f"{name}{count}"

    return steps


def test_a_job_is_done_once_for_all_in_a_thread_of_its_own(kept):
    worker, log = Worker(), []
    one = begin(worker, "a", counting(5, log), kept)
    two = begin(worker, "a", counting(9), kept)
    assert one is two
    one.work(SOON)
    assert dict(kept.items()) == {"a": "5"}
    assert (one.state, one.progress.done, one.busy) == ("done", 5, False)
    assert {thread for _, thread in log} == {"nnviz background"}
    assert begin(worker, "a", counting(1), kept).result == "5"
    kept.clear()
    worker.forget("a")
    again = begin(worker, "a", counting(1), kept)
    again.work(SOON)
    assert again.result == "1"


def test_two_jobs_never_work_at_once(kept):
    worker, inside, worst = Worker(), [], []

    def steps():
        for done in range(20):
            inside.append(1)
            worst.append(len(inside))
            inside.pop()
            yield Progress(done, 20)

    jobs = [begin(worker, key, steps, kept) for key in "abc"]
    for job in jobs:
        job.work(SOON)
    assert [job.state for job in jobs] == ["done"] * 3
    assert max(worst) == 1


def test_the_one_that_is_looked_at_works(kept):
    worker, log = Worker(), []
    with worker.drawing():
        one, two = (begin(worker, key, counting(30, log, key), kept) for key in "ab")
        one.work(0)
    one.work(SOON)
    assert one.state == "done"
    two.work(SOON)
    assert [name for name, _ in log] == ["a"] * 31 + ["b"] * 31
    assert dict(kept.items()) == {"a": "a30", "b": "b30"}


def test_no_step_begins_while_a_page_is_drawn(kept, monkeypatch):
    monkeypatch.setattr(worker_module, "_PATIENCE", SOON)
    worker, log = Worker(), []
    with worker.drawing():
        job = begin(worker, "a", counting(3, log), kept)
        with worker.drawing():
            job.work(0.1)
        job.work(0.1)
        assert log == []
        assert job.progress is None
    job.work(SOON)
    assert job.state == "done"


def test_viewers_who_never_rest_do_not_stop_it(kept, monkeypatch):
    monkeypatch.setattr(worker_module, "_PATIENCE", 0.01)
    worker = Worker()
    with worker.drawing():
        job = begin(worker, "a", counting(3), kept)
        job.work(SOON)
    assert job.state == "done"


def test_one_that_is_stopped_is_stopped_for_all_until_it_is_begun_anew(kept):
    worker, closed = Worker(), threading.Event()

    def endless():
        try:
            for done in range(10**9):
                yield Progress(done, 10**9)
        finally:
            closed.set()

    job = begin(worker, "a", endless, kept)
    while job.progress is None:
        job.work(0.01)
    worker.forget("a")  # it is busy: goes on
    assert begin(worker, "a", counting(2), kept) is job
    job.stop()
    assert job.state == "stopped"
    assert closed.wait(SOON)
    assert begin(worker, "a", counting(2), kept) is job
    worker.forget("a")
    again = begin(worker, "a", counting(2), kept)
    again.work(SOON)
    assert dict(kept.items()) == {"a": "2"}
    assert job.state == "stopped"


def test_what_was_stopped_is_closed_before_it_begins_anew(kept):
    worker, told = Worker(), []

    def steps(name):
        def work():
            told.append(f"{name} begins")
            try:
                for done in range(10**9 if name == "first" else 2):
                    yield Progress(done, 2)
            finally:
                told.append(f"{name} ends")

        return work

    first = begin(worker, "a", steps("first"), kept)
    while first.progress is None:
        first.work(0.01)
    first.stop()
    worker.forget("a")
    begin(worker, "a", steps("second"), kept).work(SOON)
    assert told == ["first begins", "first ends", "second begins", "second ends"]


def test_a_viewer_who_turns_away_leaves_it_working(kept, nothing_kept):
    viewer = Queue()
    job = viewer.share(Job("Working", "a", counting(5), kept))
    viewer.share(Job("Working", "b", counting(1), kept))
    job.work(SOON)
    assert job.state == "done"


def test_who_ends_it_ends_it_for_nobody_who_wants_it(kept, nothing_kept):
    one, other = Queue(), Queue()
    go_on = threading.Event()

    def steps():
        yield Progress(0, 1)
        assert go_on.wait(60)
        return "made"

    job = one.share(Job("Working", "a", steps, kept))
    assert other.share(Job("Working", "a", steps, kept)) is job
    one.cancel()
    assert job.busy
    go_on.set()
    job.work(60)
    assert (job.state, job.result) == ("done", "made")


def test_what_ends_early_because_it_was_stopped_is_no_result(kept):
    begun, stopping = threading.Event(), threading.Event()

    def steps():
        begun.set()
        assert stopping.wait(60)
        return "half of it"
        yield

    job = Job("Working", "a", steps, kept)
    working = threading.Thread(target=job.step, args=(None,))
    working.start()
    assert begun.wait(60)
    job.stop()
    stopping.set()
    working.join(60)
    assert (job.state, kept.get("a")) == ("stopped", None)


def test_why_it_failed_is_said_and_what_no_user_can_mend_is_raised(kept):
    worker = Worker()

    def refused():
        yield Progress(0, 1)
        raise NnvizError("A picture was expected. Received: none.")

    def broken():
        yield Progress(0, 1)
        raise RuntimeError("a bug")

    one, two = begin(worker, "a", refused, kept), begin(worker, "b", broken, kept)
    one.work(SOON)
    assert (one.state, one.reason) == ("failed", "A picture was expected. Received: none.")
    with pytest.raises(RuntimeError, match="a bug"):
        two.work(SOON)
    assert not kept.items()


def test_closed_it_ends_its_jobs_and_works_again_afterwards(kept):
    worker, told, others = Worker(), [], set(threading.enumerate())

    def steps(name):
        def work():
            try:
                for done in range(10**9):
                    yield Progress(done, 10**9)
            finally:
                told.append(name)

        return work

    one, two = (begin(worker, key, steps(key), kept) for key in "ab")
    while one.progress is None:
        one.work(0.01)
    worker.close()
    assert told == ["a"]  # the other had not begun
    assert [one.state, two.state] == ["stopped"] * 2
    begun = set(threading.enumerate()) - others
    assert not any(each.name == "nnviz background" and each.is_alive() for each in begun)
    begin(worker, "a", counting(2), kept).work(SOON)
    assert dict(kept.items()) == {"a": "2"}


def test_what_is_begun_while_it_closes_is_worked_on(kept):
    worker, later = Worker(), []

    def endless():
        try:
            for done in range(10**9):
                yield Progress(done, 10**9)
        finally:
            later.append(begin(worker, "later", counting(2), kept))

    job = begin(worker, "a", endless, kept)
    while job.progress is None:
        job.work(0.01)
    worker.close()
    later[0].work(SOON)
    assert (job.state, later[0].state) == ("stopped", "done")
    worker.close()  # with nothing to close
    begin(worker, "b", counting(2), kept).work(SOON)
    assert dict(kept.items()) == {"later": "2", "b": "2"}


def test_one_that_cannot_be_closed_leaves_the_others(kept):
    worker, begun, go = Worker(), threading.Event(), threading.Event()

    def steps():
        try:
            begun.set()
            go.wait(SOON)
            yield Progress(0, 1)
        finally:
            raise RuntimeError("no room to keep it")

    bad = begin(worker, "bad", steps, kept)
    assert begun.wait(SOON)
    bad.stop()
    good = begin(worker, "good", counting(2), kept)
    go.set()
    good.work(SOON)
    assert (bad.state, good.state) == ("stopped", "done")
    with pytest.raises(RuntimeError, match="no room"):
        bad.work(0)


def test_many_viewers_who_begin_stop_and_close_leave_it_working(kept):
    worker, switch = Worker(), sys.getswitchinterval()

    def viewer(number):
        for turn in range(20):
            job = begin(worker, (number, turn % 3), counting(3), kept)
            if turn % 4 == 0:
                job.stop()
                worker.forget(job.key)
            elif turn % 7 == 0:
                worker.close()
            else:
                job.work(0.01)

    sys.setswitchinterval(1e-5)
    try:
        viewers = [threading.Thread(target=viewer, args=(number,)) for number in range(4)]
        for each in viewers:
            each.start()
        for each in viewers:
            each.join(SOON)
    finally:
        sys.setswitchinterval(switch)
    assert not any(each.is_alive() for each in viewers)
    last = begin(worker, "last", counting(2), kept)
    last.work(SOON)
    assert last.state == "done"


def test_a_process_ends_with_its_work_closed():
    """Also in the middle of it, and with what was so far kept."""
    script = """
import threading
from nnviz.analysis.progress import Progress
from nnviz.shell.jobs import Job
from nnviz.shell.jobs.worker import worker
begun = threading.Event()
def endless():
    try:
        while True:
            begun.set()
            yield Progress(0, 1)
    finally:
        print("closed", flush=True)
worker.begin(Job("Working", "a", endless))
begun.wait()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "closed\n", "")


def broken_page() -> None:
    from nnviz.shell import jobs

    def steps():
        raise RuntimeError("a bug")
        yield

    import streamlit as st

    found = jobs.share("broken", jobs.Job("Working", "broken", steps))
    found._ended.wait(30)
    st.text(found.reason)
    jobs.progress_bar("broken")


def test_what_no_user_can_mend_is_shown_to_who_looks_at_it():
    app = AppTest.from_function(broken_page, default_timeout=60).run()
    assert not app.exception
    assert "a bug" in app.run().exception[0].value
    assert not app.run().exception
    assert "RuntimeError" in app.text[0].value
