"""The index on disk: what is kept is what was searched, however often it was stopped, and of these pictures alone."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from draining import drained
from keras import layers
from PIL import Image
from searches import same
from shipped import shipped

from nnviz.analysis.data.folder import folder
from nnviz.analysis.network.network import load
from nnviz.analysis.search.index import index, network_content
from nnviz.analysis.search.strongest import strongest

pytestmark = pytest.mark.usefixtures("small_batches")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def images(case):
    shape = tuple(size or 11 for size in case.network.image_shape)
    return np.random.default_rng(3).integers(0, 256, (40, *shape)).astype(np.uint8)


def test_what_is_kept_is_the_search_bit_for_bit(case, images, tmp_path):
    whole, _ = drained(strongest(case.network, images))
    made, _ = drained(index(case.network, images, where=tmp_path))
    again, told = drained(index(case.network, images, where=tmp_path))
    assert same(made, whole)
    assert same(again, whole)
    assert [(each.done, each.total) for each in told] == [(40, 40)]
    name = next(iter(again.layers))
    for array in (again.maxima[name], again.sampled, again.layers[name].values, again.layers[name].rows):
        assert not array.flags.writeable


@pytest.mark.parametrize("stops", [(2,), (1, 2, 4), (3, 1, 1, 1, 3)])
def test_one_that_was_stopped_goes_on_and_ends_the_same(stops, case, images, tmp_path):
    whole, _ = drained(strongest(case.network, images))
    before = 0
    for count in stops:
        steps = index(case.network, images, where=tmp_path)
        for _ in range(count):
            progress = next(steps)
        steps.close()
        assert progress.done >= before
        before = progress.done
    made, told = drained(index(case.network, images, where=tmp_path))
    assert told[0].done == before
    assert same(made, whole)
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]


def painted(place, count=60):
    generator = np.random.default_rng(5)
    for number in range(count):
        Image.fromarray(generator.integers(0, 256, (28, 28)).astype(np.uint8)).save(place / f"{number:03d}.png")


KILLED = """
import sys, time
from pathlib import Path
from nnviz.analysis.search import index as indexing, strongest as searching
from nnviz.analysis.data.folder import folder
from nnviz.analysis.network.network import load

searching._LARGEST_BATCH, indexing._EVERY, indexing._SHARE = 7, 0.0, 0.0
for progress in indexing.index(load("mnist-cnn"), folder(sys.argv[1]), where=Path(sys.argv[2])):
    print(progress.done, flush=True)
    time.sleep(0.2)
"""


def test_a_process_that_is_killed_in_the_middle_loses_little(tmp_path):
    pictures, place = tmp_path / "pictures", tmp_path / "index"
    pictures.mkdir()
    painted(pictures)
    command = [sys.executable, "-c", KILLED, str(pictures), str(place)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip().isdigit() and int(line) >= 28:
                break
        process.kill()
    network = shipped("mnist-cnn")
    made, told = drained(index(network, folder(pictures), where=place))
    assert 21 <= told[0].done < 60
    whole, _ = drained(strongest(network, folder(pictures)))
    assert same(made, whole)


def test_a_changed_network_or_picture_is_searched_anew(tmp_path):
    images = np.random.default_rng(1).integers(0, 256, (9, 6, 6)).astype(np.uint8)

    def network(bias, scale=1 / 255):
        model = keras.Sequential(
            [keras.Input((6, 6, 1)), layers.Conv2D(2, 3, name="conv"), layers.Flatten(), layers.Dense(2, name="out")]
        )
        kernel, _ = model.get_layer("conv").get_weights()
        model.get_layer("conv").set_weights([np.ones_like(kernel), np.full(2, bias, np.float32)])
        out = model.get_layer("out")
        out.set_weights([np.ones_like(array) for array in out.get_weights()])
        return load(model, {"input": {"scale": scale}})

    first, _ = drained(index(network(0.0), images, where=tmp_path))
    for other, pictures in (
        (network(1.0), images),
        (network(0.0, 1 / 100), images),
        (network(0.0), images[::-1]),
        (network(0.0), images[:8]),
    ):
        found, told = drained(index(other, pictures, where=tmp_path))
        assert told[0].done == 0
        assert not same(found, first)
    assert len(list(tmp_path.iterdir())) == 5


def test_a_model_that_is_trained_on_is_searched_anew(tmp_path):
    images = np.random.default_rng(1).integers(0, 256, (9, 6, 6)).astype(np.uint8)
    model = keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(2, 3, name="conv"), layers.GlobalMaxPooling2D()])
    network = load(model)
    first, _ = drained(index(network, images, where=tmp_path))
    kernel, bias = model.get_layer("conv").get_weights()
    model.get_layer("conv").set_weights([2 * kernel, bias])
    found, told = drained(index(network, images, where=tmp_path))
    assert told[0].done == 0
    np.testing.assert_allclose(found.maxima["conv"], 2 * first.maxima["conv"], rtol=1e-5)


def test_a_network_is_known_again_when_it_is_loaded_again():
    assert network_content(load("mnist-cnn")) == network_content(load("mnist-cnn"))
    assert network_content(load("mnist-cnn")) != network_content(load("mnist-cnn-shuffled"))


def test_a_changed_folder_is_searched_anew(tmp_path):
    pictures, place = tmp_path / "pictures", tmp_path / "index"
    pictures.mkdir()
    painted(pictures, 9)
    (pictures / "broken.png").write_bytes(b"x")
    network = shipped("mnist-mlp")
    found, _ = drained(index(network, folder(pictures), where=place))
    assert (found.searched, found.skipped) == (9, (9,))
    assert same(drained(index(network, folder(pictures), where=place))[0], found)
    (pictures / "000.png").unlink()
    found, told = drained(index(network, folder(pictures), where=place))
    assert told[0].done == 0
    assert found.searched == 8
