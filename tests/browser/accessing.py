"""What a page says to who does not see the screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app import App

PLACES = ("RootWebArea", "main", "generic", "none")
"""What takes the focus only so that it can be scrolled with keys."""


def focusable(app: App) -> list[dict[str, Any]]:
    """What the keyboard reaches, as a screen reader is told of it."""
    session = app.page.context.new_cdp_session(app.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    found = []
    for node in nodes:
        properties = {entry["name"]: entry["value"].get("value") for entry in node.get("properties", ())}
        role = node.get("role", {}).get("value")
        if properties.get("focusable") and not node.get("ignored") and role not in PLACES:
            found.append({"role": role, "name": node.get("name", {}).get("value", "").strip()})
    return found


def nameless(app: App) -> Iterator[str]:
    """Controls without a name."""
    found = focusable(app)
    yield from (f"a {node['role']} without a name" for node in found if not node["name"])
