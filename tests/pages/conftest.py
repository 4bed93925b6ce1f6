"""Page tests run pages in the test's own process."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import keras
import pytest
from keras import layers


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


@pytest.fixture
def nothing_kept(monkeypatch, tmp_path) -> Iterator[None]:
    """No long job is done or under way yet, whatever was looked at before."""
    from nnviz.pages import own_job, page, work
    from nnviz.pages.background import Worker

    monkeypatch.setenv("NNVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(own_job, "_results", {})
    own = Worker()
    monkeypatch.setattr(work, "worker", own)
    monkeypatch.setattr(page, "worker", own)
    yield
    own.close()


@pytest.fixture
def dead(fixed_weights, tmp_path, monkeypatch) -> None:
    """The app has a network of the viewer's own, `dead`, whose unit 1 of conv is off on any picture."""
    from nnviz.pages import startup

    conv = layers.Conv2D(3, 3, activation="relu", name="conv")
    stack = [keras.Input((28, 28, 1)), conv, layers.Flatten(), layers.Dense(2, name="scores")]
    model = fixed_weights(keras.Sequential(stack))
    kernel, bias = conv.get_weights()
    kernel[..., 1], bias[1] = -1.0, -1.0
    conv.set_weights([kernel, bias])
    model.save(tmp_path / "dead.keras")
    monkeypatch.setattr(startup, "options", startup.Options(model=tmp_path / "dead.keras"))
