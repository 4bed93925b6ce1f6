"""A start with a file that nobody foresaw: one sentence, and all that ships."""

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
    assert "A model that can be shown was expected. Received: mine.keras, " in sentence
    assert "TypeError" in sentence
    assert (app.address["net"], app.says) == ("mnist-cnn", "7")
    app.menu("Filters")
    assert app.element("stException").count() == 0
    assert app.canvas("filters").count() == 1
    app.open("decision", net="mnist-mlp", image="test-1")
    assert (app.alerts, app.address["net"]) == ([], "mnist-mlp")
    # Whoever chooses it is told again, and keeps what was there.
    app.sidebar.get_by_role("combobox").first.click()
    app.page.get_by_role("option", name="mine").click()
    app.page.get_by_test_id("stAlert").first.wait_for()
    app.still()
    assert "mine.keras" in app.alerts[0]
    assert app.address["net"] == "mnist-mlp"
    log = server.log.read_text()
    assert "Traceback (most recent call last)" in log
    assert "TypeError: " in log
