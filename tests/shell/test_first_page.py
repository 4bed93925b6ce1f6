"""What a page shows where a file of the viewer's own cannot be: what ships, beside one sentence."""

import json

import pytest
from hostile import model_with_scale
from PIL import Image
from streamlit.testing.v1 import AppTest

from nnviz.shell import caches, options


def opened(**parameters):
    def script():
        from nnviz.pages import registry
        from nnviz.shell import page

        page.draw(registry.FIRST)

    app = AppTest.from_function(script, default_timeout=120)
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


@pytest.mark.parametrize("scale", [None, "x", {"a": 1}])
@pytest.mark.parametrize("name", ["mine", "mnist-cnn"])
def test_a_model_that_cannot_run(scale, name, tmp_path, monkeypatch):
    """Also where it is called as what ships: that is then another one."""
    given = options.Options(model=model_with_scale(tmp_path / f"{name}.keras", scale))
    monkeypatch.setattr(options, "given", given)
    app = opened()
    assert not app.exception
    sentence = app.error[0].value
    assert "what Keras can build and run was expected" in sentence
    assert f"Received: {name}.keras." in sentence.replace("\\", "")
    assert not any(theirs in sentence for theirs in ("function", "device", "class", "Tensor", "{"))
    shipped = "mnist-mlp" if name == "mnist-cnn" else "mnist-cnn"
    assert app.query_params["net"] == shipped
    assert app.main.children  # drawn below the sentence


def test_a_picture_that_nobody_can_read_called_as_one_that_ships(tmp_path, monkeypatch):
    (tmp_path / "test-0.png").write_bytes(b"none")
    monkeypatch.setattr(options, "given", options.Options(image=tmp_path / "test-0.png"))
    app = opened()
    assert not app.exception
    assert len(app.error) == 1
    assert app.query_params["image"] == "test-1"


def test_a_session_that_nobody_foresaw(tmp_path, monkeypatch, caplog):
    """A picture's file that became a folder while the server runs."""
    Image.new("L", (28, 28)).save(tmp_path / "mine.png")
    monkeypatch.setattr(options, "given", options.Options(image=tmp_path / "mine.png"))
    caches.pictures.clear()
    (tmp_path / "mine.png").unlink()
    (tmp_path / "mine.png").mkdir()
    app = opened()
    assert not app.exception
    assert "Is a directory" in app.error[0].value
    assert app.query_params["image"] == "test-0"


def test_a_card_with_a_test_that_is_none_is_no_reason_to_show_nothing(tmp_path, monkeypatch, cases):
    cases["mlp_64"].model.save(tmp_path / "mine.keras")
    facts = {"title": 5, "test": {"accuracy": "high", "digits": None, "correct": []}}
    (tmp_path / "mine.json").write_text(json.dumps(facts))
    monkeypatch.setattr(options, "given", options.Options(model=tmp_path / "mine.keras"))

    def script():
        from nnviz.app.sidebar import sidebar
        from nnviz.shell import page

        sidebar.draw(page.readable())

    app = AppTest.from_function(script, default_timeout=120).run()
    assert not app.exception
    assert not app.error
    assert app.sidebar.caption[0].value == "5: 449 parameters."
