"""What a page says to who does not see the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
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


AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
# Text stands out from its paper by 7:1, which is more than axe asks for by itself.
SERIOUS = """async () => {
  const rules = { "color-contrast-enhanced": { enabled: true } };
  const found = await axe.run(document, { resultTypes: ["violations"], rules });
  const told = (id, node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary.slice(0, 300)}`;
  return found.violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map((node) => told(id, node)));
}"""


def serious(app: App, theme: str) -> Iterator[str]:
    """What axe-core finds serious on the page in a theme, which the page is changed to by its own button."""
    while app.page.evaluate("() => window.nnTheme.name") != theme:
        app.page.evaluate("() => window.nnTheme.next()")
    app.frames(3).still()
    if not app.page.evaluate("() => 'axe' in window"):
        app.page.evaluate(AXE)
    yield from (f"in {theme}: {each}" for each in app.page.evaluate(SERIOUS))
