"""The app: `streamlit run dashboard.py [-- --model FILE --image FILE --card FILE --folder DIR]`."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from nnviz.app import startup, streamlit_patches
from nnviz.app.serving import AddLines
from nnviz.shell.jobs.worker import worker


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """At server start: read the command line, and import TensorFlow while the page is on its way. At its end: keep what
    the background has so far."""
    streamlit_patches.ask_nobody()
    streamlit_patches.keep_order()
    streamlit_patches.keep_together()
    streamlit_patches.forget_the_gone()
    try:
        startup.begin(sys.argv[1:])
    except SystemExit as end:
        # The sentence is printed already; left to the server, it would stand above a traceback.
        sys.stdout.flush()
        os._exit(end.code if isinstance(end.code, int) else 1)
    yield {}
    worker.close()


def on_script_error(error: Exception) -> bool:
    """Show what a user can mend as its sentence, and so all that a network of his own makes a page raise; all else as
    Streamlit does."""
    # What would show it is imported with TensorFlow: beside its own import neither would come to its end.
    if not startup.warmup.done.is_set():
        return False
    from nnviz.shell import page

    found = page.as_sentence(error)
    if found is not None:
        page.complain(found)
    return found is not None


app = st.App(
    Path(startup.__file__).with_name("main.py"),
    lifespan=lifespan,
    middleware=[Middleware(AddLines)],
    on_script_error=on_script_error,
)
