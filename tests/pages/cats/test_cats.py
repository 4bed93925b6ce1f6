"""The page of photographs: its classes, its maps and its words against the trace and the evidence themselves."""

import re

import keras
import numpy as np
import pytest
from keras import layers
from shipped import shipped
from shown import caption, picture, texts
from streamlit.testing.v1 import AppTest
from visiting import finish, visited

import nnviz
from nnviz import load, objectives
from nnviz.analysis.cache import Cache
from nnviz.analysis.data import photographs
from nnviz.analysis.evidence import brightest_kept
from nnviz.pages.cats import depths, dreams, looks
from nnviz.shell import caches, library, options
from nnviz.views.answer import percent

JOB = f"jobs-{dreams.JOB}"


def script() -> None:
    from nnviz.pages.cats import page as cats
    from nnviz.shell import page

    page.show(cats.PAGE)


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(caches, "results", Cache(caches.results.ceiling))


def opened(**parameters):
    address = {"net": "photo-cnn", "image": "cat"} | parameters
    return visited(script, **{name.replace("_", "."): value for name, value in address.items()})


def bars(app):
    """Names and percentages of the classes, from their buttons."""
    found = []
    for button in app.button:
        if (button.key or "").startswith("cats-class-"):
            name, share = re.fullmatch(r"\*\*(.*)\*\* (.*)", button.label).groups()
            found.append((re.sub(r"\\(.)", r"\1", name), share))
    return found


def addressed(app):
    return {name: value if isinstance(value, str) else value[-1] for name, value in app.query_params.items()}


def traced(name):
    network = shipped("photo-cnn")
    return network, nnviz.trace(network, photographs.photograph(name))


@pytest.mark.parametrize("name", ["cat", "coffee"])
def test_it_shows_what_the_network_makes_of_the_photograph(name):
    app = opened(image=name)
    network, trace = traced(name)
    order = np.argsort(-trace.logits, kind="stable")
    assert bars(app) == [(network.classes[i], percent(float(trace.probabilities[i]))) for i in order[:5]]
    header, numbers = picture(app, "cats-photograph")
    pixels = library.fitted(network, library.picture(name), library.Transform()).pixels
    np.testing.assert_allclose(numbers[: pixels.size], pixels.ravel(), atol=1e-3)
    assert header["panels"][0]["note"] == "as it reads it: 224x224"


def test_where_it_looks_is_the_attribution_and_its_third_is_measured():
    app = opened(image="coffee")
    network, trace = traced("coffee")
    photo = photographs.photograph("coffee")
    found = nnviz.explain(network, photo, looks.METHOD).over_image(magnitude=True)
    header, numbers = picture(app, "cats-look")
    np.testing.assert_allclose(numbers[: found.size].reshape(found.shape), found, atol=1e-5)
    assert header["panels"][0]["title"] == "Where it looks"
    assert header["panels"][0]["note"].startswith("Grad-CAM")
    assert header["panels"][0]["bar"]
    sharp = brightest_kept(network, photo, found, trace.winner)
    assert sharp.brightest > 0.5 > 0.1 > sharp.dimmest
    assert (
        f"espresso gets {percent(sharp.brightest)}; all but the third where it is dimmest, {percent(sharp.dimmest)}"
        in (caption(app))
    )


def test_first_middle_and_last_layer_show_their_strongest_maps():
    app = opened()
    _, trace = traced("cat")
    header, numbers = picture(app, "cats-layers")
    panels = header["panels"]
    names = [panel["title"].split(": ")[1] for panel in panels]
    assert names[0] == "stem_conv_relu"
    assert names[2] == "head_conv_relu"
    assert [panel["note"] for panel in panels] == [
        "32 maps of 112x112",
        "{2} maps of {0}x{1}".format(*trace.activations[names[1]].shape),
        "1280 maps of 7x7",
    ]
    for panel, name in zip(panels, names, strict=True):
        values = trace.activations[name]
        units = [int(label) for label in panel["labels"]]
        assert len(units) == depths.COUNT
        assert values[..., units].max(axis=(0, 1)) == pytest.approx(np.full(3, values.max()), rel=1e-6)
        shown = numbers[panel["offset"] :][: panel["n"] * panel["h"] * panel["w"]]
        np.testing.assert_allclose(shown, np.moveaxis(values[..., units], 2, 0).ravel(), atol=1e-5)
        assert panel["colour"] == "viridis"


