"""Models in the forms that people have: Teachable Machine's zip, a plan beside weights, HDF5 of old, a SavedModel."""

import json
import shutil
import zipfile

import h5py
import keras
import keras2_form as old
import numpy as np
import pytest
from keras import layers

from nnviz.analysis.network.card import card_beside
from nnviz.analysis.network.network import load
from nnviz.analysis.network.opening import open_model
from nnviz.analysis.network.opening.old_weights import counted, renamed
from nnviz.analysis.network.opening.teachable import names
from nnviz.errors import NnvizError

RNG = np.random.default_rng(11)
X = RNG.normal(size=(2, 4)).astype("float32")


@pytest.fixture(scope="module")
def net():
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, "tanh", name="d"), layers.Dense(2, name="e")])


@pytest.fixture(scope="module")
def expected(net):
    return net(X).numpy()


def test_an_hdf5_file_of_keras_2_under_another_name(tmp_path):
    """Weights in the order of Keras 2: of a model inside, those that were trained before those that were not."""
    dense = {"class_name": "Dense", "config": {"name": "d", "units": 3, "batch_input_shape": [None, 4]}}
    norm = {"class_name": "BatchNormalization", "config": {"name": "n", "axis": [1], "epsilon": 0.01}}
    last = {"class_name": "Dense", "config": {"name": "e", "units": 2, "use_bias": False}}
    inner = {"class_name": "Sequential", "config": {"name": "inner", "layers": [dense, norm, last]}}
    w, v = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2))
    b, gamma, beta, mean = RNG.normal(size=(4, 3))
    variance = RNG.uniform(0.5, 2, 3)
    arrays = {"d/kernel:0": w, "d/bias:0": b, "n/gamma:0": gamma, "n/beta:0": beta, "e/kernel:0": v}
    arrays |= {"n/moving_mean:0": mean, "n/moving_variance:0": variance}
    path = tmp_path / "old.keras"
    config = {"class_name": "Sequential", "config": [inner]}
    training = json.dumps({"optimizer_config": {"class_name": "Nadam", "config": {"lr": 0.1}}, "loss": "gone"})
    weights = {"inner": [(name, array.astype("float32")) for name, array in arrays.items()]}
    old.hdf5(path, config, weights, keras_version=b"2.1.6", training_config=training)
    opened = open_model(path)
    z = (X @ w + b - mean) / np.sqrt(variance + 0.01) * gamma + beta
    np.testing.assert_allclose(opened.model(X), z @ v, rtol=1e-4, atol=1e-4)
    assert any("bare list" in note for note in opened.notes)


@pytest.mark.parametrize("end", [".weights.h5", ".h5"])
def test_a_plan_and_weights_beside_it_are_a_model(net, expected, end, tmp_path):
    (tmp_path / "n.json").write_text(net.to_json())
    if end == ".h5":  # as Keras 2 saved weights alone
        with h5py.File(tmp_path / "n.h5", "w") as file:
            weights = {
                layer.name: [(f"{layer.name}/{w.name}:0", w.numpy()) for w in layer.weights] for layer in net.layers
            }
            old.fill(file, weights)
    else:
        net.save_weights(tmp_path / f"n{end}")
    for path in (tmp_path / "n.json", tmp_path / f"n{end}"):
        np.testing.assert_allclose(open_model(path).model(X), expected, rtol=1e-6)
    assert card_beside(tmp_path / "n.h5") is None


def test_half_of_a_pair_says_what_is_missing(net, tmp_path):
    (tmp_path / "n.json").write_text(net.to_json())
    with pytest.raises(NnvizError, match=r"n\.json without n\.weights\.h5"):
        open_model(tmp_path / "n.json")
    net.save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(NnvizError, match=r"weights alone: save the whole.*m\.weights\.h5"):
        open_model(tmp_path / "m.weights.h5")
    shutil.copy(tmp_path / "n.json", tmp_path / "m.json")
    assert open_model(tmp_path / "m.weights.h5").model.output_shape == (None, 2)


@pytest.fixture
def exported(net, tmp_path):
    image = keras.Sequential([keras.Input((4, 4, 3)), layers.Flatten(), layers.Dense(2, "softmax")])
    image.save(tmp_path / "keras_model.h5")
    path = tmp_path / "converted_keras.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.write(tmp_path / "keras_model.h5", "keras_model.h5")
        file.writestr("labels.txt", "0 A cat\r\n1 2 dogs\r\n")
    (tmp_path / "keras_model.h5").unlink()
    return path, image


def test_the_zip_of_teachable_machine_has_its_classes_and_its_range(exported):
    path, image = exported
    network = load(path)
    assert network.classes == ("A cat", "2 dogs")
    assert (network.scale[0], network.offset[0]) == (pytest.approx(1 / 127.5), -1)
    picture = RNG.uniform(-1, 1, (1, 4, 4, 3)).astype("float32")
    np.testing.assert_allclose(network.model(picture), image(picture), rtol=1e-6)


@pytest.mark.parametrize("bad", ["../labels.txt", "run.py", "a/b/labels.txt"])
def test_the_zip_of_teachable_machine_holds_nothing_else(exported, bad):
    path, _ = exported
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(bad, "0 x")
    with pytest.raises(NnvizError, match=r"expected|holds"):
        open_model(path)


def test_labels_without_numbers_are_whole_lines():
    assert names(b"\xef\xbb\xbfone\n\n two \n") == ["one", "two"]
    assert names(b"0 one\nplain\n") == ["0 one", "plain"]


def test_layers_that_keras_2_13_counted_twice(tmp_path):
    assert counted(["conv2d_2", "conv2d", "dense_10", "conv2d_4"]) == {
        "conv2d": "conv2d",
        "conv2d_2": "conv2d_1",
        "conv2d_4": "conv2d_2",
        "dense_10": "dense",
    }
    with h5py.File(tmp_path / "w.h5", "w") as file:
        inner = "_layer_checkpoint_dependencies"
        for number, name in enumerate(("dense", "dense_2", f"sequential/{inner}/dense_4")):
            file[f"{inner}/{name}/vars/0"] = number
        assert renamed(file)
        found = {
            name: int(file[f"layers/{name}/vars/0"][()]) for name in ("dense", "dense_1", "sequential/layers/dense")
        }
        assert found == {"dense": 0, "dense_1": 1, "sequential/layers/dense": 2}
        assert not renamed(file)


def test_a_saved_model_runs_only_where_it_is_trusted(net, expected, tmp_path):
    net.export(tmp_path / "folder", verbose=False)
    with pytest.raises(NnvizError, match="--trust"):
        open_model(tmp_path / "folder")
    np.testing.assert_allclose(open_model(tmp_path / "folder", trusted=True).model(X), expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(NnvizError, match="SavedModel folder was expected"):
        open_model(tmp_path, trusted=True)
