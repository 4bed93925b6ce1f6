"""Cards that a viewer makes: read as they are written, kept beside the model, never in the place of another file."""

from __future__ import annotations

import json

import pytest

from nnviz.errors import NnvizError
from nnviz.shell import own_cards


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cat\ndog\n", ["cat", "dog"]),
        ("0 cat\r\n1 big dog\r\n", ["cat", "big dog"]),
        ("0: cat\n1: dog", ["cat", "dog"]),
        ("cat, dog ,  mouse", ["cat", "dog", "mouse"]),
        ("0\n1\n2", ["0", "1", "2"]),
        ("3 blind mice\n1 cat", ["3 blind mice", "1 cat"]),
        ("\n  \n", []),
        ("<b>cat</b>\n*dog*", ["<b>cat</b>", "*dog*"]),
    ],
)
def test_names_are_read_as_they_are_written(text, names):
    assert own_cards.class_names(text) == names


def test_a_card_is_kept_beside_its_model_and_takes_the_place_of_a_card(tmp_path):
    path, facts = tmp_path / "mine.json", {"classes": ["é", "b"], "input": {"range": "-1..1"}}
    assert own_cards.keep(facts, path) == "Kept as mine.json."
    assert json.loads(path.read_text(encoding="utf-8")) == facts
    assert own_cards.keep({"classes": ["c"]}, path) == "mine.json, which was there, has the new card now."
    assert json.loads(path.read_text(encoding="utf-8")) == {"classes": ["c"]}
    assert [each.name for each in tmp_path.iterdir()] == ["mine.json"]


@pytest.mark.parametrize(
    "there",
    ['{"class_name": "Functional", "config": {}}', "[1, 2]", "no json", '"text"', "[" * 100_000],
    ids=["architecture", "list", "text", "string", "deep"],
)
def test_what_is_no_card_stays_as_it_is(there, tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(there)
    with pytest.raises(NnvizError, match=r"A card under the name mine\.json was expected"):
        own_cards.keep({"classes": ["a"]}, path)
    assert path.read_text() == there


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path):
    with pytest.raises(NnvizError, match="A folder that can be written to was expected"):
        own_cards.keep({}, tmp_path / "nowhere" / "mine.json")
