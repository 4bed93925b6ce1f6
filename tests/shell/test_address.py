"""The address: read, written, kept over a change of page, and taken back to where it could be shown."""

import pytest
from streamlit.testing.v1 import AppTest

from nnviz.pages import registry
from nnviz.shell import old_addresses
from nnviz.talk import pages as talk


def reading() -> None:
    import streamlit as st

    from nnviz.shell import address

    st.session_state["found"] = address.read()


def test_what_the_address_says_is_kept_when_a_page_is_opened_without():
    app = AppTest.from_function(reading)
    app.query_params["net"] = "a"
    app.query_params["unit"] = "3"
    app.run()
    assert app.session_state["found"] == {"net": "a", "unit": "3"}
    app.query_params.clear()  # as a change of page does
    app.run()
    assert app.session_state["found"] == {"net": "a", "unit": "3"}
    assert dict(app.query_params) == {"net": "a", "unit": "3"}


def test_a_link_that_says_something_replaces_all_of_it():
    app = AppTest.from_function(reading)
    app.query_params["net"] = "a"
    app.query_params["unit"] = "3"
    app.run()
    app.query_params.clear()
    app.query_params["net"] = "b"
    app.run()
    assert app.session_state["found"] == {"net": "b"}


def counting() -> None:
    import streamlit as st

    from nnviz.shell import address

    st.button("on", on_click=lambda: address.write(unit=int(address.read()["unit"]) + 1))
    st.session_state["found"] = address.read()


def test_a_click_that_carries_the_address_from_before_the_last_one_is_added_to_it():
    app = AppTest.from_function(counting)
    app.query_params["unit"] = "3"
    app.run()
    app.button[0].click().run()
    assert dict(app.query_params) == {"unit": "4"}
    for _ in range(2):  # the browser has not heard of 4 yet, and then neither of 5
        app.query_params["unit"] = "3"
        app.button[0].click().run()
    assert dict(app.query_params) == app.session_state["found"] == {"unit": "6"}
    # One that was not there before is a link, and holds.
    app.query_params["unit"] = "9"
    app.run()
    assert app.session_state["found"] == {"unit": "9"}
    app.query_params["unit"] = "3"
    app.run()
    assert app.session_state["found"] == {"unit": "3"}


def writing() -> None:
    from nnviz.shell import address

    address.write(unit=4, layer=None, invert=True, noise=False, dx=0, name="x")


def test_writing_sets_and_takes_away():
    app = AppTest.from_function(writing)
    for name in ("layer", "noise", "net"):
        app.query_params[name] = "before"
    app.run()
    assert not app.exception
    assert dict(app.query_params) == {"unit": "4", "invert": "1", "dx": "0", "name": "x", "net": "before"}


def whole(default: int) -> None:
    import streamlit as st

    from nnviz.shell import address

    st.session_state["found"] = address.whole("n", default, 2, 7)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, (5, False)),
        ("2", (2, False)),
        ("7", (7, False)),
        ("8", (7, True)),
        ("1", (2, True)),
        ("-100", (2, True)),
        ("3.5", (5, True)),
        ("", (5, True)),
        ("nan", (5, True)),
        ("9" * 6000, (5, True)),
    ],
)
def test_a_whole_number_is_the_nearest_that_exists(text, expected):
    app = AppTest.from_function(whole, kwargs={"default": 5})
    if text is not None:
        app.query_params["n"] = text
    app.run()
    assert not app.exception
    assert app.session_state["found"] == expected


def test_a_default_out_of_range_is_brought_into_it():
    app = AppTest.from_function(whole, kwargs={"default": 99}).run()
    assert app.session_state["found"] == (7, False)


def choosing() -> None:
    import streamlit as st

    from nnviz.shell import address

    address.forget_asked()
    st.session_state["found"] = address.choice("sort", ("a", "b"), "b")
    st.session_state["unknown"] = (address.unknown(), address.unknown("sort"), address.unknown("view"))


@pytest.mark.parametrize(("text", "expected"), [(None, "b"), ("a", "a"), ("c", "b")])
def test_a_choice_is_one_of_the_options(text, expected):
    app = AppTest.from_function(choosing)
    if text is not None:
        app.query_params["sort"] = text
    assert app.run().session_state["found"] == expected
    said = ["For sort one of a, b was expected, so b is shown. Received: c."] if text == "c" else []
    assert app.session_state["unknown"] == (said, said, [])
    # What was said of an address that is gone is said no more.
    app.query_params["sort"] = "a"
    assert app.run().session_state["unknown"] == ([], [], [])


