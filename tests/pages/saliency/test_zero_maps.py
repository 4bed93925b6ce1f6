"""A map that is zero everywhere says so, with its cause: on nets that are dead, and pictures that leave nothing."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from seeing import seen
from shipped import shipped

from nnviz.analysis.attribution import METHODS, Attribution, explain, method_named
from nnviz.analysis.network.network import Network, load
from nnviz.pages.saliency import sentences
from nnviz.shell.session import Session
from nnviz.views.attribution.zero_map import cause_of_zero

FEW = {"samples": 12, "steps": 3, "max_maps": 4}
CAMS = ("grad-cam", "grad-cam++", "layer-cam", "score-cam")
LOGITS = {"output": {"logits": True}}
"""Nothing else says that the raw outputs of these networks are classes."""
SPOTTED = np.random.default_rng(0).integers(0, 256, (8, 8)).astype(np.uint8)


def mapped(current: Session, name: str, **values: Any) -> Attribution:
    """The map of what the session explains, in few steps."""
    method = method_named(name)
    declared = {each.name: each.high for each in method.parameters(current.network)}
    few = {key: min(value, declared[key]) for key, value in FEW.items() if key in declared}
    return explain(current.network, current.fitted.image, name, current.target_words.target, **few, **values)


def said(current: Session, name: str, found: Attribution) -> str:
    method = method_named(name)
    return sentences.sentence(current.target_words, method, found, True, cause_of_zero(current, method))


def dead_relu(build: Callable[[], list[Any]]) -> Network:
    """All units of `off` are; every weight behind them is below 0, so that deconvnet's open gates pass nothing too."""
    model = keras.Sequential([keras.Input((8, 8, 1)), *build(), layers.Flatten(), layers.Dense(2, name="scores")])
    generator = np.random.default_rng(1)
    for layer in model.layers:
        if layer.weights:
            shape = layer.kernel.shape
            kernel = generator.normal(0, 1, shape) if layer.name != "scores" else -generator.random(shape) - 0.1
            layer.set_weights([kernel, np.full(shape[-1], -100.0 if layer.name == "off" else 0.5)])
    return load(model, LOGITS)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
@pytest.mark.parametrize("pooled", [False, True], ids=["alone", "pooled"])
def test_units_that_are_all_off_are_named(method, pooled):
    off = layers.Conv2D(3, 3, activation="relu", name="off")
    network = dead_relu(lambda: [off, layers.MaxPooling2D(2, name="pool")] if pooled else [off])
    current = seen(network, SPOTTED)
    # By its other rules LRP shares a score that the biases alone make among all pixels: that map is not zero.
    values = {"rule": "epsilon"} if method.name == "lrp" else {}
    found = mapped(current, method.name, **values)
    assert not found.values.any()
    text = said(current, method.name, found)
    last = "pool, the last hidden layer," if pooled else "off, the last hidden layer,"
    count = 27 if pooled else 108
    assert f"Likely cause: all {count} units of {last} are zero on this picture" in text
    assert ("none against" in text) == method.signed


def test_lrp_of_a_score_that_the_biases_make_is_no_map_of_zeros():
    current = seen(dead_relu(lambda: [layers.Conv2D(3, 3, activation="relu", name="off")]), SPOTTED)
    found = mapped(current, "lrp")
    np.testing.assert_allclose(found.values.sum(), current.trace.logits.max(), rtol=1e-4)


# LRP passes the score through an activation whatever its slope; the others need maps, or ReLUs.
FIT_VECTORS = tuple(
    method.name
    for method in METHODS
    if method.name not in (*CAMS, "eigen-cam", "lrp", "guided-backpropagation", "deconvnet")
)


@pytest.mark.parametrize("name", FIT_VECTORS)
@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_units_that_are_all_at_their_limit_are_named(name, activation):
    hidden = layers.Dense(5, activation=activation, name="hidden")
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), hidden, layers.Dense(2)])
    hidden.set_weights([np.full((64, 5), 0.01), np.array([90.0, 95, 100, 105, 110])])
    current = seen(load(model, LOGITS), SPOTTED)
    found = mapped(current, name)
    assert not found.values.any()
    expected = "all 5 units of hidden, the last hidden layer, are at their limit on this picture"
    assert expected in said(current, name, found)


