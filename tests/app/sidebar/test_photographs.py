"""The photograph network on every page, its pictures and its blocks."""

import json

import numpy as np
import pytest
from shown import stage, texts
from visiting import visited

from nnviz.analysis.cache import Cache
from nnviz.analysis.data import photographs
from nnviz.analysis.data.pictures import batch
from nnviz.analysis.search.strongest import strongest
from nnviz.components.stage import PICTURE
from nnviz.pages.registry import PAGES
from nnviz.shell import caches, controls, library, options

SLUGS = tuple(page.slug for page in PAGES)
CATS = ("tabby cat", "tiger cat", "Egyptian Mau", "Siamese cat", "Persian cat", "lynx")


def script(slug: str) -> None:
    """What Streamlit runs: one page."""
    from nnviz.pages import registry
    from nnviz.shell import page

    page.show(registry.page(slug))


def beside(slug: str) -> None:
    """The sidebar."""
    from nnviz.app.sidebar import sidebar
    from nnviz.shell import session

    sidebar.draw(session.read())


def opened(slug, run=script, **parameters):
    return visited(run, finished=False, kwargs={"slug": slug}, **{"net": "photo-cnn", **parameters})


def caption(app):
    (found,) = (text for text in texts(app) if 'class="nn-caption"' in text)
    return found


def pictures(area):
    """The header of every raster, as the browser gets it."""
    found = []
    for element in area:
        if element.type == "bidi_component" and "raster-" in element.proto.id:
            buffer = element.proto.bytes
            found.append(json.loads(buffer[4 : 4 + int.from_bytes(buffer[:4], "little")]))
    return found


@pytest.mark.parametrize(
    ("slug", "layer"),
    [
        *((slug, "block06_depthwise") for slug in SLUGS),
        *((slug, layer) for slug in ("filters", "maps", "neuron") for layer in ("stem_conv", "head_mean")),
    ],
)
def test_a_page_shows_layers_of_the_photograph_network(slug, layer):
    app = opened(slug, image="cat", layer=layer)
    assert not app.exception, app.exception[0].value
    assert not app.error, app.error[0].value
    assert not app.info, app.info[0].value
    assert caption(app)
    assert (app.query_params["layer"], app.query_params["image"]) == (layer, "cat")


def test_it_opens_on_a_cat_and_says_so():
    app = opened("network")
    assert app.query_params["image"] == "cat"
    said = caption(app)
    assert any(cat in said for cat in CATS), said
    assert "32 maps of 112x112 become 1280 of 7x7" in said


def test_its_blocks_are_walls_of_their_strongest_maps():
    app = opened("network", image="coffee")
    walls = stage(app)[0]["walls"]
    assert [wall["title"] for wall in walls] == ["stem", *(f"block{n:02d}" for n in range(1, 17)), "head"]
    assert [wall["block"] for wall in walls] == [wall["title"] for wall in walls]
    network = library.network("photo-cnn")
    fitted = library.fitted(network, library.picture("coffee"), library.Transform())
    trace = library.traced(network, library.content_key("photo-cnn"), fitted.digest, fitted)
    for block, layer in ((1, "block01_project_bn"), (6, "block06_project_bn")):
        values = np.abs(trace.activations[layer]).max(axis=(0, 1))
        assert walls[block]["name"] == layer
        assert set(walls[block]["units"]) == set(np.argsort(-values, kind="stable")[:8].tolist())


def test_a_block_opens_with_what_it_reads_and_its_layers():
    app = opened("network", image="cat", block="block05")
    header, _ = stage(app)
    assert [wall["title"] for wall in header["walls"]] == [
        "block04_pro\u2026",
        *("expand", "expand_bn", "expand_relu", "depthwise", "depthwise_bn", "depthwise_r\u2026"),
        *("project", "project_bn", "add"),
    ]
    # The way around the block is one of what is added.
    assert [wall["reads"] for wall in header["walls"]] == [[PICTURE], *([at] for at in range(8)), [0, 8]]
    assert (header["inside"], {wall["block"] for wall in header["walls"]}) == (True, {""})
    app.button(key="block-on").click().run()
    assert app.query_params["block"] == "block06"
    assert app.query_params["layer"] == "block06_project_bn"
    app.button(key="block-all").click().run()
    assert "block" not in app.query_params
    assert len(stage(app)[0]["walls"]) == 18


def test_the_wires_of_a_unit_are_drawn_within_its_block():
    app = opened("network", image="cat", block="block05", layer="block05_expand", unit="3")
    header, _ = stage(app)
    ends = {(side, wall) for side, wall, *_ in header["wires"]}
    # What unit 3 writes is shown where its map is one of the strongest there.
    assert {("from", 0)} <= ends <= {("from", 0), ("to", 2)}
    assert "Map 3 of block05_expand is" in caption(app)


