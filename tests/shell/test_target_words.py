"""What is explained: as the address says, in the maps, in the sentences, and on no other page."""

import re

import keras
import numpy as np
import pytest
from keras import layers
from shipped import shipped
from shown import caption, texts
from visiting import finish, visited

from nnviz import digits
from nnviz.analysis.attribution import explain, method_named
from nnviz.analysis.network import targets
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace
from nnviz.pages.saliency import sentences
from nnviz.shell import caches, library, target_words


def app() -> None:
    from nnviz.pages.saliency.page import PAGE
    from nnviz.shell import page

    page.show(PAGE)


def read() -> None:
    import streamlit as st

    from nnviz.shell import session

    st.session_state["read"] = session.read()


def value(network, traced, target):
    """The score by hand: weights times activations."""
    values = traced.logits if target.layer == targets.logit(0).layer else traced.activations[target.layer]
    return float((target.spread(network) * values).sum())


def test_each_kind_is_the_number_that_its_words_say():
    network = shipped("mnist-cnn")
    traced = trace(network, digits.digit(0)[0])
    maps, vector = traced.activations["conv2"], traced.activations["dense"]
    for found, name, score, expected in (
        (target_words.of_class(network, 3), "3", "the logit of 3", traced.logits[3]),
        (
            target_words.of_difference(network, 3, 8),
            "3 and not 8",
            "the logit of 3 less that of 8",
            traced.logits[3] - traced.logits[8],
        ),
        (
            target_words.of_unit(network, network.layer("conv2"), 5, None),
            "map 5 of conv2",
            "map 5 of conv2 summed over its cells",
            maps[..., 5].sum(),
        ),
        (
            target_words.of_unit(network, network.layer("conv2"), 5, (3, 4)),
            "map 5 of conv2 at row 3, column 4",
            "map 5 of conv2 at row 3, column 4",
            maps[3, 4, 5],
        ),
        (
            target_words.of_unit(network, network.layer("dense"), 12, None),
            "unit 12 of dense",
            "unit 12 of dense",
            vector[12],
        ),
        (target_words.of_unit(network, network.layer("output"), 7, None), "7", "the logit of 7", traced.logits[7]),
    ):
        assert (found.name, found.score) == (name, score)
        assert value(network, traced, found.target) == pytest.approx(float(expected), rel=1e-5, abs=1e-5)


def test_of_one_sigmoid_the_first_class_has_the_difference_and_the_second_its_logit():
    model = keras.Sequential([keras.Input((2, 2, 1)), layers.Flatten(), layers.Dense(1, activation="sigmoid")])
    model.layers[-1].set_weights([np.array([[1.0], [-2], [3], [0.5]]), np.array([-0.4])])
    network = load(model, {"classes": ["cat", "dog"]})
    traced = trace(network, np.array([[0.1, 0.2], [0.3, 0.4]], np.float32))
    first, second = (target_words.of_class(network, index) for index in (0, 1))
    assert (first.name, first.score) == ("cat", "the logit of cat less that of dog")
    assert (second.name, second.score) == ("dog", "the logit of dog")
    z = 0.1 - 0.4 + 0.9 + 0.2 - 0.4
    assert value(network, traced, first.target) == pytest.approx(-z, rel=1e-5)
    assert value(network, traced, second.target) == pytest.approx(z, rel=1e-5)
    unit = target_words.of_unit(network, network.layers[-1], 0, None)
    assert unit == second  # the one unit of the answer is the second class


def test_a_network_of_one_raw_output_has_no_class_to_name():
    network = load(keras.Sequential([keras.Input((2, 2, 1)), layers.Flatten(), layers.Dense(1)]))
    assert target_words.of_class(network, 0).score == "the output"


@pytest.mark.parametrize(
    ("asked", "target", "label"),
    [
        ({"target": 3, "minus": 8}, targets.difference(3, 8), "3 and not 8"),
        ({"minus": 9}, targets.difference(7, 9), "7 and not 9"),
        ({"explain": "unit", "layer": "conv2", "unit": 5}, targets.channel("conv2", 5), "map 5 of conv2"),
        (
            {"explain": "unit", "layer": "conv2", "unit": 5, "row": 3, "column": 4},
            targets.unit("conv2", 3, 4, 5),
            "map 5 of conv2 at row 3, column 4",
        ),
        ({"explain": "unit", "layer": "dense", "unit": 113}, targets.channel("dense", 113), "unit 113 of dense"),
        ({"explain": "class", "target": 3}, targets.logit(3), "3"),
    ],
)
@pytest.mark.parametrize("method", ["gradient-x-input", "integrated-gradients"])
def test_the_page_shows_the_map_of_what_the_address_wants_explained(asked, target, label, method):
    caches.attributions.clear()
    found = visited(app, net="mnist-cnn", image="test-0", method=method, **asked)
    network = library.network("mnist-cnn")
    expected = explain(network, digits.digit(0)[0], method, target)
    shown = next(a for _, a in caches.attributions.items() if a.method == method)
    assert shown.target == target
    np.testing.assert_allclose(shown.values, expected.values, atol=1e-5 * np.abs(expected.values).max())
    assert f"orange speaks for {label}, blue" in caption(found)
    assert not found.info


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"minus": "99"}, "minus runs from 0 to 9 here, so 9 is taken off. Received: 99."),
        ({"minus": "cat"}, "minus runs from 0 to 9 here, so 0 is taken off. Received: cat."),
        ({"minus": "7"}, "For minus another class than 7, from 0 to 9, was expected, so 7 alone is explained."),
        ({"explain": "all"}, "For explain one of class, unit was expected, so class is shown. Received: all."),
        ({"explain": "unit", "layer": "picture"}, "so 7 is. Received: unit 0 of "),
    ],
)
def test_what_the_address_wants_explained_and_does_not_get_is_said(asked, said):
    asked = {k: library.network("mnist-cnn").layers[0].name if v == "picture" else v for k, v in asked.items()}
    found = visited(app, net="mnist-cnn", image="test-0", method="gradient", **asked)
    (notice,) = found.info
    assert said in notice.value


