"""The command line, and the work that the server begins with."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nnviz.app.startup import Warmup, read_command_line
from nnviz.errors import NnvizError
from nnviz.shell import options
from nnviz.shell.options import Options


@pytest.fixture
def files(tmp_path):
    found = {name: tmp_path / name for name in ("model.keras", "picture.png", "card.json")}
    for path in found.values():
        path.write_bytes(b"")
    return found


def test_an_empty_command_line_is_the_bundled_networks():
    assert read_command_line([]) == Options(None, None, None)


def test_files_of_ones_own(files):
    model, image, card = files.values()
    found = read_command_line(["--model", str(model), "--image", str(image), "--card", str(card)])
    assert found == Options(model, image, card)
    assert read_command_line([f"--image={image}"]) == Options(image=image)


@pytest.mark.parametrize("option", ["model", "image", "card"])
@pytest.mark.parametrize("missing", ["no-such-file", "."])
def test_a_file_that_is_not_there_ends_it_with_one_sentence(option, missing, capsys):
    with pytest.raises(SystemExit) as ended:
        read_command_line([f"--{option}", missing])
    assert ended.value.code == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.endswith(f"--{option}: an existing file was expected. Received: {missing}")
    assert "streamlit run dashboard.py" in last


def test_a_card_needs_its_model(files, capsys):
    with pytest.raises(SystemExit):
        read_command_line(["--card", str(files["card.json"])])
    assert "--model was expected too" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--models", "x"], ["picture.png"], ["--model"]])
def test_what_is_not_an_option_is_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        read_command_line(arguments)
    assert "usage: streamlit run dashboard.py --" in capsys.readouterr().err


def test_jobs_run_one_after_the_other_in_the_background():
    seen, gate, warmup = [], threading.Event(), Warmup()

    def first():
        gate.wait(30)
        seen.append((warmup.doing, threading.current_thread() is threading.main_thread()))

    warmup.start((("one", first), ("two", lambda: seen.append((warmup.doing, False)))))
    assert not warmup.wait(0)
    gate.set()
    assert warmup.wait(30)
    assert seen == [("one", False), ("two", False)]
    assert list(warmup.seconds) == ["one", "two"]


def lost():
    raise LookupError("no such net")


def test_what_fails_in_the_background_stands_in_the_log_and_the_rest_is_done(caplog, capsys):
    def refused():
        raise NnvizError("A picture was expected. Received: none.")

    warmup, after = Warmup(), []
    warmup.start((("one", lambda: None), ("two", lost), ("three", refused), ("four", lambda: after.append(4))))
    assert warmup.wait(30)
    assert after == [4]
    assert list(warmup.seconds) == ["one", "four"]
    assert [record.exc_info[1].args for record in caplog.records] == [("no such net",)]
    said = capsys.readouterr().err
    assert "two" in said
    assert "LookupError: no such net" in said
    assert "nnviz: A picture was expected. Received: none." in said


def test_without_the_first_part_nothing_is_done_and_who_waits_is_told(caplog):
    warmup, after = Warmup(), []
    warmup.start((("TensorFlow", lost), ("two", lambda: after.append(2))))
    for _ in range(2):
        with pytest.raises(NnvizError, match=r"TensorFlow ready was expected.*LookupError: no such net"):
            warmup.wait(30)
    assert after == []
    assert "Traceback" in caplog.text


SERVER = """
import gc, sys
from nnviz.app import startup
light = [name for name in ("tensorflow", "keras", "streamlit", "plotly") if name in sys.modules]
startup.begin([])
assert startup.warmup.wait(120)
from nnviz.shell import library
found = library.network(library.first_network())
frozen = gc.get_freeze_count()
ready = "trace" in found._functions and found is library.network("mnist-cnn")
print(light, list(startup.warmup.seconds), ready, frozen > 100_000)
"""


def test_the_server_has_all_ready_that_the_first_picture_needs():
    """In a process of its own: it begins without the heavy packages, and ends with a compiled trace."""
    command, root = [sys.executable, "-c", SERVER], Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    expected = "[] ['TensorFlow', 'network', 'trace', 'child for own models'] True True"
    assert done.stdout.strip().splitlines()[-1] == expected


def test_a_folder_of_ones_own_is_listed_at_the_start(tmp_path, capsys):
    from PIL import Image

    (tmp_path / "mine" / "cats").mkdir(parents=True)
    with pytest.raises(SystemExit) as ended:
        read_command_line(["--folder", str(tmp_path / "mine")])
    assert ended.value.code == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.endswith(f"was expected. Received: {tmp_path / 'mine'}, no file.")
    (tmp_path / "mine" / "a.png").write_bytes(b"none")
    with pytest.raises(SystemExit):
        read_command_line(["--folder", str(tmp_path / "mine")])
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert "at least one picture that can be read was expected. Received: " in last
    Image.new("L", (4, 4)).save(tmp_path / "mine" / "cats" / "b.png")
    found = read_command_line(["--folder", str(tmp_path / "mine")])
    assert [entry.path for entry in found.folder.entries] == ["a.png", "cats/b.png"]


def test_a_talk_and_a_folder_that_nobody_foresaw_end_it_with_one_sentence(tmp_path, capsys, monkeypatch, caplog):
    deep = tmp_path / "deep.yaml"
    deep.write_text("scenes: " + "[" * 3000)
    with pytest.raises(SystemExit) as ended:
        read_command_line(["--talk", str(deep)])
    assert ended.value.code == 2
    assert "deep.yaml" in capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize("missing", ["no-such-folder", "README.md"])
def test_what_is_no_folder_ends_it_with_one_sentence(missing, capsys):
    with pytest.raises(SystemExit) as ended:
        read_command_line(["--folder", missing])
    assert ended.value.code == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert f"--folder: A folder with pictures was expected. Received: {missing}, " in last


def test_the_options_are_those_that_the_library_reads(monkeypatch, tmp_path):
    from nnviz.shell import library

    monkeypatch.setattr(options, "given", Options(model=tmp_path / "mine.keras", image=tmp_path / "cat.png"))
    assert library.first_network() == "mine"
    assert library.first_picture(library.network("mnist-cnn")) == "cat"