def test_a_bar_is_the_class_that_is_explained():
    app = opened(image="coffee")
    network, trace = traced("coffee")
    second = int(np.argsort(-trace.logits, kind="stable")[1])
    app.button(key="cats-class-1").click()
    finish(app.run())
    assert addressed(app)["target"] == str(second)
    found = nnviz.explain(network, photographs.photograph("coffee"), looks.METHOD, second).over_image(magnitude=True)
    np.testing.assert_allclose(picture(app, "cats-look")[1][: found.size], found.ravel(), atol=1e-5)
    assert f"and {network.classes[second]} gets" in caption(app)
    app.button(key="cats-class-0").click()
    finish(app.run())
    assert "target" not in addressed(app)


def test_a_class_beyond_the_first_five_has_a_bar_while_it_is_explained():
    network, trace = traced("cat")
    last = int(trace.logits.argmin())
    app = opened(target=last)
    assert bars(app)[-1] == (network.classes[last], "< 0.1%")
    assert len(bars(app)) == 5


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        (
            {"net": "mnist-cnn", "image": "test-3"},
            "mnist-cnn reads no photographs: here photo-cnn looks at Chelsea, a cat.",
        ),
        (
            {"net": "mnist-mlp", "image": "coffee"},
            "mnist-mlp reads no photographs: here photo-cnn looks at a cup of coffee.",
        ),
        ({"image": "test-3"}, "Test digit 3 is no photograph: photo-cnn looks at Chelsea, a cat."),
    ],
)
def test_what_reads_no_photograph_and_what_is_none_is_replaced_and_said(parameters, words):
    app = opened(**parameters)
    shown = "coffee" if parameters["image"] == "coffee" else "cat"
    network, trace = traced(shown)
    assert bars(app)[0][0] == network.classes[trace.winner]
    assert words in "".join(texts(app))
    # It stays in the address until something is picked, and then all of it moves at once.
    assert {name: addressed(app)[name] for name in parameters} == parameters
    app.button(key="cats-class-1").click()
    finish(app.run())
    found = addressed(app)
    second = int(np.argsort(-trace.logits, kind="stable")[1])
    assert (found["net"], found["image"], found["target"]) == ("photo-cnn", shown, str(second))
    assert "no photograph" not in "".join(texts(app))


def test_another_photograph_is_a_click_away():
    app = opened(target=282)
    app.segmented_control(key="cats-picture").set_value("rocket")
    finish(app.run())
    network, trace = traced("rocket")
    assert addressed(app)["image"] == "rocket"
    assert "target" not in addressed(app)
    assert bars(app)[0][0] == network.classes[trace.winner]


def test_a_map_that_is_picked_is_the_unit_under_study():
    app = opened(net="mnist-cnn", image="test-3", layer="conv2", unit="5")
    header, _ = picture(app, "cats-layers")
    unit, layer = header["panels"][1]["labels"][2], header["panels"][1]["title"].split(": ")[1]
    from nnviz.pages.cats import depths as module

    # What the browser sends is no widget of AppTest's: the pick is written as the callback writes it.
    def pick(layer: str, unit: int) -> None:
        from nnviz.pages.cats import depths, subject
        from nnviz.shell import session

        seen, _ = subject.subject(session.read())
        depths._open(seen, seen.network.layer(layer), unit)

    assert module.GO not in app.session_state
    app = AppTest.from_function(pick, kwargs={"layer": layer, "unit": int(unit)}, default_timeout=60)
    app.query_params["net"], app.query_params["image"] = "mnist-cnn", "test-3"
    app.run()
    found = addressed(app)
    assert (found["net"], found["image"], found["layer"], found["unit"]) == ("photo-cnn", "cat", layer, unit)
    assert app.session_state[module.GO] == "maps"


