"""The bundled talk, and what stands on the wall."""

from __future__ import annotations

import re

from app import SECONDS, App

from nnviz.talk import scenes

TALK = scenes.bundled()
TOTAL = len(TALK.scenes)


def progress(app: App) -> str:
    return app.page.locator(".keys .at").inner_text()


def shows(app: App, scene: int) -> App:
    """Wait until a scene stands on the wall, and its counter with it."""
    app.until(scene=scene)
    app.page.locator(".keys .at", has_text=re.compile(f"^{scene}/")).wait_for(timeout=SECONDS)
    app.main.locator("h1", has_text=re.compile(f"^{re.escape(TALK.scenes[scene - 1].say)}$")).wait_for(timeout=SECONDS)
    return app.still()