def slider() -> None:
    from nnviz.shell import address, controls

    value, _ = address.whole("n", 0, 0, 9)
    controls.slider("N", "n", value, 0, 9)


def test_a_slider_shows_the_address_and_writes_it():
    app = AppTest.from_function(slider)
    app.query_params["n"] = "3"
    app.run()
    assert app.slider[0].value == 3
    app.slider[0].set_value(6).run()
    assert dict(app.query_params) == {"n": "6"}
    assert app.slider[0].value == 6
    app.query_params["n"] = "1"
    assert app.run().slider[0].value == 1


def failing(broken: bool) -> None:
    import streamlit as st

    from nnviz.errors import NnvizError
    from nnviz.shell import page

    def render(current):
        if st.query_params.get("image") == "test-2":
            raise NnvizError("A mendable thing was expected. Received: another.")
        st.markdown(f"shown {current.picture.name}")

    page.show(page.Page("T", ":material/info:", "t", "C", render))


def test_an_error_that_can_be_mended_is_one_sentence_and_the_page_lives_on():
    app = AppTest.from_function(failing, kwargs={"broken": True}, default_timeout=60)
    app.query_params["image"] = "test-2"
    app.run()
    assert not app.exception
    assert [error.value for error in app.error] == ["A mendable thing was expected. Received: another."]
    app.query_params["image"] = "test-3"
    app.run()
    assert not app.error
    assert app.markdown[0].value == "shown test-3"


def told() -> None:
    import streamlit as st

    from nnviz.shell import address

    address.bound("told", int(st.query_params.get("told", 3)))
    st.slider("told", -10, 10, key="told", on_change=address.writer("told", "told"))


def test_a_slider_that_is_drawn_anew_is_told_its_value_until_it_is_moved():
    """A run that follows at once replaces what the first has sent: it must say the value too."""
    app = AppTest.from_function(told).run()
    assert app.run().slider[0].proto.set_value
    assert list(app.slider[0].proto.value) == [3]
    moved = app.slider[0].set_value(7).run()
    assert not moved.slider[0].proto.set_value
    assert moved.query_params["told"] in ("7", ["7"])
    assert moved.slider[0].value == 7


def test_an_old_parameter_is_read_and_rewritten_by_its_new_name(monkeypatch):
    monkeypatch.setitem(old_addresses.PARAMETERS, "filter", "unit")
    app = AppTest.from_function(reading)
    app.query_params.update({"net": "a", "filter": "3"})
    app.run()
    assert app.session_state["found"] == {"net": "a", "unit": "3"}
    assert dict(app.query_params) == {"net": "a", "unit": "3"}
    app.query_params.update({"filter": "5", "unit": "7"})
    app.run()
    assert dict(app.query_params) == {"net": "a", "unit": "7"}


def test_a_click_that_carries_the_old_name_still_is_added_to_the_one_before(monkeypatch):
    monkeypatch.setitem(old_addresses.PARAMETERS, "filter", "unit")
    app = AppTest.from_function(counting)
    app.query_params["filter"] = "3"
    app.run()
    for _ in range(2):
        app.query_params.clear()
        app.query_params["filter"] = "3"
        app.button[0].click().run()
    assert dict(app.query_params) == {"unit": "5"}


def test_an_old_slug_leads_to_a_page_and_takes_no_name_that_is_in_use():
    slugs = {page.slug for page in registry.PAGES} | {place.slug for place in talk.PLACES}
    assert set(old_addresses.SLUGS.values()) <= slugs
    assert not set(old_addresses.SLUGS) & slugs
    assert not set(old_addresses.PARAMETERS) & set(old_addresses.PARAMETERS.values())
    assert {place for place, _ in old_addresses.VIEWS} | set(old_addresses.VIEWS.values()) <= slugs


def test_what_was_a_view_of_a_page_is_a_page_now():
    assert old_addresses.place("pooling", {"view": "activation", "unit": "3"}) == ("activation", {"unit": "3"})
    assert old_addresses.place("pooling", {"view": "invariance"}) == ("pooling", {"view": "invariance"})
    assert old_addresses.place("likes", {"likes.of": "class"}) == ("preferred", {"preferred.of": "class"})
