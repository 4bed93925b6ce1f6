"""Every page on networks of every kind of output, and what it says of them."""

import shutil

import keras
import numpy as np
import pytest
from crossing import crossed
from keras import layers
from shown import caption, captions, picture, pictures, stage, tiles
from streamlit.testing.v1 import AppTest
from visiting import one_page

from nnviz.analysis.data import photographs
from nnviz.analysis.data.digits import test_set as digits_with_labels
from nnviz.analysis.image.images import Transform
from nnviz.figures.words import number
from nnviz.pages.registry import PAGES
from nnviz.shell import library, options

pytestmark = pytest.mark.usefixtures("nothing_goes_on")

SLUGS = tuple(page.slug for page in PAGES)
WHOLE = ("flatten", "mlp-vs-cnn", "decision", "saliency", "cats", "data")
"""Pages on which the layer under study hardly matters."""


def network(end, shape=(16, 16, 1)) -> keras.Model:
    image = keras.Input(shape, name="picture")
    maps = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")(image)
    return keras.Model(image, end(maps))


def flat(units, activation=None):
    return lambda maps: layers.Dense(units, activation, name="answer")(layers.Flatten(name="flat")(maps))


def cast(maps):
    scores = layers.Dense(3, "softmax", name="answer")(layers.GlobalAveragePooling2D(name="means")(maps))
    return layers.Activation("linear", dtype="float32", name="cast")(scores)


def averaged(maps):
    flattened = layers.Flatten(name="flat")(maps)
    return layers.Average(name="mean")([layers.Dense(3, "softmax", name=name)(flattened) for name in ("one", "two")])


OUTPUTS = {
    "one-number": lambda: network(flat(1)),
    "some-numbers": lambda: network(flat(15)),
    "bare-number": lambda: network(lambda maps: keras.ops.squeeze(flat(1)(maps), -1)),
    "some-labels": lambda: network(flat(4, "sigmoid")),
    "cast-last": lambda: network(cast),
    "mean-of-two": lambda: network(averaged, (16, 16, 3)),
    "log-last": lambda: network(flat(3, "log_softmax")),
    "mask": lambda: network(layers.Conv2D(1, 1, activation="sigmoid", name="answer")),
    "pixels": lambda: network(layers.Conv2D(9, 1, activation="softmax", name="answer"), (16, 16, 3)),
    "free": lambda: network(layers.Conv2D(3, 1, activation="softmax", name="answer"), (None, None, 1)),
    "colours": lambda: network(layers.Conv2D(3, 1, name="answer"), (16, 16, 3)),
    "flat-picture": lambda: network(flat(256, "sigmoid")),
    "steps": lambda: network(
        lambda maps: layers.Dense(5, "softmax", name="answer")(layers.Reshape((8, 128), name="rows")(maps))
    ),
}


@pytest.fixture(scope="module")
def files(saved):
    return saved(tuple(OUTPUTS), OUTPUTS, 5)


@pytest.fixture
def opened(files, monkeypatch):
    """What a page shows of a network, with these parameters in its address."""

    def opening(slug, name, **parameters):
        monkeypatch.setattr(options, "given", options.Options(model=files[name]))
        app = AppTest.from_function(one_page, kwargs={"slug": slug}, default_timeout=60)
        for key, value in {"net": name, **parameters}.items():
            app.query_params[key] = str(value)
        app.run()
        where = f"{slug}, {name}, {parameters}"
        assert not app.exception, f"{where}: {app.exception[0].value}"
        assert not app.error, f"{where}: {app.error[0].value}"
        return app

    return opening


@pytest.mark.parametrize(("name", "slugs"), crossed(OUTPUTS, SLUGS, 6))
def test_every_page_shows_every_kind_of_output(name, slugs, opened):
    """At the output itself: before it these networks are alike, and have layers that the other contract has."""
    last = {"cast-last": "cast", "mean-of-two": "mean"}.get(name, "answer")
    for slug in slugs:
        app = opened(slug, name, layer="conv" if slug in WHOLE else last)
        assert not app.info, f"{slug}: {app.info[0].value}"
        assert len(app.title) == 1, slug
        assert len(captions(app)) == 1, slug
        assert "nan" not in caption(app).lower().split(), slug
        for _, values in pictures(app):
            assert np.isfinite(values).all(), slug


