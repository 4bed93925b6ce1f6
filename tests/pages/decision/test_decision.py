"""The Decision page: units off as the analysis has them, and an answer that stays hidden until it is revealed."""

import json
import re

import keras
import numpy as np
import pytest
from draining import drained
from keras import layers
from PIL import Image
from shipped import shipped
from shown import caption, picture, texts, tiles
from streamlit.testing.v1 import AppTest

from nnviz import digits, load, trace
from nnviz.analysis.data.folder import folder
from nnviz.analysis.image.images import Transform
from nnviz.analysis.intervention.knockout import accuracy, importance, knocked_out, switchable
from nnviz.figures.words import number
from nnviz.shell import caches, library, options
from nnviz.views.search.image_sets import DIGITS


def raw_one() -> keras.Model:
    """One number, no classes."""
    return keras.Sequential(
        [
            keras.Input((9, 9, 1), name="picture"),
            layers.Conv2D(3, 3, activation="relu", name="conv"),
            layers.Flatten(name="flatten"),
            layers.Dense(1, name="amount"),
        ],
        name="raw_one",
    )


def thousand() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((12, 12, 3), name="picture"),
            layers.Conv2D(40, 3, activation="relu", name="conv"),
            layers.GlobalAveragePooling2D(name="pooled"),
            layers.Dense(1000, activation="softmax", name="answer"),
        ],
        name="thousand",
    )


def bent() -> keras.Model:
    """What follows the last weights is not linear."""
    stack = [keras.Input((9, 9, 1)), layers.Flatten(), layers.Dense(3, activation="tanh", name="scores")]
    return keras.Sequential(stack, name="bent")


OWN = {"raw_one": raw_one, "thousand": thousand, "bent": bent}
NETWORKS = ("mnist-cnn", "mnist-mlp", "branched", "nested", "one_sigmoid", "any_size", "mlp_8x8", "shared", *OWN)


@pytest.fixture(scope="module")
def files(saved):
    return saved(NETWORKS[2:], OWN, 5)


def script() -> None:
    from nnviz.pages import registry
    from nnviz.shell import page

    page.show(next(entry for entry in registry.PAGES if entry.slug == "decision"))


@pytest.fixture
def opened(files, monkeypatch):
    """The page on a network and an address, run once."""

    def opening(name="mnist-cnn", **parameters):
        monkeypatch.setattr(options, "given", options.Options(model=files.get(name)))
        app = AppTest.from_function(script, default_timeout=60)
        for key, value in {"net": name, **parameters}.items():
            app.query_params[key] = str(value)
        return fine(app.run())

    return opening


def fine(app):
    assert not app.exception, app.exception[0].value
    assert not app.error, app.error[0].value
    return app


def said(value):
    return number(float(value)).replace("\u2212", "-")


def crossed(app):
    return [(cross["tile"], cross["row"], cross["column"]) for cross in picture(app, "knockout")[0]["crosses"]]


@pytest.fixture(scope="module")
def cnn():
    network = shipped("mnist-cnn")
    return network, trace(network, digits.digit(0)[0])


def test_filters_of_the_link_are_off_and_the_numbers_are_the_analysis_own(opened, cnn):
    network, before = cnn
    app = opened(view="knock", layer="conv2", off="3,19")
    after = knocked_out(network, digits.digit(0)[0], "conv2", (3, 19))
    assert crossed(app) == [(3, None, None), (19, None, None)]
    labels = picture(app, "knockout")[0]["panels"][0]["labels"]
    assert (labels[3], labels[4], labels[19]) == ("3 off", "4", "19 off")
    words = caption(app)
    assert words.startswith("Without filters 3, 19 of conv2 the logit of 7 falls from")
    assert words.endswith(f"from {said(before.logits[7])} to {said(after.logits[7])} and the net still says 7.")
    (table,) = [text.replace("\u2212", "-") for text in texts(app) if "nn-knock" in text]
    for index in range(10):
        assert f'<span class="number">{said(before.logits[index])}</span>' in table
        assert f'<span class="number now">{said(after.logits[index])}</span>' in table
    header, values = picture(app, "knockout")
    assert [panel["title"] for panel in header["panels"]] == ["conv2: click to switch", "dense now less before"]
    # What changes behind it, around zero, in a scale whose ends are the largest change.
    change = after.activations["dense"] - before.activations["dense"]
    (drawn,) = tiles(header, values)[1]
    np.testing.assert_allclose(drawn.ravel()[: change.size], change, atol=1e-6)
    panel = header["panels"][1]
    assert (panel["colour"], panel["bar"]) == ("diverging", True)
    np.testing.assert_allclose(panel["ranges"], [[-np.abs(change).max(), np.abs(change).max()]], rtol=1e-6)
    # A unit that is 0 all the same changes nothing, and while nothing is off the layer is shown as it is.
    dead = int(np.flatnonzero(before.activations["dense"] == 0)[0])
    assert (
        picture(opened(view="knock", layer="dense", off=dead), "knockout")[0]["panels"][-1]["note"] == "nothing changes"
    )
    panel = picture(opened(view="knock", layer="conv2"), "knockout")[0]["panels"][1]
    assert (panel["title"], panel["colour"]) == ("dense as trained", "viridis")


