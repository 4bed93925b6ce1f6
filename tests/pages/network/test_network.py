"""The page of the whole network: what is sent to the stage, and what is said beside it."""

import keras
import numpy as np
import pytest
from keras import layers
from shown import caption, stage, texts
from visiting import visited

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.components.stage import ANSWER
from nnviz.pages.network.page import arithmetic_of
from nnviz.shell import options

LONG = "a_layer_with_a_long_name"


def script() -> None:
    from nnviz.pages.network.page import PAGE
    from nnviz.shell import page

    page.show(PAGE)


@pytest.fixture
def deep(fixed_weights, tmp_path, monkeypatch):
    """The app has a network of the viewer's own of more layers than have a wall, and an activation apart."""
    names = [*(f"c{index}" for index in range(12)), LONG]
    stack = [keras.Input((28, 28, 1), name="picture")]
    stack += [layers.Conv2D(2, 1 + index % 2, padding="same", name=name) for index, name in enumerate(names)]
    stack += [layers.ReLU(name="relu"), layers.GlobalAveragePooling2D(name="mean"), layers.Dense(2, name="scores")]
    fixed_weights(keras.Sequential(stack)).save(tmp_path / "deep.keras")
    monkeypatch.setattr(options, "given", options.Options(model=tmp_path / "deep.keras"))


def opened(**parameters):
    return visited(script, **parameters)


def titles(app):
    return [wall["title"] for wall in stage(app)[0]["walls"]]


def test_the_layers_around_the_one_under_study_have_a_wall_and_that_is_said(deep):
    app = opened(net="deep", layer="c2")
    assert titles(app)[:4] == ["c0", "c1", "c2", "c3"]
    assert any(f"{len(titles(app))} shown, around c2" in text for text in texts(app))
    found = titles(opened(net="deep", layer="mean"))
    assert "c0" not in found
    assert found[-1] == "mean"


def test_a_long_name_is_cut_where_it_stays_apart(deep):
    wall = stage(opened(net="deep", layer=LONG))[0]["walls"][-2]
    assert (wall["title"], wall["name"]) == ("a_layer_wit\u2026", LONG)
    assert wall["note"] == "28x28x2"


def test_where_all_layers_have_a_wall_nothing_is_said_of_it():
    app = opened(net="mnist-mlp")
    assert not any("shown, around" in text for text in texts(app))


@pytest.mark.parametrize("name", ["mnist-cnn", "mnist-mlp"])
def test_the_stage_gets_what_keras_computes(name):
    trace = nnviz.trace(nnviz.load(name), digit(0)[0])
    app = opened(net=name, image="test-0")
    header, maps = stage(app)
    assert header["picture"]["name"] == "test-0"
    for wall, own in zip(header["walls"], maps, strict=True):
        values = trace.activations[wall["name"]].reshape(-1, trace.activations[wall["name"]].shape[-1])
        low, high = wall["range"]
        wanted = values[:, wall["units"]].T.reshape(own.shape)
        # In as many steps as a colour map has; those of the layer under study as they are.
        under_study = wall is header["walls"][header["fine"]["wall"]]
        step = 1e-6 if under_study else 0.51 / 255
        np.testing.assert_allclose(own, wanted, atol=step * (high - low))
    answer = header["answer"]
    assert answer["says"] == str(trace.winner)
    np.testing.assert_allclose(answer["all"], trace.probabilities, rtol=1e-6)
    assert [answer["all"][index] for index in answer["order"]] == answer["shares"]
    assert (header["pad"], header["zoom"], header["inside"]) == (True, "net", False)
    assert header["local"]["tensors"] == [wall["name"] for wall in header["walls"]]


def test_what_is_picked_is_what_the_address_says():
    header, _ = stage(opened(net="mnist-cnn", image="test-0", layer="conv2", unit=5, zoom="map", row=3, column=2))
    wall = header["walls"][header["picked"]["wall"]]
    assert (wall["name"], wall["units"][header["picked"]["index"]], header["zoom"]) == ("conv2", 5, "map")
    # Rows 1 to 5 and columns 0 to 4 of pool1, as many pairs of conv1, and three pixels more on each side that has them.
    assert header["field"] == [0, 0, 15, 13]
    app = opened(net="mnist-cnn", image="test-0", layer="output", unit=3, zoom="nowhere")
    header, _ = stage(app)
    assert (header["picked"], header["zoom"]) == ({"wall": ANSWER, "index": 3}, "net")
    assert "Unit 3 of" in caption(app)


def test_the_arithmetic_of_a_layer_has_a_page(cases):
    network = cases["sequential_cnn"].network
    found = {layer.name: arithmetic_of(layer) for layer in network.layers[1:]}
    assert found == {
        **{"conv1": "convolution", "conv2": "convolution", "pool1": "pooling", "pool2": "pooling"},
        **{"flatten": "maps", "dropout": "maps", "answer": "neuron"},
    }
