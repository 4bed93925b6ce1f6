"""The dossier of a unit: its pictures, bars and words against the search, the knock-out and the weights themselves."""

import html
import re

import keras
import numpy as np
import pytest
import shown
from draining import drained
from keras import layers
from shipped import shipped
from shown import caption, texts
from visiting import visited

from nnviz import digits, trace
from nnviz.analysis import dossier
from nnviz.analysis.layer.filters import filter_bank
from nnviz.analysis.network.receptive import receptive_fields
from nnviz.analysis.search.patches import box
from nnviz.analysis.search.strongest import strongest
from nnviz.pages.dossier import facts, page
from nnviz.shell import options
from nnviz.shell.jobs import queue, worker
from nnviz.views.search.image_sets import DIGITS


def script() -> None:
    from nnviz.pages.dossier import page as dossier
    from nnviz.shell import page

    page.show(dossier.PAGE)


def opened(finished=True, **parameters):
    return visited(script, finished, **parameters)


def raster(app, key):
    """The header of a raster, and the tiles of each panel."""
    header, values = shown.picture(app, key)
    return header, shown.tiles(header, values)


def rows(app):
    """The table of the classes: name, then its numbers."""
    (table,) = (text for text in texts(app) if "nn-speaks" in text)
    cells = re.findall(r'<span class="(name|number)[^>]*>(.*?)</span>', table)
    found = []
    for kind, text in cells:
        if kind == "name":
            found.append([html.unescape(text)])
        else:
            found[-1].append(float(text.replace("\u2212", "-")))
    return found


@pytest.fixture(scope="module")
def searched():
    """The search of the convolutional digits, by itself."""
    return drained(strongest(shipped("mnist-cnn"), digits.test_set()[0], count=8))[0]


@pytest.fixture
def network():
    return shipped("mnist-cnn")


def loudest(searched, layer, unit):
    """The 64 sampled digits that excite a unit most."""
    return searched.sampled[np.argsort(-searched.maxima[layer][:, unit], kind="stable")[:64]]


def test_the_patches_are_those_of_the_search_and_stand_where_they_were_found(network, searched):
    app = opened(net="mnist-cnn", image="test-0", layer="conv2", unit=5)
    header, tiles = raster(app, "dossier-patches")
    hits = searched.layers["conv2"].of(5)[: facts.HITS]
    assert header["panels"][0]["labels"] == [f"{digits.digit(hit.image)[1]}: {hit.value:.2f}" for hit in hits]
    np.testing.assert_array_equal(tiles[1][..., 0], [digits.digit(hit.image)[0] for hit in hits])
    field = receptive_fields(network.graph)["conv2"]
    for hit, mark in zip(hits, header["marks"], strict=True):
        place = box(field, hit.cell, (28, 28))
        assert (mark["row"], mark["column"], mark["rows"], mark["columns"]) == place


def test_the_unit_is_shown_by_its_map_and_its_strongest_slices(network):
    app = opened(net="mnist-cnn", image="test-0", layer="conv2", unit=5)
    header, tiles = raster(app, "dossier-unit")
    assert [panel["title"] for panel in header["panels"]] == ["Picture", "Its map", "Its filter"]
    values = trace(network, digits.digit(0)[0]).activations["conv2"][..., 5]
    np.testing.assert_allclose(tiles[1][0, ..., 0], values, atol=1e-5)
    weights = filter_bank(network, "conv2").weights[5]
    order = np.argsort(-np.linalg.norm(weights.reshape(-1, 16), axis=0), kind="stable")[:4]
    np.testing.assert_array_equal(tiles[2][..., 0], np.moveaxis(weights, 2, 0)[order])
    assert header["panels"][2]["note"] == "5x5, 4 strongest of 16 slices"
    row, column = np.unravel_index(values.argmax(), values.shape)
    assert (header["marks"][1]["row"], header["marks"][1]["column"]) == (row, column)


