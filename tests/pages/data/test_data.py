"""The page of the data: its map, neighbours and mistakes against the analysis, done here by itself."""

import json
from importlib import metadata

import keras
import numpy as np
import pytest
from draining import drained
from keras import layers
from shipped import shipped
from shown import caption, texts
from visiting import visited

from nnviz import digits, trace
from nnviz.analysis.data import confusion
from nnviz.analysis.data.confusion import Answers
from nnviz.analysis.embedding.alignment import chained
from nnviz.analysis.embedding.embedding import embedding
from nnviz.analysis.embedding.vectors import vectors
from nnviz.pages.data import mistakes, results
from nnviz.pages.data.neighbours import nearest_to
from nnviz.shell import caches, options
from nnviz.shell.jobs import queue, worker

LAYERS = ["input", "dense1", "dense2", "output"]


def script() -> None:
    from nnviz.pages.data.page import PAGE
    from nnviz.shell import page

    page.show(PAGE)


def opened(finished=True, **parameters):
    return visited(script, finished, **parameters)


def sent(app):
    """Per component its header, its float numbers, and what follows them."""
    found = []
    for element in app.main:
        if element.type == "bidi_component":
            buffer = element.proto.bytes
            length = int.from_bytes(buffer[:4], "little")
            header = json.loads(buffer[4 : 4 + length])
            numbers = np.frombuffer(buffer[4 + length :], "<f4", header.get("floats", -1))
            found.append((header, numbers, buffer[4 + length + 4 * numbers.size :]))
    return found


@pytest.fixture(scope="module")
def mlp():
    """Vectors of the sampled digits in the layers of the plain net, and the digits' numbers and classes."""
    network, numbers = shipped("mnist-mlp"), np.arange(0, 10_000, 5)
    found, _ = drained(vectors(network, LAYERS, digits.test_set()[0][numbers]))
    return found, numbers, digits.test_set()[1][numbers].astype(int)


def way(values, labels, axes):
    """By layer its embedding, and how it lies upon the one before."""
    made = {name: embedding(values[name], labels) for name in LAYERS}
    return made, dict(zip(LAYERS, chained(made[name].coordinates[:, :axes] for name in LAYERS), strict=True))


def test_the_maps_are_the_layers_principal_components_each_upon_the_one_before(mlp):
    values, numbers, labels = mlp
    app = opened(net="mnist-mlp", layer="dense2", image="test-15", follow=1)
    made, laid = way(values, labels, 2)
    expected = made["dense2"]
    header, coordinates, rest = sent(app)[0]
    for name, places in zip(LAYERS, coordinates.reshape(4, 2000, 2), strict=True):
        np.testing.assert_allclose(places, laid[name].place(made[name].coordinates[:, :2]), atol=2e-3)
    assert (header["axes"], header["picked"], header["at"], header["now"]) == (2, 3, [0, 1, 2, 3], 2)
    assert [stop["name"] for stop in header["stops"]] == LAYERS
    shares = [[made[name].space.accuracy, made[name].plane.accuracy] for name in LAYERS]
    np.testing.assert_allclose([stop["values"] for stop in header["stops"]], shares, atol=1e-3)
    read, _ = drained(confusion.answers(shipped("mnist-mlp"), numbers))
    assert [mark["index"] for mark in header["marked"]] == read.mistakes().tolist()
    assert header["told"].startswith(f"Ringed: {len(header['marked'])} of 2,000 that mnist-mlp reads wrongly, ")
    first = header["marked"][0]["index"]
    assert header["marked"][0]["short"] == f"{labels[first]}→{read.said[first]}"
    assert header["titles"][first] == f"test digit {numbers[first]}, a {labels[first]}, read as {read.said[first]}"
    assert header["follow"]
    assert header["groups"] == labels.tolist()
    assert header["titles"][7] == f"test digit 35, a {labels[7]}"
    pictures = np.frombuffer(rest, np.uint8)[: 2000 * 784].reshape(2000, 28, 28)
    np.testing.assert_array_equal(pictures[[0, 999]], digits.test_set()[0][[0, 4995]])
    said = caption(app)
    assert f"for {expected.space.accuracy:.1%} of 2,000" in said
    assert f"by the pixels alone for {embedding(values['input'], labels).space.accuracy:.1%}" in said
    assert "come apart with depth. Followed: a 5, read as 5." in said
    assert f"Silhouette {expected.space.silhouette:.2f} by all 64 numbers" in "".join(texts(app))


