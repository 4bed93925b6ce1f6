"""The page on plain nets: its words against the counts, its pictures against the transforms, and what it draws."""

import re

import numpy as np
import pytest
from markupsafe import Markup
from shipped import shipped
from shown import pictures, texts
from streamlit.testing.v1 import AppTest
from visiting import visited

from nnviz import digits, trace
from nnviz.analysis.data.shift_accuracy import ShiftAccuracy, shift_accuracy
from nnviz.analysis.image.images import Transform, fit
from nnviz.analysis.image.shuffle import SEED, permutation, shuffled
from nnviz.pages.mlp_vs_cnn.nets import PLAIN, SHUFFLED, about_shift, about_shuffle, bar, chance, table
from nnviz.shell import options

SAYS = {PLAIN[0]: Markup("3 (51.0%), <b>wrong</b>"), PLAIN[1]: Markup("7 (99.0%), right")}


def counts(mlp=(9800, 9790), cnn=(9900, 9500), right=None):
    """Measurements with these digits right of 10,000: as they are, and shuffled by a net trained on that."""
    right = right or {PLAIN[0]: [6000, 9750, 9800, 9790, 5000], PLAIN[1]: [9000, 9890, 9900, 9880, 4000]}
    values = {name: np.array(of) for name, of in right.items()}
    plain = {PLAIN[0]: mlp[0], PLAIN[1]: cnn[0], SHUFFLED[0]: 1000, SHUFFLED[1]: 1200}
    mixed = {PLAIN[0]: 1100, PLAIN[1]: 1300, SHUFFLED[0]: mlp[1], SHUFFLED[1]: cnn[1]}
    trained = {PLAIN[0]: 1.4, PLAIN[1]: 2.2}
    return ShiftAccuracy(10_000, np.array([-4, -1, 0, 1, 4]), values, values, trained, SEED, plain, mixed)


@pytest.mark.parametrize(
    ("mlp", "cnn", "wanted"),
    [
        (
            (9800, 9790),
            (9900, 9500),
            (
                "the MLP gets 97.90% right instead of 98.00%, a difference that chance makes",
                "was never a picture",
                "The CNN gets 95.00% right instead of 99.00%, 5.0 times as many errors",
                "the neighbours are gone",
            ),
        ),
        ((9800, 9790), (9900, 9910), ("never a picture", "99.10% right instead of 99.00%", "without neighbours")),
        ((9000, 9800), (9000, 9900), ("had neighbours was no help", "here neighbours were no help")),
        ((9800, 9000), (9900, 9500), ("90.00% right instead of 98.00%, 5.0 times", "this training went worse")),
    ],
)
def test_what_is_said_of_the_shuffle_is_what_was_measured(mlp, cnn, wanted):
    said = about_shuffle(counts(mlp, cnn))
    for part in wanted:
        assert part in said
    assert ("never a picture" in said) is chance(10_000 - mlp[0], 10_000 - mlp[1])


@pytest.mark.parametrize(
    ("first", "second", "same"), [(100, 128, True), (100, 131, False), (0, 0, True), (0, 5, False)]
)
def test_chance_is_two_standard_deviations_of_a_difference_of_counts(first, second, same):
    assert chance(first, second) is same
    assert chance(second, first) is same


@pytest.mark.parametrize(
    ("shift", "wanted"),
    [
        ((0, 0), ("Where it was drawn, the MLP says 3", "the MLP gets 98.0% right, the CNN 99.0%")),
        ((-4, 0), ("Shifted 4 pixels left,", "the MLP gets 60.0% right, the CNN 90.0%", "its filters meet")),
        ((0, 4), ("Shifted 4 pixels down,", "gets 50.0% right, the CNN 40.0%", "not the better one any more")),
        ((1, 0), ("Shifted 1 pixel right,", "costs neither much, as both met such shifts in training.")),
        (
            (-4, -1),
            ("Shifted 4 pixels left and 1 pixel up,", "one way at a time", "60.0% and 97.5% right, the CNN 90.0% and"),
        ),
    ],
)
def test_what_is_said_of_a_shift_is_what_was_measured(shift, wanted):
    said = about_shift(counts(), shift, SAYS)
    for part in wanted:
        assert part in said
    assert "the MLP says 3 (51.0%), <b>wrong</b>; the CNN says 7 (99.0%), right." in said