def test_a_block_that_is_not_there_is_said():
    app = opened("network", image="cat", block="block99")
    assert [info.value for info in app.info] == [
        "There is no block 'block99' in this network, so all blocks are shown."
    ]
    app = opened("network", net="mnist-cnn", image="test-0", block="block05")
    assert [info.value for info in app.info] == ["There is no block 'block05' in this network, and it is shown whole."]


def test_another_network_brings_a_picture_that_it_reads_and_says_so():
    app = opened("network", beside, net="mnist-cnn", image="test-5")
    app.selectbox(key="network").set_value("photo-cnn").run()
    assert (app.query_params["net"], app.query_params["image"]) == ("photo-cnn", "cat")
    said = [text.value for text in app.sidebar.caption]
    assert any("photo-cnn reads photographs: cat for test-5." in text for text in said), said
    (thumbnails,) = pictures(app.sidebar)
    assert thumbnails["panels"][0]["names"] == [entry.title for entry in photographs.gallery()]
    app.selectbox(key="network").set_value("mnist-mlp").run()
    assert (app.query_params["net"], app.query_params["image"]) == ("mnist-mlp", "test-0")
    (digits,) = pictures(app.sidebar)
    assert digits["panels"][0]["names"][0].startswith("test digit ")


def test_what_the_address_names_is_shown_whatever_the_network_reads():
    app = opened("network", image="test-0")
    assert app.query_params["image"] == "test-0"
    assert not app.info
    app = opened("network", net="mnist-cnn", image="rocket")
    assert app.query_params["image"] == "rocket"
    assert not app.info


def test_a_network_of_ones_own_may_have_both(cases, tmp_path, monkeypatch):
    cases["nested"].model.save(tmp_path / "mine.keras")
    monkeypatch.setattr(options, "given", options.Options(model=tmp_path / "mine.keras"))
    app = opened("network", beside, net="mine", image="cat")
    photos, digits = pictures(app.sidebar)
    assert photos["picked"]["tile"] == 0
    assert digits["picked"] is None
    own = library.network("mine")
    assert library.fits("cat", own)
    assert not library.fits("test-3", own)  # in colours: it opens on a photograph, and shows a digit that is asked for
    assert not library.fits("test-3", library.network("photo-cnn"))
    assert not library.fits("cat", library.network("mnist-mlp"))


def test_traces_are_kept_until_they_take_too_much(monkeypatch):
    monkeypatch.setattr(caches, "traces", Cache(2**30))
    network = library.network("mnist-mlp")

    def traced(name):
        picture = library.fitted(network, library.picture(name), library.Transform())
        return library.traced(network, "key", picture.digest, picture)

    first = traced("test-1")
    assert traced("test-1") is first
    caches.traces.ceiling = int(2.5 * caches.traces.size)
    traced("test-2")
    assert traced("test-1") is first
    # The one that was asked for longest ago goes.
    traced("test-3")
    assert traced("test-1") is first
    assert len(caches.traces) == 2


def test_the_slider_of_a_deep_network_has_the_layers_whose_output_goes_on():
    network = library.network("photo-cnn")
    kept = [layer.name for layer in controls.informative_layers(network.layers)]
    assert len(kept) == 61
    assert {"stem_conv_relu", "block02_project_bn", "block03_add", "head_mean", "classes"} <= set(kept)
    assert not {"stem_conv", "stem_conv_bn", "block05_expand"} & set(kept)
    few = library.network("mnist-cnn").layers
    assert controls.informative_layers(few) == list(few)


def test_the_strongest_patches_are_of_photographs():
    from nnviz.views.search import image_sets

    network = library.network("photo-cnn")
    assert image_sets.sets(network)[0] is image_sets.PHOTOGRAPHS
    assert image_sets.sets(library.network("mnist-cnn"))[0] is image_sets.DIGITS
    images, numbers = batch(network, image_sets.PHOTOGRAPHS.pictures, np.arange(4))
    assert numbers.tolist() == [0, 1, 2, 3]
    assert images.shape == (4, 224, 224, 3)
    expected = library.fitted(network, library.picture("coffee"), library.Transform()).pixels
    np.testing.assert_allclose(images[1], expected, atol=0.5)
    *_, last = list(strongest(network, image_sets.PHOTOGRAPHS.pictures, ["stem_conv"], 4))
    hits = last.so_far.layers["stem_conv"].of(1)
    given = images * np.float32(1 / 128) - np.float32(127 / 128)
    values = np.asarray(network.model.get_layer("stem_conv")(given))[..., 1].max(axis=(1, 2))
    assert [hit.image for hit in hits] == np.argsort(-values).tolist()
    np.testing.assert_allclose([hit.value for hit in hits], np.sort(values)[::-1], rtol=1e-4)