def test_a_picture_that_is_not_among_them_stands_where_it_would(mlp):
    values, _, labels = mlp
    app = opened(net="mnist-mlp", layer="dense2", image="test-18", axes=3, turn="40,-10")
    header = sent(app)[0][0]
    found = trace(shipped("mnist-mlp"), digits.digit(18)[0]).activations
    made, laid = way(values, labels, 3)
    assert (header["axes"], header["picked"], header["turn"]) == (3, None, [40, -10])
    for name, place in zip(LAYERS, header["own"], strict=True):
        np.testing.assert_allclose(place, laid[name].place(made[name].place(found[name].ravel())), atol=2e-3)
    # Moved, a digit that is among them stands elsewhere.
    moved = sent(opened(net="mnist-mlp", layer="dense2", image="test-15", dx=3))[0][0]
    assert moved["picked"] is None
    assert None not in moved["own"]


def test_until_all_are_there_the_first_few_are_shown(nothing_kept, monkeypatch):
    monkeypatch.setattr(worker, "_PATIENCE", 300)
    monkeypatch.setattr(results, "_FIRST", 0.0)
    with queue.worker.drawing():  # as if another viewer's page took long: no step is done meanwhile
        app = opened(finished=False, net="mnist-mlp", layer="dense2", image="test-0")
        first, *_ = app.session_state[f"jobs-{results.DEPTH}"].jobs
        while first.busy:
            first.work(0)
        app.run()
    header = sent(app)[0][0]
    assert header["titles"][1].startswith("test digit 50, a ")
    assert (header["maps"], header["at"], header["now"]) == (1, [2], 0)
    assert caption(app) == "2,000 test digits on their way through mnist-mlp to dense2: the first 200 of them."


def test_a_method_that_is_none_is_said_and_the_axes_are_drawn():
    app = opened(net="mnist-mlp", layer="dense2", reduce="tnse")
    said = "For reduce one of pca, tsne, umap was expected, so pca is shown. Received: tnse."
    assert any(said in text for text in texts(app))
    # What another page's address says of its own view is none of this page's business.
    assert not any(
        "tnse" in text or "toy" in text for text in texts(opened(net="mnist-mlp", layer="dense2", view="toy"))
    )