@pytest.mark.parametrize(
    ("name", "view"), [(name, view) for name in OUTPUTS for view in ("knock", "predict", "revealed")]
)
def test_every_view_of_the_decision_shows_every_kind_of_output(name, view, opened):
    more = {"predict": int(view == "predict")} if view != "knock" else {}
    app = opened("decision", name, view="predict" if more else view, **more)
    assert len(captions(app)) == 1


@pytest.mark.parametrize("name", ["one-number", "some-numbers", "colours"])
def test_a_number_has_no_percent(name, opened):
    assert "%" not in "".join(bodies(opened("decision", name)))
    app = opened("network", name)
    assert "%" not in "".join([*bodies(app), *map(str, stage(app)[0]["answer"].values())])


def test_the_number_is_that_of_keras_with_its_unit(opened, files, tmp_path):
    path = files["age"] = shutil.copy(files["one-number"], tmp_path / "age.keras")
    path.with_suffix(".json").write_text('{"output": {"unit": "years"}, "input": {"scale": 0.00392156862745098}}')
    app = opened("network", "age", image="test-0")
    shown = library.fitted(library.network("age"), library.picture("test-0"), Transform()).image
    told = float(keras.models.load_model(path)(shown[None])[0, 0])
    answer = stage(app)[0]["answer"]
    assert (answer["says"], answer["names"], answer["shares"]) == (f"{number(told)} years", [], None)


def bodies(app) -> list[str]:
    """What stands on the page as HTML."""
    return [each.proto.body for each in app.main if hasattr(each.proto, "body")]


def test_a_mask_is_drawn_as_keras_predicts_it_and_a_pick_explains_one_pixel(opened, files):
    app = opened("network", "mask", image="test-0", layer="answer", row=3, column=5)
    (header, values) = picture(app, "says-places")
    drawn = tiles(header, values)[1][0, :, :, 0]
    model = keras.models.load_model(files["mask"])
    shown = library.fitted(library.network("mask"), library.picture("test-0"), Transform()).image
    np.testing.assert_allclose(drawn, np.asarray(model(shown[None]))[0, :, :, 0], rtol=1e-4, atol=1e-5)
    assert (header["picked"]["row"], header["picked"]["column"]) == (3, 5)


def test_steps_are_decoded_to_the_names_of_their_classes(opened, files):
    app = opened("network", "steps", image="test-0")
    shown = library.fitted(library.network("steps"), library.picture("test-0"), Transform()).image
    likeliest = np.asarray(keras.models.load_model(files["steps"])(shown[None]))[0].argmax(axis=1)
    assert "".join(map(str, likeliest)) in "".join(bodies(app))


def test_what_is_no_digit_gets_no_verdict(opened, files, fixed_weights, tmp_path, monkeypatch):
    """Ten classes without names are no digits, unless the network reads digits."""
    for seed, name in enumerate(("clothes", "reader")):
        stack = [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, "softmax")]
        model = fixed_weights(keras.Sequential(stack), seed)
        if name == "reader":
            images, labels = digits_with_labels()
            means = np.stack([images[labels == each].mean(axis=0).ravel() / 255 for each in range(10)], axis=1)
            model.layers[-1].set_weights([means, -0.5 * (means**2).sum(axis=0)])  # the nearest of ten means
        model.save(tmp_path / f"{name}.keras")
        files[name] = tmp_path / f"{name}.keras"
    assert stage(opened("network", "clothes", image="test-0"))[0]["answer"]["verdict"] == ""
    app = opened("network", "reader", image="test-0")
    assert stage(app)[0]["answer"]["verdict"] == "and is right."
    assert "of 200 test digits rightly" in "".join(bodies(app))
    assert library.label_in(library.network("reader"), library.picture("test-0")) == "7"
    assert photographs.read_by(library.network("reader")) is False


@pytest.mark.parametrize("name", ["mean-of-two", "pixels", "colours"])
def test_a_network_in_colours_opens_on_a_photograph(name, opened):
    assert opened("network", name).query_params["image"] == photographs.gallery()[0].name


def test_a_page_that_can_show_nothing_of_a_network_says_so_in_one_sentence(opened, files, fixed_weights, tmp_path):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(6, "tanh"), layers.Dense(3, "softmax")])
    fixed_weights(model).save(tmp_path / "iris.keras")
    files["iris"] = tmp_path / "iris.keras"
    for slug in ("data", "strokes"):
        app = opened(slug, "iris")
        (told,) = app.info
        assert "takes no" in told.value or "takes none" in told.value
        assert next(page for page in PAGES if page.slug == slug).unfit(library.network("iris"))
    assert not any(page.unfit(library.bundled_network("mnist-mlp")) for page in PAGES)
