"""The page of the whole network: which layers have a column, and what is said of the rest."""

import keras
import pytest
from keras import layers
from shown import picture, texts
from visiting import visited

from nnviz.pages.network.page import COLUMNS
from nnviz.shell import options

LONG = "a_layer_with_a_long_name"


def script() -> None:
    from nnviz.pages.network.page import PAGE
    from nnviz.shell import page

    page.show(PAGE)


@pytest.fixture
def deep(fixed_weights, tmp_path, monkeypatch):
    """The app has a network of the viewer's own of eleven layers and an activation apart."""
    names = [*(f"c{index}" for index in range(8)), LONG]
    stack = [keras.Input((28, 28, 1), name="picture")]
    stack += [layers.Conv2D(2, 1, name=name) for name in names]
    stack += [layers.ReLU(name="relu"), layers.Flatten(name="flat"), layers.Dense(2, name="scores")]
    fixed_weights(keras.Sequential(stack)).save(tmp_path / "deep.keras")
    monkeypatch.setattr(options, "given", options.Options(model=tmp_path / "deep.keras"))


def opened(**parameters):
    return visited(script, **parameters)


def titles(app):
    return [panel["title"] for panel in picture(app, "network")[0]["panels"]]


def test_the_layers_around_the_one_under_study_have_a_column_and_that_is_said(deep):
    app = opened(net="deep", layer="c5")
    # Four before it and three behind; the activation apart is none of its own.
    assert titles(app)[:7] == ["c1", "c2", "c3", "c4", "c5", "c6", "c7"]
    assert any(f"13 layers, 3,190 parameters; {COLUMNS} are shown, around c5" in text for text in texts(app))
    assert titles(opened(net="deep", layer="picture"))[0] == "picture"
    assert titles(opened(net="deep", layer="scores"))[-1] == "scores"


def test_a_long_name_is_cut_where_it_stays_apart(deep):
    app = opened(net="deep", layer="c5")
    last = picture(app, "network")[0]["panels"][-1]
    assert last["title"] == "a_layer_wit\u2026"
    assert last["note"].startswith("28x28x2")
    assert all(name.startswith(LONG) for name in last["names"])


def test_where_all_layers_have_a_column_nothing_is_said_of_it():
    app = opened(net="mnist-mlp")
    assert not any("are shown" in text for text in texts(app))