def test_no_measured_shift_is_said_to_be_better_than_it_was():
    found = shift_accuracy()
    for axis in ("right", "down"):
        for step in range(-10, 11):
            said = about_shift(found, (step, 0) if axis == "right" else (0, step), SAYS)
            mlp, cnn = (found.accuracy(name, axis, step) for name in PLAIN)
            assert f"MLP gets {mlp:.1%} right, the CNN {cnn:.1%}" in said
            if "wherever they stand" in said:
                assert cnn > mlp
            if "such shifts in training" in said:
                assert abs(step) <= 1.4


def test_bars_are_to_scale():
    drawn = table(counts(), dict(zip(NETS, SIZES, strict=True)))
    widths = [float(width) for width in re.findall(r"width:([\d.]+)%", drawn)]
    errors = [200, 210, 100, 500]
    np.testing.assert_allclose(widths[::2], [100 * count / 500 for count in errors], atol=0.01)
    np.testing.assert_allclose(widths[1::2], [50, 50, 100, 100])
    assert "width:0.00%" in bar(0, 0, "red", "none")


NETS, SIZES = (*PLAIN, *SHUFFLED), (100, 200, 100, 200)


def script() -> None:
    from nnviz.pages.mlp_vs_cnn import page as mlp_vs_cnn
    from nnviz.shell import page

    page.show(mlp_vs_cnn.PAGE)


def opened(**parameters):
    return visited(script, **parameters)


def picture(app):
    """Header and tiles of the page's raster, as the browser gets them."""
    ((header, numbers),) = pictures(app)
    return header, numbers.reshape(len(header["panels"]), 28, 28)


@pytest.mark.parametrize("net", ["mnist-cnn", "mnist-mlp", "mnist-mlp-shuffled"])
def test_both_nets_answer_to_the_shifted_picture_whatever_net_is_chosen(net):
    app = opened(net=net, image="test-2", dx="6", dy="-3")
    pixels = digits.digit(2)[0][..., None]
    moved = Transform(shift=(6, -3)).apply(pixels)
    _, tiles = picture(app)
    np.testing.assert_array_equal(tiles, moved[None, ..., 0])
    answers = [text for text in texts(app) if 'class="nn-answer' in text]
    for name, text in zip(PLAIN, answers, strict=True):
        network = shipped(name)
        found = trace(network, fit(moved.astype(np.uint8), (28, 28, 1), network.scale, network.offset))
        assert re.findall(r'class="name">(\d)<', text) == [str(i) for i in np.argsort(-found.logits)[:5]]
        assert f"{network.parameters:,} parameters" in "".join(texts(app))
    (caption,) = (text for text in texts(app) if "nn-caption" in text)
    assert "Shifted 6 pixels right and 3 pixels up" in caption
    for axis, step in (("right", 6), ("down", -3)):
        assert f"{shift_accuracy().accuracy(PLAIN[1], axis, step):.1%}" in caption
    noted = "These are the bundled digit nets, whatever network is chosen." in "".join(texts(app))
    assert noted is (net not in PLAIN)


def test_the_sliders_are_those_of_the_address():
    app = opened(net="mnist-cnn", image="test-0", dx="4")
    assert [(slider.label, slider.value) for slider in app.slider] == [("Shift right", 4), ("Shift down", 0)]
    app.slider[1].set_value(-7).run()
    assert app.query_params["dy"] in ("-7", ["-7"])
    np.testing.assert_array_equal(
        picture(app)[1][0], Transform(shift=(4, -7)).apply(digits.digit(0)[0][..., None])[..., 0]
    )


