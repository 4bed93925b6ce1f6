"""The page of strokes to digits: its pictures and words against the search, the patches, and the fields."""

import re

import numpy as np
import pytest
import shown
from draining import drained
from shipped import shipped
from shown import caption, texts
from streamlit.testing.v1 import AppTest
from visiting import finish, visited

from nnviz import digits, trace
from nnviz.analysis.network.receptive import receptive_fields
from nnviz.analysis.search.patches import cut
from nnviz.analysis.search.strongest import as_given, strongest
from nnviz.pages.strokes import page as strokes
from nnviz.shell import library, options
from nnviz.views.search import index_job
from nnviz.views.search.patch_panels import mean_of

JOB = f"jobs-{index_job.JOB}"


def script() -> None:
    from nnviz.pages.strokes import page as strokes
    from nnviz.shell import page

    page.show(strokes.PAGE)


def opened(finished=True, **parameters):
    return visited(script, finished, **parameters)


def pictures(app):
    """Per raster its header, and the tiles of each panel."""
    return [(header, shown.tiles(header, values)) for header, values in shown.pictures(app)]


@pytest.fixture(scope="module")
def searched():
    """The search of the convolutional digits, by itself."""
    return drained(strongest(shipped("mnist-cnn"), digits.test_set()[0], count=strokes.STUDIED))[0]


def test_the_field_of_each_layer_is_drawn_at_one_place():
    app = opened(net="mnist-cnn", image="test-0", layer="conv2", unit=5, row=4, column=8)
    header, _ = pictures(app)[0]
    titles = [panel["title"] for panel in header["panels"]]
    assert titles == ["conv1: 7x7", "pool1: 8x8", "conv2: 16x16", "pool2: 18x18", "dense: whole", "output: whole"]
    assert header["picked"]["panel"] == 2
    fields = receptive_fields(shipped("mnist-cnn").graph)
    conv2 = header["marks"][2]
    (top, bottom), (left, right) = (e.span(at, 28) for e, at in zip(fields["conv2"], (4, 8), strict=True))
    assert [conv2[key] for key in ("row", "column", "rows", "columns")] == [top, left, bottom - top, right - left]
    for mark, panel in zip(header["marks"], range(6), strict=True):
        assert mark["panel"] == panel
        # Each field lies around the middle of the smallest one, and they grow.
        smallest = header["marks"][0]
        assert mark["row"] <= smallest["row"] + 3 <= mark["row"] + mark["rows"]
        assert mark["column"] <= smallest["column"] + 3 <= mark["column"] + mark["columns"]
    areas = [mark["rows"] * mark["columns"] for mark in header["marks"]]
    assert areas == sorted(areas)
    assert areas[-1] == 784


@pytest.mark.parametrize(("layer", "unit"), [("conv1", 3), ("conv2", 5), ("pool2", 5), ("dense", 24), ("output", 4)])
def test_the_patches_are_those_of_the_search(layer, unit, searched):
    app = opened(net="mnist-cnn", image="test-0", layer=layer, unit=unit)
    network, fields = shipped("mnist-cnn"), receptive_fields(shipped("mnist-cnn").graph)
    header, tiles = pictures(app)[1]
    seen = []
    for panel, drawn in zip(header["panels"], tiles, strict=True):
        name, at = re.fullmatch(r"(\w+), unit (\d+)", panel["title"]).groups()
        seen.append(name)
        count = strokes.STUDIED if name == layer else strokes.OTHERS
        hits = searched.layers[name].of(int(at))[:count]
        assert panel["labels"][: len(hits)] == [f"{digits.digit(hit.image)[1]}: {hit.value:.2f}" for hit in hits]
        patches = [cut(as_given(network, digits.digit(hit.image)[0]), fields[name], hit.cell) for hit in hits]
        for patch, tile in zip(patches, drawn, strict=False):
            np.testing.assert_array_equal(tile[patch.seen][:, 0], patch.pixels[patch.seen][:, 0])
            assert patch.seen.all() or set(np.unique(tile[~patch.seen])) <= {200.0, 226.0}
        if name == layer:
            assert int(at) == unit
            mean = mean_of(patches)
            np.testing.assert_allclose(drawn[-1][mean.seen][:, 0], mean.pixels[mean.seen][:, 0], rtol=1e-6)
    assert seen == [name for name in ("conv1", "conv2", "pool2", "dense", "output") if name in seen]
    assert {"conv1", "output", layer} <= set(seen)
    said = caption(app)
    assert f"Unit {unit} of {layer} sees" in said
    assert "10,000 digits" in said
    assert ("(a logit in output)" in "".join(texts(app))) is (layer == "output")


def test_a_value_below_a_patch_is_what_the_opened_digit_makes_there(searched):
    hit = searched.layers["conv2"].of(7)[2]
    app = AppTest.from_function(_opening, kwargs={"hit": hit, "unit": 7}, default_timeout=60)
    app.query_params.update({"net": "mnist-cnn", "image": "test-9", "dx": "4", "invert": "1", "shuffle": "1"})
    app.run()
    found = app.session_state["found"]
    assert (found.picture.name, found.layer.name, found.unit, found.cell) == (
        f"test-{hit.image}",
        "conv2",
        7,
        hit.cell,
    )
    assert found.trace.activations["conv2"][(*hit.cell, 7)] == pytest.approx(hit.value, rel=1e-4)


