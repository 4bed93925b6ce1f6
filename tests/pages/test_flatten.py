"""The flatten page: its words against the arithmetic, and the page itself on both networks."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nnviz.pages.slots import Subject, binned, sentence, table


def subject(what="image", shape=(28, 28, 1), slot=0):
    values = np.zeros(shape, np.float32)
    return Subject(what, what, values, slot, "grey", (0, 255), values[None])


@pytest.mark.parametrize(
    ("shape", "pixel", "wanted"),
    [
        (
            (28, 28, 1),
            29,
            ("row 2, column 1;", "below is pixel 57, 28 slots", "pixel 28, beside", "other side of the image"),
        ),
        ((28, 28, 1), 56, ("row 2, column 28;", "below is pixel 84, 28 slots", "pixel 57, beside", "other side")),
        ((28, 28, 1), 350, ("row 13, column 14;", "pixel 378, 28 slots", "only 349 and 351")),
        ((28, 28, 1), 1, ("row 1, column 1;", "pixel 29, 28 slots", "begins with it")),
        ((28, 28, 1), 784, ("row 28, column 28;", "above is pixel 756, 28 slots", "ends with it")),
        ((4, 5, 3), 6, ("row 2, column 1 and fills slots 16 to 18", "pixel 11, 15 slots", "pixel 5, beside")),
        ((1, 9, 1), 4, ("single row",)),
        ((9, 1, 1), 4, ("single column",)),
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


def test_the_table_lists_the_decks_neighbours_in_the_order_of_the_vector():
    cells = table(subject(slot=28))
    places = [cells.index(f">{text}<") for text in (1, 2, "<b>29</b>", 30, 57, 58)]
    assert places == sorted(places)
    assert ">28<" in cells
    assert ">27<" in cells


@pytest.mark.parametrize(("size", "bins"), [(10, 10), (10, 4), (150_528, 4096), (4097, 4096), (7, 1)])
def test_a_binned_vector_keeps_the_strongest_of_each_bin(size, bins):
    vector = np.random.default_rng(0).normal(size=size)
    where = np.arange(size) * bins // size
    wanted = [max(vector[where == run], key=abs) for run in range(bins)]
    np.testing.assert_array_equal(binned(vector, bins), wanted)


def page() -> None:
    from nnviz.pages import flatten, session

    flatten.PAGE.render(session.read())


@pytest.mark.parametrize("net", ["mnist-cnn", "mnist-mlp"])
@pytest.mark.parametrize("what", ["image", "maps"])
def test_the_page_draws(net, what):
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params.update({"net": net, "image": "test-0", "what": what, "pixel": "29"})
    app.run()
    assert not app.exception
    maps = what == "maps" and net == "mnist-cnn"
    slider = app.slider[0]
    assert (slider.min, slider.max) == (1, 1568 if maps else 784)
    if not maps:
        assert slider.value == 29
        slider.set_value(57).run()
        assert app.query_params["pixel"] in ("57", ["57"])
        assert not app.exception


def test_a_pixel_that_is_not_there_is_said():
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params.update({"net": "mnist-mlp", "image": "test-0", "pixel": "9999"})
    app.run()
    assert not app.exception
    assert app.slider[0].value == 784
    assert "Pixel runs from 1 to 784 here, so 784 is shown." in app.info[0].value
