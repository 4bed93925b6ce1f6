"""Tiny Keras models with fixed weights. No layer keeps its easy defaults: a zero bias or an identity batch
normalisation would let a forgotten term pass unnoticed."""

import functools
import gc
import json
import os
import shutil
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Tests that run side by side share the cores: threads of one that wait for those of another cost a tenth.
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    cores = max(1, (os.cpu_count() or 1) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, str(cores))
# No test reads or leaves anything in the user's own cache; the apps of the browser tests inherit it.
os.environ["NNVIZ_CACHE"] = tempfile.mkdtemp(prefix="nnviz-tests-")

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import keras
import numpy as np
import pytest
from hypothesis import settings
from keras import layers

from nnviz.analysis.network.network import Network, load


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Full crosses are tested where they are asked for: `pytest -m full`."""
    if "full" in config.option.markexpr:
        return
    left = [item for item in items if item.get_closest_marker("full")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if not item.get_closest_marker("full")]


# No test is timed: a machine that does other work too takes longer.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def own_cache() -> Iterator[None]:
    """Takes the folder of kept indexes away at the end."""
    yield
    shutil.rmtree(os.environ["NNVIZ_CACHE"], ignore_errors=True)


def with_fixed_weights(model: keras.Model, seed: int = 0) -> keras.Model:
    """Fill every weight from a generator; scales keep activations near 1, variances stay positive."""
    generator = np.random.default_rng(seed)
    for weight in model.weights:
        values = generator.normal(0, 1, weight.shape)
        kind = weight.path.rsplit("/", 1)[-1]
        if "variance" in kind:
            values = generator.uniform(0.5, 1.5, weight.shape)
        elif "kernel" in kind:
            values *= 1.5 / np.sqrt(max(1, np.prod(weight.shape[:-1])))
        elif "gamma" in kind:
            values = generator.uniform(0.5, 1.5, weight.shape) * generator.choice([-1, 1], weight.shape)
        else:
            values *= 0.3
        weight.assign(values.astype(np.float32))
    return model


def sequential_cnn() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((12, 12, 1), name="picture"),
            layers.Conv2D(4, 3, activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(5, 3, padding="same", activation="relu", name="conv2"),
            layers.AveragePooling2D(2, name="pool2"),
            layers.Flatten(name="flatten"),
            layers.Dropout(0.5, name="dropout"),
            layers.Dense(4, activation="softmax", name="answer"),
        ],
        name="sequential_cnn",
    )


def branched() -> keras.Model:
    """Branches, a residual Add, and an operation that is no layer."""
    given = keras.Input((10, 10, 3), name="picture")
    stem = layers.Conv2D(4, 3, padding="same", name="stem")(given)
    left = layers.Conv2D(4, 3, padding="same", activation="tanh", name="left")(stem)
    left = layers.BatchNormalization(name="left_bn")(left)
    added = layers.Add(name="added")([stem, left])
    right = layers.DepthwiseConv2D(3, padding="same", activation="relu", name="right")(added)
    joined = layers.Concatenate(name="joined")([added, right])
    squared = keras.ops.square(joined)
    pooled = layers.GlobalAveragePooling2D(name="pooled")(squared)
    return keras.Model(given, layers.Dense(3, activation="softmax", name="answer")(pooled), name="branched")


def nested() -> keras.Model:
    """What people have most often: a Sequential around a whole functional base."""
    given = keras.Input((12, 12, 3), name="base_input")
    x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="conv")(given)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.ReLU(name="relu")(x)
    x = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    x = layers.SeparableConv2D(5, 3, padding="same", activation="tanh", name="separable")(x)
    base = keras.Model(given, x, name="base")
    return keras.Sequential(
        [
            keras.Input((12, 12, 3), name="picture"),
            layers.Rescaling(1 / 127.5, offset=-1.0, name="rescaling"),
            base,
            layers.GlobalAveragePooling2D(name="pooled"),
            layers.Dense(4, name="scores"),
            layers.Activation("softmax", name="answer"),
        ],
        name="nested",
    )


def shared() -> keras.Model:
    """One convolution used twice, one after the other."""
    twice = layers.Conv2D(3, 3, padding="same", activation="tanh", name="twice")
    given = keras.Input((8, 8, 3), name="picture")
    x = layers.Flatten(name="flatten")(twice(twice(given)))
    return keras.Model(given, layers.Dense(3, activation="softmax", name="answer")(x), name="shared")


def logits_end() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((9, 9, 1), name="picture"),
            layers.Conv2D(3, 3, activation="softplus", name="conv"),
            layers.GlobalAveragePooling2D(name="pooled"),
            layers.Dense(3, name="scores"),
        ],
        name="logits_end",
    )


def one_sigmoid() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8, 8, 1), name="picture"),
            layers.Conv2D(3, 3, activation="relu", name="conv"),
            layers.Flatten(name="flatten"),
            layers.Dense(1, activation="sigmoid", name="answer"),
        ],
        name="one_sigmoid",
    )


def several_sigmoids() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8, 8, 3), name="picture"),
            layers.Conv2D(3, 3, activation="relu", name="conv"),
            layers.Flatten(name="flatten"),
            layers.Dense(4, activation="sigmoid", name="answer"),
        ],
        name="several_sigmoids",
    )


def mlp(*shape: int) -> keras.Model:
    name = "mlp_" + "x".join(map(str, shape))
    return keras.Sequential(
        [
            keras.Input(shape, name="picture"),
            layers.Flatten(name="flatten"),
            layers.Dense(6, activation="relu", name="hidden1"),
            layers.Dense(5, activation="tanh", name="hidden2"),
            layers.Dense(4, activation="softmax", name="answer"),
        ],
        name=name,
    )


def any_size() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((None, None, 3), name="picture"),
            layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="conv1"),
            layers.Conv2D(4, 3, activation="relu", name="conv2"),
            layers.GlobalMaxPooling2D(name="pooled"),
            layers.Dense(3, activation="softmax", name="answer"),
        ],
        name="any_size",
    )


CARDS = {"logits_end": {"output": {"logits": True}}}
"""What nobody could tell from the layers."""

BUILDERS = {
    "sequential_cnn": sequential_cnn,
    "branched": branched,
    "nested": nested,
    "shared": shared,
    "logits_end": logits_end,
    "one_sigmoid": one_sigmoid,
    "several_sigmoids": several_sigmoids,
    "mlp_28x28x1": lambda: mlp(28, 28, 1),
    "mlp_8x8": lambda: mlp(8, 8),
    "mlp_64": lambda: mlp(64),
    "any_size": any_size,
}


@dataclass(frozen=True)
class Case:
    """One tiny model, its network, and a picture (H, W, C) in the range that its first layer takes."""

    name: str
    model: keras.Model
    network: Network
    picture: np.ndarray

    @property
    def batch(self) -> np.ndarray:
        """The picture in the shape of the model's own input, with a batch axis."""
        shape = self.model.inputs[0].shape[1:]
        return self.picture[None] if None in shape else self.picture.reshape((1, *shape))


