"""What waits to be sent, replayed as the browser does: each message finds its place, and nothing takes another's. And
what a browser still sends of a widget that is gone."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit import net_util
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest
from streamlit.web.server import server_util

from nnviz.app import streamlit_patches

PAGE, BAR = "page", "bar"


@pytest.fixture(autouse=True)
def _mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)
    monkeypatch.setattr(AppSession, "flush_browser_queue", AppSession.flush_browser_queue)
    monkeypatch.setattr(SessionState, "_remove_stale_widgets", SessionState._remove_stale_widgets)
    streamlit_patches.keep_order()
    streamlit_patches.keep_together()
    streamlit_patches.forget_the_gone()


def block(fragment: str, *path: int) -> ForwardMsg:
    message = ForwardMsg()
    message.delta.add_block.SetInParent()
    message.delta.fragment_id = fragment
    message.metadata.delta_path.extend(path)
    return message


def text(fragment: str, words: str, *path: int) -> ForwardMsg:
    message = ForwardMsg()
    message.delta.new_element.text.body = words
    message.delta.fragment_id = fragment
    message.metadata.delta_path.extend(path)
    return message


def finished(status: int) -> ForwardMsg:
    message = ForwardMsg()
    message.script_finished = status  # type: ignore[assignment]
    return message


def drawn(sent: list[ForwardMsg]) -> list:
    """The page after all messages: a block is the list of what it holds."""
    root: list = []
    for message in sent:
        if not message.HasField("delta"):
            continue
        *above, last = message.metadata.delta_path
        place = root
        for index in above:
            place = place[index]
        assert 0 <= last <= len(place), f"nothing stands before {list(message.metadata.delta_path)}"
        new: object = [] if message.delta.HasField("add_block") else message.delta.new_element.text.body
        if last == len(place):
            place.append(new)
        elif not isinstance(place[last], list) or not isinstance(new, list):
            place[last] = new
    return root


def test_a_bar_that_ticks_takes_no_place_of_what_follows_it() -> None:
    queue = ForwardMsgQueue()
    for message in (
        block(PAGE, 0),
        text(PAGE, "head", 0, 0),
        block(BAR, 0, 1),
        text(BAR, "half done", 0, 1, 0),
        text(PAGE, "Compute", 0, 2),
        finished(ForwardMsg.FINISHED_SUCCESSFULLY),
    ):
        queue.enqueue(message)
    # The timer's run begins before any of it was sent.
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[BAR])
    queue.enqueue(block(BAR, 0, 1))
    queue.enqueue(text(BAR, "done", 0, 1, 0))
    queue.enqueue(finished(ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY))
    assert drawn(queue.flush()) == [["head", ["done"], "Compute"]]


def test_a_page_that_is_drawn_again_keeps_the_places_of_the_bar_in_it() -> None:
    queue = ForwardMsgQueue()
    page = [block(PAGE, 0), block(PAGE, 0, 0), block(BAR, 0, 0, 0), text(BAR, "half done", 0, 0, 0, 0)]
    for message in page:
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[PAGE])
    for message in page:
        queue.enqueue(message)
    assert drawn(queue.flush()) == [[[["half done"]]]]


def test_a_run_that_ended_stays_ended() -> None:
    queue = ForwardMsgQueue()
    ended = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
    queue.enqueue(finished(ended))
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[BAR])
    assert [message.script_finished for message in queue.flush()] == [ended]


def test_what_follows_is_sent_after_what_waits() -> None:
    # Put in its place instead, it would count as drawn by the run before, and go when the fragment's run ends.
    queue = ForwardMsgQueue()
    queue.enqueue(block(BAR, 0))
    queue.enqueue(text(BAR, "half done", 0, 0))
    queue.enqueue(finished(ForwardMsg.FINISHED_SUCCESSFULLY))
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[BAR])
    queue.enqueue(text(BAR, "done", 0, 0))
    sent = queue.flush()
    assert [message.delta.new_element.text.body for message in sent[-2:]] == ["", "done"]


def test_a_run_of_the_whole_page_still_drops_what_it_draws_anew() -> None:
    queue = ForwardMsgQueue()
    queue.enqueue(text(PAGE, "old", 0))
    queue.clear(retain_lifecycle_msgs=True)
    assert queue.is_empty()
    queue.enqueue(text(PAGE, "old", 0))
    queue.clear()
    assert queue.is_empty()


def sliding() -> None:
    import streamlit as st

    heard = st.session_state.setdefault("heard", [])
    if st.session_state.setdefault("shown", True):
        st.slider("x", 0, 9, key="x", on_change=lambda: heard.append(st.session_state["x"]))


def test_a_slider_that_is_gone_calls_nothing_when_the_browser_still_sends_it() -> None:
    app = AppTest.from_function(sliding).run()
    app.slider[0].set_value(7).run()
    assert app.session_state["heard"] == [7]
    sent = app._tree.get_widget_states()
    app.session_state["shown"] = False
    app.run()
    assert not app.slider
    app._run(sent)  # the browser has not heard yet that the slider went
    assert app.session_state["heard"] == [7]
    app.session_state["shown"] = True
    app.run()
    app.slider[0].set_value(3).run()
    assert app.session_state["heard"] == [7, 3]


def test_another_sites_page_is_refused_and_nobody_outside_is_asked(monkeypatch):
    asked = []
    monkeypatch.setattr(net_util, "get_external_ip", net_util.get_external_ip)
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda url, timeout: asked.append(url))
    monkeypatch.setattr(net_util, "_external_ip", None)
    assert not server_util.is_url_from_allowed_origins("https://evil.example")
    assert asked  # what Streamlit does by itself
    asked.clear()
    streamlit_patches.ask_nobody()
    assert not server_util.is_url_from_allowed_origins("https://evil.example")
    assert server_util.is_url_from_allowed_origins("http://localhost:8501")
    assert asked == []


def begun() -> ForwardMsg:
    message = ForwardMsg()
    message.new_session.SetInParent()
    return message


async def _sent(session: AppSession, *messages: ForwardMsg) -> list[str]:
    for message in messages:
        session._enqueue_forward_msg(message)
    return [message.WhichOneof("type") for message in session.flush_browser_queue()]


def _session(woken: list[float]) -> AppSession:
    """A viewer of whom nothing but the queue is there; `woken` gets the time whenever the server is told to send."""
    session = AppSession.__new__(AppSession)
    session._state = AppSessionState.SHUTDOWN_REQUESTED  # there is nothing to shut down
    session._browser_queue = ForwardMsgQueue()
    session._message_enqueued_callback = lambda: woken.append(asyncio.get_running_loop().time())
    return session


def test_what_a_run_draws_is_sent_when_it_ends() -> None:
    async def run() -> None:
        session = _session([])
        assert await _sent(session, text(PAGE, "before", 0)) == ["delta"]
        assert await _sent(session, begun(), text(PAGE, "picture", 0)) == []
        assert await _sent(session, text(PAGE, "caption", 1)) == []
        ended = finished(ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
        assert await _sent(session, ended) == ["new_session", "delta", "delta", "script_finished"]

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, run()).result()


def test_of_a_long_run_what_is_drawn_is_sent_after_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamlit_patches, "MOMENT", 0.01)

    async def run() -> None:
        woken: list[float] = []
        session = _session(woken)
        assert await _sent(session, begun(), text(PAGE, "computing", 0)) == []
        before = len(woken)
        while len(woken) == before:
            await asyncio.sleep(0.005)
        assert await _sent(session) == ["new_session", "delta"]
        # From here on it is sent as it comes.
        assert await _sent(session, text(PAGE, "half", 1)) == ["delta"]

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, run()).result()
