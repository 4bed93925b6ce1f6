"""A talk as a file: an ordered list of scenes in YAML, read with the line of everything that is wrong in it.

    title: What is it learning?
    scenes:
    - page: filters
      say: A filter is a small picture of what it looks for.
      note: Let them guess what filter 9 looks for before you turn it.
      minutes: 2
      net: mnist-cnn
      image: test-0
      layer: conv1
      unit: 9
      steps:
      - unit: 3
        note: And this one?

`page` is the last part of a page's address, `say` the sentence on the wall, `note` what only the speaker sees,
`minutes` what is planned for it, `text` what stands below the sentence on a page of the talk's own. All else is a
parameter of that address, as the browser shows it. A step is one press of the remote inside the scene: parameters that
change from then on (one without a value goes), and, where it has them, another sentence and note.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import yaml

from nnviz.errors import NnvizError
from nnviz.shell import address, old_addresses
from nnviz.talk.yaml_nodes import line_of, pairs, root, text, what, wrong

BUNDLED = Path(__file__).parent / "talk.yaml"
MOST_LETTERS = 90
"""Of the sentence on the wall: as many as stand on one line, in the size that the back row reads."""
MOST_BYTES = 200_000
"""Of a file: some hundred scenes with long notes. A parser that is given a hundred megabytes takes an hour."""
_MOST_SCENES, _MOST_STEPS = 500, 50
_MOST_MINUTES = 600
_OF_STEP = ("say", "note")
KEYS = ("page", "say", "note", "text", "minutes", "steps")
"""What a scene has beside the parameters of its address."""


@dataclass(frozen=True)
class Step:
    """One press of the remote inside a scene.

    Attributes:
        parameters: those that change; "" takes one away.
        say, note: the sentence and the note from then on; "" where they stay.
        line: where it begins in its file, counted from 1.
        lines: the same of each of its keys.
    """

    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    say: str = ""
    note: str = ""
    line: int = field(default=0, compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Scene:
    """One scene of a talk.

    Attributes:
        page: slug of the page that it shows.
        say: the sentence on the wall.
        note: for the speaker alone; may have several lines, or none.
        parameters: of the page's address: network, image, layer, unit and so on.
        steps: what the remote does inside it, in order.
        text: what stands below the sentence on a page of the talk's own, in lines.
        minutes: planned for it; 0 where nothing is.
        line: where it begins in its file, counted from 1.
        lines: the same of each of its keys.
    """

    page: str
    say: str
    note: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    steps: tuple[Step, ...] = ()
    text: str = ""
    minutes: float = 0.0
    line: int = field(default=0, compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def address(self) -> str:
        """Where the page alone shows the same."""
        return f"{self.page}?{urlencode(self.parameters)}"

    def at(self, step: int) -> Scene:
        """The scene as it stands after so many of its steps, which has none of its own."""
        found = replace(self, steps=())
        for each in self.steps[:step]:
            changed = {name: value for name, value in {**found.parameters, **each.parameters}.items() if value}
            lines = {**found.lines, **each.lines}
            say, note = each.say or found.say, each.note or found.note
            shown = MappingProxyType(changed)
            found = replace(found, say=say, note=note, parameters=shown, lines=lines, line=each.line)
        return found


@dataclass(frozen=True)
class Stop:
    """Where Page Down stops: a scene (from 1) after so many of its steps, and what stands there."""

    scene: int
    step: int
    shown: Scene


@dataclass(frozen=True)
class Talk:
    """A title and its scenes, in order; `name` is the file's."""

    title: str
    scenes: tuple[Scene, ...]
    name: str = ""

    @cached_property
    def stops(self) -> tuple[Stop, ...]:
        """All scenes with all their steps, in the order of Page Down."""
        return tuple(
            Stop(number, step, scene.at(step))
            for number, scene in enumerate(self.scenes, 1)
            for step in range(len(scene.steps) + 1)
        )

    def stop(self, scene: int, step: int) -> int:
        """Which of the stops (from 0) that scene is (from 1) after that step, or after its last one before."""
        here = [at for at, each in enumerate(self.stops) if each.scene == scene and each.step <= step]
        return here[-1]

    def wrong(self, line: int, reason: str) -> NnvizError:
        """The sentence about something that is wrong in its file."""
        return wrong(self.name, line, reason)


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
        decoded = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise wrong(path.name, line, f"text in UTF-8 was expected. Received: {error.reason}.") from error
    return parse(decoded, path.name)


@lru_cache(maxsize=1)
def bundled() -> Talk:
    """The talk that ships."""
    return read(BUNDLED)


