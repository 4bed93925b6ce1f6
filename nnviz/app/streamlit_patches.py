"""What waits to be sent to a browser stays whole and in its order, and of what is drawn no more nothing is heard.

When a fragment runs, Streamlit 1.67 drops from the queue what an earlier run drew of that fragment and was not sent
yet, since the run draws it anew. Of a fragment inside a page this takes one of the page's own blocks: what comes after
it is sent first, at an index that is not there yet or that the block takes from it when it comes. On a busy machine,
where messages wait long enough, a bar's timer then made the button under it vanish, or the browser said "Bad delta
path index". It also tells the browser that a run that had ended was interrupted, so that what it no longer draws stays.
So nothing is dropped here; the little that was drawn twice is sent twice.

And until a browser has been told that a run has ended, whatever it sends has the values of widgets that the run drew no
more. Streamlit has forgotten these values by then, but not what to do when they change, and takes them for changes: in
the talk the slider of the scene before then chose the layer of the next one. So that is forgotten with the value.

What a run draws is sent when the run ends, or after a moment, where it takes longer: a caption and the picture that it
speaks of change together, although one was drawn before the other was computed.

And where another site's page tries to connect, Streamlit asks an address outside for the machine's own, to tell whether
it is meant: nobody is asked here, and who serves the app under a name of its own says so (`browser.serverAddress`).

The parts of Streamlit that this takes are not public: they stand in this file alone, and a test holds them.
"""

from __future__ import annotations

import asyncio

from streamlit import net_util
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.session_state import SessionState, _is_stale_widget

_clear = ForwardMsgQueue.clear
_remove_stale_widgets = SessionState._remove_stale_widgets
_flush = AppSession.flush_browser_queue

MOMENT = 0.15
"""Seconds that what a run has drawn waits for the rest of it, at most."""
_WAITS_UNTIL = "_nnviz_waits_until"
_ENDS = ("new_session", "script_finished")


def keep_order() -> None:
    """Let the queues of all viewers drop nothing for a fragment. Called once, by the server."""
    ForwardMsgQueue.clear = _kept  # type: ignore[method-assign]


def _kept(
    self: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
) -> None:
    if retain_lifecycle_msgs and fragment_ids_this_run:
        # What the fragment draws now follows what waits, instead of taking its place there.
        self._delta_index_map = {}
        return
    _clear(self, retain_lifecycle_msgs, fragment_ids_this_run)


def keep_together() -> None:
    """Let what a run draws be sent as a whole. Called once, by the server."""
    AppSession.flush_browser_queue = _whole  # type: ignore[method-assign]


def _whole(self: AppSession) -> list[ForwardMsg]:
    if _under_way(self._browser_queue._queue):
        loop = asyncio.get_running_loop()
        if (until := getattr(self, _WAITS_UNTIL, None)) is None:
            until = loop.time() + MOMENT
            setattr(self, _WAITS_UNTIL, until)
            if self._message_enqueued_callback is not None:
                loop.call_at(until, self._message_enqueued_callback)
        if loop.time() < until:
            return []
    setattr(self, _WAITS_UNTIL, None)
    return _flush(self)


def _under_way(waiting: list[ForwardMsg]) -> bool:
    """Whether a run has begun of which nothing was sent yet, and has not ended."""
    ends = (kind for message in reversed(waiting) if (kind := message.WhichOneof("type")) in _ENDS)
    return next(ends, None) == "new_session"


def ask_nobody() -> None:
    """Let no address outside be asked for this machine's own. Called once, by the server."""
    net_util.get_external_ip = lambda: None


def forget_the_gone() -> None:
    """Let the sessions of all viewers call nothing for a widget that is drawn no more. Called once, by the server."""
    SessionState._remove_stale_widgets = _forgotten  # type: ignore[method-assign]


def _forgotten(self: SessionState, active_widget_ids: frozenset[str]) -> None:
    _remove_stale_widgets(self, active_widget_ids)
    context = get_script_run_ctx()
    if context is None:
        return
    known = self._new_widget_state.widget_metadata
    for name in list(known):
        if _is_stale_widget(known[name], active_widget_ids, context.fragment_ids_this_run):
            del known[name]
