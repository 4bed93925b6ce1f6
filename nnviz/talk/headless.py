"""Draw a page with nobody looking: what it computes is then kept for whoever opens it.

Streamlit draws where a session stands; here one is made that has no browser. The parts of Streamlit that this takes
are not public: they stand in this file alone, and a test holds them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
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

from nnviz.shell.jobs import bar as jobs

_RUNS = 8
"""Runs of a page at most: one that asks for another run each time would never end."""


def draw(render: Callable[[], None], parameters: Mapping[str, str], stopped: threading.Event | None = None) -> None:
    """Draw what `render` draws for an address with these parameters, and end all long work that it begins.

    Args:
        render: draws with Streamlit.
        parameters: of the address.
        stopped: set from elsewhere, it ends the drawing before its next element, and the work before its next slice.

    Raises:
        whatever `render` raises.
    """
    done: list[BaseException | None] = []

    # A thread of its own: the context belongs to the thread that makes it.
    def run() -> None:
        try:
            _draw(render, parameters, stopped or threading.Event())
            done.append(None)
        except BaseException as error:  # noqa: BLE001 - raised again below, in the caller's thread
            done.append(error)

    thread = threading.Thread(target=run, daemon=True, name="off-stage")
    thread.start()
    thread.join()
    if done[0] is not None:
        raise done[0]


def _draw(render: Callable[[], None], parameters: Mapping[str, str], stopped: threading.Event) -> None:
    context = ScriptRunContext(
        session_id=f"off-stage-{uuid4()}",
        _enqueue=partial(_nobody_listens, stopped),
        query_string="",
        session_state=SafeSessionState(SessionState(), lambda: None),
        uploaded_file_mgr=MemoryUploadedFileManager("/off-stage"),
        main_script_path=__file__,
        user_info={},
        fragment_storage=MemoryFragmentStorage(),
        pages_manager=PagesManager(__file__),
    )
    add_script_run_ctx(threading.current_thread(), context)
    query = urlencode(parameters)
    for _ in range(_RUNS):
        context.reset(query_string=query, page_script_hash=context.page_script_hash)
        try:
            render()
        except RerunException:
            query = urlencode(st.query_params.to_dict())
            continue
        except StopException:
            pass
        under_way = jobs.under_way()
        for each in under_way:
            while each.busy and not stopped.is_set():
                each.work(0.5)
        if stopped.is_set() or not under_way:
            return
        query = urlencode(st.query_params.to_dict())


def _nobody_listens(stopped: threading.Event, message: ForwardMsg) -> None:
    """There is no browser. What is drawn for nobody any more ends here, as Streamlit ends a run."""
    if stopped.is_set():
        raise StopException
