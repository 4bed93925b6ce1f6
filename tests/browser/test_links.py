"""What I see, I can send: the address is the state, on every page, and survives a change of page."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from app import FIRST, SECONDS, App, shows
from playwright.sync_api import WebSocketRoute
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

import nnviz
from nnviz.analysis.attribution import explain
from nnviz.analysis.data.digits import digit
from nnviz.analysis.image.images import Fitted, Transform, rescale
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Trace
from nnviz.pages.registry import PAGES

LINK: dict[str, Any] = {
    "net": "mnist-cnn",
    "image": "test-247",
    "layer": "conv2",
    "unit": 5,
    "row": 3,
    "column": 11,
    "target": 6,
    "dx": 2,
    "dy": -1,
    "rotate": 15,
    "noise": 20,
    "invert": 1,
}
TRANSFORM = Transform(shift=(2, -1), rotate=15.0, noise=20.0, invert=True)


def traced(network: Network, number: int, transform: Transform) -> Trace:
    """As the app has it: moved as pixels, then in the network's range."""
    pixels = transform.apply(digit(number)[0][..., None].astype(np.float32))
    return nnviz.trace(network, Fitted(rescale(pixels, network.scale, network.offset), pixels, ""))


def address_of(link: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in link.items()}


def check_map(app: App, found: Trace) -> None:
    tile = found.activations["conv2"][..., 5]
    assert app.picked("maps") == "0,5,0,0"
    assert app.picked("map") == "1,0,3,11"
    assert app.caption.startswith(f"At row 3, column 11 map 5 is {tile[3, 11]:.2f};")


def test_an_inner_page_opens_as_sent_and_again_after_a_reload(app: App, networks: dict[str, Network]) -> None:
    found = traced(networks["mnist-cnn"], 247, TRANSFORM)
    app.open("maps", **LINK)
    for again in (False, True):
        if again:
            app.page.reload(wait_until="commit")
            app.still()
        assert app.slug == "maps"
        assert app.address == address_of(LINK)
        check_map(app, found)
        assert app.alerts == []


def test_the_state_survives_a_change_of_page(app: App, networks: dict[str, Network]) -> None:
    found = traced(networks["mnist-cnn"], 247, TRANSFORM)
    app.open("saliency", **LINK, method="gradient", signed=0)
    for page in [*PAGES, PAGES[0], next(page for page in PAGES if page.slug == "maps")]:
        app.menu(page.title)
        assert app.slug == ("" if page.slug == FIRST else page.slug)
        assert app.address == address_of({**LINK, "method": "gradient", "signed": 0})
        if page.slug == FIRST:
            assert app.says == str(found.winner)
        if page.slug == "maps":
            check_map(app, found)
        if page.slug == "decision":
            assert shows(app.page.locator(".nn-answer").inner_text(), found.logits[6])


def test_the_target_and_the_method_are_in_the_link(app: App, networks: dict[str, Network]) -> None:
    app.open("saliency", image="test-0", target=3, method="gradient-x-input").worked()
    expected = explain(networks["mnist-cnn"], digit(0)[0], "gradient-x-input", 3)
    values = expected.over_image()
    assert shows(app.caption, values.flat[np.abs(values).argmax()])


@pytest.mark.parametrize(
    ("slug", "wanted", "shown"),
    [
        (FIRST, {"image": "../../etc/passwd"}, {"image": "test-0"}),
        ("saliency", {"target": 10}, {"target": "9"}),
        ("maps", {"layer": "pool2", "row": 7, "column": 2}, {"layer": "pool2", "column": "2", "row": "6"}),
    ],
    ids=lambda value: ",".join(map(str, value.values())) if isinstance(value, dict) else value,
)
def test_what_is_not_there_is_replaced_by_the_nearest_and_said(
    app: App, slug: str, wanted: dict[str, Any], shown: dict[str, str]
) -> None:
    """One of each kind; what else an address can have wrong is tested where it is read."""
    app.open(slug, **wanted)
    # What goes on in the background must not take the sentence away.
    app.worked()
    name, nearest = list(shown.items())[-1]
    assert len(app.alerts) == 1
    assert nearest in app.alerts[0]
    assert str(wanted[name]).removeprefix("test-") in app.alerts[0]
    assert app.element("stAlertContentInfo").count() == 1
    assert {key: app.address.get(key) for key in shown} == shown
    assert app.element("nnCaption").count() == 1


def test_a_link_to_an_upload_opens_the_default_digit_and_says_so(app: App, networks: dict[str, Network]) -> None:
    app.open("maps", image="upload", layer="conv1", unit=2)
    assert len(app.alerts) == 1
    assert "uploaded picture cannot be in a link" in app.alerts[0]
    assert app.address["image"] == "test-0"
    values = nnviz.trace(networks["mnist-cnn"], digit(0)[0]).activations["conv1"]
    assert shows(app.caption, values[..., 2].max())


def test_a_link_that_was_saved_before_its_page_was_renamed_opens_it_with_all_that_it_says(app: App) -> None:
    app.open("plain", net="mnist-cnn", image="test-2", dx=4, view="shift")
    assert app.slug == "mlp-vs-cnn"
    assert app.main.locator("h1").inner_text() == "MLP or CNN?"
    assert {name: app.address[name] for name in ("net", "image", "dx", "view")} == {
        "net": "mnist-cnn",
        "image": "test-2",
        "dx": "4",
        "view": "shift",
    }
    assert app.alerts == []
    # Streamlit says in a window over the page that there is none of that name.
    assert app.page.get_by_role("dialog").count() == 0


def test_back_leaves_each_page_in_one_press(app: App) -> None:
    app.open()
    for title in ("Filters", "Decision", "Preferred picture"):
        app.menu(title)
    # What is chosen on a page is a step of its own.
    app.menu("Filters")
    unit = int(app.address["unit"])
    app.press("unit", "ArrowRight")
    app.until(unit=unit + 1)
    for slug in ("filters", "preferred", "decision", "filters", ""):
        app.page.go_back()
        app.page.wait_for_function("slug => location.pathname === `/${slug}`", arg=slug)
        app.still()
        assert app.address["unit"] == str(unit)
    app.page.go_forward()
    app.page.wait_for_function("() => location.pathname === '/filters'")
    assert app.still().main.locator("h1").inner_text() == "Filters"


def test_clicks_that_carry_an_address_from_before_the_first_one_are_all_heard(
    app: App, request: pytest.FixtureRequest
) -> None:
    """What the server sends is held back, so that the browser knows none of its addresses while it is clicked."""
    waiting: list[bytes] = []
    held = False

    def worked_on() -> int:
        """Clicks that the server is done with."""
        return sum(ForwardMsg.FromString(message).WhichOneof("type") == "script_finished" for message in waiting)

    def pass_on(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        release.append(lambda: [socket.send(message) for message in waiting])
        server.on_message(lambda message: waiting.append(bytes(message)) if held else socket.send(message))

    release: list[Callable[[], object]] = []
    # No other test gets this window.
    request.addfinalizer(app.page.close)
    app.page.route_web_socket("**/_stcore/stream", pass_on)
    app.open("decision", view="knock", layer="conv1", unit=0)
    before = app.address
    held = True
    for count, tile in enumerate((9, 10, 11), 1):
        app.click("knockout", tile=tile)
        # Each is worked on before the next comes.
        end = time.monotonic() + SECONDS / 1000
        while worked_on() < count and time.monotonic() < end:
            app.frames(1)
        assert app.address == before
    held = False
    release[-1]()
    app.until(off="9,10,11@conv1", unit=11)
    app.page.go_back()
    app.until(off="9,10@conv1", unit=10)