def test_the_dream_begins_on_a_click_is_stopped_and_kept():
    app = opened(cats_dream="first")
    assert not app.session_state[JOB].jobs  # nothing begins by itself
    header, numbers = picture(app, "cats-dream")
    assert header["panels"][0]["title"] == "Not dreamed yet"
    np.testing.assert_array_equal(numbers, picture(app, "cats-photograph")[1])
    app.button(key="again-cats").click().run()
    (mine,) = app.session_state[JOB].jobs
    while mine.progress is None or not mine.progress.done:
        mine.work(0)
    app.run()
    app.button(key="stop-cats").click().run()
    assert mine.state == "stopped"
    partial = mine.progress.so_far
    step = f"step {partial.steps} of {mine.progress.total}"
    np.testing.assert_array_equal(picture(app, "cats-dream")[1], partial.pixels.ravel())
    assert picture(app, "cats-dream")[0]["panels"][0]["title"] == f"Stopped at {step}"
    winner = nnviz.trace(shipped("photo-cnn"), partial.fitted()).winner
    said = f"The dream of its first layer was stopped at {step}; of what there is it says "
    assert said + shipped("photo-cnn").classes[winner] in caption(app)
    # It is there again after a look at another layer.
    app.segmented_control(key="switch-cats.dream").set_value("last")
    finish(app.run())
    assert picture(app, "cats-dream")[0]["panels"][0]["title"] == "Not dreamed yet"
    assert "stopped" not in caption(app)
    app.segmented_control(key="switch-cats.dream").set_value("first")
    finish(app.run())
    np.testing.assert_array_equal(picture(app, "cats-dream")[1], partial.pixels.ravel())
    app.button(key="again-cats").click().run()
    finish(app)
    network, _ = traced("cat")
    found = nnviz.dream(network, photographs.photograph("cat"), objectives.layer("stem_conv_relu"), 20)
    np.testing.assert_allclose(picture(app, "cats-dream")[1], found.pixels.ravel(), atol=0.5)
    seen = nnviz.trace(network, found.fitted())
    says = f"{network.classes[seen.winner]} ({percent(float(seen.probabilities[seen.winner]))})"
    assert f"As its first layer dreams it, it says {says}." in caption(app)
    again = opened(cats_dream="first")  # another viewer: it is there
    assert picture(again, "cats-dream")[0]["panels"][0]["title"] == "Dreamed"
    assert not [button for button in again.button if button.key == "again-cats"]


def test_a_network_of_ones_own_that_reads_colours_is_used(cases, tmp_path, monkeypatch):
    cases["nested"].model.save(tmp_path / "mine.keras")
    monkeypatch.setattr(options, "given", options.Options(model=tmp_path / "mine.keras"))
    app = opened(net="mine", image="cat")
    network = load(tmp_path / "mine.keras")
    trace = nnviz.trace(network, photographs.photograph("cat"))
    assert [name for name, _ in bars(app)] == [network.classes[i] for i in np.argsort(-trace.logits, kind="stable")]
    assert "photographs:" not in "".join(texts(app))


def test_a_network_without_maps_has_no_layers_to_see_or_dream(tmp_path, monkeypatch, fixed_weights):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Flatten(),
            layers.Dense(5, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    fixed_weights(model).save(tmp_path / "plain.keras")
    monkeypatch.setattr(options, "given", options.Options(model=tmp_path / "plain.keras"))
    app = opened(net="plain", image="cat")
    assert len(bars(app)) == 3
    assert picture(app, "cats-look")[0]["panels"][0]["note"].startswith("Integrated gradients")
