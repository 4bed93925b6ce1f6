"""The index on disk: what is kept is what was searched, however often it was stopped, and a bad file does no harm."""

import os
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from nnviz.analysis import index as indexing
from nnviz.analysis import kept
from nnviz.analysis import strongest as searching
from nnviz.analysis.folder import folder
from nnviz.analysis.index import index, network_content
from nnviz.analysis.network import load
from nnviz.analysis.strongest import strongest

ROOT = Path(__file__).parents[2]


def finished(steps):
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return end.value, told


def same(one, other) -> bool:
    return (
        (one.searched, one.available, one.skipped) == (other.searched, other.available, other.skipped)
        and list(one.layers) == list(other.layers)
        and np.array_equal(one.sampled, other.sampled)
        and all(np.array_equal(one.maxima[name], other.maxima[name]) for name in other.maxima)
        and all(
            np.array_equal(getattr(one.layers[name], part), getattr(other.layers[name], part))
            for name in other.layers
            for part in ("values", "images", "rows", "columns")
        )
    )


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(searching, "_LARGEST_BATCH", 7)


@pytest.fixture
def images(case):
    shape = tuple(size or 11 for size in case.network.image_shape)
    return np.random.default_rng(3).integers(0, 256, (40, *shape)).astype(np.uint8)


def only(place):
    (path,) = place.iterdir()
    return path


def test_what_is_kept_is_the_search_bit_for_bit(case, images, tmp_path):
    whole, _ = finished(strongest(case.network, images))
    made, _ = finished(index(case.network, images, where=tmp_path))
    again, told = finished(index(case.network, images, where=tmp_path))
    assert same(made, whole)
    assert same(again, whole)
    assert [(each.done, each.total) for each in told] == [(40, 40)]
    name = next(iter(again.layers))
    for array in (again.maxima[name], again.sampled, again.layers[name].values, again.layers[name].rows):
        assert not array.flags.writeable


@pytest.mark.parametrize("stops", [(2,), (1, 2, 4), (3, 1, 1, 1, 3)])
def test_one_that_was_stopped_goes_on_and_ends_the_same(stops, case, images, tmp_path):
    whole, _ = finished(strongest(case.network, images))
    before = 0
    for count in stops:
        steps = index(case.network, images, where=tmp_path)
        for _ in range(count):
            progress = next(steps)
        steps.close()
        assert progress.done >= before
        before = progress.done
    made, told = finished(index(case.network, images, where=tmp_path))
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
from nnviz.analysis import index as indexing, strongest as searching
from nnviz.analysis.folder import folder
from nnviz.analysis.network import load

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
    network = load("mnist-cnn")
    made, told = finished(index(network, folder(pictures), where=place))
    assert 21 <= told[0].done < 60
    whole, _ = finished(strongest(network, folder(pictures)))
    assert same(made, whole)


def test_a_file_killed_while_it_was_written_is_cleared_away(case, images, tmp_path):
    left = tmp_path / "old.1.part"
    left.write_bytes(b"half")
    os.utime(left, (time.time() - 9000,) * 2)
    young = tmp_path / "young.2.part"
    young.write_bytes(b"another process, at work")
    finished(index(case.network, images, where=tmp_path))
    assert not left.exists()
    assert young.exists()


def damaged(content: bytes) -> dict[str, bytes]:
    middle = len(content) // 2
    return {
        "empty": b"",
        "cut": content[:middle],
        "no end": content[:-30],
        "flipped": content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :],
        "no archive": b"PK no archive at all",
        "noise": np.random.default_rng(0).bytes(len(content)),
    }


@pytest.mark.parametrize("how", ["empty", "cut", "no end", "flipped", "no archive", "noise"])
def test_a_damaged_file_is_made_anew(how, tmp_path):
    network, images = load("mnist-mlp"), np.random.default_rng(1).integers(0, 256, (20, 28, 28)).astype(np.uint8)
    made, _ = finished(index(network, images, where=tmp_path))
    path = only(tmp_path)
    path.write_bytes(damaged(path.read_bytes())[how])
    again, told = finished(index(network, images, where=tmp_path))
    assert told[0].done == 0
    assert same(again, made)
    assert finished(index(network, images, where=tmp_path))[1][0].done == 20


