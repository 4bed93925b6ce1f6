"""One's own network on the pages: whatever it makes a page raise is a sentence, and its settings make a card."""

from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.shell import options


def raising() -> None:
    """A page that comes upon something that nobody foresaw."""
    from nnviz.shell import page

    def render(session):
        raise LookupError("no such <b>axis</b>")

    page.draw(page.Page("Odd", ":material/hub:", "odd", "See", render))


@pytest.fixture
def mine(saved, tmp_path, monkeypatch):
    """The app with a network of one's own."""
    path = tmp_path / "mine.keras"
    path.write_bytes(saved(["sequential_cnn"])["sequential_cnn"].read_bytes())
    monkeypatch.setattr(options, "given", options.Options(model=path))
    return path


def test_an_error_that_nobody_foresaw_is_a_sentence_on_ones_own_network(mine, caplog):
    app = AppTest.from_function(raising, default_timeout=60).run()
    assert not app.exception
    assert [each.value for each in app.error] == [
        "A network that this page can show was expected. Received: mine, and an error that nobody foresaw, "
        r"LookupError: no such \<b\>axis\</b\> (the log has all of it)."
    ]
    assert "Traceback" in caplog.text


def test_on_what_ships_it_is_a_fault_of_ours_and_shown_as_one(mine):
    app = AppTest.from_function(raising, default_timeout=60)
    app.query_params["net"] = "mnist-mlp"
    app.run()
    assert [each.value for each in app.exception] == ["no such <b>axis</b>"]


def form() -> None:
    import streamlit as st

    from nnviz.shell import session
    from nnviz.views import card_form

    st.session_state["read"] = session.read()
    card_form.draw(st.session_state["read"], lambda: None)


def submit(app: AppTest) -> AppTest:
    next(button for button in app.button if button.label == "Apply").click().run()
    assert not app.exception, app.exception[0].value
    return app


def test_what_is_set_is_what_the_network_is_shown_by(mine):
    app = AppTest.from_function(form, default_timeout=60).run()
    app.text_area[0].set_value("0 cat\n1 dog\n2 *x*\n3 mouse")
    app.selectbox[0].set_value("own scale and offset")
    app.text_input[0].set_value("0.5")
    app.text_input[1].set_value("-1")
    read = submit(app).session_state["read"]
    card = {"classes": ["cat", "dog", "*x*", "mouse"], "input": {"scale": 0.5, "offset": -1.0}}
    expected = nnviz.trace(nnviz.load(mine, card), digit(0)[0])
    assert read.network.classes == ("cat", "dog", "*x*", "mouse")
    np.testing.assert_array_equal(read.trace.probabilities, expected.probabilities)
    assert not mine.with_suffix(".json").exists()
    # Kept only when that is asked for, and then for everybody.
    app.button(key="card-keep").click().run()
    assert json.loads(mine.with_suffix(".json").read_text()) == card
    other = AppTest.from_function(form, default_timeout=60).run()
    np.testing.assert_array_equal(other.session_state["read"].trace.probabilities, expected.probabilities)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("classes", "a\nb", "A card with 4 class names was expected"),
        ("scale", "none", "A number, or one a channel between commas, was expected. Received: 'none'."),
        ("scale", "1, 2, 3", "A card with a scale a channel (1) was expected"),
        ("scale", "nan", "A card with a scale a channel (1) was expected"),
    ],
)
def test_settings_that_cannot_be_are_said_and_change_nothing(field, value, said, mine):
    app = AppTest.from_function(form, default_timeout=60).run()
    if field == "classes":
        app.text_area[0].set_value(value)
    else:
        app.selectbox[0].set_value("own scale and offset")
        app.text_input[0].set_value(value)
    assert said in submit(app).error[0].value.replace("\\", "")
    assert app.session_state["read"].network.classes == ("0", "1", "2", "3")
