"""Keras' session outlives a run of a page, in the server and so in the tests of pages."""

from keras import layers
from streamlit.testing.v1 import AppTest


def script() -> None:
    import streamlit as st

    st.title("A page")


def counted() -> int:
    """How many of these layers Keras' session has named; one that was emptied begins with a name without a number."""
    number = layers.GaussianDropout(0.5).name.removeprefix("gaussian_dropout").removeprefix("_")
    return int(number or 0)


def test_a_run_of_a_page_leaves_keras_session_as_it_was():
    # Else TensorFlow's kernels go too, and each compiled function takes as long at its next call as at its first.
    counted()
    before = counted()
    assert before
    assert AppTest.from_function(script).run().title[0].value == "A page"
    assert counted() == before + 1
