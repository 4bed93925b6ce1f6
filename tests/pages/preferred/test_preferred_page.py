"""The page of preferred pictures: its pictures and words against the visualisation itself."""

import re

import numpy as np
import pytest
import shown
from shipped import shipped
from shown import caption, texts
from visiting import finish, visited

import nnviz
from nnviz import digits, objectives, trace
from nnviz.analysis.cache import Cache
from nnviz.analysis.data import photographs
from nnviz.pages.preferred import page as preferred
from nnviz.shell import caches

JOB = f"jobs-{preferred.JOB}"


def script() -> None:
    from nnviz.pages.preferred import page as preferred
    from nnviz.shell import page

    page.show(preferred.PAGE)


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(caches, "results", Cache(caches.results.ceiling))


def opened(finished=True, **parameters):
    given = {"net": "mnist-cnn", "image": "test-0", "preferred.steps": 8} | parameters
    address = {name.replace("_", "."): value for name, value in given.items()}
    return visited(script, finished, **address)


def pictures(app):
    """Per raster its header, and the tiles of each panel."""
    return [(header, shown.tiles(header, values)) for header, values in shown.pictures(app)]


def test_the_picture_is_that_of_the_visualisation_and_so_are_the_words():
    app = opened(layer="conv2", unit=5)
    network = shipped("mnist-cnn")
    found = nnviz.visualize(network, objectives.channel("conv2", 5), 8)
    seen, now = (trace(network, image).activations["conv2"][..., 5] for image in (found.image, digits.digit(0)[0]))
    (big, tiles), (beside, maps) = pictures(app)
    assert big["panels"][0]["title"] == "Preferred picture of unit 5 of conv2"
    np.testing.assert_allclose(tiles[0], found.pixels, atol=0.01)
    by_title = dict(zip((panel["title"] for panel in beside["panels"]), maps, strict=True))
    np.testing.assert_allclose(by_title["Map 5 of this picture"][0, ..., 0], seen, atol=1e-4)
    np.testing.assert_allclose(by_title["Its map"][0, ..., 0], now, atol=1e-5)
    np.testing.assert_array_equal(by_title["Present picture"][0, ..., 0], digits.digit(0)[0])
    text = caption(app)
    assert text == (
        f"On this picture unit 5 of conv2 averages {seen.mean():.2f} over its map, on the present one {now.mean():.2f}:"
        f" {'this is what it looks for' if seen.mean() > now.mean() else 'the present one excites it more'}."
    )


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        (0.4, 0.1, "this is what it looks for"),
        (0.0, 0.0, "nothing that was tried excites it"),
        (-2.0, -3.0, "this is what it looks for"),
        (0.1, 0.4, "the present one excites it more"),
        (0.4, 0.4, "the present one excites it no less"),
    ],
)
def test_what_it_means_is_said_as_the_numbers_are(here, there, said):
    assert preferred.so_what(here, there) == said


def test_a_class_is_raised_by_its_logit_also_where_its_output_is_the_unit():
    network = shipped("mnist-cnn")
    score = nnviz.visualize(network, 3, 8).score
    for parameters in ({"preferred_of": "class", "target": 3}, {"layer": "output", "unit": 3}):
        app = opened(**parameters)
        assert f"has the logit {score:.2f}, on the present one" in caption(app)
        assert '<span class="name">3</span>' in "".join(texts(app))
        assert [panel["title"] for panel in pictures(app)[1][0]["panels"]][-1] == "Present picture"


def test_what_the_sliders_say_is_what_is_made():
    network = shipped("mnist-cnn")
    app = opened(layer="conv2", unit=5, preferred_rate=10, preferred_as="pixels", preferred_moved=0, preferred_seed=4)
    found = nnviz.visualize(network, objectives.channel("conv2", 5), 8, 0.1, "pixels", (), 4)
    np.testing.assert_allclose(pictures(app)[0][1][0], found.pixels, atol=0.01)
    app.slider(key="slider-preferred.seed").set_value(5).run()
    finish(app)
    assert app.query_params["preferred.seed"] == "5" or app.query_params["preferred.seed"] == ["5"]
    other = nnviz.visualize(network, objectives.channel("conv2", 5), 8, 0.1, "pixels", (), 5)
    np.testing.assert_allclose(pictures(app)[0][1][0], other.pixels, atol=0.01)


def test_four_pictures_each_with_its_score():
    app = opened(layer="conv2", unit=5, preferred_way="four", preferred_shown=2)
    found = nnviz.visualize(shipped("mnist-cnn"), objectives.channel("conv2", 5), 8, count=4, diversity=2.0)
    header, tiles = pictures(app)[0]
    np.testing.assert_allclose(tiles[0], found.pixels, atol=0.01)
    assert header["panels"][0]["labels"] == [preferred.number(float(score)) for score in found.scores]
    assert header["picked"]["tile"] == 2
    assert "On these four unit 5 of conv2 averages" in caption(app)


def test_from_one_unit_to_another():
    app = opened(layer="dense", unit=3, preferred_way="between", preferred_other=10, preferred_shown=4)
    network = shipped("mnist-cnn")
    header, tiles = pictures(app)[0]
    assert [panel["n"] for panel in header["panels"]] == [1, 5]
    np.testing.assert_array_equal(tiles[0][0], tiles[1][4])
    values = trace(network, (tiles[0][0] / 255).astype(np.float32)).activations["dense"]
    shown = re.search(r"the one gives ([\d.]+), the other ([\d.]+)", caption(app))
    assert "0% unit 3 of dense and 100% unit 10 of dense" in caption(app)
    assert [float(n.rstrip(".")) for n in shown.groups()] == pytest.approx(values[[3, 10]], abs=0.02)


