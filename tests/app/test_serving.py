"""The lines that are put into the page that the server sends, and into nothing else."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
from streamlit import config

from nnviz.app.serving import LINES, AddLines

PAGE = "<!doctype html><html><head><title>\u732b</title></head><body><head></body></html>"
LINE = LINES.decode()


async def page(request):
    accepts = request.headers.get("accept-encoding", "")
    return HTMLResponse(PAGE, headers={"etag": '"1"', "x-kept": "yes", "x-asked-for": accepts or "plain text"})


async def slow(request):
    async def parts():
        for start in range(0, len(PAGE), 7):
            yield PAGE[start : start + 7].encode()

    return StreamingResponse(parts(), media_type="text/html; charset=utf-8", status_code=404)


async def script(request):
    return PlainTextResponse("<head>", media_type="text/javascript")


def ask(path, accept="text/html,*/*", query="", **headers):
    """(status, headers, body) of one request to a server with the middleware, by the ASGI protocol itself."""
    routes = [Route("/", page), Route("/slow", slow), Route("/script", script)]
    app = Starlette(routes=routes, middleware=[Middleware(AddLines)])
    given = {"accept": accept, **headers}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "server": ("localhost", 80),
        "client": ("localhost", 1),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
    }
    sent = []

    async def talk():
        asked = asyncio.Queue()
        await asked.put({"type": "http.request", "body": b"", "more_body": False})

        async def send(message):
            sent.append(message)

        await app(scope, asked.get, send)

    # In a thread of its own: the browser tests keep a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, talk()).result()
    start = next(message for message in sent if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body.decode()


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/slow", 404)])
def test_the_line_stands_first_in_the_head_once(path, status):
    found, headers, body = ask(path)
    assert found == status
    assert body == PAGE.replace("<head>", "<head>" + LINE, 1)
    assert body.count(LINE) == 1
    assert headers["content-length"] == str(len(body.encode()))
    assert headers["content-type"].startswith("text/html")


def test_headers_stay_but_what_the_line_makes_untrue():
    _, headers, _ = ask("/")
    assert headers["x-kept"] == "yes"
    assert "etag" not in headers


def test_the_page_is_asked_for_as_plain_text():
    _, headers, _ = ask("/", accept_encoding="gzip, br")
    assert headers["x-asked-for"] == "plain text"


@pytest.mark.parametrize(("path", "accept"), [("/script", "text/html"), ("/", "application/json"), ("/script", "*/*")])
def test_all_else_passes_as_it_is(path, accept):
    _, headers, body = ask(path, accept)
    assert LINE not in body
    assert body == ("<head>" if path == "/script" else PAGE)
    assert headers["content-length"] == str(len(body.encode()))


def test_below_a_path_of_its_own_streamlit_finds_the_server_itself():
    config.set_option("server.baseUrlPath", "talk")
    try:
        assert ask("/")[2] == PAGE
    finally:
        config.set_option("server.baseUrlPath", "")


def test_the_first_page_by_its_own_name_is_led_to_the_bare_address_with_what_it_says():
    from nnviz.app import serving
    from nnviz.pages import registry

    assert registry.FIRST.slug == serving.FIRST
    status, headers, _ = ask(f"/{serving.FIRST}")
    assert (status, headers["location"]) == (307, "/")


@pytest.mark.parametrize(
    ("base", "path", "place"),
    [
        ("", "/plain", "mlp-vs-cnn"),
        ("", "/plain/", "../mlp-vs-cnn"),
        ("talk", "/talk/plain", "mlp-vs-cnn"),
        ("talk", "/plain", "mlp-vs-cnn"),  # a proxy has taken the prefix off
    ],
)
@pytest.mark.parametrize("query", ["", "net=mnist-mlp&dx=-3&said=a%26b"])
def test_a_page_by_its_old_slug_is_led_to_the_new_one_with_all_that_it_says(base, path, place, query):
    config.set_option("server.baseUrlPath", base)
    try:
        status, headers, _ = ask(path, query=query)
    finally:
        config.set_option("server.baseUrlPath", "")
    assert (status, headers["location"]) == (307, f"{place}?{query}" if query else place)


@pytest.mark.parametrize("path", ["/plainer", "/static/plain", "/talk/plain", "/mlp-vs-cnn"])
def test_no_other_path_is_led_elsewhere(path):
    assert ask(path)[0] == 404
