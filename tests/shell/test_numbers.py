"""A network on a vector in the app: the numbers of the address, what stands in, and what is no number."""

import keras
import numpy as np
import pytest
from keras import layers
from streamlit.testing.v1 import AppTest
from visiting import visited

from nnviz.shell import library, options


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    normal = layers.Normalization(mean=[5.0, 3.0, 1.0], variance=[1.0, 4.0, 0.25])
    return keras.Sequential([keras.Input((3,)), normal, layers.Dense(4, "relu"), layers.Dense(2, "softmax")])


@pytest.fixture(autouse=True)
def given(model, tmp_path, monkeypatch):
    model.save(tmp_path / "flowers.keras")
    monkeypatch.setattr(options, "given", options.Options(model=tmp_path / "flowers.keras"))


def script() -> None:
    import streamlit as st

    from nnviz.shell import library, session

    if "keep" in st.session_state:
        library.keep_numbers(st.session_state.pop("keep"))
    st.session_state["read"] = session.read()
    session.write_address(st.session_state["read"])


def read(**parameters):
    app = visited(script, **parameters)
    return app.session_state["read"], dict(app.query_params)


def predicted(model, numbers):
    return model(np.array([numbers], np.float32)).numpy()[0]


def test_without_numbers_the_means_stand_in_whatever_picture_the_address_has(model):
    for parameters in ({}, {"image": "test-5"}, {"image": library.UPLOAD}, {"dx": "4", "invert": "1", "noise": "50"}):
        found, address = read(**parameters)
        np.testing.assert_allclose(found.fitted.image.ravel(), [5, 3, 1])
        assert (found.picture.name, address["image"]) == ("numbers", "numbers")
        np.testing.assert_allclose(found.trace.probabilities, predicted(model, [5, 3, 1]), atol=1e-6)
        assert found.notices == ()


def test_the_numbers_of_the_address_are_what_the_network_is_given(model):
    found, address = read(values="-40.5,3,700")
    np.testing.assert_allclose(found.fitted.image.ravel(), [-40.5, 3, 700])
    np.testing.assert_allclose(found.trace.probabilities, predicted(model, [-40.5, 3, 700]), atol=1e-6)
    assert address["values"] == "-40.5,3,700"


@pytest.mark.parametrize("values", ["1,2", "a,b,c", "nan,1,1", ""])
def test_what_are_no_such_numbers_is_said(values):
    found, _ = read(values=values)
    assert found.picture.title == "what stands in"
    assert "3 numbers were expected" in found.notices[0]


def test_kept_numbers_are_for_networks_that_take_so_many(model):
    app = AppTest.from_function(script, default_timeout=60)
    app.session_state["keep"] = np.array([1.0, 2.0, 3.0])
    app.query_params["image"] = library.UPLOAD
    app.run()
    found = app.session_state["read"]
    np.testing.assert_allclose(found.trace.probabilities, predicted(model, [1, 2, 3]), atol=1e-6)
    app.query_params["net"] = "mnist-cnn"
    app.run()
    assert app.session_state["read"].picture.name == library.DEFAULT_IMAGE


def test_a_network_on_pictures_opens_on_one():
    found, address = read(net="mnist-cnn", image=library.NUMBERS, values="1,2,3")
    assert (found.picture.name, address["image"]) == ("test-0", "test-0")
    flowers = library.network("flowers")
    assert library.first_picture(flowers) == library.NUMBERS
    assert library.fits(library.NUMBERS, flowers)
    assert not library.fits("test-0", flowers)
    assert not library.fits(library.NUMBERS, found.network)
