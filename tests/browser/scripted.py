"""A component's script by itself, in a blank page."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

from nnviz.components import parts


@contextlib.contextmanager
def blank_page(context: BrowserContext, files: Iterable[Path]) -> Iterator[Page]:
    """A page with nothing in it but the functions of these files, the component's own as `component`."""
    page = context.new_page()
    page.add_script_tag(content=parts.script(files).replace("export default function", "function component"))
    yield page
    page.close()


def run(page: Page, body: str, *arguments: Any) -> Any:
    """The value of a piece of script, in which `a` holds the arguments and `bytes(text)` reads a buffer."""
    read = "const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));"
    return page.evaluate(f"(a) => {{ {read} {body} }}", list(arguments))
