"""The pages of activation and pooling: their views on every kind of network, and its words against the numbers."""

import html
import re

import keras
import numpy as np
import pytest
from keras import layers
from shipped import shipped
from shown import pictures
from streamlit.testing.v1 import AppTest

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.analysis.layer.activation import layer_activation
from nnviz.analysis.layer.invariance import DIRECTIONS, invariance, shifted_traces
from nnviz.analysis.layer.pooling import pooled, windows
from nnviz.analysis.network.network import load
from nnviz.figures.words import number
from nnviz.shell import library, options

VIEWS = ("activation", "pooling", "invariance")


def script() -> None:
    from nnviz.pages.pooling import page as pooling
    from nnviz.shell import page

    page.show(pooling.PAGE)


def activation() -> None:
    from nnviz.pages.activation import page as activation
    from nnviz.shell import page

    page.show(activation.PAGE)


def pooling_net() -> keras.Model:
    """Poolings of every kind, overlapping, padded, leaving cells out, of steps and global."""
    given = keras.Input((14, 13, 3), name="picture")
    x = layers.Conv2D(4, 3, name="conv")(given)
    x = layers.PReLU(shared_axes=[1, 2], name="prelu")(x)
    x = layers.MaxPooling2D(3, 2, padding="same", name="overlap")(x)
    x = layers.AveragePooling2D((2, 4), (1, 5), name="mean")(x)
    largest = layers.GlobalMaxPooling2D(name="largest")(x)
    kept = layers.GlobalAveragePooling2D(keepdims=True, name="kept")(x)
    steps = layers.Reshape((-1, 4), name="steps")(x)
    steps = layers.MaxPooling1D(2, name="max1d")(layers.Conv1D(4, 1, activation="tanh", name="conv1d")(steps))
    every = layers.GlobalAveragePooling1D(name="all")(steps)
    joined = layers.Concatenate(name="joined")([largest, every, layers.Flatten(name="flatten")(kept)])
    return keras.Model(given, layers.Dense(3, activation="softmax", name="answer")(joined), name="pooling_net")


def linear() -> keras.Model:
    return keras.Sequential(
        [keras.Input((6, 6, 1), name="picture"), layers.Flatten(name="flatten"), layers.Dense(2, name="answer")],
        name="linear",
    )


OWN = {"pooling_net": pooling_net, "linear": linear}
NETWORKS = (
    *("mnist-cnn", "mnist-mlp", "nested", "any_size", "mlp_64", "mlp_8x8", "branched", "logits_end"),
    *OWN,
)


@pytest.fixture(scope="module")
def files(saved):
    return saved(NETWORKS[2:], OWN, 31)


@pytest.fixture
def opened(files, monkeypatch):
    def opening(net="mnist-cnn", **parameters):
        monkeypatch.setattr(options, "given", options.Options(model=files.get(net)))
        shown = activation if parameters.get("view") == "activation" else script
        if shown is activation:
            del parameters["view"]
        app = AppTest.from_function(shown, default_timeout=60)
        app.query_params.update({"net": net, "image": "test-0", **{k: str(v) for k, v in parameters.items()}})
        return run(app, f"{net} {parameters}")

    return opening


def run(app, where=""):
    app.run()
    assert not app.exception, f"{where}: {app.exception[0].value}"
    assert not app.error, f"{where}: {app.error[0].value}"
    assert not app.info, f"{where}: {app.info[0].value}"
    assert len(app.title) == 1
    caption, _ = said(app)
    assert re.search(r"\d", caption), where
    assert "nan" not in caption.lower().split(), where
    for header, numbers in pictures(app):
        assert header["alt"], where
        assert np.isfinite(numbers).all(), where
    return app


def said(app):
    texts = [element.proto.body for element in app.main if type(element).__name__ == "Html"]
    (caption,) = [text for text in texts if 'class="nn-caption"' in text]
    return html.unescape(caption).replace("\u2212", "-"), html.unescape(" ".join(texts)).replace("\u2212", "-")


def tile(app, panel, picture=0):
    header, numbers = pictures(app)[picture]
    one = header["panels"][panel]
    return numbers[one["offset"] : one["offset"] + one["h"] * one["w"]].reshape(one["h"], one["w"])


def param(app, name):
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("net", NETWORKS)
def test_every_layer_of_every_network_can_be_shown(net, view, opened):
    app = opened(net, view=view)
    seen = set()
    for layer in library.network(net).layers:
        if (layer.kind, len(layer.output_shape)) in seen:
            continue
        seen.add((layer.kind, len(layer.output_shape)))
        app.query_params["layer"] = layer.name
        for gone in ("unit", "row", "column"):
            app.query_params.pop(gone, None)
        run(app, f"{net} {view} {layer.name}")
        assert param(app, "layer") == layer.name


