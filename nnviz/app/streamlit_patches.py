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

And where another site's page tries to connect, Streamlit asks an address outside for the machine's own, to tell whether
it is meant: nobody is asked here, and who serves the app under a name of its own says so (`browser.serverAddress`).

The parts of Streamlit that this takes are not public: they stand in this file alone, and a test holds them.
"""

from __future__ import annotations

from streamlit import net_util
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.session_state import SessionState, _is_stale_widget

_clear = ForwardMsgQueue.clear
_remove_stale_widgets = SessionState._remove_stale_widgets


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