def test_on_other_pages_the_class_is_explained_as_before():
    test = visited(read, net="mnist-cnn", target=3, minus=8, explain="unit")
    current = test.session_state["read"]
    assert (current.class_index, current.target_name, current.notices) == (3, "3", ())
    assert current.target_words.target == targets.logit(3)
    assert test.query_params["minus"] == "8"  # kept for the page that reads it


def test_the_control_writes_what_is_chosen_and_a_class_is_not_explained_against_itself():
    test = visited(app, net="mnist-cnn", image="test-0", method="gradient")
    test.button_group(key="explained-kind").set_value("less").run()
    order = np.argsort(-trace(shipped("mnist-cnn"), digits.digit(0)[0]).logits)
    assert test.query_params["minus"] == str(order[1])
    test.selectbox(key="explained-minus").set_value(8).run()
    assert test.query_params["minus"] == "8"
    test.button_group(key="target-class").set_value(8).run()
    assert (test.query_params["target"], "minus" in test.query_params) == ("8", False)
    test.button_group(key="explained-kind").set_value("unit").run()
    assert test.query_params["explain"] == "unit"
    test.select_slider(key="slider-layer").set_value("conv2").run()
    assert test.query_params["layer"] == "conv2"
    test.button_group(key="explained-kind").set_value("class").run()
    assert not {"explain", "minus"} & set(test.query_params)
    assert not test.info


def test_from_the_picture_the_control_goes_to_a_layer_that_has_units():
    first = library.network("mnist-cnn").layers[0].name
    test = visited(app, net="mnist-cnn", image="test-0", method="gradient", layer=first)
    finish(test.button_group(key="explained-kind").set_value("unit").run())
    assert (test.query_params["explain"], test.query_params["layer"]) == ("unit", "conv1")
    assert re.search(r"most strongly (for|against) map \d+ of conv1", caption(test))
    assert not test.info


def test_a_cam_behind_the_unit_says_where_it_may_look():
    found = visited(app, net="mnist-cnn", image="test-0", method="grad-cam", explain="unit", layer="conv1")
    assert caption(found).startswith(
        "For Grad-CAM a layer up to conv1, which is explained, was expected. Received: conv2"
    )


@pytest.mark.parametrize(
    ("method", "asked", "whole"),
    [
        ("integrated-gradients", {}, "the logit of 7, less its value on the baseline, is"),
        ("expected-gradients", {}, "the logit of 7, less its mean over the references, is"),
        ("kernel-shap", {"minus": 9}, "the logit of 7 less that of 9, less its value on the baseline, is"),
        ("lrp", {"explain": "unit", "layer": "conv2", "unit": 5}, "map 5 of conv2 summed over its cells is"),
    ],
)
def test_what_the_map_should_add_up_to_is_named(method, asked, whole):
    found = visited(app, net="mnist-cnn", image="test-0", method=method, **asked)
    assert any(whole in text for text in texts(found))


@pytest.mark.parametrize(
    ("values", "biased", "end"),
    [
        ({"rule": "epsilon", "epsilon": 0.5}, True, "; the rest is kept by the biases and by epsilon."),
        ({"rule": "epsilon", "epsilon": 0.5}, False, "; the rest is kept by epsilon."),
        ({"rule": "epsilon", "epsilon": 0.0}, True, "; the rest is kept by the biases."),
        ({"rule": "z-plus", "epsilon": 0.01}, True, "."),
    ],
)
def test_the_gap_of_lrp_names_what_keeps_it(values, biased, end):
    network = shipped("mnist-mlp")
    found = explain(network, digits.digit(0)[0], "lrp", 7, **values)
    text = sentences.sums(target_words.of_class(network, 7), method_named("lrp"), values, found, biased)
    assert text.endswith(end)
    assert ("kept" in text) == ("kept" in end)


def test_rise_without_its_mean_taken_off_does_not_speak_of_how_far_above_it_a_place_lies():
    method = method_named("rise")
    for centred in ("yes", "no"):
        values = {"samples": 20, "centred": centred}
        text = sentences.reading(method, values)
        assert ("lies above that of all random masks" in text) == (centred == "yes")
        assert ("The mean score while a place can be seen" in text) == (centred == "no")