@pytest.mark.parametrize("pool", ["max", "average", "global-max", "global-average"])
@pytest.mark.parametrize("net", ["mnist-cnn", "mlp_64", "mlp_8x8", "any_size", "pooling_net"])
def test_ones_own_pooling_on_anything(net, pool, opened):
    for view in ("pooling", "invariance"):
        for more in ({"psize": 5, "pstride": 2, "ppad": "same"}, {"psize": 3, "pstride": 7}):
            opened(net, view=view, pool=pool, **more)


def test_a_value_of_another_pages_view_is_this_pages_default(opened):
    assert len(pictures(opened(view="shuffle"))[0][0]["panels"]) == 3
    assert "the largest of 4 values" in said(opened(view="toy"))[0].lower()


@pytest.fixture(scope="module")
def cnn():
    return shipped("mnist-cnn")


@pytest.mark.parametrize(
    ("layer", "source", "unit", "cell"), [("pool1", "conv1", 3, (4, 6)), ("pool2", "conv2", 7, (3, 3))]
)
def test_the_windows_numbers_are_the_traces(layer, source, unit, cell, opened, cnn):
    trace = nnviz.trace(cnn, digit(0)[0])
    app = opened(layer=layer, unit=unit, row=cell[0], column=cell[1])
    under = trace.activations[source][2 * cell[0] : 2 * cell[0] + 2, 2 * cell[1] : 2 * cell[1] + 2, unit]
    made = trace.activations[layer][..., unit]
    np.testing.assert_array_equal(tile(app, 0), trace.activations[source][..., unit])
    np.testing.assert_array_equal(tile(app, 1), under)
    np.testing.assert_array_equal(tile(app, 2), made)
    caption, texts = said(app)
    assert f"at row {cell[0]}, column {cell[1]}" in caption
    assert number(float(made[cell])).replace("\u2212", "-") in caption
    assert all((number(float(value)) if value else "0") in texts for value in under.ravel())
    side = trace.activations[source].shape[0]
    assert f"⌊({side} - 2) / 2⌋ + 1 = {side // 2}" in texts
    assert f"{side**2:,} become {(side // 2) ** 2:,} (25.0%)" in texts
    assert pictures(app)[0][0]["picked"]["panel"] == 2


def test_the_layer_before_leads_to_its_pooling_and_keeps_its_unit_and_cell(opened):
    app = opened(layer="conv2", unit=9, row=5, column=4)
    (header, _), *_ = pictures(app)
    assert header["panels"][0]["title"] == "conv2, map 9"
    assert header["panels"][2]["title"] == "pool2, map 9"
    assert (header["picked"]["panel"], header["picked"]["row"], header["picked"]["column"]) == (0, 5, 4)
    frame = header["marks"][0]
    assert [frame[name] for name in ("row", "column", "rows", "columns")] == [4, 4, 2, 2]


def test_padding_is_marked_and_does_not_count(opened):
    app = opened(pool="average", psize=3, pstride=2, ppad="same", layer="conv2", unit=13, window=48)
    (header, _), *_ = pictures(app)
    assert header["panels"][1]["blank"] == [2, 5, 6, 7, 8]
    caption, texts = said(app)
    assert "the mean of 4 values (5 beyond the border do not count)" in caption
    assert "/ 4" in texts
    assert "⌈14 / 2⌉ = 7" in texts
    assert "overlap" in texts


def test_a_cell_that_no_window_reads_is_said(opened):
    app = opened(pool="max", psize=3, pstride=3, layer="conv1", unit=0, at=27 * 28 + 27)
    assert "Row 27, column 27 of map 0 of conv1 lies in no window" in said(app)[0]
    assert "the last 1 row and 1 column lie in no window" in said(app)[1]


def test_without_a_pooling_layer_it_says_so_and_offers_ones_own(opened):
    app = opened("mnist-mlp")
    assert "mnist-mlp has no pooling layer" in said(app)[1]
    pixels = digit(0)[0].astype(np.float32)[..., None] / 255
    expected = pooled(pixels, windows("max", (28, 28), (2, 2), (2, 2)))[..., 0]
    np.testing.assert_allclose(tile(app, 2), expected, rtol=1e-6)
    app.segmented_control(key="pooling-kind").set_value("average")
    run(app)
    assert param(app, "pool") == "average"
    expected = pooled(pixels, windows("average", (28, 28), (2, 2), (2, 2)))[..., 0]
    np.testing.assert_allclose(tile(app, 2), expected, rtol=1e-6)
    app.slider(key="slider-psize").set_value(4)
    run(app)
    assert (param(app, "psize"), tile(app, 2).shape) == ("4", (7, 7))


