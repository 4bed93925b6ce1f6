"""What waits to be sent to a browser stays whole and in its order.

When a fragment runs, Streamlit 1.67 drops from the queue what an earlier run drew of that fragment and was not sent
yet, since the run draws it anew. Of a fragment inside a page this takes one of the page's own blocks: what comes after
it is sent first, at an index that is not there yet or that the block takes from it when it comes. On a busy machine,
where messages wait long enough, a bar's timer then made the button under it vanish, or the browser said "Bad delta
path index". It also tells the browser that a run that had ended was interrupted, so that what it no longer draws stays.
So nothing is dropped here; the little that was drawn twice is sent twice. The parts of Streamlit that this takes
are not public: they stand in this file alone, and a test holds them.
"""

from __future__ import annotations

from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

_clear = ForwardMsgQueue.clear


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
