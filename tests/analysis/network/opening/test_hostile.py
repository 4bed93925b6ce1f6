"""Hostile and broken model files: nothing in them runs, nothing outside of them is read, and each is one sentence."""

import json
import re
import time
from pathlib import Path

import hostile_archives  # noqa: F401 - these three fill the list of files
import hostile_configs  # noqa: F401
import hostile_files
import hostile_weights  # noqa: F401
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnviz.analysis.network import opening
from nnviz.analysis.network.opening import child
from nnviz.errors import NnvizError

GIB = 2**30
_LISTED = sorted(hostile_files.FILES)


def sentence(path: Path) -> str:
    """The sentence with which a file is refused, held to its form; "" where it opens."""
    try:
        opened = opening.open_model(path)
    except NnvizError as error:
        said = str(error)
        assert len(said) < 300
        assert said.isprintable()
        assert path.name in said
        assert "Received: " in said
        assert "expected" in said or "runs" in said or "own" in said or "holds" in said
        assert "class_name" not in said
        assert hostile_files.DECOY not in said
        return said
    for weight in opened.model.get_weights():
        assert not np.any(weight == 4242)
    return ""


def most_memory() -> int:
    """Most bytes that this process has had since `forget`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def forget() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return most_memory()


def test_the_corpus_covers_all_layers():
    assert len(hostile_files.FILES) >= 60


@pytest.mark.parametrize("name", _LISTED)
def test_a_hostile_file_is_one_sentence(name, tmp_path):
    path = hostile_files.write(name, tmp_path)
    child.the.start()
    before, cpu = forget(), time.process_time()
    said = sentence(path)
    assert re.search(hostile_files.FILES[name][1], said), said
    assert not (tmp_path / "marker").exists()
    assert not Path("/tmp/marker.txt").exists()
    assert not list(tmp_path.rglob("marker*"))
    assert most_memory() - before < GIB
    assert child.the.peak < GIB
    assert time.process_time() - cpu < 10


def test_a_file_is_refused_under_any_name(tmp_path):
    for name, suffix in (("a_lambda", ".h5"), ("an_old_custom_layer", ".keras"), ("an_external_link", ".txt")):
        assert re.search(hostile_files.FILES[name][1], sentence(hostile_files.write(name, tmp_path, suffix)))


def test_what_took_long_to_refuse_is_refused_at_once_the_second_time(tmp_path):
    path = hostile_files.write("weights_of_another_shape", tmp_path)
    first = sentence(path)
    child.the.close()  # with no child to ask, only what is remembered can answer
    assert sentence(path) == first
    assert child.the._process is None


def test_a_child_that_dies_is_one_sentence_and_the_next_file_opens(tmp_path):
    child.the.start()
    child.the._process.kill()
    child.the._process.wait()
    path = tmp_path / "good.keras"
    path.write_bytes(hostile_files.zipped(hostile_files.good_members()))
    assert sentence(path) == ""
    with pytest.raises(child.Died, match="expected"):
        child.the.ask("clean", tmp_path / "gone", 0)
    assert sentence(path) == ""


WILD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        [
            "Lambda",
            "os",
            "__lambda__",
            "system",
            "keras.utils",
            "../../decoy",
            "function",
            "relu",
            "mine>X",
            2**31,
            10**6,
        ]
    ),
    st.lists(st.integers(-5, 10**7), max_size=5),
    st.dictionaries(
        st.sampled_from(["class_name", "config", "module", "registered_name", "value", "name"]),
        st.text(max_size=8),
        max_size=4,
    ),
)
_FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def places(value, at=()):
    """Where every part of a config stands."""
    yield at
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(part, (*at, key))


@_FEW
@given(data=st.data())
def test_a_good_config_with_a_wild_value_opens_or_is_one_sentence(data, tmp_path):
    config = hostile_files.config()
    at = data.draw(st.sampled_from(list(places(config))[1:]))
    part = config
    for key in at[:-1]:
        part = part[key]
    part[at[-1]] = data.draw(WILD)
    path = tmp_path / "wild.keras"
    text = json.dumps(config).encode("utf-8", "surrogatepass")
    path.write_bytes(hostile_files.zipped({**hostile_files.good_members(), "config.json": text}))
    sentence(path)
    assert child.the.peak < GIB


@_FEW
@given(data=st.data())
def test_good_bytes_with_wild_ones_open_or_are_one_sentence(data, tmp_path):
    members = hostile_files.good_members()
    kind = data.draw(st.sampled_from(["old", "weights", "zip"]))
    content = {
        "old": hostile_files.good_old(),
        "weights": members["model.weights.h5"],
        "zip": hostile_files.zipped(members),
    }[kind]
    wild = bytearray(content)
    for _ in range(data.draw(st.integers(1, 8))):
        # Most of an HDF5 file is numbers; what leads to them stands in front.
        place = data.draw(st.one_of(st.integers(0, 2000), st.integers(0, len(wild) - 1)))
        wild[place] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        wild = wild[: data.draw(st.integers(1, len(wild)))]
    path = tmp_path / "wild"
    path.write_bytes(hostile_files.zipped({**members, "model.weights.h5": bytes(wild)}) if kind == "weights" else wild)
    sentence(path)
    assert child.the.peak < GIB