CHANGES = {
    "another version": lambda header, arrays: header.update(version=99),
    "another key": lambda header, arrays: header.update(key="x"),
    "too many searched": lambda header, arrays: header.update(searched=21),
    "other layers": lambda header, arrays: header.update(units={"a": 1}),
    "no header of ours": lambda header, arrays: header.clear(),
    "units that are none": lambda header, arrays: header.update(units=[1, 2]),
    "an image that is not there": lambda header, arrays: arrays["images"].__setitem__((0, 0), 20),
    "an image below 0": lambda header, arrays: arrays["sampled"].__setitem__(0, -1),
    "another type": lambda header, arrays: arrays.update(values=arrays["values"].astype(np.float64)),
    "a row too few": lambda header, arrays: arrays.update(rows=arrays["rows"][1:]),
    "no maxima": lambda header, arrays: arrays.pop("maxima"),
    "objects": lambda header, arrays: arrays.update(columns=np.array([{}, 1], dtype=object)),
}


@pytest.mark.parametrize("how", CHANGES)
def test_a_file_of_something_else_is_made_anew(how, tmp_path):
    import json

    network, images = load("mnist-mlp"), np.random.default_rng(1).integers(0, 256, (20, 28, 28)).astype(np.uint8)
    made, _ = finished(index(network, images, where=tmp_path))
    path = only(tmp_path)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    header = json.loads(arrays["header"].tobytes())
    CHANGES[how](header, arrays)
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, **arrays, allow_pickle=True)
    again, told = finished(index(network, images, where=tmp_path))
    assert told[0].done == 0
    assert same(again, made)


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

    first, _ = finished(index(network(0.0), images, where=tmp_path))
    for other, pictures in (
        (network(1.0), images),
        (network(0.0, 1 / 100), images),
        (network(0.0), images[::-1]),
        (network(0.0), images[:8]),
    ):
        found, told = finished(index(other, pictures, where=tmp_path))
        assert told[0].done == 0
        assert not same(found, first)
    assert len(list(tmp_path.iterdir())) == 5


def test_a_model_that_is_trained_on_is_searched_anew(tmp_path):
    images = np.random.default_rng(1).integers(0, 256, (9, 6, 6)).astype(np.uint8)
    model = keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(2, 3, name="conv"), layers.GlobalMaxPooling2D()])
    network = load(model)
    first, _ = finished(index(network, images, where=tmp_path))
    kernel, bias = model.get_layer("conv").get_weights()
    model.get_layer("conv").set_weights([2 * kernel, bias])
    found, told = finished(index(network, images, where=tmp_path))
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
    network = load("mnist-mlp")
    found, _ = finished(index(network, folder(pictures), where=place))
    assert (found.searched, found.skipped) == (9, (9,))
    assert same(finished(index(network, folder(pictures), where=place))[0], found)
    (pictures / "000.png").unlink()
    found, told = finished(index(network, folder(pictures), where=place))
    assert told[0].done == 0
    assert found.searched == 8


def test_a_cache_that_cannot_be_written_to_is_no_reason_to_fail(tmp_path):
    (tmp_path / "file").write_text("no folder")
    images = np.zeros((3, 28, 28), np.uint8)
    found, _ = finished(index(load("mnist-mlp"), images, where=tmp_path / "file" / "index"))
    assert found.searched == 3


def test_the_oldest_go_where_there_are_too_many(case, images, tmp_path, monkeypatch):
    for age in range(4):
        path = tmp_path / f"{age}.npz"
        path.write_bytes(bytes(1000))
        os.utime(path, (time.time() - 1000 * (age + 1),) * 2)
    (tmp_path / "notes.txt").write_text("not ours")
    monkeypatch.setattr(kept, "MOST_BYTES", 2 * 2**20)
    finished(index(case.network, images, where=tmp_path))
    made = max(tmp_path.glob("*.npz"), key=lambda path: path.stat().st_mtime)
    assert len(list(tmp_path.glob("*.npz"))) == 5
    monkeypatch.setattr(kept, "MOST_BYTES", made.stat().st_size + 2500)
    made.unlink()
    finished(index(case.network, images, where=tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {made.name, "0.npz", "1.npz", "notes.txt"}


def test_it_is_kept_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("NNVIZ_CACHE", str(tmp_path / "own"))
    finished(index(load("mnist-mlp"), np.zeros((3, 28, 28), np.uint8)))
    assert only(tmp_path / "own" / "index").suffix == ".npz"
    monkeypatch.delenv("NNVIZ_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert kept.cache() == tmp_path / "nnviz"


def test_it_is_written_now_and_then_while_it_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(indexing, "_EVERY", 0.0)
    monkeypatch.setattr(indexing, "_SHARE", 0.0)
    images = np.random.default_rng(1).integers(0, 256, (20, 28, 28)).astype(np.uint8)
    steps = index(load("mnist-mlp"), images, where=tmp_path)
    next(steps)
    assert not list(tmp_path.iterdir())
    next(steps)
    first = only(tmp_path).read_bytes()
    next(steps)
    assert only(tmp_path).read_bytes() != first
    steps.close()
