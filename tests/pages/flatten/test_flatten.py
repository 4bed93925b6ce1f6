"""The flatten page: its words against the arithmetic, and the page itself on both networks."""

import json

import numpy as np
import pytest
from shipped import shipped
from streamlit.testing.v1 import AppTest

from nnviz import trace
from nnviz.analysis.data.digits import digit
from nnviz.pages.flatten.neighbours import Subject, first_below, on_stroke, opened_at, sentence


def subject(what="image", shape=(28, 28, 1), slot=0):
    return Subject(what, what, np.zeros(shape, np.float32), slot, "grey", (0, 255))


@pytest.mark.parametrize(
    ("shape", "pixel", "wanted"),
    [
        (
            (28, 28, 1),
            29,
            (
                "Pixel 29 touches 1, 2, 30, 57 and 58 in the image;",
                "in the vector pixel 28 beside it comes from the other side of the image,",
                "and 57, straight below it, is 28 slots away.",
            ),
        ),
        ((28, 28, 1), 56, ("27, 28, 55, 83 and 84", "pixel 57 beside it comes", "84, straight below it, is 28")),
        ((28, 28, 1), 350, ("touches 321, 322, 323, 349, 351, 377, 378 and 379", "only 349 and 351, left", "378")),
        ((28, 28, 1), 1, ("touches 2, 29 and 30", "nobody stands before it", "29, straight below it, is 28 slots")),
        ((28, 28, 1), 784, ("nobody stands behind it", "756, straight above it, is 28 slots away")),
        ((4, 5, 3), 6, ("Pixel 6 fills slots 16 to 18 and touches 1, 2, 7, 11 and 12", "pixel 5 beside", "15 slots")),
        ((1, 9, 1), 4, ("touches 3 and 5", "single row")),
        ((9, 1, 1), 4, ("touches 3 and 5", "single column")),
        ((1, 1, 1), 1, ("touches no other",)),
        ((224, 224, 3), 225, ("fills slots 673 to 675", "pixel 224 beside it", "449, straight below it, is 672 slots")),
    ],
)
def test_what_is_said_of_a_pixel(shape, pixel, wanted):
    said = sentence(subject(shape=shape, slot=(pixel - 1) * shape[2]))
    for part in wanted:
        assert part in said


def test_what_is_said_of_a_map():
    said = sentence(subject("maps", (7, 7, 32), 1197))
    assert "Slot 1,198 = (5 x 7 + 2) x 32 + 13 + 1 holds row 6, column 3 of map 13" in said
    assert "slot 1,422, 224 slots away" in said
    assert "slots 1,197 and 1,199 beside it hold the same cell of maps 12 and 14" in said
    assert "slot 2 beside it holds the same cell of map 1" in sentence(subject("maps", (7, 7, 32), 0))
    assert "slot 31 beside it holds the same cell of map 30" in sentence(subject("maps", (7, 7, 32), 31))
    assert "slot 8 beside it comes from the other side of the map" in sentence(subject("maps", (4, 8, 1), 8))


@pytest.mark.parametrize("shape", [(28, 28, 1), (4, 5, 3), (7, 7, 32), (1, 9, 1), (9, 1, 1), (5, 2, 1)])
@pytest.mark.parametrize("what", ["image", "maps"])
def test_who_stands_beside_it_in_the_vector_only(what, shape):
    """By brute force: one place before or behind in the vector, and not one step away in the picture."""
    step = shape[2] if what == "image" else 1
    for slot in range(0, np.prod(shape), step):
        found = subject(what, shape, slot)
        row, column, channel = np.unravel_index(slot, shape)
        for other in (slot - step, slot + step):
            if not 0 <= other < np.prod(shape):
                assert other not in found.beside
                continue
            there = np.unravel_index(other, shape)
            same_map = channel == there[2]
            touches = same_map and max(abs(row - there[0]), abs(column - there[1])) <= 1
            same_cell = (row, column) == tuple(there[:2])
            wanted = same_cell if what == "maps" and shape[2] > 1 else not touches
            assert (other in found.beside) == wanted


