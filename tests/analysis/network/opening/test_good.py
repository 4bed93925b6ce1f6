"""Good model files of many kinds: all open, and what opens computes what Keras does."""

import shutil

import good_files
import h5py
import hostile_files
import keras
import numpy as np
import pytest

from nnviz.analysis.network import opening
from nnviz.analysis.network.network import bundled, load
from nnviz.analysis.network.opening import child
from nnviz.analysis.network.opening.config import MOST_LAYERS
from nnviz.analysis.network.trace import trace
from nnviz.errors import NnvizError

WAYS = [(name, ".keras") for name in good_files.MODELS] + [(name, ".h5") for name in good_files.OLD_FORMAT]


def same(opened: keras.Model, model: keras.Model) -> None:
    """Both compute the same of a random picture, from the same state."""
    picture = good_files.pictures(model)
    for found in (opened, model):
        for layer in found.layers:
            if getattr(layer, "stateful", False):
                layer.reset_states()
    pairs = zip(
        keras.tree.flatten(opened(picture, training=False)),
        keras.tree.flatten(model(picture, training=False)),
        strict=True,
    )
    for found, expected in pairs:
        found, expected = (np.asarray(keras.ops.cast(each, "float32")) for each in (found, expected))
        assert np.isfinite(expected).all()
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "suffix"), WAYS)
def test_a_good_file_opens_with_the_numbers_of_keras(name, suffix, tmp_path):
    path, model = good_files.write(name, tmp_path, suffix)
    opened = opening.open_model(path)
    same(opened.model, model)
    assert not opened.model.compiled


def test_a_file_is_told_by_its_content(tmp_path):
    path, model = good_files.write("mlp", tmp_path)
    same(opening.open_model(shutil.move(path, tmp_path / "zip.h5")).model, model)
    path, model = good_files.write("mlp", tmp_path, ".h5")
    same(opening.open_model(shutil.move(path, tmp_path / "hdf5.keras")).model, model)


def test_a_file_that_was_packed_opens(tmp_path):
    path, model = good_files.write("trained_cnn", tmp_path)
    same(opening.open_model(good_files.packed(path, tmp_path)).model, model)
    path, model = good_files.write("trained_cnn", tmp_path, ".h5")
    same(opening.open_model(good_files.squeezed(path, tmp_path)).model, model)


def test_the_longest_chain_opens_and_is_traced(tmp_path):
    """Keras follows a chain by calling itself; a ReLU behind a ReLU changes no number, and each has its map."""
    traces = []
    for length in (1, MOST_LAYERS - 4):
        path = tmp_path / f"{length}.keras"
        path.write_bytes(hostile_files.chained(length))
        network = load(path)
        traces.append(trace(network, np.random.default_rng(3).uniform(0, 1, network.image_shape)))
    short, long = traces
    np.testing.assert_array_equal(long.probabilities, short.probabilities)
    assert len(long.activations) == len(short.activations) + MOST_LAYERS - 5


def test_models_within_models_open(tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    for _ in range(30):
        model = keras.Sequential([keras.Input((4,)), model])
    path = tmp_path / "within.keras"
    model.save(path)
    same(opening.open_model(path).model, model)


def test_a_batch_of_fixed_size_becomes_one_of_any(tmp_path):
    path, _ = good_files.write("fixed_batch", tmp_path)
    assert opening.open_model(path).model.input_shape == (None, 8, 8, 3)


def test_code_runs_in_a_file_that_is_trusted_and_in_no_other(tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x * 2, name="twice")])
    for suffix in (".keras", ".h5"):
        model.save(tmp_path / f"mine{suffix}")
        with pytest.raises(NnvizError, match=r"'twice' runs Python code.*--trust"):
            load(tmp_path / f"mine{suffix}")
        opened = opening.open_model(tmp_path / f"mine{suffix}", trusted=True).model
        assert np.asarray(opened(np.ones((1, 4), "float32"))).tolist() == [[2.0] * 4]


def test_what_ships_opens_without_a_child(monkeypatch):
    child.the.close()
    load(bundled()[0])
    assert child.the._process is None


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    path, _ = good_files.write("mlp", tmp_path)
    opening.open_model(path)
    with h5py.File(tmp_path / "empty.h5", "w"):
        pass
    with pytest.raises(NnvizError, match="weights alone"):
        opening.open_model(tmp_path / "empty.h5")
    assert not list((tmp_path / "temporary").iterdir())
