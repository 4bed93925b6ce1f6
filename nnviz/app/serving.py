"""What the server does with the addresses of pages, before Streamlit sees them.

A link to the first page by its own name is led to the bare address, one to a page by the name that it had once to the
name that it has now: Streamlit would say that there is no such page. And five scripts are put into the page that is
sent. One says where the server is: without it, a link that opens an inner page makes Streamlit's browser code look for
the server below that page first, two failed requests and two errors in the console before anything is drawn. One lets
the parameters that a page sets as it opens take the place of its bare address in the browser's history: as an entry of
their own they would make Back need two presses for each page. And three are files: the theme (theme.js), what is where
for the style (holders.js), how much room pictures have (room.js).

A proxy may serve the app below a prefix that it takes off, so the server does not know its own address, and the browser
does not know which part of the address is the prefix. So all is said relative to the page that was asked for: how many
steps the root of the app is above it, both know.

What stands in the window before Streamlit's code runs is put into the page too, and its style is served (first_paint).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send
from streamlit import config

from nnviz.app import early_stage, first_paint
from nnviz.pages import FIRST_SLUG
from nnviz.shell import old_addresses

_HISTORY = (
    "const push = history.pushState.bind(history); history.pushState = (state, title, url) => "
    "!location.search && new URL(url, location.href).pathname === location.pathname "
    "? history.replaceState(state, title, url) : push(state, title, url);"
)
_OURS = tuple((Path(__file__).parent / name).read_text() for name in ("theme.js", "holders.js", "room.js"))
# Asked for as plain text and as a whole, so that the lines can be put in; they make untrue what is said of the file.
_NOT_ASKED = (b"accept-encoding", b"if-none-match", b"if-modified-since")
_NOT_SENT = ("content-length", "etag", "last-modified")


def lines(path: str) -> bytes:
    """What is put into the page at a path below the app's root ("/", "/filters")."""
    server = f'window.__streamlit = {{ BACKEND_BASE_URL: new URL("{_root(path)}", location.href).href }};'
    scripts = (server, f"{{ {_HISTORY} }}", *_OURS)
    return "".join(f"<script>{script}</script>" for script in scripts).encode()


class AddLines(BaseHTTPMiddleware):
    """Adds the lines to HTML pages, and leads to the address that a page has."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let pass at once what is none of it: a page asks for a hundred files."""
        asked = dict(scope.get("headers", ())).get(b"accept", b"")
        path = scope.get("path", "")
        ours = b"text/html" in asked or path.endswith(".css") or early_stage.FOLDER in path
        await (super().__call__ if ours else self.app)(scope, receive, send)

    async def dispatch(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Answer one request."""
        path = _below_root(request.scope["path"])
        if path == f"/{first_paint.style_name()}":
            kept = {"cache-control": "public, max-age=31536000, immutable"}
            return Response(first_paint.style(), headers=kept, media_type="text/css")
        weights = early_stage.file(path[1:])
        if weights is not None:
            kept = {"cache-control": "public, max-age=31536000, immutable"}
            return Response(weights, headers=kept, media_type="application/octet-stream")
        if "text/html" not in request.headers.get("accept", ""):
            return await call_next(request)
        place = _place(path, request.url.query)
        if place is not None:
            return RedirectResponse(place)
        request.scope["headers"] = [pair for pair in request.scope["headers"] if pair[0] not in _NOT_ASKED]
        response = await call_next(request)
        if not response.headers.get("content-type", "").startswith("text/html"):
            return response
        body = b"".join([chunk async for chunk in response.body_iterator])  # type: ignore[attr-defined]
        headers = {name: value for name, value in response.headers.items() if name not in _NOT_SENT}
        early = first_paint.drawn_on(path, request.query_params)
        body = body.replace(b"<head>", b"<head>" + first_paint.first(_root(path), early) + lines(path), 1)
        body = unhurried(body)
        body = body.replace(b"<body>", b"<body>" + first_paint.body(path, _root(path), early), 1)
        return Response(body, response.status_code, headers)


def unhurried(page: bytes) -> bytes:
    """The page, in which Streamlit's style does not hold up what stands before the rest: opening.js waits for it."""
    loads = rb"""<link rel="preload" as="style"\1 onload="this.rel = 'stylesheet'">"""
    return re.sub(rb'<link rel="stylesheet"([^>]*)>', loads, page)


def _root(path: str) -> str:
    """What leads from the page at a path below the app's root to that root."""
    return "../" * (path.count("/") - 1) or "./"


def _below_root(path: str) -> str:
    """A path as seen from the app's root, which `server.baseUrlPath` may set."""
    base = config.get_option("server.baseUrlPath").strip("/")
    return path.removeprefix(f"/{base}") if base and f"{path}/".startswith(f"/{base}/") else path


def _place(path: str, query: str) -> str | None:
    """Where a page is to be asked for instead, relative to the path, with the query; None where it is right.

    Streamlit knows the first page by the bare address alone, and calls its own name unknown. And a path that ends on a
    slash it leads to one from the host's root, which behind a proxy is not the app's. A page that was called otherwise
    once is found by that name too.
    """
    bare = path.rstrip("/")
    if not bare:
        return None
    up = "../" * (len(path) - len(bare))
    slug, found = old_addresses.place(bare[1:], dict(parse_qsl(query, keep_blank_values=True)))
    if slug != bare[1:]:
        return f"{up}{slug}?{urlencode(found)}" if found else up + slug
    if bare != f"/{FIRST_SLUG}" and not up:
        return None
    to = (up or "./") if bare == f"/{FIRST_SLUG}" else up + bare.rpartition("/")[2]
    return f"{to}?{query}" if query else to
