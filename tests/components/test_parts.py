"""Modules joined for Streamlit: each in a scope of its own, what it imports before it, and nothing lost silently."""

import re

import pytest

from nnviz.components import parts

NAMES = sorted(
    path.parent.name
    for path in parts.FOLDER.glob("*/*.js")
    if re.search(r"^export function mount\b", path.read_text(), re.MULTILINE)
)


@pytest.fixture
def written(tmp_path):
    """Files of a folder, from their text by name."""

    def write(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.js").write_text(text)
        return tmp_path / f"{next(iter(texts))}.js"

    return write


def test_what_is_imported_stands_before_and_once(written):
    top = 'import { b } from "./b.js";\nimport { c } from "./c.js";\nexport const mount = [b, c];\n'
    found = parts.joined(
        written(a=top, b='import { c } from "./c.js";\nexport const b = c;\n', c="export const c = 3;\n")
    )
    assert re.findall(r"^const \$\w+_(\w) =", found, re.MULTILINE) == ["c", "b", "a"]
    assert not re.search(r"^(import|export)\b", found, re.MULTILINE)


@pytest.mark.parametrize(
    ("entry", "other", "said"),
    [
        ('import { x } from "./none.js";\n', "", "not there"),
        ('import { x } from "./b.js";\n', "const x = 1;\n", "export"),
        ('import { x } from "./b.js";\n', 'import { y } from "./a.js";\nexport const x = y;\n', "circle"),
        ('import x from "./b.js";\n', "", "Named"),
        ('import * as x from "./b.js";\n', "", "Named"),
        ('import { x as y } from "./b.js";\n', "export const x = 1;\n", "export"),
        ('import { x } from "https://example.org/b.js";\n', "", "Named"),
        ("export default function () {}\n", "", "Named"),
        ("export let x = 1;\n", "", "Named"),
        ("const x = 1;\nexport { x };\n", "", "Named"),
    ],
)
def test_what_cannot_be_joined_is_refused(written, entry, other, said):
    with pytest.raises(ValueError, match=said):
        parts.joined(written(a=entry, b=other))


@pytest.mark.parametrize("name", NAMES)
def test_a_part_knows_no_streamlit(name):
    """Only the adapter does."""
    entry, styles = parts.FOLDER / name / f"{name}.js", (parts.FOLDER / name).glob("*.css")
    for text in (parts.joined(entry), *(path.read_text() for path in styles)):
        assert not re.search(r"--st-|data-testid|setStateValue|setTriggerValue|treamlit", text)
    assert "setStateValue" in parts.script(entry)
