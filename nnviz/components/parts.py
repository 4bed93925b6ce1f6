"""What several components are made of: the buffer that arrays travel in, the script with its colours, the player."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nnviz.figures.colour import TABLES

_FOLDER = Path(__file__).parent


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
