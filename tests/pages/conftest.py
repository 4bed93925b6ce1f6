"""Page tests run pages in the test's own process."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import keras
import pytest


@pytest.fixture(scope="session", autouse=True)
def no_walk_through_tensorflow() -> Iterator[None]:
    """As the server does: Streamlit collects garbage after every run, 0.2 s each with TensorFlow in the way."""
    import nnviz.pages.registry  # noqa: F401

    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def no_work_left() -> Iterator[None]:
    """What works in the background ends before the folder that it writes to is taken away."""
    yield
    from nnviz.pages.background import worker

    worker.close()


@pytest.fixture(scope="session")
def saved(cases, fixed_weights, tmp_path_factory) -> Callable[..., dict[str, Path]]:
    """Writes networks as files, as a viewer brings them: of the tiny models by name, or built here, with a seed."""

    def save(names: Sequence[str], own: Mapping[str, Callable[[], keras.Model]], seed: int) -> dict[str, Path]:
        folder, found = tmp_path_factory.mktemp("models"), {}
        for name in names:
            model = fixed_weights(own[name](), seed) if name in own else cases[name].model
            found[name] = folder / f"{name}.keras"
            model.save(found[name])
        return found

    return save
