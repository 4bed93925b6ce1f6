"""One contract for all pages, on networks of every kind and layers of every kind in them."""

import importlib
import pkgutil

import keras
import numpy as np
import pytest
from crossing import crossed
from keras import layers
from shipped import shipped
from shown import captions, defaults, pictures, stage
from streamlit.testing.v1 import AppTest
from visiting import one_page

import nnviz.pages as package
from nnviz.analysis.network.network import load
from nnviz.components.stage import PICTURE
from nnviz.pages.registry import PAGES
from nnviz.shell import options
from nnviz.shell.page import Page

pytestmark = pytest.mark.usefixtures("nothing_goes_on")

SLUGS = tuple(page.slug for page in PAGES)
WHOLE = ("flatten", "mlp-vs-cnn", "decision", "saliency", "cats")
"""Pages on the whole network, on which the layer under study hardly matters: its two ends will do."""


def two_ways() -> keras.Model:
    """Two layers side by side, so that the one listed before another need not lead to it."""
    given = keras.Input((10, 10, 3), name="picture")
    left = layers.Conv2D(3, 3, strides=2, activation="relu", name="left")(given)
    right = layers.SeparableConv2D(4, 3, strides=2, activation="tanh", name="right")(given)
    joined = layers.Concatenate(name="joined")([left, right])
    steps = layers.Reshape((16, 7), name="steps")(joined)
    x = layers.Flatten(name="flatten")(layers.Conv1D(5, 3, name="conv1d")(steps))
    return keras.Model(given, layers.Dense(3, activation="softmax", name="answer")(x), name="two_ways")


def convolution_last() -> keras.Model:
    """No dense layer at all: the classes are maps, then their means."""
    return keras.Sequential(
        [
            keras.Input((16, 16, 1), name="picture"),
            layers.ZeroPadding2D(1, name="padded"),
            layers.Conv2D(8, 3, groups=1, strides=2, activation="relu", name="conv"),
            layers.Conv2D(6, 3, groups=2, name="grouped"),
            layers.UpSampling2D(2, name="up"),
            layers.Conv2DTranspose(5, 3, name="transposed"),
            layers.Conv2D(3, 1, name="classes"),
            layers.GlobalAveragePooling2D(name="means"),
            layers.Softmax(name="answer"),
        ],
        name="convolution_last",
    )


OWN = {"two_ways": two_ways, "convolution_last": convolution_last}
NETWORKS = ("mnist-mlp", "mnist-cnn", "nested", "any_size", "one_sigmoid", "mlp_64", "mlp_8x8", "branched", *OWN)


@pytest.fixture(scope="module")
def files(saved):
    """The odd networks as files, as a viewer brings them."""
    return saved(NETWORKS[2:], OWN, 77)


@pytest.fixture
def opened(files, monkeypatch):
    """A page on a network, not yet run."""

    def opening(slug, name):
        monkeypatch.setattr(options, "given", options.Options(model=files.get(name)))
        app = AppTest.from_function(one_page, kwargs={"slug": slug}, default_timeout=60)
        app.query_params["net"] = name
        return app

    return opening


@pytest.fixture(scope="module")
def kinds(cases, fixed_weights):
    """By network the layers to look at, one of each kind and shape of output, the input first."""

    def of(name):
        network = shipped(name) if name.startswith("mnist") else cases[name].network if name in cases else None
        found = {}
        for layer in (network or load(fixed_weights(OWN[name](), 77))).layers:
            found.setdefault((layer.kind, len(layer.output_shape)), layer.name)
        return found

    return {name: of(name) for name in NETWORKS}


@pytest.mark.parametrize(("name", "slugs"), crossed(NETWORKS, SLUGS, 8))
def test_a_page_shows_every_kind_of_layer(name, slugs, kinds, opened):
    """Each kind on the first network that has it, and of each network its two ends."""
    before = {kind for other in NETWORKS[: NETWORKS.index(name)] for kind in kinds[other]}
    ends = list(kinds[name])[:: len(kinds[name]) - 1]
    for slug in slugs:
        wanted = ends if slug in WHOLE else [kind for kind in kinds[name] if kind in ends or kind not in before]
        shows(opened(slug, name), slug, name, [kinds[name][kind] for kind in wanted])


@pytest.mark.full
@pytest.mark.parametrize("slug", [slug for slug in SLUGS if slug not in WHOLE])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_page_shows_every_kind_of_layer_of_every_network(name, slug, kinds, opened):
    shows(opened(slug, name), slug, name, kinds[name].values())


def shows(app, slug, name, studied):
    """Looks at a page layer by layer."""
    for layer in studied:
        app.query_params["layer"] = layer
        app.query_params.pop("unit", None)
        app.run()
        where = f"{slug}, {name}, {layer}"
        assert not app.exception, f"{where}: {app.exception[0].value}"
        assert not app.error, f"{where}: {app.error[0].value}"
        assert not app.info, f"{where}: {app.info[0].value}"
        assert len(app.title) == 1, where
        assert len(captions(app)) == 1, f"{where}: {captions(app)}"
        assert "nan" not in captions(app)[0].lower().split(), where
        assert app.query_params["layer"] == layer, where
        for header, numbers in pictures(app):
            assert header["alt"], where
            assert np.isfinite(numbers).all(), where
        for label, (drawn, told) in defaults(app).items():
            assert drawn == told, f"{where}: {label}"


def test_a_branch_is_wired_to_what_it_reads_and_not_to_the_wall_beside_it(opened):
    app = opened("network", "two_ways")
    for layer in ("right", "left"):
        app.query_params["layer"] = layer
        app.query_params.pop("unit", None)
        app.run()
        header, _ = stage(app)
        walls = header["walls"]
        assert [wall["name"] for wall in walls] == ["left", "right", "joined", "conv1d"]
        assert [(wall["reads"], wall["rank"], wall["answers"]) for wall in walls] == [
            *(([PICTURE], 0, False),) * 2,
            ([0, 1], 1, False),
            ([2], 2, True),
        ]
        assert {(side, wall) for side, wall, *_ in header["wires"]} == {("from", PICTURE), ("to", 2)}
        assert "thickest" not in captions(app)[0]  # the picture has one line alone


def test_a_unit_is_called_silent_only_where_it_is(opened):
    app = opened("network", "two_ways")
    app.query_params["layer"] = "steps"
    app.query_params["unit"] = "5"
    app.run()
    assert captions(app)[0].count("Unit 5 of steps") == 1
    assert "silent" not in captions(app)[0]


def test_a_feature_of_a_layer_of_steps_is_its_column(opened):
    app = opened("maps", "two_ways")
    app.query_params["layer"] = "conv1d"
    app.query_params["unit"] = "4"
    app.query_params["step"] = "2"
    app.run()
    (every, values), (_, both) = pictures(app)
    steps = values.reshape(14, 5)
    assert every["marks"] == [
        {"panel": 0, "tile": 0, "row": 0, "column": 4, "rows": 14, "columns": 1, "colour": "picked"}
    ]
    assert (every["picked"]["row"], every["picked"]["column"]) == (2, 4)
    np.testing.assert_array_equal(both[-14:], steps[:, 4])
    assert captions(app)[0].count("At step 2 feature 4 is") == 1


def test_every_page_is_in_the_menu():
    found = set()
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if module.name != "nnviz.app.main":  # the script itself: importing it runs it
            page = getattr(importlib.import_module(module.name), "PAGE", None)
            if isinstance(page, Page):
                found.add(page.slug)
    assert found == set(SLUGS)
    assert len(SLUGS) == len(found)
    assert all(page.title and page.icon.startswith(":material/") and page.chapter for page in PAGES)
