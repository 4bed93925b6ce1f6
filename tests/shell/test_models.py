"""Where networks come from, and what is kept of them: once for all, anew where a file changed, bounded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnviz.analysis.cache import Cache
from nnviz.analysis.network.network import bundled
from nnviz.errors import NnvizError
from nnviz.shell import caches, library, models, options
from nnviz.shell.models import Source


@pytest.fixture(autouse=True)
def empty(monkeypatch):
    """Nothing is open yet."""
    monkeypatch.setattr(caches, "networks", Cache(caches.networks.ceiling, caches.networks._size_of))
    monkeypatch.setattr(caches, "refusals", Cache(caches.refusals.ceiling))


@pytest.fixture
def file(saved, tmp_path) -> Path:
    path = tmp_path / "mine.keras"
    path.write_bytes(saved(["sequential_cnn"])["sequential_cnn"].read_bytes())
    return path


def test_a_folder_is_listed_by_names_alone_and_nothing_in_it_is_read(tmp_path, monkeypatch):
    for name in (
        "b.keras",
        "a.h5",
        "a.hdf5",
        "teachable.zip",
        "mnist-cnn.keras",
        "notes.txt",
        "a.json",
        ".hidden.keras",
    ):
        (tmp_path / name).write_bytes(b"no model")
    (tmp_path / "saved" / "variables").mkdir(parents=True)
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"none")
    (tmp_path / "pictures").mkdir()
    monkeypatch.setattr(options, "given", options.Options(models=tmp_path))
    found = models.for_all()
    own = {name: source.path.name for name, source in found.items() if source.own}
    assert own == {
        **{"a": "a.h5", "a.hdf5": "a.hdf5", "b": "b.keras", "mnist-cnn": "mnist-cnn.keras"},
        **{"saved": "saved", "teachable": "teachable.zip"},
    }
    assert [name for name in found if not found[name].own] == [
        name
        for name in ("mnist-cnn", "mnist-mlp", "photo-cnn", "mnist-cnn-shuffled", "mnist-mlp-shuffled")
        if name not in own
    ]
    # The page opens on what ships, and falls back on it, whatever stands in the folder under its name.
    assert library.first_network() == library.safe()["net"] == "mnist-mlp"
    assert not len(caches.networks)
    (tmp_path / "c.keras").write_bytes(b"later")
    assert "c" in models.for_all()


def test_the_command_lines_come_first_and_those_that_are_trusted_are_named(tmp_path, monkeypatch):
    paths = [tmp_path / name for name in ("mine.keras", "lambda.keras", "other.keras")]
    for path in paths:
        path.write_bytes(b"")
    card = tmp_path / "card.json"
    trusted = (paths[1].resolve(), paths[2].resolve())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        options, "given", options.Options(Path("mine.keras"), card=card, models=tmp_path, trusted=trusted)
    )
    found = models.for_all()
    assert list(found)[:3] == ["mine", "lambda", "other"]
    assert [found[name].origin for name in list(found)[:3]] == ["given"] * 3
    assert [found[name].trusted for name in list(found)[:3]] == [False, True, True]
    assert [found[name].card for name in list(found)[:3]] == [card, None, None]
    assert set(bundled()) < set(found)


def test_a_network_is_opened_once_and_anew_when_its_file_or_its_card_changes(file, saved):
    source = Source("mine", file, "given")
    assert not models.is_open(source)
    first = models.opened(source)
    assert models.opened(source) is first
    assert models.is_open(source)
    file.with_suffix(".json").write_text(json.dumps({"classes": ["a", "b", "c", "d"]}))
    named = models.opened(source)
    assert named.classes == ("a", "b", "c", "d")
    file.write_bytes(saved(["branched"])["branched"].read_bytes())
    file.with_suffix(".json").unlink()
    assert [layer.name for layer in models.opened(source).layers][1] == "stem"


def test_a_viewers_card_makes_another_network_of_the_same_weights(file):
    source = Source("mine", file, "given")
    first, facts = models.opened(source), {"classes": ["a", "b", "c", "d"], "input": {"scale": 2.0, "offset": -1.0}}
    other = models.opened(source, facts)
    assert (other.classes, other.scale, other.offset) == (("a", "b", "c", "d"), (2.0,), (-1.0,))
    assert other.model is first.model
    assert first.classes == ("0", "1", "2", "3")
    assert models.key(source, facts) != models.key(source)
    assert models.opened(source, facts) is other
    with pytest.raises(NnvizError, match="4 class names"):
        models.opened(source, {"classes": ["a"]})


def test_a_refusal_is_found_out_once_and_again_when_the_file_changes(tmp_path, file, saved):
    broken = tmp_path / "broken.keras"
    broken.write_bytes(b"no model at all")
    source, said = Source("broken", broken, "given"), []
    for _ in range(2):
        with pytest.raises(NnvizError) as refused:
            models.opened(source)
        said.append(str(refused.value))
    assert said[0] == said[1]
    assert "broken.keras" in said[0]
    assert models.is_open(source)
    broken.write_bytes(file.read_bytes())
    assert models.opened(source).name == "broken"


def test_what_had_to_make_room_is_opened_again(saved, monkeypatch):
    files = saved(["sequential_cnn", "branched", "nested"])
    sources = [Source(name, path, "given") for name, path in files.items()]
    size = models.opened(sources[0]).size
    monkeypatch.setattr(caches, "networks", Cache(2 * size + size // 2, lambda kept: kept[1].size))
    first = models.opened(sources[0])
    for source in sources[1:]:
        models.opened(source)
    assert caches.networks.size <= caches.networks.ceiling
    assert not models.is_open(sources[0])
    assert models.opened(sources[0]) is not first


def test_a_folder_that_is_a_model_is_stamped_by_all_that_is_in_it(tmp_path):
    (tmp_path / "saved" / "variables").mkdir(parents=True)
    for name in ("saved_model.pb", "variables/one"):
        (tmp_path / "saved" / name).write_bytes(b"first")
    source = Source("saved", tmp_path / "saved", "given")
    before = models.key(source)
    assert models.key(source) == before
    (tmp_path / "saved" / "variables" / "one").write_bytes(b"second")
    assert models.key(source) != before
