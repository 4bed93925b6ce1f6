"""The real app, a real browser, and the house rules of every page: no error in the console, no request outside."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from app import LOOK, SECONDS, App, Open
from get_browser import installed
from playwright.sync_api import Browser, Error, Page, sync_playwright
from rastering import FILES
from scripted import blank_page
from server import Server, serving

from nnviz.analysis.network.network import Network, load

SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    # A camera that shows a test picture, for whoever is allowed to use it.
    *("--use-fake-device-for-media-stream",),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


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
    failed_before = request.session.testsfailed
    with serving(tmp_path_factory.mktemp("server") / "log.txt") as started:
        yield started
    if request.session.testsfailed > failed_before:
        print(f"\nThe app's own log:\n{started.log.read_text()[-8000:]}")


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


# The windows are closed before the server that they look at: it is asked for here for that alone.
@pytest.fixture
def viewer(browser: Browser, serve: object) -> Iterator[Open]:
    """Opens a window of a server, with cookies and cache of its own; the house rules are checked at the end."""
    complaints: list[str] = []
    contexts = []

    def open_window(url: str, width: int = 1920, height: int = 1080) -> App:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        context.set_default_timeout(SECONDS)
        context.add_init_script(LOOK)
        page = context.new_page()
        host = urlsplit(url).netloc

        def seen(address: str) -> None:
            parts = urlsplit(address)
            if parts.scheme not in ("data", "blob") and parts.netloc != host:
                complaints.append(f"asked for {address}")

        page.on("request", lambda request: seen(request.url))
        page.on("websocket", lambda socket_: seen(socket_.url))
        page.on("pageerror", lambda error: complaints.append(f"error in the page: {error}"))
        page.on(
            "console",
            lambda message: complaints.append(f"console: {message.text}") if message.type == "error" else None,
        )
        return App(page, url)

    yield open_window
    for context in contexts:
        context.close()
    assert complaints == []


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


@pytest.fixture(scope="module")
def script(browser: Browser) -> Iterator[Page]:
    """A page with nothing in it but the raster component's functions."""
    with blank_page(browser, FILES) as page:
        yield page