def parse(content: str, name: str = "talk") -> Talk:
    """The talk that a text describes.

    Args:
        content: YAML.
        name: of the file, for the sentence about what is wrong in it.

    Raises:
        NnvizError: not a talk; the sentence names the line.
    """
    outermost = root(content, name)
    if outermost is None:
        raise wrong(name, 1, "title and scenes were expected. Received: nothing.")
    found = pairs(outermost, name, "title and scenes")
    for key, (node, _) in found.items():
        if key not in ("title", "scenes"):
            raise wrong(name, line_of(node), f"title or scenes was expected. Received: {key!r}.")
    if "scenes" not in found:
        raise wrong(name, line_of(outermost), "scenes were expected. Received: none.")
    scenes = found["scenes"][1]
    if not isinstance(scenes, yaml.SequenceNode) or not scenes.value:
        raise wrong(name, line_of(scenes), f"a list of scenes was expected. Received: {what(scenes)}.")
    if len(scenes.value) > _MOST_SCENES:
        reason = f"at most {_MOST_SCENES} scenes were expected. Received: {len(scenes.value):,}."
        raise wrong(name, line_of(scenes.value[_MOST_SCENES]), reason)
    title = text(*found["title"], name) if "title" in found else ""
    return Talk(title, tuple(_scene(node, name) for node in scenes.value), name)


def _scene(node: yaml.Node, name: str) -> Scene:
    found = pairs(node, name, "a scene with page and say")
    steps = _steps(*found["steps"], name) if "steps" in found else ()
    texts = {key: text(*pair, name) for key, pair in found.items() if key != "steps"}
    for key in ("page", "say"):
        if not texts.get(key):
            given = ", ".join(key for key in texts if texts[key]) or "nothing"
            raise wrong(name, line_of(node), f"each scene was expected to have {key!r}. Received: {given}.")
    _sentence(texts["say"], line_of(found["say"][0]), name)
    # A talk that was written before something was renamed is given as one of today.
    slug, parameters = old_addresses.place(texts["page"], _others(found, texts, KEYS, name))
    return Scene(
        slug,
        texts["say"].strip(),
        texts.get("note", "").strip(),
        MappingProxyType(parameters),
        steps,
        texts.get("text", "").strip(),
        _minutes(texts["minutes"], line_of(found["minutes"][0]), name) if texts.get("minutes") else 0.0,
        line_of(node),
        _lines(found),
    )


def _steps(key: yaml.Node, node: yaml.Node, name: str) -> tuple[Step, ...]:
    if not isinstance(node, yaml.SequenceNode) or not 0 < len(node.value) <= _MOST_STEPS:
        given = f"{len(node.value):,}" if isinstance(node, yaml.SequenceNode) and node.value else what(node)
        raise wrong(name, line_of(key), f"a list of at most {_MOST_STEPS} steps was expected. Received: {given}.")
    return tuple(_step(each, name) for each in node.value)


def _step(node: yaml.Node, name: str) -> Step:
    found = pairs(node, name, "the parameters of a step")
    texts = {key: text(*pair, name) for key, pair in found.items()}
    for key in texts:
        if key in KEYS and key not in _OF_STEP:
            line = line_of(found[key][0])
            raise wrong(name, line, f"parameters, say or note were expected in a step. Received: {key!r}.")
    if texts.get("say"):
        _sentence(texts["say"], line_of(found["say"][0]), name)
    return Step(
        MappingProxyType(old_addresses.parameters(_others(found, texts, _OF_STEP, name))),
        texts.get("say", "").strip(),
        texts.get("note", "").strip(),
        line_of(node),
        _lines(found),
    )


def _sentence(say: str, line: int, name: str) -> None:
    if "\n" in say.strip() or len(say) > MOST_LETTERS:
        expected = f"one sentence of at most {MOST_LETTERS} letters was expected in 'say'."
        raise wrong(name, line, f"{expected} Received: {len(say)} letters.")


def _minutes(given: str, line: int, name: str) -> float:
    try:
        found = float(given)
    except ValueError:
        found = 0.0
    if not 0 < found <= _MOST_MINUTES:
        expected = f"a number above 0 and up to {_MOST_MINUTES} was expected in 'minutes'."
        raise wrong(name, line, f"{expected} Received: {given[:20]!r}.")
    return found


def _others(found: Mapping[str, Any], texts: Mapping[str, str], keys: tuple[str, ...], name: str) -> dict[str, str]:
    """The parameters of an address, without what the talk itself writes there."""
    for key in (address.TALK, address.SCENE, address.STEP):
        if key in texts:
            raise wrong(name, line_of(found[key][0]), f"a parameter of the page was expected. Received: {key!r}.")
    return {key: value for key, value in texts.items() if key not in keys}


def _lines(found: Mapping[str, tuple[yaml.Node, yaml.Node]]) -> Mapping[str, int]:
    return MappingProxyType(old_addresses.parameters({key: line_of(node) for key, (node, _) in found.items()}))
