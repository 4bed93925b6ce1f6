"""The lines that are put into the page that the server sends, and into nothing else."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from streamlit import config

from nnviz.analysis.network.chain import chain
from nnviz.analysis.network.network import PRETRAINED
from nnviz.app import first_paint, startup
from nnviz.app.serving import AddLines, lines
from nnviz.pages import FIRST_SLUG, registry

PAGE = "<!doctype html><html><head><title>\u732b</title></head><body><head></body></html>"
LINE = lines("/").decode()


SAYS = {"etag": '"1"', "last-modified": "Sat, 29 Nov 2025 00:00:00 GMT"}


async def page(request):
    if {"if-none-match", "if-modified-since"} & set(request.headers):
        return Response(status_code=304)
    accepts = request.headers.get("accept-encoding", "")
    return HTMLResponse(PAGE, headers={**SAYS, "x-kept": "yes", "x-asked-for": accepts or "plain text"})


async def slow(request):
    async def parts():
        for start in range(0, len(PAGE), 7):
            yield PAGE[start : start + 7].encode()

    return StreamingResponse(parts(), media_type="text/html; charset=utf-8", status_code=404)


async def script(request):
    return PlainTextResponse("<head>", media_type="text/javascript")


def ask(path, accept="text/html,*/*", query=b"", binary=False, **headers):
    """(status, headers, body) of one request to a server with the middleware, by the ASGI protocol itself."""
    routes = [Route("/slow", slow), Route("/script", script), Route("/{any:path}", page)]
    app = Starlette(routes=routes, middleware=[Middleware(AddLines)])
    given = {"accept": accept, **headers}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": query,
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
    return (
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        body if binary else body.decode(),
    )


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/slow", 404)])
def test_the_lines_stand_first_in_the_head_and_in_the_body_once(path, status):
    found, headers, body = ask(path)
    assert found == status
    assert headers["content-length"] == str(len(body.encode()))
    # Both say how many seconds the server has been starting.
    early = first_paint.drawn_on(path, {})
    first, body = (re.sub(r"<b>\d+</b> s", "", text) for text in (first_paint.body(path, "./", early).decode(), body))
    ahead = first_paint.first("./", early).decode()
    assert body == PAGE.replace("<head>", "<head>" + ahead + LINE, 1).replace("<body>", "<body>" + first, 1)
    # Of what can be drawn on at once the weights are asked for before all else.
    for name in re.findall('href="./([^"]+)"', ahead):
        assert ask(f"/{name}", "*/*", binary=True)[2] == chain(PRETRAINED / "mnist-cnn.keras").program.weights.tobytes()
    assert bool(ahead) == (path == "/" and not startup.warmup.done.is_set())
    assert headers["content-type"].startswith("text/html")


def test_the_style_is_one_file_for_ever_and_linked_from_every_page():
    """Relative to the page, since a proxy may serve the app below a prefix."""
    for path in ("/", "/filters", "/a/b"):
        (link,) = re.findall(r'<link rel="preload" as="style" href="([^"]+)" onload', ask(path)[2])
        assert urljoin(f"http://host/lab{path}", link) == f"http://host/lab/{first_paint.style_name()}"
    status, headers, body = ask(f"/{first_paint.style_name()}", "text/css,*/*;q=0.1")
    assert (status, headers["content-type"].partition(";")[0]) == (200, "text/css")
    assert "immutable" in headers["cache-control"]
    assert body.encode() == first_paint.style()


def test_no_rule_makes_a_browser_style_the_whole_page_anew():
    """What `:has()` would find is marked by holders.js; a label's own focus is all that is looked for so."""
    assert re.findall(r"\S*:has\(.*?\)", first_paint.style().decode() + first_paint._STYLE) == [
        "label:has(:focus-visible)"
    ]


def test_what_draws_the_elements_of_every_page_is_asked_for_with_it():
    folder = Path(streamlit.__file__).parent / "static" / "static" / "js"
    for kind in first_paint._DRAWN:
        assert any(name.startswith(f"{kind}.") for name in first_paint.scripts()), f"Streamlit has no {kind}"
    for kind in first_paint._LATER:
        assert f"../static/js/{kind}." in ask("/a/b")[2], f"Streamlit has no {kind}"
    assert all((folder / name).is_file() for name in first_paint.scripts())
    assert f'href="../static/js/{first_paint.scripts()[0]}"' in ask("/a/b")[2]


def test_the_title_stands_in_the_window_before_the_page_is_drawn(monkeypatch):
    assert "<h1>nnviz</h1>" in ask("/filters")[2]
    assert "loading TensorFlow" in ask("/filters")[2]
    monkeypatch.setattr(startup, "warmup", startup.Warmup())
    startup.warmup.done.set()
    assert "<h1>Filters</h1>" in ask("/filters")[2]
    assert f"<h1>{registry.FIRST.heading}</h1>" in ask("/")[2]
    assert "<h1>" not in ask("/talk")[2]


