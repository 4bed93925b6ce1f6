"""The real app, a real browser, and the house rules of every page: no error in the console, no request outside."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from app import LOOK, SECONDS, App, Open
from get_browser import installed
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, sync_playwright
from scripted import blank_page, served
from server import Server, serving, shared

from nnviz.analysis.network.network import Network, load

SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    # Windows of one server share a process, and with it what Streamlit's scripts were compiled to.
    "--process-per-site",
    # A camera that shows a test picture, for whoever is allowed to use it.
    *("--use-fake-device-for-media-stream",),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the window showed when a test failed stands below its traceback."""
    report = yield
    app = getattr(item, "funcargs", {}).get("app")
    if report.when == "call" and report.failed and isinstance(app, App):
        try:
            shown = app.page.locator("body").inner_text()
        except Error as error:
            shown = str(error)
        report.sections.append((f"The window at {app.page.url}", shown))
    return report


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Server]:
    """The app as it is started without a command line, for all tests of all workers."""
    failed_before = request.session.testsfailed
    base = tmp_path_factory.getbasetemp()
    with shared((base.parent if hasattr(request.config, "workerinput") else base) / "server") as found:
        yield found
        log = found.log.read_text()
    if request.session.testsfailed > failed_before:
        print(f"\nThe app's own log:\n{log[-8000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        own = installed()
        if own is None and not Path(playwright.chromium.executable_path).exists():
            pytest.fail(
                "The browser tests need Chromium or Chrome, and none is here: "
                "`python tests/browser/get_browser.py` gets one (README, Test it).",
                pytrace=False,
            )
        started = playwright.chromium.launch(executable_path=own, args=list(SWITCHES))
        yield started
        started.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts the app with a command line of the test's own."""
    with contextlib.ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(serving(tmp_path / "log.txt", *arguments))


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """The one profile of all windows: what Streamlit's own scripts are made into is kept from page to page."""
    with browser.new_context(viewport={"width": 1920, "height": 1080}) as found:
        found.set_default_timeout(SECONDS)
        found.add_init_script(LOOK)
        yield found


@pytest.fixture(scope="session")
def windows(context: BrowserContext) -> list[Page]:
    """Windows that no test looks through now."""
    return []


# The windows are let go before the server that they look at: it is asked for here for that alone.
@pytest.fixture
def viewer(context: BrowserContext, windows: list[Page], serve: object) -> Iterator[Open]:
    """Opens a window of a server, each a viewer of its own; the house rules are checked at the end."""
    complaints: list[str] = []
    opened: dict[Page, dict[str, Any]] = {}
    before = set(context.pages)

    def open_window(url: str, width: int = 1920, height: int = 1080) -> App:
        page = windows.pop() if windows else context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        watch = _watch(urlsplit(url).netloc, complaints)
        for event, heard in watch.items():
            page.on(event, heard)  # type: ignore[call-overload]
        opened[page] = watch
        return App(page, url)

    yield open_window
    # What the app itself has opened, as the talk does the speaker's window.
    for page in set(context.pages) - before - set(opened):
        page.close()
    for page, watch in opened.items():
        for event, heard in watch.items():
            page.remove_listener(event, heard)
        if not page.is_closed() and _left(page):
            windows.append(page)
    context.clear_cookies()
    assert complaints == []


def _watch(host: str, complaints: list[str]) -> dict[str, Any]:
    """What is listened to in a window, for what breaks the rules of the house."""

    def seen(address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("data", "blob") and parts.netloc != host:
            complaints.append(f"asked for {address}")

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"console: {message.text}")

    return {
        "request": lambda request: seen(request.url),
        "websocket": lambda socket: seen(socket.url),
        "pageerror": lambda error: complaints.append(f"error in the page: {error}"),
        "console": said,
    }


def _left(page: Page) -> bool:
    """Go to a page of the same server with nothing in it: the viewer is gone, the browser's process stays warm. Where
    there is none, as below a path of its own, the window is closed."""
    parts = urlsplit(page.url)
    try:
        if parts.scheme != "http":
            raise Error(f"A page of a server was expected. Received: {page.url}.")
        page.goto(f"{parts.scheme}://{parts.netloc}/_stcore/health")
    except Error:
        page.close()
        return False
    page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
    return True


@pytest.fixture
def app(viewer: Open, server: Server) -> App:
    """A window on the app at the size of a projector."""
    return viewer(server.url)


@pytest.fixture
def page(app: App) -> Page:
    """The same window as Playwright has it."""
    return app.page


@pytest.fixture(scope="session")
def networks() -> dict[str, Network]:
    """The bundled networks in the test's own process, for the numbers that the app must show."""
    return {name: load(name) for name in ("mnist-cnn", "mnist-mlp")}


@pytest.fixture(scope="session")
def files() -> Iterator[str]:
    """Address of a server of the components' modules, which knows no Streamlit."""
    with served() as found:
        yield found


@pytest.fixture(scope="session")
def script(context: BrowserContext, files: str) -> Iterator[Page]:
    """A page with nothing in it but the raster component's functions."""
    modules = ("layout", "paint", "walk")
    modules = (*(f"raster/{name}.js" for name in modules), "common/packed.js", "common/numbers.js")
    with blank_page(context, files, *modules) as page:
        yield page