BLACK = ("gradient-x-input", "integrated-gradients", "occlusion", "rise", "kernel-shap", "score-cam", "vargrad")


@pytest.mark.parametrize("name", BLACK)
def test_a_black_picture_is_named(name):
    current = seen(shipped("mnist-cnn"), np.zeros((28, 28), np.uint8))
    found = mapped(current, name)
    assert not found.values.any()
    wanted = "what is multiplied by the picture is 0" if name in BLACK[:2] else "The whole picture is of one colour"
    assert wanted in said(current, name, found)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("vargrad", {}),
        ("occlusion", {"fill": "white"}),
        ("rise", {"fill": "white"}),
        ("kernel-shap", {"baseline": "white"}),
        ("score-cam", {"baseline": "white"}),
    ],
)
def test_a_picture_of_one_colour_is_named(name, values):
    current = seen(shipped("mnist-cnn"), np.full((28, 28), 255, np.uint8))
    found = mapped(current, name, **values)
    assert not found.values.any()
    assert "The whole picture is of one colour" in said(current, name, found)


@pytest.mark.parametrize("name", CAMS)
def test_what_cuts_off_what_speaks_against_says_so(name):
    """A net whose one class has weights below 0 only, on maps that are alive."""
    conv = layers.Conv2D(2, 1, activation="relu", name="conv")
    model = keras.Sequential([keras.Input((8, 8, 1)), conv, layers.Flatten(), layers.Dense(2)])
    conv.set_weights([np.array([[[[1.0, 2.0]]]]), np.zeros(2)])
    model.layers[-1].set_weights([np.full((128, 2), [-1.0, 1.0]), np.zeros(2)])
    against, for_it = seen(load(model, LOGITS), SPOTTED, target=0), seen(load(model, LOGITS), SPOTTED, target=1)
    assert mapped(for_it, name).values.any()
    found = mapped(against, name)
    assert not found.values.any()
    assert said(against, name, found).endswith(
        "no place stands out for 0. Likely cause: it cuts off what speaks against, and at no place of its layer more "
        "speaks for 0."
    )


def test_a_layer_with_units_that_live_is_not_blamed():
    """Half of the units are off, but the score has no weight on the others: it is they that say nothing."""
    hidden = layers.Dense(4, activation="relu", name="hidden")
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), hidden, layers.Dense(2)])
    hidden.set_weights([np.full((64, 4), 0.01), np.array([1.0, 1, -90, -90])])
    model.layers[-1].set_weights([np.array([[0, 1], [0, 1], [1, 1], [1, 1]]), np.zeros(2)])
    current = seen(load(model, LOGITS), SPOTTED, target=0)
    found = mapped(current, "gradient")
    assert not found.values.any()
    text = said(current, "gradient", found)
    assert "2 of 4 units of hidden pass something back" in text
    assert "Likely cause" not in text


def test_the_variance_of_a_gradient_that_is_the_same_everywhere_is_zero():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(2)])
    model.layers[-1].set_weights([np.full((64, 2), [0.5, -0.25]), np.zeros(2)])
    current = seen(load(model, LOGITS), SPOTTED)
    found = mapped(current, "vargrad")
    assert not found.values.any()
    assert "the gradient is the same on every noisy copy" in said(current, "vargrad", found)


def test_a_unit_that_is_off_is_its_own_cause():
    network = dead_relu(lambda: [layers.Conv2D(3, 3, activation="relu", name="off")])
    for cell, wanted in (
        (None, "Likely cause: all 36 cells of map 2 of off are zero on this picture"),
        ((1, 4), "Likely cause: map 2 of off at row 1, column 4 is zero on this picture"),
    ):
        current = seen(network, SPOTTED, layer=network.layer("off"), unit=2, cell=cell, explains="unit")
        found = mapped(current, "gradient")
        assert not found.values.any()
        text = said(current, "gradient", found)
        assert f"no pixel speaks for {current.target_name}, none against" in text
        assert wanted in text