def test_from_one_unit_to_one_of_another_layer():
    app = opened(
        layer="conv2", unit=5, preferred_way="between", preferred_layer="dense", preferred_other=10, preferred_shown=4
    )
    values = trace(shipped("mnist-cnn"), (pictures(app)[0][1][0][0] / 255).astype(np.float32)).activations
    shown = re.search(r"the one gives ([-\d.]+), the other ([-\d.]+)", caption(app))
    assert "0% unit 5 of conv2 and 100% unit 10 of dense" in caption(app)
    wanted = [values["conv2"][..., 5].mean(), values["dense"][10]]
    assert [float(n.rstrip(".")) for n in shown.groups()] == pytest.approx(wanted, abs=0.02)
    app.selectbox(key="preferred-layer").set_value("conv2").run()
    finish(app)
    assert "unit 6 of conv2" in caption(app)  # the next one of its own layer
    assert "preferred.other" not in app.query_params


@pytest.mark.parametrize("whole", [True, False])
def test_the_chosen_picture_is_dreamt(whole):
    app = opened(layer="conv2", unit=5, preferred_way="dream", preferred_dream="layer" if whole else "unit")
    network, picture = shipped("mnist-cnn"), digits.digit(0)[0]
    objective = objectives.layer("conv2") if whole else objectives.channel("conv2", 5)
    found = nnviz.dream(network, picture, objective, 8)
    np.testing.assert_allclose(pictures(app)[0][1][0], found.pixels, atol=0.01)
    before = trace(network, picture).activations["conv2"]
    before = np.square(before).mean() if whole else before[..., 5].mean()
    assert f"rises from {before:.2f} to {found.score:.2f}" in caption(app)


@pytest.mark.parametrize(
    ("rate", "goes", "so_what"),
    [
        (1, "rises", "what it sees a little of, it is given more of"),
        (30, "falls", "each step goes too far; try a smaller rate"),
    ],
)
def test_a_dream_is_said_to_rise_or_to_fall(rate, goes, so_what):
    few = {
        "preferred_of": "class",
        "target": 281,
        "preferred_way": "dream",
        "preferred_octaves": 1,
        "preferred_steps": 4,
    }
    app = opened(net="photo-cnn", image="cat", preferred_rate=rate, **few)
    network, picture = shipped("photo-cnn"), photographs.photograph("cat")
    before = float(trace(network, picture).logits[281])
    found = nnviz.dream(network, picture, 281, 4, rate / 100, 1)
    after = float(trace(network, found.fitted()).logits[281])
    assert (after > before + 1) == (goes == "rises")
    assert (after < before - 1) == (goes == "falls")
    assert f"Class {network.classes[281]} {goes} from {before:.2f} to {after:.2f} in the dream" in caption(app)
    assert f": {so_what}." in caption(app)


def test_it_is_watched_stopped_and_taken_up_again(monkeypatch):
    monkeypatch.setattr(caches, "results", Cache(caches.results.ceiling))
    app = opened(finished=False, layer="conv2", unit=6, **{"preferred_steps": 512})
    assert "about to form" in caption(app)
    (mine,) = app.session_state[JOB].jobs
    while mine.progress is None or mine.progress.done < 5:
        mine.work(0)
    app.run()
    assert "So far at step" in caption(app)
    app.button(key="stop-preferred").click().run()
    done = mine.progress.done
    assert mine.state == "stopped"
    assert f"Stopped at step {done} of 512, unfinished: on this picture unit 6 of conv2" in caption(app)
    np.testing.assert_array_equal(pictures(app)[0][1][0], mine.progress.so_far.pixels)
    app.button(key="again-preferred").click().run()
    finish(app)
    assert "On this picture unit 6 of conv2 averages" in caption(app)
    assert not [button for button in app.button if button.key == "again-preferred"]


def test_what_was_stopped_is_there_again_when_its_wish_returns():
    app = opened(finished=False, layer="conv2", unit=6, **{"preferred_steps": 512})
    (mine,) = app.session_state[JOB].jobs
    while mine.progress is None or mine.progress.done < 5:
        mine.work(0)
    app.run()
    app.button(key="stop-preferred").click().run()
    stopped = mine.progress.so_far
    app.slider(key="slider-preferred.steps").set_value(8).run()
    finish(app)
    assert caption(app).startswith("On this picture unit 6 of conv2 averages")
    app.slider(key="slider-preferred.steps").set_value(512).run()
    assert f"Stopped at step {stopped.steps} of 512, unfinished: " in caption(app)
    np.testing.assert_array_equal(pictures(app)[0][1][0], stopped.pixels)
    # Begun anew and left, it is worked on when its request returns: what was stopped is gone.
    app.button(key="again-preferred").click().run()
    app.slider(key="slider-preferred.steps").set_value(8).run()
    app.slider(key="slider-preferred.steps").set_value(512).run()
    assert app.session_state[JOB].busy


def test_what_was_made_is_kept_for_the_next_viewer():
    opened(layer="conv2", unit=7)
    app = opened(finished=False, layer="conv2", unit=7)
    assert not app.session_state[JOB].busy
    assert "unit 7 of conv2" in caption(app)


def test_a_dead_unit_is_said_to_be_dead(dead):
    app = opened(net="dead", layer="conv", unit=1)
    assert "dead: the activation function of conv is off for any picture" in caption(app)


def test_what_the_address_gets_wrong_is_replaced_by_what_there_is():
    app = opened(
        layer="conv2",
        unit=5,
        preferred_way="upwards",
        preferred_of="dog",
        preferred_seed=-3,
        preferred_as="x",
        preferred_rate="fast",
    )
    found = nnviz.visualize(shipped("mnist-cnn"), objectives.channel("conv2", 5), 8)
    np.testing.assert_allclose(pictures(app)[0][1][0], found.pixels, atol=0.01)
