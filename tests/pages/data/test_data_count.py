"""How many digits the page of the data looks at: what a network does quickly, or what the address asks for."""

import keras
import numpy as np
import pytest
import shown
from draining import drained
from keras import layers
from scipy.spatial.distance import pdist
from shown import caption, texts
from sklearn.manifold import trustworthiness
from visiting import visited

from nnviz import digits, load, trace
from nnviz.analysis.embedding import vectors as analysed
from nnviz.analysis.embedding.embedding import embedding
from nnviz.analysis.embedding.tsne import tsne
from nnviz.analysis.embedding.vectors import vectors
from nnviz.pages.data.neighbours import nearest_to
from nnviz.shell import options


def script() -> None:
    from nnviz.pages.data.page import PAGE
    from nnviz.shell import page

    page.show(PAGE)


@pytest.fixture
def large(tmp_path, monkeypatch, fixed_weights):
    """A network of the viewer's own that counts as a large one."""
    stack = [layers.Flatten(name="flat"), layers.Dense(5, name="hidden"), layers.Dense(3, name="scores")]
    model = fixed_weights(keras.Sequential([keras.Input((28, 28, 1), name="picture"), *stack]))
    model.save(tmp_path / "large.keras")
    monkeypatch.setattr(options, "given", options.Options(model=tmp_path / "large.keras"))
    monkeypatch.setattr(analysed, "_ELEMENTS", 1.0)
    return load(tmp_path / "large.keras")


def opened(**parameters):
    return visited(script, net="large", layer="hidden", image="test-7", **parameters)


def counted(app):
    """The count that its switch shows."""
    (found,) = (each.value for each in app.get("button_group") if "1,000 digits" in str(each.proto))
    return found


@pytest.mark.parametrize(("asked", "step"), [({}, 40), ({"digits": 1000}, 10), ({"digits": 2000}, 5)])
def test_the_map_is_that_of_so_many(asked, step, large):
    app, numbers = opened(**asked), np.arange(0, 10_000, step)
    values = drained(vectors(large, ["hidden"], digits.test_set()[0][numbers]))[0]["hidden"]
    expected = embedding(values, digits.test_set()[1][numbers].astype(int))
    header, places = shown.pictures(app)[0]
    assert header["titles"][-1].startswith(f"test digit {numbers[-1]}, a ")
    found = places.reshape(header["maps"], -1, 2)[header["now"]]
    # Turned, but as far apart as they were.
    apart = pdist(expected.coordinates[:, :2])
    np.testing.assert_allclose(pdist(found), apart, rtol=1e-2, atol=1e-3 * apart.max())
    assert counted(app) == str(len(numbers))
    assert f"for {expected.space.accuracy:.1%} of {len(numbers):,}" in caption(app)


def test_the_map_is_that_of_t_sne_and_of_the_axes_until_it_has_begun(large):
    numbers = np.arange(0, 10_000, 40)
    values = drained(vectors(large, ["hidden"], digits.test_set()[0][numbers]))[0]["hidden"]
    expected = embedding(values, digits.test_set()[1][numbers].astype(int))
    app = visited(script, net="large", layer="hidden", image="test-120", reduce="tsne")
    header, coordinates = shown.pictures(app)[0]
    assert (header["axes"], header["picked"]) == (2, 3)
    found, _ = drained(tsne(values, expected.coordinates[:, :2]))
    # The page drew the last word, whose neighbours are those of the vectors; its start is known to a few bits only.
    # Of the other layers too, so that the digits travel.
    assert header["maps"] == len(header["stops"]) > 2
    places = coordinates.reshape(header["maps"], len(numbers), 2)[header["now"]]
    score = trustworthiness(values, places, n_neighbors=10)
    assert score == pytest.approx(trustworthiness(values, found, n_neighbors=10), abs=0.01)
    assert score > trustworthiness(values, expected.coordinates[:, :2], n_neighbors=10)
    assert "t-SNE keeps neighbours together" in "".join(texts(app))


def test_the_neighbours_are_among_so_many(large):
    app, numbers = opened(view="neighbours", digits=1000), np.arange(0, 10_000, 10)
    values = drained(vectors(large, ["hidden"], digits.test_set()[0][numbers]))[0]["hidden"]
    near = nearest_to(trace(large, digits.digit(7)[0]).activations["hidden"], values, numbers, 7)
    header, _ = shown.pictures(app)[0]
    assert header["panels"][1]["names"] == [f"test digit {number}" for number in near.numbers]
    assert counted(app) == "1000"


def test_a_count_that_is_none_is_said_where_there_is_a_choice(large):
    said = "For digits one of 250, 1000, 2000 was expected, so 250 is shown. Received: 7."
    assert said in "".join(texts(opened(digits=7)))


def test_a_small_network_looks_at_all_and_has_no_choice():
    app = visited(script, net="mnist-mlp", layer="dense2", image="test-7", digits=1000)
    assert "For digits" not in "".join(texts(app))
    assert not [
        each for each in app.get("button_group") if "digits" in str(each.proto).lower() and "1,000" in str(each.proto)
    ]
    assert "of 2,000" in caption(app)
