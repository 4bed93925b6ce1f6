"""What is done once in a run of a page, however many ask for it: the address is read, the picture's digest is made."""

import hashlib
from collections import Counter

import numpy as np
import pytest
from streamlit.runtime.state.query_params_proxy import QueryParamsProxy
from streamlit.testing.v1 import AppTest
from visiting import finish, visited

from nnviz.analysis.progress import finished
from nnviz.shell import address, library, session
from nnviz.talk import headless

READS = ("to_dict", "get_all", "__getitem__", "__getattr__", "__iter__", "__len__")


def page(slug: str) -> None:
    """What a control of a page draws anew."""
    from nnviz.pages import registry
    from nnviz.shell import page

    page.show(registry.page(slug))


def whole(slug: str) -> None:
    """What the app draws of a page, as `nnviz.app.main` does."""
    from nnviz.app.sidebar import sidebar
    from nnviz.pages import registry
    from nnviz.shell import page
    from nnviz.shell.session import write_address

    found = page.readable()
    write_address(found)
    page.notify(found, stand=True)
    sidebar.draw(found)
    page.show(registry.page(slug))


@pytest.fixture
def reads(monkeypatch) -> Counter[str]:
    """How often the address was read, by the way in which it was."""
    found: Counter[str] = Counter()

    def counted(name):
        own = getattr(QueryParamsProxy, name)

        def read(self, *given):
            found[name] += 1
            return own(self, *given)

        return read

    for name in READS:
        monkeypatch.setattr(QueryParamsProxy, name, counted(name))
    return found


@pytest.fixture
def hashed(monkeypatch) -> Counter[int]:
    """How often content was hashed, by its length in bytes."""
    found: Counter[int] = Counter()
    own = hashlib.sha256

    def counted(content=b"", **more):
        found[len(content)] += 1
        return own(content, **more)

    monkeypatch.setattr(hashlib, "sha256", counted)
    return found


MOVES = [
    ("filters", "slider-unit", 5, {}),
    ("saliency", "overlay-strength", 50, {}),
    ("pooling", "slider-shift", 2, {"view": "invariance", "layer": "conv2"}),
    ("maps", "slider-unit", 5, {"overlay": 1}),
    ("neuron", "slider-unit", 5, {"layer": "conv2"}),
]


def moved(app: AppTest, key: str, value: int) -> AppTest:
    """The app after a slider was moved; not to the end of what that begins."""
    (widget,) = (each for each in (*app.slider, *app.select_slider) if each.key == key)
    widget.set_value(value).run()
    assert not app.exception
    return app


@pytest.mark.parametrize("script", [page, whole])
@pytest.mark.parametrize(("slug", "key", "value", "more"), MOVES, ids=[f"{slug}-{key}" for slug, key, *_ in MOVES])
def test_one_move_of_a_slider_reads_the_address_once(script, slug, key, value, more, reads):
    app = visited(script, kwargs={"slug": slug}, net="mnist-cnn", image="test-0", **more)
    reads.clear()
    moved(app, key, value)
    assert reads == {"to_dict": 1}
    # It was a move: the control writes the address, and the page read what was written.
    name = key.rpartition("-")[2]
    assert app.query_params[name] in (str(value), [str(value)])


@pytest.mark.parametrize(("slug", "image"), [("saliency", "test-4321"), ("decision", "test-4322")])
def test_the_digest_of_a_new_picture_is_made_once_and_of_the_same_one_never_again(slug, image, hashed):
    app = visited(whole, kwargs={"slug": slug}, net="mnist-cnn", image=image)
    size = 4 * 28 * 28  # float32
    hashed.clear()
    moved(app, "slider-rotate", 35)
    assert sum(count for length, count in hashed.items() if length >= size) == 1
    finish(app)
    hashed.clear()
    app.run()
    assert not [length for length in hashed if length >= size]


def test_two_viewers_do_not_share_what_they_read():
    """Both have a run under way: the second begins in the middle of the first."""
    found = []

    def look() -> None:
        found.append(address.read()["image"])
        if len(found) == 1:
            finished(headless.drawing(look, {"image": "test-2"}))
            found.append(address.read()["image"])
            address.write(image="test-3")
            finished(headless.drawing(look, {"image": "test-4"}))
            found.append(session.read().picture.name)

    finished(headless.drawing(look, {"image": "test-1"}))
    assert found == ["test-1", "test-2", "test-1", "test-4", "test-3"]


def rerunning() -> None:
    import streamlit as st

    from nnviz.shell import address

    found = st.session_state.setdefault("found", [])
    found.append(dict(address.read()))
    if len(found) < 3:
        # Not by `address`: as the browser, which sends another address between two runs.
        st.query_params["unit"] = str(len(found))
        st.rerun()


def test_each_run_reads_anew():
    app = AppTest.from_function(rerunning)
    app.query_params["unit"] = "0"
    app.run()
    assert app.session_state["found"] == [{"unit": "0"}, {"unit": "1"}, {"unit": "2"}]


def clicking() -> None:
    import streamlit as st

    from nnviz.shell import address

    def note() -> None:
        st.session_state["in a callback"] = address._run()

    st.button("on", on_click=note)
    st.session_state["runs"] = [*st.session_state.get("runs", []), address._run()]
    st.fragment(lambda: st.session_state.__setitem__("in a fragment", address._run()))()


def test_a_run_begins_with_its_callbacks_and_takes_its_fragments_in():
    """What Streamlit makes anew for each run, whatever else of it is public."""
    app = AppTest.from_function(clicking).run()
    app.button[0].click().run()
    state = app.session_state
    before, now = state["runs"]
    assert now is not before
    assert state["in a callback"] is now
    assert state["in a fragment"] is now


def test_what_is_asked_for_is_noted_though_the_address_was_read_before():
    asked = []

    def look() -> None:
        address.read()
        address.forget_asked()
        address.whole("unit", 0, 0, 9)
        asked.append(address.asked())
        address.write(unit=4, predict=0)
        asked.append(address.asked())
        address.forget_asked()
        assert "layer" not in address.read()
        asked.append(address.asked())

    finished(headless.drawing(look, {"unit": "3"}))
    assert asked == [{"unit"}, {"unit"}, {"layer"}]


def test_a_new_picture_under_the_same_name_is_looked_at():
    """An upload after another leaves the address as it is."""
    found = []

    def look() -> None:
        for tone in (60, 200):
            library.keep_digit(np.full((28, 28), tone, np.uint8))
            address.write(image=library.UPLOAD)
            found.append(session.read())

    finished(headless.drawing(look, {}))
    assert len({one.fitted.digest for one in found}) == 2
    assert len({one.trace.logits.tobytes() for one in found}) == 2
