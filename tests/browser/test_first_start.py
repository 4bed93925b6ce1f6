"""A start with a file that cannot be shown: one sentence, and all that ships."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app import Open
from hostile import model_with_scale
from server import Server


def test_what_ships_stays_usable_beside_one_sentence(
    viewer: Open, serve: Callable[..., Server], tmp_path: Path
) -> None:
    server = serve("--model", str(model_with_scale(tmp_path / "mine.keras", None)))
    app = viewer(server.url).open()
    (sentence,) = app.alerts
    assert "was expected" in sentence
    assert "Received: mine.keras" in sentence
    assert (app.address["net"], app.says) == ("mnist-cnn", "7")
    app.menu("Filters")
    assert app.element("stException").count() == 0
    assert app.canvas("filters").count() == 1
    assert app.alerts == [sentence]
    # Who opens another page first is told there.
    assert viewer(server.url).open("preferred").alerts == [sentence]
    app.open("decision", net="mnist-mlp", image="test-1")
    assert (app.alerts, app.address["net"]) == ([], "mnist-mlp")
    # Whoever chooses it is told again, and keeps what was there.
    app.sidebar.get_by_role("combobox").first.click()
    app.page.get_by_role("option", name="mine").click()
    app.page.get_by_test_id("stAlert").first.wait_for()
    app.still()
    assert "mine.keras" in app.alerts[0]
    assert app.address["net"] == "mnist-mlp"
    assert "Traceback" not in server.log.read_text()
