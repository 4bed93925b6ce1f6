"""What the raster component's script is made of, and what it is sent."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import nnviz.components.raster as package
from nnviz.components.raster import Panel
from nnviz.components.raster.raster import pack

FILES = [Path(package.__file__).parent / name for name in ("layout.js", "paint.js", "raster.js")]
HEADER = {"alt": "a", "picked": None, "marks": [], "lines": [], "height": 0.6, "least": 40, "wide": False}
HEADER |= {"first": 0, "seen": 0}


def sent(panels: list[Panel], **more: Any) -> str:
    """A buffer for the browser, as text."""
    return base64.b64encode(pack(panels, {**HEADER, **more})).decode()