def test_importance_says_which_filter_to_knock_out(opened, cnn):
    network, before = cnn
    changes = importance(network, digits.digit(0)[0], "conv1")
    best = int(changes.argmin())
    app = opened(view="knock", layer="conv1")
    words = caption(app)
    assert words == (
        f"All 16 filters of conv1 are on; filter {best} speaks most for 7: without it alone the logit of 7 falls "
        f"from {said(before.logits[7])} to {said(before.logits[7] + changes[best])}."
    )
    (chart,) = [element for element in app.main if element.type == "plotly_chart"]
    bars = json.loads(chart.proto.spec)["data"][0]
    assert [int(unit) for unit in bars["x"]] == list(np.argsort(changes, kind="stable"))
    app = opened(view="knock", layer="conv1", off=best)
    lone = knocked_out(network, digits.digit(0)[0], "conv1", [best]).logits[7]
    assert f"Without filter {best} of conv1 the logit of 7 falls from {said(before.logits[7])} to {said(lone)}" in (
        caption(app)
    )


def test_a_lone_filter_and_all_on_again(opened, cnn):
    network, _ = cnn
    app = opened(view="knock", layer="conv1", unit=4)
    fine(app.button("knock-only").click().run())
    assert app.query_params["off"] == "but,4@conv1"
    assert len(crossed(app)) == 15
    after = knocked_out(network, digits.digit(0)[0], "conv1", [unit for unit in range(16) if unit != 4])
    assert "With filter 4 alone of conv1" in caption(app)
    assert f"to {said(after.logits[7])}" in caption(app)
    winner = network.classes[after.winner]
    assert f"says {winner} instead of 7" in caption(app) or f"still says {winner}" in caption(app)
    fine(app.button("knock-restore").click().run())
    assert "off" not in app.query_params
    assert crossed(app) == []


@pytest.mark.parametrize(
    ("layer", "off", "units", "notice"),
    [
        ("conv1", "3,16", (3,), "Units of conv1 run from 0 to 15, so 3 off here. Received: '16'."),
        ("conv1", "x,-1", (), "so none off here. Received: 'x,-1'."),
        ("conv1", "but,99", (), "so none off here. Received: '99'."),
        ("conv1", "3,3,2", (2, 3), None),
        ("conv1", "5@conv2", (), None),
        ("conv1", "5@conv1", (5,), None),
        ("conv1", "\u0663", (), "Received: '\u0663'."),
        ("conv1", "1" * 5000, (), "Received: '111"),
    ],
)
def test_what_cannot_be_off_is_said(opened, layer, off, units, notice):
    app = opened(view="knock", layer=layer, off=off)
    assert tuple(tile for tile, _, _ in crossed(app)) == units
    assert [notice in info.value for info in app.info] == ([True] if notice else [])


def test_the_answer_s_own_units_are_no_choice_so_those_before_it_are_shown(opened):
    app = opened(view="knock", layer="softmax" if "softmax" in _names("mnist-cnn") else _names("mnist-cnn")[-1])
    assert app.select_slider("slider-layer").value == [layer.name for layer in switchable(shipped("mnist-cnn"))][-1]
    assert "units of dropout are on" in caption(app)


def _names(network):
    return [layer.name for layer in load(network).layers]


@pytest.mark.parametrize("name", NETWORKS[:-1])
def test_every_layer_of_every_network_can_be_switched(opened, name):
    app = opened(name)
    network = library.network(name)
    for layer in switchable(network):
        app.query_params.update({"view": "knock", "layer": layer.name, "off": "0"})
        fine(app.run())
        header = picture(app, "knockout")[0]
        assert len(header["crosses"]) == 1, layer.name
        assert re.search(r"\d", caption(app))
        assert "nan" not in caption(app)
        if name == "raw_one":
            assert "the output" in caption(app)
            assert "instead of" not in caption(app)
        if name not in ("mnist-cnn", "mnist-mlp"):
            assert any("No accuracy: the test pictures are digits" in text for text in texts(app))
            assert "knock-count" not in [button.key for button in app.button]