def test_the_first_that_is_torn_off_stands_below_pixel_1():
    assert first_below((28, 28, 1)) == 29
    assert first_below((224, 224, 3)) == 225
    assert first_below((1, 60, 1)) == 1
    assert 1 in [n.slot + 1 for n in subject(slot=28).around]


def page() -> None:
    from nnviz.pages.flatten import page as flatten
    from nnviz.shell import session

    flatten.PAGE.render(session.read())


def opened(**parameters):
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params.update({"net": "mnist-cnn", "image": "test-0", **parameters})
    return app.run()


def header(app):
    """What the browser is sent."""
    (buffer,) = [element.proto.bytes for element in app.main if element.type == "bidi_component"]
    return json.loads(buffer[4 : 4 + int.from_bytes(buffer[:4], "little")])


@pytest.mark.parametrize("net", ["mnist-cnn", "mnist-mlp"])
@pytest.mark.parametrize("what", ["image", "maps"])
def test_the_page_draws(net, what):
    app = opened(net=net, what=what, pixel="29")
    assert not app.exception
    maps = what == "maps" and net == "mnist-cnn"
    slider, sent = app.slider[0], header(app)
    assert (slider.min, slider.max) == (1, 1568 if maps else 784)
    # The rows down to the one below the pixel on the stroke, or the strongest of the maps: the page never opens empty.
    row = sent["unrolled"] // (sent["shape"][1] * sent["shape"][2]) - 2
    values = np.asarray(digit(0)[0] if not maps else trace(shipped(net), digit(0)[0]).activations["flatten"])
    values = values.reshape(sent["shape"]).max(axis=2)
    assert values[row].max() >= 0.9 * values.max()
    assert sent["shape"] == ([7, 7, 32] if maps else [28, 28, 1])
    if not maps:
        assert slider.value == 29
        assert [slot + 1 for slot, _, _ in sent["near"]] == [1, 2, 30, 57, 58]
        assert [slot + 1 for slot in sent["beside"]] == [28]
        slider.set_value(57).run()
        assert app.query_params["pixel"] in ("57", ["57"])
        assert not app.exception


def test_the_address_alone_opens_it_half_unrolled():
    assert header(opened(unrolled="392"))["unrolled"] == 392
    assert header(opened(unrolled="790", what="maps"))["unrolled"] == 790


def test_the_preset_takes_the_image_and_the_first_pixel_of_the_second_row():
    app = opened(what="maps", unrolled="700")
    button = app.button(key="flatten-preset")
    assert button.label == "Pixel 29"
    button.click().run()
    assert not app.exception
    assert app.query_params["pixel"] in ("29", ["29"])
    assert header(app)["shape"] == [28, 28, 1]
    assert header(app)["slot"] == 28


def test_what_was_unrolled_of_the_one_says_nothing_of_the_other():
    app = opened(unrolled="784")
    app.segmented_control(key="flatten-what").set_value("maps").run()
    assert not app.exception
    assert header(app)["unrolled"] == header(opened(what="maps"))["unrolled"]
    assert "unrolled" not in app.query_params


def test_the_page_opens_on_the_stroke_and_a_dark_picture_anywhere():
    image = digit(0)[0][..., None]
    slot = on_stroke(image)
    assert image.reshape(-1)[slot] >= 0.9 * image.max()
    assert np.hypot(*(np.argwhere(image[..., 0] >= 0.9 * image.max()) - 13.5).T).min() == pytest.approx(
        np.hypot(*(np.array(divmod(slot, 28)) - 13.5))
    )
    assert 0 <= on_stroke(np.zeros((5, 4, 3))) < 60
    assert opened_at((28, 28, 1), 27 * 28) == 784


@pytest.mark.parametrize(
    ("name", "said"),
    [("pixel", "Pixel runs from 1 to 784 here, so 784 is shown."), ("unrolled", "Unrolled runs from 0 to 784")],
)
def test_what_is_not_there_is_said(name, said):
    app = opened(net="mnist-mlp", **{name: "9999"})
    assert not app.exception
    assert header(app)["slot" if name == "pixel" else "unrolled"] == (783 if name == "pixel" else 784)
    assert said in app.info[0].value
    assert len(app.info) == 1
