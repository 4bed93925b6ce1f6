"""Models that a viewer uploads: where they are written, by which name, for whom, and until when."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.testing.v1 import AppTest

from nnviz.errors import NnvizError
from nnviz.shell import caches, models, uploads
from nnviz.shell.uploads import Visit


class File(io.BytesIO):
    """A file as Streamlit hands it over."""

    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(content)
        self.name, self.size = name, len(content)


@pytest.fixture
def visit(monkeypatch) -> Visit:
    """The visit of one viewer, outside of a browser."""
    found = Visit()
    monkeypatch.setattr(uploads.st, "session_state", {uploads._VISIT: found})
    monkeypatch.setattr(uploads, "_here", lambda visit: visit)
    return found


def written(source, *files):
    """What the folder of an upload holds, once it is written."""
    *_, last = uploads.write(files, source)
    assert last == sum(file.size for file in files)
    return {path.name: path.read_bytes() for path in source.path.parent.iterdir()}


def test_a_model_in_two_parts_with_its_labels_stands_under_one_name(visit):
    files = [File("labels.txt", b"a"), File("My net.json", b"{}"), File("weights of it.weights.h5", b"x" * 9_000_000)]
    source = uploads.place(files, ())
    assert source.name == "weights of it (yours)"
    assert written(source, *files) == {
        "weights of it.txt": b"a",
        "weights of it.json": b"{}",
        "weights of it.h5": b"x" * 9_000_000,
    }


def test_no_two_networks_have_one_name_and_the_newest_is_listed_first(visit):
    names = ["mine", "mine (yours)"]
    for _ in range(2):
        source = uploads.place([File("mine.keras", b"")], names)
        names.append(source.name)
        uploads.keep(source)
    assert names[2:] == ["mine 2 (yours)", "mine 3 (yours)"]
    assert list(visit.sources) == ["mine 3 (yours)", "mine 2 (yours)"]
    first, second = visit.sources.values()
    assert first.path.parent != second.path.parent


@given(some.text(min_size=1, max_size=200))
def test_whatever_a_browser_calls_a_file_it_stays_in_its_folder(name):
    stem = uploads._stem(f"{name}.keras")
    path = Path("/room") / f"{stem}.keras"
    assert path.resolve().parent == Path("/room")
    assert 0 < len(stem) <= 60
    assert not set(stem) & set("/\\\0\n<>*:`[]")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.keras", "C:\\nets\\evil.keras", "/abs/net.keras", "..keras", "<b>.keras"]
)
def test_a_name_that_is_a_path_or_markup_is_neither(name, visit):
    source = uploads.place([File(name, b"k")], ())
    assert Path(visit.folder.name) in source.path.parents
    assert list(written(source, File(name, b"k")).values()) == [b"k"]
    assert not set(source.name) & set("/\\<>")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a.json"], "together with its weights (.h5), was expected. Received: a.json alone."),
        (["a.txt"], "A model (.keras, .h5, .hdf5, .zip) was expected. Received: a.txt."),
        (["a.onnx", "b.txt"], "Received: a.onnx, b.txt."),
    ],
)
def test_what_is_no_model_is_said(names, said, visit):
    with pytest.raises(NnvizError) as refused:
        uploads.place([File(name, b"") for name in names], ())
    assert said in str(refused.value)


def test_a_visits_end_takes_the_files_and_the_network_along(visit, saved):
    content = saved(["sequential_cnn"])["sequential_cnn"].read_bytes()
    source = uploads.place([File("mine.keras", content)], ())
    written(source, File("mine.keras", content))
    uploads.keep(source)
    key = models.key(source)
    models.opened(source)
    assert key in caches.networks
    visit.end()
    assert key not in caches.networks
    assert visit.sources == {}
    assert not Path(visit.folder.name).exists()


def test_who_comes_back_finds_what_he_brought_and_who_does_not_leaves_nothing(monkeypatch):
    there, gone = Visit(), Visit()
    there.left()
    there.back()
    monkeypatch.setattr(uploads, "_COMES_BACK", 0.0)
    gone.left()
    gone._end.join(30)
    there._end.join(30)
    assert Path(there.folder.name).exists()
    assert not Path(gone.folder.name).exists()
    there.end()


def test_what_was_taken_is_held_by_streamlit_no_more(monkeypatch):
    """Streamlit itself keeps an upload as long as its widget is there, and of who left at once for good."""
    kept, file = MemoryUploadedFileManager("/upload"), File("mine.keras", b"model")
    file.file_id = "7"
    kept.add_file("me", UploadedFileRec("7", file.name, "", b"model"))
    kept.add_file("you", UploadedFileRec("7", file.name, "", b"model"))
    context = SimpleNamespace(uploaded_file_mgr=kept, session_id="me")
    monkeypatch.setattr(uploads, "get_script_run_ctx", lambda: context)
    uploads.release([file])
    assert kept.get_files("me", ["7"]) == []
    assert len(kept.get_files("you", ["7"])) == 1


def test_nobody_else_finds_it(saved):
    """Two sessions of one server: an upload of the first is a stranger's name to the second."""

    def script() -> None:
        import streamlit as st

        from nnviz.shell import library, session, uploads

        if "bring" in st.session_state:
            file = st.session_state.pop("bring")
            source = uploads.place([file], library.network_names())
            list(uploads.write([file], source))
            uploads.keep(source)
        st.session_state["names"] = library.network_names()
        st.session_state["read"] = session.read()

    content = saved(["sequential_cnn"])["sequential_cnn"].read_bytes()
    apps = [AppTest.from_function(script, default_timeout=120) for _ in range(2)]
    apps[0].session_state["bring"] = File("mine.keras", content)
    for app in apps:
        app.query_params["net"] = "mine (yours)"
        app.run()
        assert not app.exception
    mine, theirs = (app.session_state["read"] for app in apps)
    assert (mine.name, mine.notices) == ("mine (yours)", ())
    assert theirs.name == "mnist-cnn"
    assert theirs.notices == (
        "An uploaded network is its viewer's own and cannot be in a link, so 'mnist-cnn' is shown.",
    )
    assert "mine (yours)" in apps[0].session_state["names"]
    assert not any("mine" in name for name in apps[1].session_state["names"])
