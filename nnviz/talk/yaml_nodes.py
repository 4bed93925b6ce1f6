"""A stranger's YAML as plain nodes: nothing in it may run or nest without end; what is wrong is said with its line."""

from __future__ import annotations

import re
import unicodedata

import yaml
from yaml.composer import ComposerError

from nnviz.errors import NnvizError

MOST_IN_NOTE = 5_000
"""Letters of a note, or of what stands on a page of the talk's own."""
_MOST_IN_ADDRESS = 2_000
"""Letters of a parameter's value: browsers and servers refuse an address of more than some thousand."""
_DEEPEST = 8
"""Nodes inside each other: a talk has five, and PyYAML a Python frame or two for each."""
_CORE = "tag:yaml.org,2002:"
_BOOL, _NULL = f"{_CORE}bool", f"{_CORE}null"
_PLAIN = {
    yaml.ScalarNode: {_CORE + kind for kind in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge")},
    yaml.SequenceNode: {f"{_CORE}seq"},
    yaml.MappingNode: {f"{_CORE}map"},
}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")


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


def root(text: str, name: str) -> yaml.Node | None:
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
        raise wrong(name, line, reason) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else line
        problem = str(error.problem or error.context).removeprefix("but ")
        raise wrong(name, line, f"YAML was expected. Received: {problem}.") from error
    except (ValueError, OverflowError) as error:
        # PyYAML's own: the code of a character that there is not, the number of a version with thousands of digits.
        raise wrong(name, line, f"YAML was expected. Received: {error}.") from error


def pairs(node: yaml.Node, name: str, expected: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Keys with the nodes of key and value."""
    if not isinstance(node, yaml.MappingNode):
        raise wrong(name, line_of(node), f"{expected} were expected. Received: {what(node)}.")
    found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or not _NAME.fullmatch(key.value):
            raise wrong(name, line_of(key), f"a name was expected before the colon. Received: {what(key)}.")
        if key.value in found:
            raise wrong(name, line_of(key), f"{key.value!r} was expected once. Received: a second one.")
        found[key.value] = (key, value)
    return found


def text(key: yaml.Node, value: yaml.Node, name: str) -> str:
    """A single value as the address writes it."""
    if not isinstance(value, yaml.ScalarNode):
        raise wrong(name, line_of(key), f"one value was expected for {key.value!r}. Received: {what(value)}.")
    if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in value.value):
        raise wrong(name, line_of(key), f"letters were expected in {key.value!r}. Received: a control character.")
    most = MOST_IN_NOTE if key.value in ("note", "text") else _MOST_IN_ADDRESS
    if len(value.value) > most:
        reason = f"at most {most:,} letters were expected in {key.value!r}. Received: {len(value.value):,} letters."
        raise wrong(name, line_of(key), reason)
    if value.tag == _NULL:
        return ""
    if value.tag == _BOOL:
        return "1" if value.value.lower() in ("true", "yes", "on", "y") else "0"
    return str(value.value)


def what(node: yaml.Node) -> str:
    """A node in a few words, as what was received."""
    if isinstance(node, yaml.SequenceNode):
        return "a list" if node.value else "an empty list"
    return "a mapping" if isinstance(node, yaml.MappingNode) else repr(node.value[:40]) if node.value else "nothing"


def line_of(node: yaml.Node) -> int:
    """The line that a node begins on, counted from 1."""
    return int(node.start_mark.line) + 1


def wrong(name: str, line: int, reason: str) -> NnvizError:
    """The sentence about something that is wrong in the file of that name."""
    return NnvizError(f"{name}, line {line}: {reason}")
