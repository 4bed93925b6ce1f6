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

from nnviz.errors import NnvizError
from nnviz.pages import messages, startup
from nnviz.pages.background import worker
from nnviz.pages.markdown import plain
from nnviz.pages.serving import AddLines


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """At server start: read the command line, and import TensorFlow while the page is on its way. At its end: keep what
    the background has so far."""
    messages.keep_order()
    messages.forget_the_gone()
    try:
        startup.begin(sys.argv[1:])
    except SystemExit as end:
        # The sentence is printed already; left to the server, it would stand above a traceback.
        sys.stdout.flush()
        os._exit(end.code if isinstance(end.code, int) else 1)
    yield {}
    worker.close()


def on_script_error(error: Exception) -> bool:
    """Show what a user can mend as its sentence; all else as Streamlit does."""
    if isinstance(error, NnvizError):
        st.error(plain(str(error)), icon=":material/error:")
        return True
    return False


app = st.App(
    Path(__file__).parent / "nnviz" / "pages" / "main.py",
    lifespan=lifespan,
    middleware=[Middleware(AddLines)],
    on_script_error=on_script_error,
)