def _opening(hit, unit) -> None:
    import streamlit as st

    from nnviz.pages.strokes import page as strokes
    from nnviz.pages.strokes.depths import Depth
    from nnviz.shell import session
    from nnviz.views.search.image_sets import DIGITS

    current = session.read()
    strokes._open(Depth(current.network.layer("conv2"), unit, ""), [hit], 0, DIGITS)
    st.session_state["found"] = session.read()


def test_until_it_is_found_the_page_says_so_and_keeps_the_places_free(nothing_kept):
    app = opened(finished=False, net="mnist-cnn", image="test-0", layer="conv2", unit=5)
    assert "are being searched" in caption(app)
    header, tiles = pictures(app)[1]
    assert all(set(np.unique(tile)) == {200.0, 226.0} for tile in tiles)
    assert [panel["n"] for panel in header["panels"]] == [6, 8, 6, 6]
    assert not any(label for panel in header["panels"] for label in panel["labels"] if label != "mean")


def test_what_was_found_when_it_was_stopped_is_shown_with_its_count_and_can_be_taken_up(nothing_kept):
    app = opened(finished=False, net="mnist-cnn", image="test-0", layer="conv2", unit=5)
    (mine,) = app.session_state[JOB].jobs
    while mine.progress is None or mine.progress.done < 512:
        mine.work(0)
    mine.stop()
    app.run()
    done = mine.progress.done
    assert f"in {done:,} digits" in caption(app)
    assert f"{done:,} of the 10,000 test digits were searched, drawn at random" in "".join(texts(app))
    app.button(key="again-index").click().run()
    finish(app)
    assert "in 10,000 digits" in caption(app)
    assert not [button for button in app.button if button.key == "again-index"]


def test_a_search_done_for_one_viewer_is_there_for_the_next(nothing_kept):
    opened(net="mnist-mlp", layer="dense2", unit=1)
    app = opened(finished=False, net="mnist-mlp", layer="dense1", unit=1)
    assert "being searched" not in caption(app)
    assert not app.session_state[JOB].busy


def test_a_unit_without_life_is_said_to_be_silent(dead):
    app = opened(net="dead", layer="conv", unit=1)
    assert "silent on all of 10,000 digits" in caption(app)


@pytest.mark.parametrize("name", ["nested", "any_size", "one_sigmoid", "mlp_64", "mlp_8x8", "branched"])
def test_other_networks_get_the_pictures_as_they_take_them(name, saved, monkeypatch):
    """In colours the photographs, in grey the digits."""
    monkeypatch.setattr(index_job, "SECONDS", 0.0)
    monkeypatch.setattr(options, "given", options.Options(model=saved([name])[name]))
    noun = "photograph" if library.network(name).image_shape[2] == 3 else "digit"
    for layer in library.network(name).layers:
        app = opened(net=name, image="test-0", layer=layer.name)
        text = "".join(texts(app))
        if layer.index:
            assert re.search(rf"\d+ (of the 10,000 test )?{noun}s", text)
        assert (f"For this network each {noun} is " in text) is (noun == "digit")
        if layer.index == 0:
            continue
        at = re.search(r"[Uu]nit (\d+) of", caption(app))
        studied = [
            label
            for panel in pictures(app)[1][0]["panels"]
            if panel["note"] == "under study"
            for label in panel["labels"]
        ]
        assert at
        assert len(studied) == min(strokes.STUDIED + 1, 4 if noun == "photograph" else 10_000)


def test_a_network_of_shuffled_pixels_gets_them_so_and_it_is_said():
    app = opened(net="mnist-cnn-shuffled", image="test-0", layer="conv1", unit=0)
    assert "shuffled as this network was trained" in "".join(texts(app))
    header, tiles = pictures(app)[1]
    network = shipped("mnist-cnn-shuffled")
    panel = next(index for index, panel in enumerate(header["panels"]) if panel["note"] == "under study")
    index = int(header["panels"][panel]["names"][0].removeprefix("test digit "))
    value = float(header["panels"][panel]["labels"][0].split(": ")[1])
    shuffled = as_given(network, digits.digit(index)[0])[..., 0]
    assert trace(network, shuffled.astype(np.uint8)).activations["conv1"][..., 0].max() == pytest.approx(
        value, abs=0.01
    )
    side = tiles[panel].shape[1]
    patches = np.lib.stride_tricks.sliding_window_view(np.pad(shuffled, side, constant_values=-1), (side, side))
    tile = tiles[panel][0]
    seen = np.where(
        (tile[..., 0] == tile[..., -1]) & (tile[..., 0] != 226.0) & (tile[..., 0] != 200.0), tile[..., 0], -1
    )
    assert ((patches == seen) | (seen == -1)).all(axis=(2, 3)).any()


def test_a_moved_picture_moves_no_digit():
    plain = pictures(opened(net="mnist-cnn", image="test-0", layer="conv1", unit=3))[1]
    app = opened(net="mnist-cnn", image="test-0", layer="conv1", unit=3, dx=5, noise=20)
    at = next(i for i, panel in enumerate(plain[0]["panels"]) if panel["note"] == "under study")
    np.testing.assert_array_equal(pictures(app)[1][1][at], plain[1][at])
    assert "whatever is done to the picture" in "".join(texts(app))