def test_where_umap_is_not_installed_it_says_how_to_get_it_and_draws_the_axes(mlp, monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    # What Python itself says of a package that is not there.
    monkeypatch.setattr(metadata, "version", absent)
    values, _, labels = mlp
    app = opened(net="mnist-mlp", layer="dense2", image="test-15", reduce="umap")
    made, laid = way(values, labels, 2)
    places = sent(app)[0][1].reshape(4, 2000, 2)[2]
    np.testing.assert_allclose(places, laid["dense2"].place(made["dense2"].coordinates[:, :2]), atol=2e-3)
    assert "UMAP needs the package umap-learn: pip install umap-learn" in "".join(texts(app))
    assert not app.session_state["jobs-data-shape"].jobs


def test_the_neighbours_are_those_of_a_loop(mlp):
    values, numbers, labels = mlp
    app = opened(net="mnist-mlp", layer="dense2", image="test-15", view="neighbours")
    header, tiles, _ = sent(app)[0]
    for panel, name in zip(header["panels"][1:], ("dense2", "input"), strict=True):
        vector = trace(shipped("mnist-mlp"), digits.digit(15)[0]).activations[name].ravel()
        far = [(float(np.sqrt(((one - vector) ** 2).sum())), i) for i, one in enumerate(values[name])]
        order = [i for _, i in sorted(far) if numbers[i] != 15][:12]
        assert panel["names"] == [f"test digit {numbers[i]}" for i in order]
        assert panel["labels"] == [f"{labels[i]}: {far[i][0]:.2f}" for i in order]
        shown = tiles[panel["offset"] :][: 12 * 784].reshape(12, 28, 28)
        np.testing.assert_array_equal(shown, digits.test_set()[0][numbers[order]])
        same = sum(labels[i] == digits.digit(15)[1] for i in order)
        assert f" {same} are {digits.digit(15)[1]}s" in caption(app) or f"by pixels {same}" in caption(app)


def test_vectors_that_had_to_make_room_are_made_again_for_the_next_viewer():
    address = {"net": "mnist-mlp", "layer": "dense2", "image": "test-15", "view": "neighbours"}
    said = caption(opened(**address))
    assert "on their way" not in said
    caches.vectors.clear()
    assert caption(opened(**address)) == said


def test_the_picture_itself_is_no_neighbour_and_of_equals_the_lower_number_comes_first():
    values = np.float32([[0, 0], [3, 4], [0, 0], [4, 3], [1, 0]])
    found = nearest_to(np.zeros(2, np.float32), values, np.array([10, 20, 30, 40, 50]), 30)
    assert found.numbers.tolist() == [10, 50, 20, 40]
    assert found.distances.tolist() == [0, 1, 5, 5]
    assert nearest_to(np.zeros(2, np.float32), values, np.arange(5), None).numbers.tolist() == [0, 2, 4, 1, 3]


def test_the_matrix_is_counted_and_its_cells_open_their_digits():
    app = opened(net="mnist-mlp", view="mistakes", pair="9-4", image="test-0")
    (matrix, values, _), (gallery, _, _) = sent(app)
    texts = np.array(matrix["panels"][0]["texts"]).reshape(12, 12)
    counts = np.array([[int(text or 0) for text in row[1:11]] for row in texts[1:11]])
    assert counts.sum() == 10_000
    assert np.trace(counts) == 9870
    numbers = values.reshape(12, 12)[1:11, 1:11]
    assert (np.diag(numbers) < 0).all()
    np.testing.assert_array_equal(numbers[~np.eye(10, dtype=bool)], counts[~np.eye(10, dtype=bool)])
    assert (matrix["picked"]["row"], matrix["picked"]["column"]) == (10, 5)
    # Test digit 0 is a 7, read as one.
    assert [(mark["row"], mark["column"]) for mark in matrix["marks"]] == [(8, 8)]
    shown = [int(name.split()[-1]) for name in gallery["panels"][0]["names"]]
    assert len(shown) == min(counts[9, 4], mistakes.SHOWN)
    network = shipped("mnist-mlp")
    for number in shown:
        image, label = digits.digit(number)
        assert (label, network.classes[trace(network, image).winner]) == (9, "4")
    assert "reads 9,870 of 10,000 test digits" in caption(app)


def test_a_pair_that_is_none_shows_all_mistakes():
    for pair in ("12-4", "x", "any-any"):
        gallery = sent(opened(net="mnist-mlp", view="mistakes", pair=pair))[1][0]
        assert gallery["panels"][0]["title"] == "Mistakes: the surest 20 of 130"


def test_margins_stay_empty_where_nothing_was_said():
    found = Answers(np.array([1, 2, 2]), np.array([1, 1, 2]), np.float32([0.9, 0.5, 0.8]))
    values, texts, names, most = mistakes.cells(found)
    assert np.isfinite(values).all()
    assert most == 1
    rows = np.array(texts).reshape(12, 12)
    assert rows[2, 11] == "100.0"
    assert rows[3, 11] == "50.0"
    assert rows[11, 2] == "50.0"
    assert rows[11, 4] == rows[4, 11] == ""
    assert names[3 * 12 + 2] == "1 2s read as 1"


def test_what_a_network_for_something_else_cannot_show_is_said(tmp_path, monkeypatch):
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(3, activation="softmax")])
    model.save(tmp_path / "three.keras")
    monkeypatch.setattr(options, "given", options.Options(model=tmp_path / "three.keras"))
    app = opened(net="three", view="mistakes")
    assert "three has 3 classes of its own" in caption(app)
    assert sent(app) == []
    header = sent(opened(net="three", view="map"))[0][0]
    assert header["shape"] == [2000, 28, 28]
