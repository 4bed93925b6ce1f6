"""No page speaks of a bias that is not there; a neuron's, a filter's and the decision's are named where they are."""

from __future__ import annotations

import re

import keras
import pytest
from keras import layers
from shown import texts
from streamlit.testing.v1 import AppTest
from visiting import one_page

from nnviz.shell import options

pytestmark = pytest.mark.usefixtures("nothing_goes_on")

KINDS = ("conv", "depth", "separable", "transposed", "steps", "depth_steps", "hidden", "answer")
BIASES = (True, False)


def every_kind(bias: bool) -> keras.Model:
    """A layer of each kind that has weights, all with a bias or none."""
    more = {"use_bias": bias}
    given = keras.Input((12, 12, 1), name="picture")
    x = layers.Conv2D(4, 3, activation="relu", name="conv", **more)(given)
    x = layers.DepthwiseConv2D(3, name="depth", **more)(x)
    x = layers.SeparableConv2D(4, 3, activation="relu", name="separable", **more)(x)
    x = layers.Conv2DTranspose(3, 2, name="transposed", **more)(x)
    x = layers.Reshape((49, 3))(x)
    x = layers.Conv1D(4, 3, padding="causal", activation="relu", name="steps", **more)(x)
    x = layers.DepthwiseConv1D(3, name="depth_steps", **more)(x)
    x = layers.Dense(6, activation="relu", name="hidden", **more)(layers.Flatten()(x))
    return keras.Model(given, layers.Dense(3, activation="softmax", name="answer", **more)(x), name="kinds")


def normalised(bias: bool) -> keras.Model:
    """A convolution whose batch normalisation shifts in its place, as in most deep networks."""
    given = keras.Input((12, 12, 1), name="picture")
    x = layers.Conv2D(4, 3, use_bias=bias, name="conv")(given)
    x = layers.ReLU(name="relu")(layers.BatchNormalization(name="normed")(x))
    x = layers.GlobalAveragePooling2D(name="means")(x)
    return keras.Model(given, layers.Dense(3, activation="softmax", use_bias=bias, name="answer")(x), name="normed")


OWN = {
    f"{name}_{bias}": (lambda build=build, bias=bias: build(bias))
    for name, build in (("kinds", every_kind), ("normed", normalised))
    for bias in BIASES
}


@pytest.fixture(scope="module")
def files(saved):
    return saved((*OWN,), OWN, 11)


@pytest.fixture
def opened(files, monkeypatch):
    def opening(slug: str, name: str, **parameters: object) -> AppTest:
        monkeypatch.setattr(options, "given", options.Options(model=files[name]))
        app = AppTest.from_function(one_page, kwargs={"slug": slug}, default_timeout=60)
        for key, value in {"net": name, **parameters}.items():
            app.query_params[key] = str(value)
        app.run()
        assert not app.exception, app.exception[0].value
        assert not app.error, app.error[0].value
        return app

    return opening


def speaks(app: AppTest) -> bool:
    """Whether anything that the page sends has a bias: words, figures, pictures with their alt texts, knobs."""
    # A layer's configuration says in Keras' own terms that it has none.
    found = [text for text in texts(app) if "nn-configuration" not in text]
    for element in app.main:
        proto = getattr(element, "proto", None)
        if type(proto).__name__ == "PlotlyChart":
            found.append(proto.spec or proto.figure.spec)
        elif element.type == "bidi_component":
            length = int.from_bytes(proto.bytes[:4], "little")
            header = proto.bytes[4 : 4 + length].decode()
            found.append(re.sub('"bias": *null', "", header))
        else:
            found.append(str(getattr(proto, "label", "")))
    return any(re.search(r"\bbias", text, re.IGNORECASE) for text in found)


@pytest.mark.parametrize("bias", BIASES)
@pytest.mark.parametrize("layer", KINDS)
def test_a_neuron_has_a_bias_where_its_layer_has(layer, bias, opened):
    app = opened("neuron", f"kinds_{bias}", layer=layer)
    assert speaks(app) is bias
    assert [slider.label for slider in app.slider if "bias" in slider.label.lower()] == (
        [slider.label for slider in app.slider if slider.label.startswith("Bias (")]
    )
    assert any(slider.label.startswith("Bias (") for slider in app.slider) is bias
    caption = next(text for text in texts(app) if "nn-caption" in text)
    assert ("and its bias to" in caption) is bias
    formula = next(text for text in texts(app) if "nn-formula" in text)
    assert formula.count('class="bias"') == 2 * bias


@pytest.mark.parametrize("bias", BIASES)
@pytest.mark.parametrize("slug", ["filters", "convolution"])
def test_a_filter_has_a_bias_where_its_layer_has(slug, bias, opened):
    for layer in ("conv", "depth") if slug == "convolution" else KINDS:
        # The first stage of two has none in any case.
        stage = {"stage": "pointwise"} if layer == "separable" else {}
        assert speaks(opened(slug, f"kinds_{bias}", layer=layer, **stage)) is bias, layer


@pytest.mark.parametrize("bias", BIASES)
def test_the_decision_adds_a_bias_where_the_last_weights_have_one(bias, opened):
    assert speaks(opened("decision", f"kinds_{bias}")) is bias
    assert speaks(opened("decision", f"normed_{bias}")) is bias


@pytest.mark.parametrize("slug", ["dossier", "network", "maps", "saliency"])
def test_nothing_else_speaks_of_one(slug, opened):
    for name in ("kinds_False", "normed_False"):
        assert not speaks(opened(slug, name, method="lrp")), name


def test_what_a_batch_normalisation_shifts_is_no_bias_of_the_layer_before_it(opened):
    for slug in ("neuron", "filters", "convolution"):
        assert not speaks(opened(slug, "normed_False", layer="conv")), slug
