"""What the server does with the addresses of pages, before Streamlit sees them.

A link to the first page by its own name is led to the bare address, one to a page by the name that it had once to the
name that it has now: Streamlit would say that there is no such page. And two lines are put into the page that is sent.
One says where the server is: without it, a link that opens an inner page makes Streamlit's browser code look for the
server below that page first, two failed requests and two errors in the console before anything is drawn. The other lets
the parameters that a page sets as it opens take the place of its bare address in the browser's history: as an entry of
their own they would make Back need two presses for each page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from streamlit import config

from nnviz.shell import old_addresses

FIRST = "network"
"""Slug of the page that the app opens on: Streamlit knows it by the bare address alone, and calls its own unknown."""

_SERVER = "window.__streamlit = { BACKEND_BASE_URL: window.location.origin };"
_HISTORY = (
    "const push = history.pushState.bind(history); history.pushState = (state, title, url) => "
    "!location.search && new URL(url, location.href).pathname === location.pathname "
    "? history.replaceState(state, title, url) : push(state, title, url);"
)
LINES = f"<script>{_SERVER}</script><script>{{ {_HISTORY} }}</script>".encode()
"""What is put into the page."""


class AddLines(BaseHTTPMiddleware):
    """Adds the lines to HTML pages; not where the app is served below a path of its own."""

    async def dispatch(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Answer one request."""
        if request.url.path == f"/{FIRST}":
            return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/")
        renamed = _renamed(request)
        if renamed is not None:
            return RedirectResponse(renamed)
        page = "text/html" in request.headers.get("accept", "") and not config.get_option("server.baseUrlPath")
        if not page:
            return await call_next(request)
        # Asked for as plain text, so that the lines can be put in.
        request.scope["headers"] = [pair for pair in request.scope["headers"] if pair[0] != b"accept-encoding"]
        response = await call_next(request)
        if not response.headers.get("content-type", "").startswith("text/html"):
            return response
        body = b"".join([chunk async for chunk in response.body_iterator])  # type: ignore[attr-defined]
        headers = {name: value for name, value in response.headers.items() if name not in ("content-length", "etag")}
        return Response(body.replace(b"<head>", b"<head>" + LINES, 1), response.status_code, headers)


def _renamed(request: Request) -> str | None:
    """Where a page is that was asked for by an old slug, seen from there: a proxy may have taken a prefix off."""
    base = config.get_option("server.baseUrlPath").strip("/")
    slug = request.url.path.strip("/").removeprefix(f"{base}/")
    if slug not in old_addresses.SLUGS:
        return None
    up = "../" if request.url.path.endswith("/") else ""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{up}{old_addresses.slug(slug)}{query}"
