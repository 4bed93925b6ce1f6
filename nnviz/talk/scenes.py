"""A talk as a file: an ordered list of scenes in YAML, read with the line of everything that is wrong in it.

    title: What is it learning?
    scenes:
    - page: filters
      say: A filter is a small picture of what it looks for.
      note: Let them guess what filter 9 looks for before you turn it.
      net: mnist-cnn
      image: test-0
      layer: conv1
      unit: 9

`page` is the last part of a page's address, `say` the sentence on the wall, `note` what only the speaker sees. All
else is a parameter of that address, as the browser shows it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlencode

import yaml
from yaml.composer import ComposerError

from nnviz.errors import NnvizError
from nnviz.shell import old_addresses

BUNDLED = Path(__file__).parent / "talk.yaml"
MOST_LETTERS = 90
"""Of the sentence on the wall: as many as stand on one line, in the size that the back row reads."""
MOST_BYTES = 200_000
"""Of a file: some hundred scenes with long notes. A parser that is given a hundred megabytes takes an hour."""
_MOST_SCENES = 500
_MOST_IN_ADDRESS = 2_000
"""Letters of a parameter's value: browsers and servers refuse an address of more than some thousand."""
MOST_IN_NOTE = 5_000
_DEEPEST = 8
"""Nodes inside each other: a talk has three, and PyYAML a Python frame or two for each."""
_KEYS = ("page", "say", "note")
_CORE = "tag:yaml.org,2002:"
_BOOL, _NULL = f"{_CORE}bool", f"{_CORE}null"
_PLAIN = {
    yaml.ScalarNode: {_CORE + kind for kind in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge")},
    yaml.SequenceNode: {f"{_CORE}seq"},
    yaml.MappingNode: {f"{_CORE}map"},
}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True)
class Scene:
    """One scene of a talk.

    Attributes:
        page: slug of the page that it shows.
        say: the sentence on the wall.
        note: for the speaker alone; may have several lines, or none.
        parameters: of the page's address: network, image, layer, unit and so on.
        line: where it begins in its file, counted from 1.
        lines: the same of each of its keys.
    """

    page: str
    say: str
    note: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    line: int = field(default=0, compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def address(self) -> str:
        """Where the page alone shows the same."""
        return f"{self.page}?{urlencode(self.parameters)}"


@dataclass(frozen=True)
class Talk:
    """A title and its scenes, in order; `name` is the file's."""

    title: str
    scenes: tuple[Scene, ...]
    name: str = ""

    def wrong(self, line: int, reason: str) -> NnvizError:
        """The sentence about something that is wrong in its file."""
        return _wrong(self.name, line, reason)


def read(path: Path) -> Talk:
    """The talk in a file.

    Raises:
        NnvizError: not a file that can be read, or not a talk; the sentence names the line.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise NnvizError(f"A talk, a YAML file in UTF-8, was expected. Received: {path.name}, {error}.") from error
    if len(content) > MOST_BYTES:
        raise NnvizError(f"A talk of at most {MOST_BYTES:,} bytes was expected. Received: {path.name}, which has more.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _wrong(path.name, line, f"text in UTF-8 was expected. Received: {error.reason}.") from error
    return parse(text, path.name)


@lru_cache(maxsize=1)
def bundled() -> Talk:
    """The talk that ships."""
    return read(BUNDLED)


def parse(text: str, name: str = "talk") -> Talk:
    """The talk that a text describes.

    Args:
        text: YAML.
        name: of the file, for the sentence about what is wrong in it.

    Raises:
        NnvizError: not a talk; the sentence names the line.
    """
    root = _root(text, name)
    if root is None:
        raise _wrong(name, 1, "title and scenes were expected. Received: nothing.")
    found = _pairs(root, name, "title and scenes")
    for key, (node, _) in found.items():
        if key not in ("title", "scenes"):
            raise _wrong(name, _line(node), f"title or scenes was expected. Received: {key!r}.")
    if "scenes" not in found:
        raise _wrong(name, _line(root), "scenes were expected. Received: none.")
    scenes = found["scenes"][1]
    if not isinstance(scenes, yaml.SequenceNode) or not scenes.value:
        raise _wrong(name, _line(scenes), f"a list of scenes was expected. Received: {_what(scenes)}.")
    if len(scenes.value) > _MOST_SCENES:
        reason = f"at most {_MOST_SCENES} scenes were expected. Received: {len(scenes.value):,}."
        raise _wrong(name, _line(scenes.value[_MOST_SCENES]), reason)
    title = _text(*found["title"], name) if "title" in found else ""
    return Talk(title, tuple(_scene(node, name) for node in scenes.value), name)


class _Loader(yaml.SafeLoader):
    """Composes plain nodes only, a few inside each other: no tag of a language, and nothing that nests without end."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > _DEEPEST:
            mark = self.peek_event().start_mark
            raise ComposerError(None, None, f"lists or mappings more than {_DEEPEST} deep", mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        if node is not None and node.tag not in _PLAIN[type(node)]:
            raise ComposerError(None, None, f"a value with the tag {node.tag[:60]!r}", node.start_mark)
        return node


def _root(text: str, name: str) -> yaml.Node | None:
    """The outermost node of a text; None where there is nothing in it."""
    line = 1
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_node()
        finally:
            line = loader.line + 1
            loader.dispose()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reason = f"text was expected. Received: the character U+{error.character:04X}."
        raise _wrong(name, line, reason) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else line
        problem = str(error.problem or error.context).removeprefix("but ")
        raise _wrong(name, line, f"YAML was expected. Received: {problem}.") from error
    except (ValueError, OverflowError) as error:
        # PyYAML's own: the code of a character that there is not, the number of a version with thousands of digits.
        raise _wrong(name, line, f"YAML was expected. Received: {error}.") from error


def write(title: str, scenes: tuple[Scene, ...]) -> str:
    """The text of a talk's file, which `parse` reads back."""
    entries = []
    for scene in scenes:
        texts = {"page": scene.page, "say": scene.say} | ({"note": scene.note} if scene.note else {})
        entries.append({**texts, **{name: _plain(text) for name, text in scene.parameters.items()}})
    return yaml.dump(
        {"title": title, "scenes": entries}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )


def _plain(text: str) -> str | int:
    """A whole number as such, so that it is written without quotes."""
    # Of more digits than there are in any address Python makes no number.
    whole = text.isascii() and len(text) < 20 and text.removeprefix("-").isdecimal() and str(int(text)) == text
    return int(text) if whole else text


class _Dumper(yaml.SafeDumper):
    """Writes notes of several lines as such, as a speaker would."""


def _represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent)


def _scene(node: yaml.Node, name: str) -> Scene:
    pairs = _pairs(node, name, "a scene with page and say")
    texts = {key: _text(*pair, name) for key, pair in pairs.items()}
    for key in ("page", "say"):
        if not texts.get(key):
            raise _wrong(name, _line(node), f"each scene was expected to have {key!r}. Received: {_names(texts)}.")
    line = _line(pairs["say"][0])
    if "\n" in texts["say"].strip() or len(texts["say"]) > MOST_LETTERS:
        raise _wrong(
            name,
            line,
            f"one sentence of at most {MOST_LETTERS} letters was expected in 'say'. "
            f"Received: {len(texts['say'])} letters.",
        )
    parameters = {key: text for key, text in texts.items() if key not in _KEYS}
    # A talk that was written before something was renamed is given as one of today.
    slug, parameters = old_addresses.place(texts["page"], parameters)
    return Scene(
        slug,
        texts["say"].strip(),
        texts.get("note", "").strip(),
        MappingProxyType(parameters),
        _line(node),
        MappingProxyType(old_addresses.parameters({key: _line(key_node) for key, (key_node, _) in pairs.items()})),
    )


def _pairs(node: yaml.Node, name: str, expected: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Keys with the nodes of key and value."""
    if not isinstance(node, yaml.MappingNode):
        raise _wrong(name, _line(node), f"{expected} were expected. Received: {_what(node)}.")
    found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or not _NAME.fullmatch(key.value):
            raise _wrong(name, _line(key), f"a name was expected before the colon. Received: {_what(key)}.")
        if key.value in found:
            raise _wrong(name, _line(key), f"{key.value!r} was expected once. Received: a second one.")
        found[key.value] = (key, value)
    return found


def _text(key: yaml.Node, value: yaml.Node, name: str) -> str:
    """A single value as the address writes it."""
    if not isinstance(value, yaml.ScalarNode):
        raise _wrong(name, _line(key), f"one value was expected for {key.value!r}. Received: {_what(value)}.")
    if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in value.value):
        raise _wrong(name, _line(key), f"letters were expected in {key.value!r}. Received: a control character.")
    most = MOST_IN_NOTE if key.value == "note" else _MOST_IN_ADDRESS
    if len(value.value) > most:
        reason = f"at most {most:,} letters were expected in {key.value!r}. Received: {len(value.value):,} letters."
        raise _wrong(name, _line(key), reason)
    if value.tag == _NULL:
        return ""
    if value.tag == _BOOL:
        return "1" if value.value.lower() in ("true", "yes", "on", "y") else "0"
    return str(value.value)


def _what(node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return "a list" if node.value else "an empty list"
    return "a mapping" if isinstance(node, yaml.MappingNode) else repr(node.value[:40]) if node.value else "nothing"


def _names(texts: Mapping[str, str]) -> str:
    return ", ".join(key for key in texts if texts[key]) or "nothing"


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _wrong(name: str, line: int, reason: str) -> NnvizError:
    return NnvizError(f"{name}, line {line}: {reason}")
