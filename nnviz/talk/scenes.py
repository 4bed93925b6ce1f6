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

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlencode

import yaml

from nnviz.errors import NnvizError
from nnviz.shell import old_addresses

BUNDLED = Path(__file__).parent / "talk.yaml"
MOST_LETTERS = 90
"""Of the sentence on the wall: as many as stand on one line, in the size that the back row reads."""
_KEYS = ("page", "say", "note")
_BOOL = "tag:yaml.org,2002:bool"


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
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NnvizError(f"A talk, a YAML file in UTF-8, was expected. Received: {path.name}, {error}.") from error
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
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise _wrong(name, mark.line + 1 if mark else 1, f"YAML was expected. Received: {problem}.") from error
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
    title = _text(*found["title"], name) if "title" in found else ""
    return Talk(title, tuple(_scene(node, name) for node in scenes.value), name)


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
    whole = text.isascii() and text.removeprefix("-").isdecimal() and str(int(text)) == text
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
    return Scene(
        old_addresses.slug(texts["page"]),
        texts["say"].strip(),
        texts.get("note", "").strip(),
        MappingProxyType(old_addresses.parameters(parameters)),
        _line(node),
        MappingProxyType(old_addresses.parameters({key: _line(key_node) for key, (key_node, _) in pairs.items()})),
    )


def _pairs(node: yaml.Node, name: str, expected: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Keys with the nodes of key and value."""
    if not isinstance(node, yaml.MappingNode):
        raise _wrong(name, _line(node), f"{expected} were expected. Received: {_what(node)}.")
    found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for key, value in node.value:
        text = str(key.value)
        if text in found:
            raise _wrong(name, _line(key), f"{text!r} was expected once. Received: a second one.")
        found[text] = (key, value)
    return found


def _text(key: yaml.Node, value: yaml.Node, name: str) -> str:
    """A single value as the address writes it."""
    if not isinstance(value, yaml.ScalarNode):
        raise _wrong(name, _line(key), f"one value was expected for {key.value!r}. Received: {_what(value)}.")
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
