"""What the raster component is sent."""

from __future__ import annotations

import base64
from typing import Any

from nnviz.components.raster import Panel
from nnviz.components.raster.raster import pack

HEADER = {"alt": "a", "picked": None, "marks": [], "lines": [], "height": 0.6, "least": 40, "wide": False}
HEADER |= {"first": 0, "seen": 0}


def sent(panels: list[Panel], **more: Any) -> str:
    """A buffer for the browser, as text."""
    return base64.b64encode(pack(panels, {**HEADER, **more})).decode()