def test_the_classes_have_the_means_of_the_data_and_the_losses_of_the_knock_out(network, searched):
    app = opened(net="mnist-cnn", image="test-0", layer="conv2", unit=5)
    table, labels = rows(app), digits.test_set()[1][searched.sampled]
    effects = dossier.effects(network, digits.test_set()[0], "conv2", 5, loudest(searched, "conv2", 5).tolist())
    maxima = searched.maxima["conv2"][:, 5]
    for digit, (name, mean, drop) in enumerate(table):
        assert name == str(digit)
        assert mean == pytest.approx(maxima[labels == digit].mean(), abs=0.006)
        assert drop == pytest.approx(effects.drops[digit], abs=0.006)
    up, down = effects.drops.argmax(), effects.drops.argmin()
    assert caption(app).endswith(f"; it speaks most for {up} and against {down}.")


def test_no_class_is_said_to_be_the_one_that_excites_it_where_others_do_as_well(searched):
    labels = digits.test_set()[1][searched.sampled].astype(int)
    names, kinds = tuple(map(str, range(10))), set()
    for layer in ("conv1", "dense", "output"):
        for unit, answers in enumerate(searched.maxima[layer].T.astype(float)):
            means = np.array([answers[labels == digit].mean() for digit in range(10)])
            within = np.sqrt(np.mean((answers - means[labels]) ** 2))
            order = np.argsort(-means, kind="stable")
            alike = [str(at) for at in order if at == order[0] or means[order[0]] - means[at] < 0.2 * within]
            known = facts.UnitFacts(
                DIGITS,
                searched,
                searched.layers[layer].of(unit)[:1],
                None,
                0.0,
                (names, dossier.class_means(searched.maxima[layer], unit, labels, 10)),
                None,
                False,
                "",
                None,
                None,
            )
            said = page._excites("It", known)
            if len(alike) == 1:
                assert said.startswith(
                    f"It answers most to {alike[0]}s, {page.number(means[order[0]])} on average against"
                )
            elif len(alike) < 6:
                assert said.startswith(f"It answers alike to {', '.join(alike[:-1])} and {alike[-1]}, ")
            else:
                assert re.match(r"It answers alike to (all 10 classes|\d(, \d){4} and \d more), ", said)
            kinds.add(min(len(alike), 6))
    assert {1, 2, 5} <= kinds


def test_it_is_said_where_the_picture_stands(network, searched):
    app = opened(net="mnist-cnn", image="test-18", layer="conv2", unit=5)
    here = trace(network, digits.digit(18)[0]).activations["conv2"][..., 5].max()
    share = np.mean(searched.maxima["conv2"][:, 5] < here)
    assert 0.001 < share < 0.999
    assert f"This picture: {here:.2f}, above {share:.1%} of them" in "".join(texts(app))
    assert "in each of 2,000 digits" in "".join(texts(app))


def test_the_units_alike_are_those_with_the_largest_correlation_and_cosine(network, searched):
    app = opened(net="mnist-cnn", image="test-0", layer="conv1", unit=3)
    header, tiles = raster(app, "dossier-alike")
    with np.errstate(invalid="ignore"):
        correlation = np.nan_to_num(np.corrcoef(searched.maxima["conv1"].T.astype(float))[3])
    weights = filter_bank(network, "conv1").weights.reshape(16, -1).astype(float)
    cosine = weights @ weights[3] / np.linalg.norm(weights, axis=1) / np.linalg.norm(weights[3])
    for panel, values in zip(header["panels"], (correlation, cosine), strict=True):
        expected = [unit for unit in np.argsort(-values) if unit != 3][:3]
        labels = [label.replace("\u2212", "-") for label in panel["labels"]]
        assert labels == [f"{unit}: {values[unit]:.2f}" for unit in expected]
    first = int(header["panels"][1]["labels"][0].split(":")[0])
    np.testing.assert_array_equal(tiles[1][0, ..., 0], filter_bank(network, "conv1").weights[first, ..., 0])


def test_a_logit_is_itself_what_it_speaks_for(searched):
    app = opened(net="mnist-cnn", image="test-0", layer="output", unit=4)
    numbers = loudest(searched, "output", 4)
    mean = searched.maxima["output"][np.isin(searched.sampled, numbers), 4].mean()
    assert caption(app).endswith("it is itself the logit of 4.")
    assert "answers most to 4s" in caption(app)
    assert [drop for _, _, drop in rows(app)] == [
        pytest.approx(mean if digit == 4 else 0, abs=0.01) for digit in range(10)
    ]