def test_ones_own_pooling_takes_what_the_networks_reads(opened):
    app = opened(layer="pool2", unit=4)
    app.segmented_control(key="pooling-kind").set_value("global-average")
    run(app)
    assert (param(app, "layer"), param(app, "unit"), param(app, "pool")) == ("conv2", "4", "global-average")


@pytest.mark.parametrize(
    ("net", "layer", "unit", "cell"),
    [("mnist-cnn", "conv1", 2, (9, 12)), ("mnist-cnn", "conv2", 5, (3, 8)), ("mnist-mlp", "dense1", 40, None)],
)
def test_before_and_after_are_the_layers(net, layer, unit, cell, opened):
    network = load(net)
    found = layer_activation(network, nnviz.trace(network, digit(0)[0]), layer)
    more = {} if cell is None else {"row": cell[0], "column": cell[1]}
    app = opened(net, view="activation", layer=layer, unit=unit, **more)
    index = (*(cell or ()), unit)
    caption, texts = said(app)
    for picture, values in enumerate((found.before, found.after)):
        own = values[..., unit] if cell else values
        np.testing.assert_array_equal(tile(app, 0, picture).ravel()[: own.size], own.ravel())
        assert number(float(values[index])).replace("\u2212", "-") in texts
    share = found.zeroed(unit if cell else None)
    assert f"{share:.1%}" in caption
    assert f"{found.zeroed():.1%} set to zero" in texts
    assert [header["panels"][0]["colour"] for header, _ in pictures(app)] == ["diverging", "viridis"]
    first, second = (header["picked"] for header, _ in pictures(app))
    assert first == second


def test_a_network_that_bends_nothing_says_so(opened):
    assert "None of the 3 layers" in said(opened("linear", view="activation"))[0]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("shift", [0, 1, 3])
def test_the_change_is_the_one_that_is_computed_here(direction, shift, opened, cnn):
    app = opened(view="invariance", layer="pool1", unit=1, direction=direction, shift=shift, image="test-4", dx=1)
    from nnviz.analysis.image.images import Transform

    traces = shifted_traces(cnn, digit(4)[0], direction, Transform(shift=(1, 0)))
    found = invariance(cnn, traces, "conv1", "pool1")
    at = shift or 1
    caption, _ = said(app)
    assert f"conv1 changes by {found.before[at]:.2f} and pool1 by {found.after[at]:.2f}" in caption
    assert f"pooling takes {1 - found.after[at] / found.before[at]:.0%} of the change away" in caption
    assert caption.startswith('<p class="nn-caption" data-testid="nnCaption">Not moved yet') == (shift == 0)
    for step, row in ((0, 0), (shift, 1)):
        np.testing.assert_array_equal(tile(app, 3 * row + 1), traces[step].activations["conv1"][..., 1])
        np.testing.assert_array_equal(tile(app, 3 * row + 2), traces[step].activations["pool1"][..., 1])


def test_where_pooling_does_not_help_it_says_so():
    from nnviz.pages.pooling.invariance import verdict

    assert verdict(0.5, 0.5) == "pooling hardly helps here"
    assert verdict(0.5, 0.6) == "pooling does not help here, the change grows by 20%"
    assert verdict(0.5, 0.0) == "pooling makes up for all of the shift"
    assert verdict(0.5, 0.4) == "pooling takes 20% of the change away, some invariance, not all of it"
    assert verdict(0.5, 0.1).endswith("most of it")
    assert verdict(0.0, 0.0) == "there was nothing to make up for"


def test_sliders_write_to_the_address(opened):
    app = opened(view="invariance", layer="conv1", unit=3)
    app.slider(key="slider-shift").set_value(2)
    run(app)
    assert param(app, "shift") == "2"
    app.slider(key="slider-unit").set_value(8)
    run(app)
    assert (param(app, "layer"), param(app, "unit")) == ("pool1", "8")
    app = opened(view="activation", layer="pool1", unit=3, row=2, column=2)
    app.slider(key="slider-unit").set_value(1)
    run(app)
    assert (param(app, "layer"), param(app, "unit")) == ("conv2", "1")
    assert "row" not in app.query_params