def test_headers_stay_but_what_the_line_makes_untrue():
    _, headers, _ = ask("/")
    assert headers["x-kept"] == "yes"
    assert not set(SAYS) & set(headers)


def test_a_page_that_the_browser_has_is_sent_anew_since_its_lines_may_be_others():
    status, _, body = ask("/", if_none_match='"1"', if_modified_since=SAYS["last-modified"])
    assert (status, LINE in body) == (200, True)


def test_the_page_is_asked_for_as_plain_text():
    _, headers, _ = ask("/", accept_encoding="gzip, br")
    assert headers["x-asked-for"] == "plain text"


@pytest.mark.parametrize(("path", "accept"), [("/script", "text/html"), ("/", "application/json"), ("/script", "*/*")])
def test_all_else_passes_as_it_is(path, accept):
    _, headers, body = ask(path, accept)
    assert LINE not in body
    assert body == ("<head>" if path == "/script" else PAGE)
    assert headers["content-length"] == str(len(body.encode()))


@pytest.fixture
def base(request):
    config.set_option("server.baseUrlPath", request.param)
    yield "/" + request.param.strip("/") if request.param else ""
    config.set_option("server.baseUrlPath", "")


BASES = pytest.mark.parametrize("base", ["", "lab", "/lab/nnviz/"], indirect=True)
PREFIXES = ("", "/tools", "/a/b/c")


@BASES
@pytest.mark.parametrize("page", ["/", "/filters", "/a/b", "/caf\u00e9", "/labor"])
def test_the_line_leads_from_any_page_to_the_root_of_the_app(base, page):
    """Whatever a proxy has taken off before."""
    (up,) = re.findall(r'new URL\("([./]+)", location.href\)', ask(base + page)[2])
    for prefix in PREFIXES:
        root = f"http://host{prefix}{base}/"
        assert urljoin(f"http://host{prefix}{base}{page}?net=a/b#c/d", up) == root


@BASES
@pytest.mark.parametrize("query", [b"", b"net=mnist-mlp&image=%2Fx"])
@pytest.mark.parametrize(
    ("asked", "page"),
    [
        (f"/{FIRST_SLUG}", "/"),
        (f"/{FIRST_SLUG}/", "/"),
        ("/filters/", "/filters"),
        ("/plain", "/mlp-vs-cnn"),
        ("/plain/", "/mlp-vs-cnn"),
        ("/a/b/", "/a/b"),
    ],
)
def test_another_name_of_a_page_leads_to_its_own_with_what_it_says(base, asked, page, query):
    status, headers, _ = ask(base + asked, query=query)
    assert status == 307
    for prefix in PREFIXES:
        found = urljoin(f"http://host{prefix}{base}{asked}", headers["location"])
        assert found == f"http://host{prefix}{base}{page}" + (f"?{query.decode()}" if query else "")


@BASES
@pytest.mark.parametrize(
    "path", ["/filters", "/", f"/{FIRST_SLUG}s", f"/a/{FIRST_SLUG}", "/plainer", "/a/plain", "//host.example/"]
)
def test_a_page_by_its_own_name_is_led_nowhere(base, path):
    status, headers, _ = ask(base + path)
    assert status == 200 or urlsplit(headers["location"]).netloc == ""
    assert status == 200 or path == "//host.example/"


def test_only_pages_are_led_elsewhere():
    assert ask(f"/{FIRST_SLUG}", accept="application/json")[0] == 200


def test_the_first_page_is_the_one_that_the_registry_has():
    assert registry.FIRST.slug == FIRST_SLUG
    assert registry.FIRST in registry.PAGES


def test_the_browsers_code_of_streamlit_reads_where_the_server_is():
    """The one private name that is relied on: `window.__streamlit.BACKEND_BASE_URL`, in the files that are sent."""
    folder = Path(streamlit.__file__).parent / "static"
    assert (folder / "index.html").read_text(encoding="utf-8").count("<head>") == 1
    assert 'href="./favicon.png"' in (folder / "index.html").read_text(encoding="utf-8")
    scripts = "".join(path.read_text(encoding="utf-8") for path in (folder / "static" / "js").glob("index.*.js"))
    assert "window.__streamlit" in scripts, "Streamlit reads window.__streamlit no more: see nnviz/app/serving.py"
    assert "BACKEND_BASE_URL" in scripts, "BACKEND_BASE_URL has another name: see nnviz/app/serving.py"
