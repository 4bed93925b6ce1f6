"""What the projector gets: every picture that the browser puts together while something happens."""

from __future__ import annotations

import base64
import contextlib
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from app import App
from PIL import Image

SEEN = """() => {
  window.seen = [];
  const look = () => {
    const counter = [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
      .map((host) => host.shadowRoot && host.shadowRoot.querySelector(".keys .at")).find(Boolean);
    const titles = [...document.querySelectorAll("[data-testid=stMain] h1")].map((node) => node.innerText.trim());
    if (counter && !document.activeViewTransition) window.seen.push(JSON.stringify([counter.innerText, titles]));
  };
  const frame = () => { look(); requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
"""Notes counter and titles on every frame and change on which the page itself is seen."""


@contextlib.contextmanager
def film(app: App) -> Iterator[list[np.ndarray]]:
    """The pictures of a window, as they are put together, (height, width, 3); there when the block ends."""
    session = app.page.context.new_cdp_session(app.page)
    taken: list[np.ndarray] = []
    came: list[tuple[float, str]] = []

    def take(frame: dict[str, Any]) -> None:
        came.append((frame["metadata"]["timestamp"], frame["data"]))
        session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    session.on("Page.screencastFrame", take)
    session.send("Page.startScreencast", {"format": "png", "everyNthFrame": 1})
    yield taken
    session.send("Page.stopScreencast")
    session.detach()
    # Chromium packs several pictures at once; a simple one overtakes a full one.
    taken.extend(picture(base64.b64decode(data)) for _, data in sorted(came))


def picture(content: bytes) -> np.ndarray:
    """A PNG as an array."""
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(np.int16)


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two pictures differ by no more than how a line is smoothed."""
    return int((np.abs(one - other).max(axis=-1) > 64).sum()) < 40