def test_a_thousand_classes_and_forty_filters(opened):
    app = opened("thousand", view="knock", layer="conv", off="1")
    assert len(picture(app, "knockout")[0]["panels"][0]["labels"]) == 32
    (table,) = [text for text in texts(app) if "nn-knock" in text]
    assert table.count('class="name') <= 10
    app = opened("thousand", predict=1)
    fine(app.selectbox("guess-class").select(417).run())
    fine(app.button("guess-count").click().run())
    assert "1 vote, most for 417 (1)" in caption(app)


def test_digits_are_counted_on_demand_and_kept(opened, cnn):
    network, _ = cnn
    app = opened(view="knock", layer="conv1", off="5")
    assert not any("test digits" in text for text in texts(app))
    fine(app.button("knock-count").click().run())
    images, labels = digits.labelled(network)
    counts = []
    for off in ((), (5,)):
        counted, _ = drained(accuracy(network, images, labels, "conv1", off))
        counts.append(counted.correct)
    key = ("knock-out accuracy", library.content_key("mnist-cnn"), DIGITS.key, "conv1", (5,))
    # What the page's own timer does, slice by slice.
    app.session_state["jobs-knock-out accuracy"].work(60)
    assert list(caches.results.get(key).correct) == counts
    fine(app.run())
    told = f"Without filter 5 the net reads {counts[1]:,} of 10,000 test digits, {counts[0]:,} as trained; it reads "
    assert any(told in text for text in texts(app))
    # Each digit is a dot with its class and both answers; the press has them move once.
    header, values = picture(app, "knock", part="dots")
    assert (header["n"], header["play"], header["picked"]) == (10_000, 1, 0)
    right = [np.count_nonzero(values[:10_000] == values[at:][:10_000]) for at in (10_000, 20_000)]
    assert right == counts
    assert "counted" in app.query_params
    assert not any("nn-knock" in text for text in texts(app))
    fine(app.button("knock-scores").click().run())
    assert any("nn-knock" in text for text in texts(app))
    # What was counted of other units is nobody's press.
    app.query_params.update({"counted": "1", "off": "6"})
    fine(app.run())
    assert not app.button("knock-count").disabled


def test_a_folder_of_the_networks_own_classes_is_counted(files, tmp_path, monkeypatch):
    for index, name in enumerate(["3/a.png", "3/b.png", "417/c.png", "others/d.png"]):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(digits.digit(index)[0]).save(tmp_path / name)
    (tmp_path / "417/e.png").write_bytes(b"no picture")
    monkeypatch.setattr(options, "given", options.Options(model=files["thousand"], folder=folder(tmp_path)))
    app = AppTest.from_function(script, default_timeout=60)
    app.query_params.update({"net": "thousand", "view": "knock", "layer": "conv", "off": "1,2"})
    fine(app.run())
    fine(app.button("knock-count").click().run())
    app.session_state["jobs-knock-out accuracy"].work(60)
    fine(app.run())
    header, values = picture(app, "knock", part="dots")
    # Those of no class, and what is no picture, are not among them.
    assert header["titles"] == ["3/a.png", "3/b.png", "417/c.png"]
    assert values[:3].tolist() == [3, 3, 417]
    network = library.network("thousand")
    for at in range(3):
        image = digits.digit(at)[0]
        said = [trace(network, image).winner, knocked_out(network, image, "conv", (1, 2)).winner]
        assert values[3 + at :: 3][:2].tolist() == said
    assert any("of 3 pictures of the folder" in text for text in texts(app))


SECRET = ("wins", "%", "logit", "softmax", "is right", "wrong")


@pytest.mark.parametrize("more", [{}, {"view": "why"}, {"view": "knock", "off": "3"}, {"view": "shift"}])
@pytest.mark.parametrize("name", ["mnist-cnn", "one_sigmoid", "raw_one"])
def test_nothing_tells_the_answer_before_the_reveal(opened, name, more):
    app = opened(name, predict=1, **more)
    page = " ".join([*texts(app), *(text.value for text in app.markdown)])
    for word in SECRET:
        assert word not in re.sub(r'style="[^"]*"', "", page), word
    assert [element.type for element in app.main].count("plotly_chart") == 0
    kinds = [element.type for element in app.main]
    assert kinds.count("bidi_component") == 1
    assert len(picture(app, "predict")[0]["panels"]) == 1
    widths = re.findall(r'class="net" style="width:([\d.]+)%"', page)
    assert set(widths) <= {"0.0"}
    assert "the answer is hidden until it is revealed" in caption(app)
    fine(app.button("predict-reveal").click().run())
    assert app.query_params["predict"] == "0"
    # Of a link that does not name the layer whose units are off, the page says it.
    assert {key: app.query_params[key].partition("@")[0] for key in more} == more
    assert re.search(r"\d", caption(app))
    assert "hidden" not in caption(app)