def test_a_silent_unit_says_so(searched):
    unit = int(np.flatnonzero(~searched.maxima["dense"].any(axis=0) & (searched.layers["dense"].values[:, 0] == 0))[0])
    app = opened(net="mnist-cnn", image="test-0", layer="dense", unit=unit)
    assert caption(app) == (
        f"Unit {unit} of dense is silent on all of 10,000 digits: it has learned nothing that they have."
    )
    assert "switching it off changes nothing" in "".join(texts(app))
    assert "0.00 to all of them" in "".join(texts(app))
    header, _ = raster(app, "dossier-alike")
    assert [panel["title"] for panel in header["panels"]] == ["Units with weights alike (cosine)"]


def test_while_it_is_searched_there_is_what_is_known(nothing_kept, monkeypatch):
    monkeypatch.setattr(worker, "_PATIENCE", 300)
    with queue.worker.drawing():  # as if another viewer's page took long: no step is done meanwhile
        app = opened(finished=False, net="mnist-cnn", image="test-0", layer="conv2", unit=5)
    here = trace(shipped("mnist-cnn"), digits.digit(0)[0]).activations["conv2"][..., 5].max()
    assert caption(app) == f"Unit 5 of conv2 answers to this picture with {here:.2f}; the digits are being searched."
    assert len(raster(app, "dossier-unit")[0]["panels"]) == 3
    assert [panel["title"] for panel in raster(app, "dossier-alike")[0]["panels"]] == [
        "Units with weights alike (cosine)"
    ]


def test_the_preferred_picture_is_that_of_its_own_page():
    app = opened(net="mnist-cnn", image="test-0", layer="conv2", unit=5)
    _, tiles = raster(app, "dossier-preferred")
    from nnviz import objectives, visualize

    found = visualize(shipped("mnist-cnn"), objectives.channel("conv2", 5), 64)
    np.testing.assert_allclose(tiles[0][0], found.pixels[0], atol=0.6)


def test_a_unit_that_is_not_there_is_replaced_and_said():
    app = opened(finished=False, net="mnist-cnn", image="test-0", layer="conv2", unit=99)
    assert app.query_params["unit"] == "31"
    assert "unit runs from 0 to 31 here, so 31 is shown. Received: 99." in [each.value for each in app.info]
    assert caption(app).startswith("Unit 31 of conv2")


def test_the_picture_itself_has_no_dossier():
    app = opened(net="mnist-cnn", image="test-0", layer="input")
    assert caption(app).startswith("This is the picture as the network gets it, 28x28 pixels")


def own(tmp_path, monkeypatch, model, name="own"):
    model.save(tmp_path / f"{name}.keras")
    monkeypatch.setattr(options, "given", options.Options(model=tmp_path / f"{name}.keras"))


def test_of_many_classes_the_ends_are_shown(tmp_path, monkeypatch, fixed_weights):
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), name="picture"),
            layers.Conv2D(3, 5, strides=4, activation="relu", name="conv"),
            layers.GlobalAveragePooling2D(name="means"),
            layers.Dense(40, name="scores"),
        ]
    )
    own(tmp_path, monkeypatch, fixed_weights(model))
    app = opened(net="own", image="test-0", layer="means", unit=1)
    drops = [row[-1] for row in rows(app)]
    assert len(drops) == 10
    assert drops == sorted(drops, reverse=True)
    assert re.search("answers (most|alike) to", caption(app))


def test_a_layer_that_no_score_is_made_of_speaks_for_no_class(tmp_path, monkeypatch, fixed_weights):
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), name="picture"),
            layers.Conv2D(3, 5, strides=4, name="conv"),
            layers.GlobalAveragePooling2D(name="means"),
            layers.Dense(3, name="scores"),
            layers.Softmax(name="answer"),
        ]
    )
    own(tmp_path, monkeypatch, fixed_weights(model))
    app = opened(net="own", image="test-0", layer="answer", unit=1)
    assert "No class score is made of answer, so it speaks for no class." in caption(app)
