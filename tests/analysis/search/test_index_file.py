"""The file that an index is kept in: written whole or not at all, made anew where it is damaged, and cleared away."""

import json
import os
import resource
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest
from draining import drained
from searches import same
from shipped import shipped

from nnviz.analysis.search import index as indexing
from nnviz.analysis.search import index_file
from nnviz.analysis.search.index import index
from nnviz.analysis.search.strongest import strongest

pytestmark = pytest.mark.usefixtures("small_batches")


@pytest.fixture
def network(cases):
    """One of the tiny ones: the file is the same of all."""
    return cases["mlp_8x8"].network


@pytest.fixture
def images():
    return np.random.default_rng(3).integers(0, 256, (40, 8, 8)).astype(np.uint8)


def only(place):
    (path,) = place.iterdir()
    return path


def test_a_file_killed_while_it_was_written_is_cleared_away(network, images, tmp_path):
    left = tmp_path / "old.1.part"
    left.write_bytes(b"half")
    os.utime(left, (time.time() - 9000,) * 2)
    young = tmp_path / "young.2.part"
    young.write_bytes(b"another process, at work")
    drained(index(network, images, where=tmp_path))
    assert not left.exists()
    assert young.exists()


def damaged(content: bytes) -> dict[str, bytes]:
    middle = len(content) // 2
    return {
        "empty": b"",
        "cut": content[:middle],
        "no end": content[:-30],
        "flipped": content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :],
        # Its list of contents said to begin further on: the reader looks for the rest before the beginning.
        "before its beginning": content[:-3] + b"\x7f" + content[-2:],
        "no archive": b"PK no archive at all",
        "noise": np.random.default_rng(0).bytes(len(content)),
    }


@pytest.mark.parametrize("how", ["empty", "cut", "no end", "flipped", "before its beginning", "no archive", "noise"])
def test_a_damaged_file_is_made_anew(how, tmp_path):
    network, images = shipped("mnist-mlp"), np.random.default_rng(1).integers(0, 256, (20, 28, 28)).astype(np.uint8)
    made, _ = drained(index(network, images, where=tmp_path))
    path = only(tmp_path)
    path.write_bytes(damaged(path.read_bytes())[how])
    again, told = drained(index(network, images, where=tmp_path))
    assert told[0].done == 0
    assert same(again, made)
    assert drained(index(network, images, where=tmp_path))[1][0].done == 20


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
    network, images = shipped("mnist-mlp"), np.random.default_rng(1).integers(0, 256, (20, 28, 28)).astype(np.uint8)
    made, _ = drained(index(network, images, where=tmp_path))
    path = only(tmp_path)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    header = json.loads(arrays["header"].tobytes())
    CHANGES[how](header, arrays)
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, **arrays, allow_pickle=True)
    again, told = drained(index(network, images, where=tmp_path))
    assert told[0].done == 0
    assert same(again, made)


def no_right(*_, **__):
    raise PermissionError(1, "Operation not permitted")


def no_memory(*_, **__):
    raise MemoryError


@contextmanager
def no_descriptor_left():
    """The process may open no further file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def reading(path, available=40):
    """What `index_file.read` has of the file that an index of `network` made."""
    with np.load(path) as file:
        header = json.loads(file["header"].tobytes())
    return lambda: index_file.read(path, header["key"], list(header["units"]), available, indexing.COUNT)


def test_a_file_of_somebody_else_is_read_and_stays(network, images, tmp_path, monkeypatch):
    made, _ = drained(index(network, images, where=tmp_path))
    path = only(tmp_path)
    content, read = path.read_bytes(), reading(path)
    monkeypatch.setattr(os, "utime", no_right)  # who may everything, as these tests may, is refused nothing
    found = read()
    assert found is not None
    assert same(found[0], made)
    assert path.read_bytes() == content


def test_a_file_that_cannot_be_read_for_now_stays(network, images, tmp_path, monkeypatch):
    made, _ = drained(index(network, images, where=tmp_path))
    path = only(tmp_path)
    content, read = path.read_bytes(), reading(path)
    with no_descriptor_left():
        assert read() is None
    assert path.read_bytes() == content
    with monkeypatch.context() as short:
        short.setattr(np, "load", no_memory)
        assert read() is None
        # What is searched meanwhile is less, until it is all.
        steps = index(network, images, where=tmp_path)
        for _ in range(3):
            next(steps)
        steps.close()
        assert path.read_bytes() == content
    assert same(read()[0], made)


def test_less_never_takes_the_place_of_more(network, images, tmp_path):
    whole, _ = drained(index(network, images, where=tmp_path))
    path = only(tmp_path)
    complete, key = path.read_bytes(), json.loads(np.load(path)["header"].tobytes())["key"]
    some = [progress.so_far for progress in drained(strongest(network, images))[1] if progress.so_far is not None]
    index_file.write(path, key, some[1], complete=False)
    assert path.read_bytes() == complete
    path.unlink()
    for found, expected in ((some[1], some[1]), (some[0], some[1]), (some[2], some[2])):
        index_file.write(path, key, found, complete=False)
        assert same(reading(path)()[0], expected)
    index_file.write(path, key, whole, complete=True)
    assert reading(path)()[1]
    index_file.write(path, "of another search", some[0], complete=False)
    assert same(reading(path)()[0], some[0])


def test_a_cache_that_cannot_be_written_to_is_no_reason_to_fail(tmp_path):
    (tmp_path / "file").write_text("no folder")
    images = np.zeros((3, 28, 28), np.uint8)
    found, _ = drained(index(shipped("mnist-mlp"), images, where=tmp_path / "file" / "index"))
    assert found.searched == 3


def test_the_oldest_go_where_there_are_too_many(network, images, tmp_path, monkeypatch):
    for age in range(4):
        path = tmp_path / f"{age}.npz"
        path.write_bytes(bytes(1000))
        os.utime(path, (time.time() - 1000 * (age + 1),) * 2)
    (tmp_path / "notes.txt").write_text("not ours")
    monkeypatch.setattr(index_file, "MOST_BYTES", 2 * 2**20)
    drained(index(network, images, where=tmp_path))
    made = max(tmp_path.glob("*.npz"), key=lambda path: path.stat().st_mtime)
    assert len(list(tmp_path.glob("*.npz"))) == 5
    monkeypatch.setattr(index_file, "MOST_BYTES", made.stat().st_size + 2500)
    made.unlink()
    drained(index(network, images, where=tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {made.name, "0.npz", "1.npz", "notes.txt"}


def test_it_is_kept_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("NNVIZ_CACHE", str(tmp_path / "own"))
    drained(index(shipped("mnist-mlp"), np.zeros((3, 28, 28), np.uint8)))
    assert only(tmp_path / "own" / "index").suffix == ".npz"
    monkeypatch.delenv("NNVIZ_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert index_file.cache() == tmp_path / "nnviz"


def test_it_is_written_now_and_then_while_it_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(indexing, "_EVERY", 0.0)
    monkeypatch.setattr(indexing, "_SHARE", 0.0)
    images = np.random.default_rng(1).integers(0, 256, (20, 28, 28)).astype(np.uint8)
    steps = index(shipped("mnist-mlp"), images, where=tmp_path)
    next(steps)
    assert not list(tmp_path.iterdir())
    next(steps)
    first = only(tmp_path).read_bytes()
    next(steps)
    assert only(tmp_path).read_bytes() != first
    steps.close()
