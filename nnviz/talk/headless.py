"""Draw a page with nobody looking: what it computes is then kept for whoever opens it.

Streamlit draws where a session stands; here one is made that has no browser. The parts of Streamlit that this takes
are not public: they stand in this file alone, and a test holds them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from functools import partial
from urllib.parse import urlencode
from uuid import uuid4

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException, StopException
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext, add_script_run_ctx
from streamlit.runtime.state import SafeSessionState, SessionState

from nnviz.analysis.progress import Progress
from nnviz.shell import jobs

_RUNS = 8
"""Runs of a page at most: one that asks for another run each time would never end."""
_WAIT = 0.05
"""Seconds between two looks at work that is done elsewhere."""


def _never() -> bool:
    return False


def drawing(
    render: Callable[[], None], parameters: Mapping[str, str], stopping: Callable[[], bool] = _never
) -> Generator[Progress, None, None]:
    """Draw what `render` draws for an address with these parameters, and do all long work that it begins, a run of the
    page or a slice of the work a step. Closed, it ends the work where it is.

    Args:
        render: draws with Streamlit.
        parameters: of the address.
        stopping: whether nobody wants it any more: asked from elsewhere, it ends the drawing before its next element.

    Raises:
        whatever `render` raises.
    """
    name, state = f"headless-{uuid4()}", SafeSessionState(SessionState(), lambda: None)
    query, begun = urlencode(parameters), list[jobs.Queue]()

    def run() -> bool:
        """Whether the page asks for another run."""
        nonlocal query
        _attach(name, state, query, stopping)
        try:
            render()
            return False
        except StopException:
            return False
        except RerunException:
            return True
        finally:
            begun[:] = jobs.under_way()
            query = urlencode(st.query_params.to_dict())

    try:
        for done in range(_RUNS):
            once_more = _apart(run)
            if not begun and not once_more:
                return
            yield Progress(done, _RUNS)
            for mine in [] if once_more else begun:
                while mine.busy:
                    mine.work(mine.pause or _WAIT)
                    yield Progress(done, _RUNS)
    finally:
        for mine in begun:
            mine.want([], begin=False)


def _attach(name: str, state: SafeSessionState, query: str, stopping: Callable[[], bool]) -> None:
    """Let this thread draw for a session without a browser."""
    context = ScriptRunContext(
        session_id=name,
        _enqueue=partial(_nobody_listens, stopping),
        query_string="",
        session_state=state,
        uploaded_file_mgr=MemoryUploadedFileManager("/headless"),
        main_script_path=__file__,
        user_info={},
        fragment_storage=MemoryFragmentStorage(),
        pages_manager=PagesManager(__file__),
    )
    add_script_run_ctx(threading.current_thread(), context)
    context.reset(query_string=query, page_script_hash=context.page_script_hash)


def _apart(run: Callable[[], bool]) -> bool:
    """Do it in a thread of its own: what is attached to a thread stays there."""
    done: list[bool | BaseException] = []

    def caught() -> None:
        try:
            done.append(run())
        except BaseException as error:  # noqa: BLE001 - raised again below, in the caller's thread
            done.append(error)

    thread = threading.Thread(target=caught, daemon=True, name="headless")
    thread.start()
    thread.join()
    if isinstance(done[0], BaseException):
        raise done[0]
    return done[0]


def _nobody_listens(stopping: Callable[[], bool], message: ForwardMsg) -> None:
    """There is no browser. What is drawn for nobody any more ends here, as Streamlit ends a run."""
    if stopping():
        raise StopException