@pytest.mark.parametrize("index", [0, 2])
def test_it_opens_where_the_cnn_alone_is_right(index):
    """As measured here: the first shift to the right at which that is so; and a slider at 0 stays there."""
    pixels, label = digits.digit(index)
    expected = next(
        step
        for step in range(1, 11)
        if [winner(name, Transform(shift=(step, 0)).apply(pixels[..., None])) == label for name in PLAIN]
        == [False, True]
    )
    app = opened(net="mnist-cnn", image=f"test-{index}")
    assert app.slider[0].value == expected
    (caption,) = (text for text in texts(app) if "nn-caption" in text)
    assert "<b>wrong</b>; the CNN says" in caption
    assert "%), right." in caption
    app.slider[0].set_value(0).run()
    assert [app.query_params[name] in ("0", ["0"]) for name in ("dx", "dy")] == [True, True]
    assert app.slider[0].value == 0


def winner(name, pixels):
    network = shipped(name)
    found = trace(network, fit(pixels.astype(np.uint8), (28, 28, 1), network.scale, network.offset))
    return int(network.classes[found.winner])


def test_the_shuffle_is_shown_with_where_a_pixel_and_its_neighbours_go():
    app = opened(net="mnist-cnn", image="test-4", view="shuffle", pixel="400")
    pixels = digits.digit(4)[0][..., None].astype(np.float32)
    header, tiles = picture(app)
    np.testing.assert_array_equal(tiles[0], pixels[..., 0])
    np.testing.assert_array_equal(tiles[1], shuffled(pixels, SEED)[..., 0])
    row, column = divmod(399, 28)
    assert (header["picked"]["row"], header["picked"]["column"]) == (row, column)
    order = permutation(784)
    assert len(header["lines"]) == 9
    for line in header["lines"]:
        start, end = line["from"], line["to"]
        assert order[end["row"] * 28 + end["column"]] == start["row"] * 28 + start["column"]
        assert max(abs(start["row"] - row), abs(start["column"] - column)) <= 1
    assert not app.slider
    page = "".join(texts(app))
    for name in NETS:
        own = shift_accuracy().shuffled[name] if name in SHUFFLED else shift_accuracy().plain[name]
        assert f'own">{own / 10_000:.2%}<' in page
        assert f">{10_000 - own:,}<" in page
    assert about_shuffle(shift_accuracy()) in page


@pytest.mark.parametrize("view", ["shift", "shuffle", "nonsense"])
def test_a_picture_in_colours_and_a_network_of_ones_own_change_nothing(view, cases, tmp_path, monkeypatch):
    cases["nested"].model.save(tmp_path / "mnist-cnn.keras")
    monkeypatch.setattr(options, "given", options.Options(model=tmp_path / "mnist-cnn.keras"))
    app = opened(view=view)
    assert len([text for text in texts(app) if 'class="nn-answer' in text]) == (4 if view == "shuffle" else 2)
    assert len([text for text in texts(app) if "nn-caption" in text]) == 1


def reading() -> None:
    import streamlit as st

    from nnviz.shell import session

    st.session_state["read"] = session.read()


@pytest.mark.parametrize(
    ("address", "seed"),
    [
        ({"net": "mnist-cnn"}, None),
        ({"net": "mnist-cnn", "shuffle": "1"}, SEED),
        ({"net": "mnist-cnn-shuffled"}, SEED),
        ({"net": "mnist-cnn-shuffled", "shuffle": "0"}, None),
        ({"net": "mnist-mlp-shuffled", "shuffle": "x"}, SEED),
    ],
)
def test_a_net_gets_the_kind_of_picture_that_it_was_trained_on_unless_the_address_says_else(address, seed):
    app = AppTest.from_function(reading, default_timeout=60)
    app.query_params.update({"image": "test-3", **address})
    app.run()
    found = app.session_state["read"]
    assert found.transform.shuffle == seed
    pixels = digits.digit(3)[0][..., None].astype(np.float32)
    np.testing.assert_array_equal(found.fitted.pixels, pixels if seed is None else shuffled(pixels, seed))
    np.testing.assert_array_equal(found.trace.image, found.fitted.image)
