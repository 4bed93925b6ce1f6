"""The bundled talk, and what stands on the wall."""

from __future__ import annotations

import re

from app import SECONDS, App

from nnviz.talk import scenes
from nnviz.talk.scenes import Stop

TALK = scenes.bundled()
TOTAL = len(TALK.scenes)


def progress(app: App) -> str:
    return app.page.locator(".keys .at").inner_text()


def counter(stop: Stop) -> str:
    """What the counter says there."""
    steps = len(TALK.scenes[stop.scene - 1].steps)
    return f"{stop.scene}/{TOTAL}" + (f" \N{MIDDLE DOT} {stop.step}/{steps}" if steps else "")


def opening(scene: int) -> Stop:
    """Where a scene opens."""
    return TALK.stops[TALK.stop(scene, 0)]


def after(stop: Stop) -> Stop:
    """Where Page Down leads from there."""
    return TALK.stops[TALK.stops.index(stop) + 1]


def stands(app: App, stop: Stop) -> App:
    """Wait until that stop stands on the wall, and its counter with it."""
    app.until(scene=stop.scene)
    app.page.locator(".keys .at", has_text=re.compile(f"^{re.escape(counter(stop))}$")).wait_for(timeout=SECONDS)
    app.main.locator("h1", has_text=re.compile(f"^{re.escape(stop.shown.say)}$")).wait_for(timeout=SECONDS)
    return app.still()


def shows(app: App, scene: int) -> App:
    """Wait until a scene has opened on the wall."""
    return stands(app, opening(scene))