@pytest.fixture(scope="session")
def fixed_weights() -> Callable[..., keras.Model]:
    return with_fixed_weights


@pytest.fixture(scope="session")
def cases() -> dict[str, Case]:
    """Every tiny model by name; nobody changes their weights."""
    found = {}
    for seed, (name, build) in enumerate(BUILDERS.items()):
        model = with_fixed_weights(build(), 300 + seed)
        network = load(model, CARDS.get(name))
        shape = tuple(size or 11 for size in network.image_shape)
        picture = (np.random.default_rng(7).random(shape) * (255 if name == "nested" else 1)).astype(np.float32)
        found[name] = Case(name, model, network, picture)
    return found


@pytest.fixture(params=tuple(BUILDERS))
def case(request: pytest.FixtureRequest, cases: dict[str, Case]) -> Case:
    """Each tiny model in turn."""
    return cases[request.param]


@pytest.fixture(params=tuple(name for name in BUILDERS if name != "nested"))
def flat_case(request: pytest.FixtureRequest, cases: dict[str, Case]) -> Case:
    """Each tiny model that Keras itself can tap at every layer."""
    return cases[request.param]


@pytest.fixture(scope="session", autouse=True)
def as_the_server_does() -> Iterator[None]:
    """What the server does when it starts, without which each run of a page takes longer than it does for a viewer."""
    import nnviz.pages.registry  # noqa: F401
    from nnviz.app import startup

    startup.keep_session()
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def packages_looked_through_once() -> Iterator[None]:
    """A server looks once through all installed packages for components; `AppTest` does so for every page, 0.15 s."""
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        once = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_work_left() -> Iterator[None]:
    """What works in the background ends before the folder that it writes to is taken away."""
    yield
    from nnviz.shell.jobs.worker import worker

    worker.close()


@pytest.fixture(scope="session")
def saved(cases, fixed_weights, tmp_path_factory) -> Callable[..., dict[str, Path]]:
    """Writes networks as files, as a viewer brings them: of the tiny models by name, or built here, with a seed.

    A tiny model has one file for all tests: the app loads it once, and compiles its functions once.
    """
    tiny = tmp_path_factory.mktemp("tiny")

    def save(
        names: Sequence[str], own: Mapping[str, Callable[[], keras.Model]] = MappingProxyType({}), seed: int = 0
    ) -> dict[str, Path]:
        folder, found = tmp_path_factory.mktemp("models"), {}
        for name in names:
            found[name] = (folder if name in own else tiny) / f"{name}.keras"
            if name in own:
                fixed_weights(own[name](), seed).save(found[name])
            elif not found[name].exists():
                cases[name].model.save(found[name])
                if name in CARDS:
                    found[name].with_suffix(".json").write_text(json.dumps(CARDS[name]))
        return found

    return save


@pytest.fixture
def nothing_kept(monkeypatch, tmp_path) -> Iterator[None]:
    """No long job is done or under way yet, whatever was looked at before."""
    from nnviz.analysis.cache import Cache
    from nnviz.shell import caches
    from nnviz.shell.jobs import queue
    from nnviz.shell.jobs.worker import Worker

    monkeypatch.setenv("NNVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(caches, "results", Cache(caches.results.ceiling))
    own = Worker()
    monkeypatch.setattr(queue, "worker", own)
    yield
    own.close()


@pytest.fixture
def dead(fixed_weights, tmp_path, monkeypatch) -> None:
    """The app has a network of the viewer's own, `dead`, whose unit 1 of conv is off on any picture."""
    from nnviz.shell import options

    conv = layers.Conv2D(3, 3, activation="relu", name="conv")
    stack = [keras.Input((28, 28, 1)), conv, layers.Flatten(), layers.Dense(2, name="scores")]
    model = fixed_weights(keras.Sequential(stack))
    kernel, bias = conv.get_weights()
    kernel[..., 1], bias[1] = -1.0, -1.0
    conv.set_weights([kernel, bias])
    model.save(tmp_path / "dead.keras")
    monkeypatch.setattr(options, "given", options.Options(model=tmp_path / "dead.keras"))
