"""A talk's file: what is read, what is written, and the line and reason of all that is wrong."""

import contextlib
import re
from urllib.parse import urlsplit

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz.errors import NnvizError
from nnviz.shell import old_addresses
from nnviz.talk import scenes, talks
from nnviz.talk.scenes import KEYS, Scene, parse
from nnviz.talk.writing import write

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


SCENE = "scenes:\n- page: filters\n  say: Hello\n"
LAUGHS = "a: &a [ha, ha]\n" + "".join(
    f"{chr(98 + at)}: &{chr(98 + at)} [*{chr(97 + at)}, *{chr(97 + at)}]\n" for at in range(20)
)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[" * 3000, 1, "more than 8 deep"),
        (f"{SCENE}  unit: " + "[" * 3000 + "]" * 3000, 4, "more than 8 deep"),
        (f"{SCENE}  unit: " + "{a: " * 3000 + "}" * 3000, 4, "more than 8 deep"),
        ("".join(f"{' ' * at}a:\n" for at in range(300)), 8, "more than 8 deep"),
        ("- " * 3000, 1, "more than 8 deep"),
        ("? " * 3000, 1, "more than 8 deep"),
        (LAUGHS, 1, "'a'"),
        ("scenes: &all\n- *all", 1, "a list"),
        ("scenes: &all [*all, *all]", 1, "a list"),
        (f"title: Mine\nscenes: [&a {{page: filters, say: Hello}}{', *a' * 600}]", 2, "at most 500 scenes"),
        (f"{SCENE}  <<: *other", 4, "alias"),
        (f"{SCENE}  <<: {{unit: 3}}", 4, "'<<'"),
        (f"{SCENE}  unit: {'9' * 5000}", 4, "5,000 letters"),
        (f"{SCENE}  ? {'9' * 5000}\n  : 1", 4, "before the colon"),
        (f"{SCENE}  ? {'n' * 2000}\n  : 1", 4, "before the colon"),
        (f"{SCENE}  {'n' * 90}: 1", 4, "before the colon"),
        (f"{SCENE}  note: {'long ' * 1001}", 4, "at most 5,000 letters"),
        (f"{SCENE}  12: 1", 4, "before the colon"),
        (f"{SCENE}  ~: 1", 4, "before the colon"),
        (f"{SCENE}  2026-01-01: 1", 4, "before the colon"),
        (f"{SCENE}  ? [unit]\n  : 1", 4, "a list"),
        (f"{SCENE}  ? {{unit: 1}}\n  : 1", 4, "a mapping"),
        (f"{SCENE}  'a&b=c': 1", 4, "before the colon"),
        (f"{SCENE}  '': 1", 4, "nothing"),
        (f"{SCENE}  note: x\n  note: y", 5, "once"),
        ("title: a\nscenes: []\ntitle: b", 3, "once"),
        ("!!python/object/apply:os.system ['true']", 1, "python/object"),
        ("scenes:\n- page: filters\n  say: !!python/name:os.system a", 3, "python/name"),
        (f"{SCENE}  unit: !mine 3", 4, "'!mine'"),
        (f"{SCENE}  unit: !!binary aGVsbG8=", 4, "binary"),
        ("scenes: !!set\n  ? a", 1, "set"),
        (f'{SCENE}  note: "\\U00110000"', 4, "YAML was expected"),
        (f'{SCENE}  note: "\\ud800"', 4, "control character"),
        (f'{SCENE}  note: "\\0"', 4, "control character"),
        (f"{SCENE}  note: a\0b", 4, "U+0000"),
        (f"%YAML 1.{'1' * 5000}\n---\n{SCENE}", 1, "YAML was expected"),
        (f"{SCENE}---\n{SCENE}", 4, "another document"),
        (f"{SCENE}  unit: &a 1\n  row: *b", 5, "alias"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_yaml_can_do_beyond_a_talk_is_refused_with_its_line(text, line, words):
    with pytest.raises(NnvizError) as caught:
        parse(text, "mine.yaml")
    said = str(caught.value)
    assert said.startswith(f"mine.yaml, line {line}: ")
    assert words in said
    assert len(said) < 300
    assert said.count("\n") == 0


def test_a_value_may_stand_once_for_several():
    first, second = parse(
        "scenes:\n- {page: filters, say: Hello, net: &net mnist-mlp}\n- {page: maps, say: B, net: *net, off: 3, row: ~}"
    ).scenes
    assert first.parameters == {"net": "mnist-mlp"}
    assert second.parameters == {"net": "mnist-mlp", "off": "3", "row": ""}


def test_a_large_or_foreign_file_is_refused(tmp_path):
    path = tmp_path / "talk.yaml"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(NnvizError, match=r"at most 200,000 bytes .* talk\.yaml"):
        scenes.read(path)
    path.write_bytes(b"title: Mine\nscenes:\n- \xff")
    with pytest.raises(NnvizError, match=r"talk\.yaml, line 3: text in UTF-8"):
        scenes.read(path)
    path.write_text(GOOD, encoding="utf-16")
    with pytest.raises(NnvizError, match=r"talk\.yaml, line 1: text in UTF-8"):
        scenes.read(path)
    path.write_text(GOOD, encoding="utf-8-sig")
    assert scenes.read(path) == scenes.parse(GOOD, "talk.yaml")
    with pytest.raises(NnvizError, match="Is a directory"):
        scenes.read(tmp_path)


PIECES = st.sampled_from(
    [
        *(
            "title: ",
            "scenes:",
            "- ",
            "page: ",
            "say: ",
            "note: |",
            "\n",
            "\n  ",
            " ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            ": ",
            "? ",
        ),
        *("&a ", "*a", "!!", "!a ", "<<: ", "--- ", "...\n", "%YAML 1.1\n", "#", "'", '"', "\\", "\\x", "\\U0011ffff"),
        *("\t", "\r", "\0", "\ufeff", "~", "0x1f", "1e999", ".inf", "2026-11-29", "=", "@", "`", ">-\n", "filters"),
        *("9" * 400, "\x85", "\u2028", "\U0001f600"),
    ]
)


def tried(text):
    """The scenes of a text, and why there are none."""
    try:
        return parse(text, "mine.yaml").scenes, ""
    except NnvizError as error:
        return (), str(error)


@given(st.lists(PIECES | st.text(max_size=4), max_size=40).map("".join))
def test_any_text_is_a_talk_or_refused_with_a_line(text):
    found, reason = tried(text)
    assert found or re.match(r"mine\.yaml, line [1-9]\d*: \S", reason)
    for scene in found:
        assert scene.page
        assert scene.say
        urlsplit(scene.address)
        (scene.say + scene.note + scene.address).encode("utf-8")


@given(st.binary(max_size=60) | st.binary(max_size=20).map(lambda tail: GOOD.encode() + tail))
def test_any_file_is_a_talk_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    with contextlib.suppress(NnvizError):
        assert scenes.read(path).scenes


LINE = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=60).map(str.strip)
WORD = LINE.filter(bool)
NAME = st.from_regex(r"[a-z]{1,8}", fullmatch=True).filter(lambda name: name not in KEYS)
NOTE = st.lists(WORD, max_size=3).map("\n".join)


@settings(deadline=None)
@given(st.lists(st.builds(Scene, WORD, WORD, NOTE, st.dictionaries(NAME, WORD, max_size=4)), min_size=1, max_size=4))
def test_what_is_written_is_read_back(made):
    found = parse(write("A title: #1", tuple(made)))
    assert found.title == "A title: #1"
    assert found.scenes == tuple(made)


def test_a_number_of_any_length_is_written():
    long = "9" * 1900
    assert (
        parse(write("T", (Scene("filters", "Hello", parameters={"unit": long}),))).scenes[0].parameters["unit"] == long
    )


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
    assert 14 <= len(talk.scenes) <= 30
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


STEPS = """scenes:
- page: maps
  say: One
  note: First.
  minutes: 1.5
  layer: conv1
  unit: 9
  steps:
  - unit: 3
    note: Second.
  - unit:
    layer: conv2
    say: Two
- page: filters
  say: Three
"""


def test_a_step_changes_the_parameters_and_words_that_it_names_and_keeps_the_rest():
    talk = parse(STEPS)
    assert [(stop.scene, stop.step, stop.shown.say, stop.shown.note) for stop in talk.stops] == [
        (1, 0, "One", "First."),
        (1, 1, "One", "Second."),
        (1, 2, "Two", "Second."),
        (2, 0, "Three", ""),
    ]
    assert [dict(stop.shown.parameters) for stop in talk.stops] == [
        {"layer": "conv1", "unit": "9"},
        {"layer": "conv1", "unit": "3"},
        {"layer": "conv2"},
        {},
    ]
    assert [scene.minutes for scene in talk.scenes] == [1.5, 0.0]
    assert [talk.stop(1, 2), talk.stop(1, 99), talk.stop(2, 0), talk.stop(2, 5)] == [2, 2, 3, 3]
    assert parse(write("T", talk.scenes)).scenes == talk.scenes


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("  - unit: 3\n", "  - page: filters\n"), 9, "'page'"),
        (("  - unit: 3\n", "  - 3\n  - unit: 3\n"), 9, "'3'"),
        (("  - unit: 3\n", "  - step: 3\n"), 9, "'step'"),
        (("unit: 9\n  steps:", "unit: 9\n  steps: 3\n  other:"), 8, "'3'"),
        (("minutes: 1.5", "minutes: many"), 5, "'many'"),
        (("minutes: 1.5", "minutes: -1"), 5, "'-1'"),
        (("    say: Two", f"    say: {'long ' * 30}"), 13, "letters"),
    ],
)
def test_what_is_wrong_in_a_step_is_said_with_its_line(change, line, words):
    assert change[0] in STEPS
    with pytest.raises(NnvizError) as caught:
        parse(STEPS.replace(*change), "mine.yaml")
    assert str(caught.value).startswith(f"mine.yaml, line {line}: ")
    assert words in str(caught.value)
