"""The components' modules as a browser loads them from any server of files, in a blank page."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import BrowserContext, Page

from nnviz.components.parts import FOLDER


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served() -> Iterator[str]:
    """Address of a plain server of the components' files."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(FOLDER)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@contextlib.contextmanager
def blank_page(context: BrowserContext, url: str, *modules: str) -> Iterator[Page]:
    """A page of that server with nothing in it but what these modules export, by its name."""
    page = context.new_page()
    page.goto(f"{url}/common/")
    page.set_content("<!doctype html><title>A blank page</title>")
    page.evaluate(
        "async (all) => { for (const one of all) Object.assign(window, await import(one)); }",
        [f"{url}/{module}" for module in modules],
    )
    yield page
    page.close()


def run(page: Page, body: str, *arguments: Any) -> Any:
    """The value of a piece of script, in which `a` holds the arguments and `bytes(text)` reads a buffer."""
    read = "const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));"
    return page.evaluate(f"(a) => {{ {read} {body} }}", list(arguments))
