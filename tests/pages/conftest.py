"""Page tests run pages in the test's own process."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def no_walk_through_tensorflow() -> Iterator[None]:
    """As the server does: Streamlit collects garbage after every run, 0.2 s each with TensorFlow in the way."""
    import nnviz.pages.registry  # noqa: F401

    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
