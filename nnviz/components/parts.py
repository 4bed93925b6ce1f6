"""What several components are made of: the buffer that arrays travel in, the script with its colours, the player."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import streamlit as st

from nnviz.figures.colour import TABLES

_FOLDER = Path(__file__).parent
FOLDER = _FOLDER
_IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "(\.{1,2}/[\w./]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:(?:async )?function|class|const) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def buffer(header: dict[str, Any], *arrays: bytes) -> bytes:
    """The length of the header (uint32, little-endian), the header as JSON, padding to a multiple of four, arrays."""
    text = json.dumps(header).encode()
    text += b" " * (-(4 + len(text)) % 4)
    return len(text).to_bytes(4, "little") + text + b"".join(arrays)


def script(paths: Iterable[Path]) -> str:
    """Files of JavaScript as one, behind `COLOURS`: the colour tables by name, red, green, blue in turn."""
    tables = json.dumps({name: table.ravel().tolist() for name, table in TABLES.items()})
    return "\n".join([f"const COLOURS = {tables};", *(path.read_text() for path in paths)])


def with_player(html: str, step: str, scrub: str) -> str:
    """A component's HTML with back, play, on, the bar and the speed where it says {player}.

    Args:
        html: of the component.
        step: what back and on move by, as "cell".
        scrub: what the bar stands for, as "Cell of the output".
    """
    player = (_FOLDER / "player.html").read_text().replace("{step}", step).replace("{scrub}", scrub)
    return html.replace("{player}\n", player)


@functools.cache
def component(name: str) -> Any:
    """The part of that name as a Streamlit component v2, to be called with `key` and `data`."""
    styles = (FOLDER / "adapter.css", FOLDER / "common" / "part.css", FOLDER / name / f"{name}.css")
    css = "\n".join(path.read_text() for path in styles)
    js = part_script(FOLDER / name / f"{name}.js")
    return st.components.v2.component(f"nnviz_{name}", html='<div class="mount"></div>', css=css, js=js)


def part_script(entry: Path) -> str:
    """A part's module, with all that it imports and the adapter, as the one module that Streamlit takes."""
    adapter = FOLDER / "adapter.js"
    return f"{joined(entry, adapter)}\nexport default {_name(adapter)}.adapt({_name(entry)}.mount);\n"


def joined(*entries: Path) -> str:
    """ES modules, and all that they import, as one script: each in a scope of its own, what it imports before it.

    Raises:
        ValueError: what is imported is not there, or circular, or an import or export is not of the form
            `import { a, b } from "../folder/file.js";` and `export function`, `export class` or `export const`.
    """
    made: dict[Path, tuple[str, set[str]]] = {}
    for entry in entries:
        _add(entry.resolve(), made, ())
    return "\n".join(text for text, _ in made.values())


def _add(path: Path, made: dict[Path, tuple[str, set[str]]], above: tuple[Path, ...]) -> None:
    if path in made:
        return
    if path in above:
        raise ValueError(f"Modules that import no circle were expected. Received: {path.name} imports itself.")
    text = path.read_text()

    def imported(found: re.Match[str]) -> str:
        source = (path.parent / found[2]).resolve()
        if not source.is_file():
            raise ValueError(f"A module was expected by {path.name}. Received: {found[2]}, which is not there.")
        _add(source, made, (*above, path))
        unknown = {name.strip() for name in found[1].split(",")} - made[source][1]
        if unknown:
            raise ValueError(f"{source.name} was expected to export {sorted(unknown)} to {path.name}.")
        return f"const {{ {found[1]} }} = {_name(source)};"

    exports = _EXPORT.findall(text)
    body = _EXPORT.sub("", _IMPORT.sub(imported, text))
    if other := _OTHER.search(body):
        raise ValueError(f"Named imports and exports alone were expected. Received in {path.name}: {other[0]}")
    made[path] = (f"const {_name(path)} = (() => {{\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();", set(exports))


def _name(path: Path) -> str:
    """Of a module in the joined script: its folder's and its own."""
    return "$" + re.sub(r"\W", "_", "/".join(path.parts[-2:]).removesuffix(".js"))
