"""A talk's file: what is read, what is written, and the line and reason of all that is wrong."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nnviz.errors import NnvizError
from nnviz.shell import old_addresses
from nnviz.talk import scenes, talks
from nnviz.talk.scenes import Scene, parse, write

GOOD = """title: Mine
scenes:
- page: filters
  say: "Nobody drew these"
  note: |
    First line.
    Second line.
  layer: conv1
  unit: 9
- page: mlp-vs-cnn
  say: Shift it
  dx: -3
  invert: true
"""


def test_a_scene_has_its_page_its_words_and_the_parameters_of_its_address():
    talk = parse(GOOD)
    assert talk.title == "Mine"
    first, second = talk.scenes
    assert (first.page, first.say, first.note) == ("filters", "Nobody drew these", "First line.\nSecond line.")
    assert first.parameters == {"layer": "conv1", "unit": "9"}
    assert first.address == "filters?layer=conv1&unit=9"
    assert second.parameters == {"dx": "-3", "invert": "1"}
    assert (first.line, first.lines["unit"], second.line) == (3, 9, 10)


def test_a_talk_from_before_a_page_or_a_parameter_was_renamed_is_the_same_talk(monkeypatch):
    monkeypatch.setitem(old_addresses.PARAMETERS, "right", "dx")
    old = GOOD.replace("page: mlp-vs-cnn", "page: plain").replace("dx: -3", "right: -30")
    talk = parse(old, "old.yaml")
    assert talk.scenes == parse(GOOD.replace("dx: -3", "dx: -30"), "old.yaml").scenes
    with pytest.raises(NnvizError, match=r"old.yaml, line 12: dx runs from"):
        talks.check(talk)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "Received: nothing"),
        ("- page: filters", 1, "title and scenes"),
        ("title: Mine", 1, "scenes were expected"),
        ("title: Mine\nscenes: []", 2, "an empty list"),
        ("title: Mine\nscenes: all", 2, "'all'"),
        ("title: Mine\nsceens:\n- page: filters", 2, "'sceens'"),
        ("scenes:\n- page: filters", 2, "'say'"),
        ("scenes:\n- say: Hello", 2, "'page'"),
        ("scenes:\n- page: filters\n  say:\n  unit: 3", 2, "'say'"),
        ("scenes:\n- page: filters\n  say: Hello\n  unit: [1, 2]", 4, "a list"),
        ("scenes:\n- page: filters\n  say: Hello\n  unit: 1\n  unit: 2", 5, "once"),
        ("scenes:\n- page: filters\n  say: Hello\n- maps", 4, "'maps'"),
        (f"scenes:\n- page: filters\n  say: {'long ' * 30}", 3, "149 letters"),
        ("scenes:\n- page: filters\n  say: Hello\n\tunit: 1", 4, "YAML was expected"),
        ("scenes:\n- page: 'filters\n  say: Hello", 3, "YAML was expected"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, line, words):
    with pytest.raises(NnvizError) as caught:
        parse(text, "mine.yaml")
    assert str(caught.value).startswith(f"mine.yaml, line {line}: ")
    assert words in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "talk.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NnvizError, match=r"talk\.yaml"):
        scenes.read(path)
    with pytest.raises(NnvizError, match=r"none\.yaml"):
        scenes.read(tmp_path / "none.yaml")


def test_nothing_in_a_file_can_run():
    with pytest.raises(NnvizError, match="line 1"):
        parse("!!python/object/apply:os.system ['true']")
    talk = parse(
        "scenes:\n- page: filters\n  say: !!python/name:os.system ''\n  unit: 1\n  note: x\n  layer: y\n".replace(
            "''", "a"
        )
    )
    assert talk.scenes[0].say == "a"  # a word, not what the tag names


LINE = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=60).map(str.strip)
WORD = LINE.filter(bool)
NAME = st.from_regex(r"[a-z]{1,8}", fullmatch=True).filter(lambda name: name not in ("page", "say", "note"))
NOTE = st.lists(WORD, max_size=3).map("\n".join)


@given(st.lists(st.builds(Scene, WORD, WORD, NOTE, st.dictionaries(NAME, WORD, max_size=4)), min_size=1, max_size=4))
def test_what_is_written_is_read_back(made):
    found = parse(write("A title: #1", tuple(made)))
    assert found.title == "A title: #1"
    assert found.scenes == tuple(made)


def test_numbers_are_written_as_a_speaker_would():
    text = write(
        "T", (Scene("filters", "Hello", parameters={"unit": "9", "dx": "-3", "image": "test-0", "code": "007"}),)
    )
    assert "unit: 9\n" in text
    assert "dx: -3\n" in text
    assert parse(text).scenes[0].parameters["code"] == "007"
    assert yaml.safe_load(text)["scenes"][0]["unit"] == 9


def test_the_talk_that_ships_tells_the_story_and_names_only_what_is_there():
    talk = scenes.bundled()
    assert 14 <= len(talk.scenes) <= 21
    assert all(scene.note for scene in talk.scenes)
    talks.check(talk)


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("page: mlp-vs-cnn", "page: plane"), 10, "'plane'"),
        (("layer: conv1", "layer: conv9"), 8, "conv9"),
        (("unit: 9", "unit: 99"), 9, "from 0 to 15"),
        (("dx: -3", "dx: 30"), 12, "30"),
        (("dx: -3", "net: lenet"), 12, "lenet"),
        (("dx: -3", "image: test-77777"), 12, "77777"),
    ],
)
def test_what_a_scene_names_and_is_not_there_is_said_with_its_line(change, line, words):
    talk = parse(GOOD.replace(*change), "mine.yaml")
    with pytest.raises(NnvizError) as caught:
        talks.check(talk)
    assert str(caught.value).startswith(f"mine.yaml, line {line}: ")
    assert words in str(caught.value)