def test_votes_are_counted_and_shown_beside_the_answer(opened):
    app = opened(predict=1)
    for guess in (7, 2, 7):
        fine(app.button(f"guess-{guess}").click().run())
    assert "3 votes, most for 7 (2); the answer is hidden" in caption(app)
    fine(app.button("predict-reveal").click().run())
    words = caption(app)
    assert words.startswith("The net says 7 (> 99.9%) and is right.")
    assert "3 votes, most for 7 (2); 2 of 3 foresaw the net's answer." in words
    (table,) = [text for text in texts(app) if "nn-versus" in text]
    assert table.count('class="votes" style="width:66.7%"') == 1
    # Another picture has votes of its own, and is hidden.
    fine(app.button("predict-next").click().run())
    assert app.query_params["predict"] == "1"
    assert "no vote yet" in caption(app)
    fine(app.button("guess-1").click().run())
    fine(app.button("predict-clear").click().run())
    assert "no vote yet" in caption(app)
    # Any other view gives the answer away: it ends the game.
    fine(app.segmented_control("decision-view").set_value("why").run())
    assert "predict" not in app.query_params
    assert "view" not in app.query_params


def test_a_wrong_answer_is_said_with_the_true_label(opened):
    wrong = next(entry for entry in digits.gallery() if entry.why.startswith("mnist-cnn reads"))
    app = opened(predict=0, image=f"test-{wrong.index}")
    assert f"and is wrong: it is a {wrong.label}. Nobody had guessed." in caption(app)


def flowing(app):
    """Nodes by id, and what flows into each, of the picture of the flows."""
    (found,) = (each.proto.bytes for each in app.main if each.type == "bidi_component" and "flow-" in each.proto.id)
    header = json.loads(found[4 : 4 + int.from_bytes(found[:4], "little")])
    nodes = {node["id"]: node for column in header["columns"] for node in column["nodes"]}
    into = {name: sum(each["value"] for each in header["ribbons"] if each["end"] == name) for name in nodes}
    return header, nodes, into


@pytest.mark.parametrize(("name", "parameters"), [("mnist-cnn", {"target": 3}), ("mnist-mlp", {}), ("one_sigmoid", {})])
def test_what_flows_on_the_page_adds_up_to_what_the_net_says(name, parameters, opened, nothing_goes_on):
    app = opened(name, image="test-0", **parameters)
    header, nodes, into = flowing(app)
    network = library.network(name)
    found = trace(network, library.fitted(network, library.picture("test-0"), Transform()))
    scores = {node: nodes[node] for node in nodes if nodes[node]["kind"] == "score"}
    assert len(scores) == (1 if name == "one_sigmoid" else 2)
    for node, each in scores.items():
        sign = -1 if name == "one_sigmoid" and node == "s0" else 1
        logit = found.logits[1 if name == "one_sigmoid" else int(node[1:])]
        assert into[node] == pytest.approx(sign * logit, abs=1e-4)
        assert each["value"] == pytest.approx(sign * logit, abs=1e-4)
    # What runs into a unit is what it hands on to the score that is explained.
    first = next(iter(scores))
    for node, each in nodes.items():
        if node.startswith("u"):
            on = sum(e["value"] for e in header["ribbons"] if (e["start"], e["end"]) == (node, first))
            assert into[node] == pytest.approx(on, abs=1e-4)
            assert each["note"] == number(on, sign=True)
            assert each["tip"][0].startswith("speaks ")
            # Faces are there at once where they ship; otherwise they are being searched.
            assert each["picture"].startswith("data:image/png") or name == "one_sigmoid"
    assert "need not add up" not in "".join(texts(app))


def test_shares_that_do_not_add_up_are_no_flows(opened, nothing_goes_on):
    app = opened("bent")
    assert not any("flow-" in each.proto.id for each in app.main if each.type == "bidi_component")
    assert any("need not add up" in text for text in texts(app))


def test_the_views_fall_back_on_why(opened):
    for view in ({}, {"view": "toy"}, {"view": "why", "predict": 0}):
        assert "speaks most for 7" in caption(opened(**view))
    assert "Nobody had guessed" in caption(opened(predict=0))


def test_one_raw_output_is_a_number_without_a_softmax(opened):
    app = opened("raw_one")
    assert not any("softmax" in text or "100.0%" in text for text in texts(app))
    assert "is right" not in caption(app)
    assert any("nn-big" in text and number(float(_raw(app))) in text for text in texts(app))


def _raw(app):
    network = library.network("raw_one")
    return trace(network, digits.digit(0)[0]).logits[0]
