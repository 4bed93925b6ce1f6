"""One's own network on the pages: whatever it makes a page raise is a sentence, and its settings make a card."""

from __future__ import annotations

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.shell import options
from nnviz.views import card_form


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


def whole() -> None:
    """The sidebar, and a part of the app that comes upon something that nobody foresaw."""
    import streamlit as st

    from nnviz.app.sidebar import sidebar
    from nnviz.shell import page

    session = page.readable()
    sidebar.draw(session)
    if page.library.is_own(session.name):
        with page.spared():
            raise MemoryError("a picture too many")
    st.text("and the rest")


@pytest.mark.parametrize(
    ("fill", "shown", "said"),
    [
        (None, "mine", "MemoryError: a picture too many"),
        (np.nan, "mnist-cnn", "Finite scores were expected"),
        (3e38, "mnist-cnn", "Finite scores were expected"),
    ],
)
def test_whatever_is_wrong_with_it_is_said_and_another_can_be_chosen(fill, shown, said, mine):
    if fill is not None:
        model = keras.models.load_model(mine)
        model.set_weights([np.full_like(weights, fill) for weights in model.get_weights()])
        model.save(mine)
    app = AppTest.from_function(whole, default_timeout=60).run()
    assert not app.exception, app.exception[0].value
    assert said in app.error[0].value
    assert app.text[0].value == "and the rest"
    assert app.sidebar.selectbox(key="network").value == shown
    app.sidebar.selectbox(key="network").set_value("mnist-mlp").run()
    assert not app.exception
    assert not app.error
    assert app.sidebar.selectbox(key="network").value == "mnist-mlp"


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


@pytest.mark.parametrize(
    ("address", "sent", "there"),
    [
        (None, {"Host": "localhost:8501"}, True),
        (None, {"host": "[::1]:8501"}, True),
        ("10.0.0.7", {"Host": "localhost:8501"}, False),
        (None, {"Host": "nnviz.example.org"}, False),
        (None, {"Host": "localhost", "X-Forwarded-For": "10.0.0.7"}, False),
    ],
)
def test_only_who_sits_at_the_machine_writes_to_its_disk(address, sent, there, monkeypatch):
    monkeypatch.setattr(card_form.st, "context", SimpleNamespace(ip_address=address, headers=sent))
    assert card_form._at_the_machine() is there
