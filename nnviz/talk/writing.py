"""A talk's file is written: the text that `scenes.parse` reads back."""

from __future__ import annotations

import yaml

from nnviz.talk.scenes import Scene, Step


def write(title: str, scenes: tuple[Scene, ...]) -> str:
    """The text of a talk's file, which `parse` reads back."""
    entries = [_written(scene) for scene in scenes]
    made = {"title": title, "scenes": entries}
    return yaml.dump(made, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def _written(scene: Scene) -> dict[str, object]:
    texts = {"page": scene.page, "say": scene.say, "note": scene.note, "text": scene.text}
    found: dict[str, object] = {key: value for key, value in texts.items() if value}
    if scene.minutes:
        found["minutes"] = scene.minutes
    found |= {name: _plain(value) for name, value in scene.parameters.items()}
    if scene.steps:
        found["steps"] = [_step(step) for step in scene.steps]
    return found


def _step(step: Step) -> dict[str, object]:
    found: dict[str, object] = {key: value for key, value in {"say": step.say, "note": step.note}.items() if value}
    return found | {name: _plain(value) if value else None for name, value in step.parameters.items()}


def _plain(given: str) -> str | int:
    """A whole number as such, so that it is written without quotes."""
    # Of more digits than there are in any address Python makes no number.
    whole = given.isascii() and len(given) < 20 and given.removeprefix("-").isdecimal() and str(int(given)) == given
    return int(given) if whole else given


class _Dumper(yaml.SafeDumper):
    """Writes notes of several lines as such, as a speaker would."""


def _represent(dumper: yaml.SafeDumper, given: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", given, style="|" if "\n" in given else None)


_Dumper.add_representer(str, _represent)
