"""The app below a path: behind a proxy that takes the prefix off, and with a base path of the server's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from app import App, Open
from proxy import below_prefix
from server import Server, serving


@pytest.fixture(
    scope="module",
    params=["behind a proxy", *(pytest.param(each, marks=pytest.mark.full) for each in ("at the root", "base path"))],
)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the app is found; it does not know of the proxy."""
    if request.param == "base path":
        with serving(tmp_path_factory.mktemp("server") / "log.txt", base="/lab/nnviz") as own:
            yield own.url
        return
    server: Server = request.getfixturevalue("server")
    if request.param == "at the root":
        yield server.url
        return
    with below_prefix(server.url) as found:
        yield found


def test_pages_and_links_open_and_are_left_for_others(viewer: Open, url: str) -> None:
    """Each link in one visit; that nothing else is asked for and nothing fails is a rule of every window."""
    app: App = viewer(url)
    root = urlsplit(url).path

    def path() -> str:
        return urlsplit(app.page.url).path

    app.open("maps", net="mnist-mlp", image="test-3")
    assert (path(), app.address["image"], app.address["net"]) == (f"{root}/maps", "test-3", "mnist-mlp")
    styles = "sheets => sheets.map(sheet => sheet.href).filter(href => href?.includes('/style.'))"
    (style,) = app.page.evaluate_handle("[...document.styleSheets]").evaluate(styles)
    assert urlsplit(style).path.startswith(f"{root}/style.")
    injected = app.page.evaluate("document.querySelectorAll('[data-testid=stMain] style').length")
    assert injected == 0, "rules that come with a page come after what they style"
    app.menu("Filters")
    assert (path(), app.address["image"]) == (f"{root}/filters", "test-3")
    app.page.reload(wait_until="commit")
    app.still()
    assert (path(), app.main.locator("h1").inner_text()) == (f"{root}/filters", "Filters")
    app.menu("Network")
    assert path().rstrip("/") == root

    for old, now in {"network": "/", "network/": "/", "filters/": "/filters", "": "/"}.items():
        app.page.goto(f"{url}/{old}?net=mnist-cnn&image=test-5", wait_until="commit")
        app.still()
        assert path().rstrip("/") == (root + now).rstrip("/"), old
        assert app.address["image"] == "test-5"
        assert app.main.locator("h1").inner_text() == ("Filters" if now == "/filters" else "nnviz")


def test_the_talk_finds_its_pages_and_its_speaker(viewer: Open, url: str) -> None:
    app: App = viewer(url).open("talk", scene=2)
    wall: Callable[[str], str] = lambda name: app.page.locator(f"a.{name}").evaluate("link => link.href")  # noqa: E731
    root = urlsplit(url).path
    assert urlsplit(wall("speaker")).path == f"{root}/speaker"
    assert urlsplit(wall("page")).path.startswith(f"{root}/")
    with app.page.expect_popup() as opened:
        app.page.keyboard.press("s")
    speaker = opened.value
    speaker.locator("text=since the start").first.wait_for()
    assert urlsplit(speaker.url).path == f"{root}/speaker"
