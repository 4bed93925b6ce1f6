"""The app as a viewer meets it: opens addresses, waits until it is still, picks, and reads what is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import Locator, Page
from staging import Stage

from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Trace
from nnviz.pages import registry

SECONDS = 90_000
"""Milliseconds that a wait may take: far beyond what it does, so that a busy machine fails no test."""

FIRST = registry.FIRST.slug
"""The page that stands at the app's own address, without a name."""

LOOK = (Path(__file__).parent / "look.js").read_text()
"""What is put into every page: `window.nn`."""

Cell = tuple[int, int]


def heading(title: str) -> str:
    """What stands above a page of the menu: on the opening page the name of the app."""
    return "nnviz" if title == registry.FIRST.title else title


class App:
    """One viewer's window."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def open(self, slug: str = "", **parameters: Any) -> App:
        """Open a link, and wait until all is drawn."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        slug = "" if slug == FIRST else slug
        self.page.goto(f"{self.url}/{slug}{query}", wait_until="commit")
        return self.still()

    def go(self, slug: str, **parameters: Any) -> App:
        """Go to another address within the app, as Back and Forward do: the same viewer, and nothing is loaded anew."""
        self.page.evaluate(
            """to => {
              window.nn.asked = performance.now();
              history.pushState({}, "", to);
              dispatchEvent(new PopStateEvent("popstate"));
            }""",
            f"{self.url}/{slug}?{urlencode(parameters)}",
        )
        return self.still()

    def still(self) -> App:
        """Wait until all that was asked is answered, all that is announced is drawn, and nothing changes any more."""
        self.page.wait_for_function("() => window.nn.still()", polling=60, timeout=SECONDS)
        return self

    def worked(self) -> App:
        """Wait until all long work of the page is done too, and what it made is drawn."""
        self.page.wait_for_function("() => !document.querySelector('[data-testid=stProgress]')", timeout=SECONDS)
        return self.still()

    def frames(self, count: int) -> App:
        """Let the browser draw so many frames: what moves by itself has moved by then."""
        self.page.evaluate(
            "async count => { for (; count; count--) await new Promise(requestAnimationFrame); }",
            count,
        )
        return self

    def until(self, **parameters: Any) -> App:
        """Wait until the address says so (None: says nothing of it), and all is drawn."""
        self.page.wait_for_function(
            """wanted => {
              const found = new URLSearchParams(location.search);
              return Object.entries(wanted).every(([name, value]) => found.get(name) === value);
            }""",
            arg={name: None if value is None else str(value) for name, value in parameters.items()},
            timeout=SECONDS,
        )
        return self.still()

    @property
    def address(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.page.url).query, keep_blank_values=True))

    @property
    def slug(self) -> str:
        return urlsplit(self.page.url).path.strip("/")

    def element(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    @property
    def main(self) -> Locator:
        return self.element("stMain")

    @property
    def sidebar(self) -> Locator:
        return self.element("stSidebar")

    @property
    def caption(self) -> str:
        """The page's sentence, with plain minus signs."""
        return self.element("nnCaption").first.inner_text().replace("\u2212", "-")

    @property
    def alerts(self) -> list[str]:
        return self.element("stAlert").all_inner_texts()

    @property
    def stage(self) -> Stage:
        """The network on the opening page."""
        return Stage(self.page, SECONDS)

    @property
    def says(self) -> str:
        """What the opening page says in large letters."""
        return self.stage.says

    def menu(self, title: str) -> App:
        """Go to another page by its link in the menu."""
        self.page.locator(".st-key-menu").get_by_role("link", name=title, exact=False).first.click()
        self.main.locator("h1", has_text=re.compile(f"^{re.escape(heading(title))}$")).wait_for(timeout=SECONDS)
        return self.still()

    def press(self, slider: str, key: str, times: int = 1) -> None:
        """Press a key on a slider of the address."""
        thumb = self.page.locator(f".st-key-slider-{slider}").get_by_role("slider")
        thumb.focus()
        for _ in range(times):
            thumb.press(key)

    def canvas(self, key: str) -> Locator:
        return self.page.locator(f".st-key-raster-{key} canvas")

    def places(self, key: str) -> list[list[list[float]]]:
        """Per panel a box (x, y, width, height) a tile, CSS pixels within the canvas."""
        drawn = self.page.locator(f".st-key-raster-{key} canvas[data-places]")
        return json.loads(drawn.get_attribute("data-places") or "")

    def picked(self, key: str) -> str | None:
        """Panel, tile, row and column with the outline."""
        return self.canvas(key).get_attribute("data-picked")

    def colours(self, key: str) -> int:
        """How many colours a picture has."""
        return self.canvas(key).evaluate("canvas => window.nn.colours(canvas)")

    def point(self, key: str, panel: int, tile: int, cell: Cell = (0, 0), shape: Cell = (1, 1)) -> dict[str, float]:
        """Middle of a cell in a tile of `shape` (rows, columns); by default of the tile."""
        x, y, width, height = self.places(key)[panel][tile]
        return {
            "x": x + (cell[1] + 0.5) * width / shape[1],
            "y": y + (cell[0] + 0.5) * height / shape[0],
        }

    def click(self, key: str, panel: int = 0, tile: int = 0, cell: Cell = (0, 0), shape: Cell = (1, 1)) -> None:
        """Click on a cell; anew where the page moved under the pointer, as a chart that comes late makes it do."""
        wanted = f"{panel},{tile}," + (f"{cell[0]},{cell[1]}" if shape != (1, 1) else "")
        picked = []
        for _ in range(3):
            self.canvas(key).click(position=self.point(key, panel, tile, cell, shape))
            picked.append(self.picked(key) or "")
            if picked[-1].startswith(wanted):
                return
            self.still()
        raise AssertionError(f"clicked on {wanted} of {key}, which picked {picked}")

    def hover(self, key: str, panel: int = 0, tile: int = 0, cell: Cell = (0, 0), shape: Cell = (1, 1)) -> str:
        """What is said under the pointer."""
        self.canvas(key).hover(position=self.point(key, panel, tile, cell, shape))
        tip = self.page.locator(f".st-key-raster-{key} .tip:not([hidden])")
        tip.wait_for(timeout=SECONDS)
        return tip.inner_text().replace("\u2212", "-")

    def upload(self, name: str, content: bytes) -> None:
        self.page.locator(".st-key-upload input[type=file]").set_input_files(
            {"name": name, "mimeType": "image/png", "buffer": content}
        )

    def bring(self, *files: Path, place: str = "sidebar") -> None:
        """Give the app models of one's own, in the sidebar or on the opening page ("page")."""
        self.page.locator(f".st-key-drop-{place} input[type=file]").set_input_files([str(file) for file in files])


Open = Callable[..., App]
"""Opens a window of a server: its URL, and perhaps a width and a height."""


def shows(text: str, value: float, places: int = 2) -> bool:
    """Whether one of the numbers in a text is this one, to as many places."""
    found = re.findall(r"[-+]?\d+(?:\.\d+)?", text.replace("\u2212", "-").replace(",", ""))
    return any(abs(float(number) - value) <= 0.51 * 10**-places for number in found)


def strongest_term(network: Network, trace: Trace, target: int) -> float:
    """What the last dense layer's input adds most to a class's logit: activation times weight."""
    last = network.layers[-1].name
    before = next(layer.name for layer in reversed(network.layers[:-1]) if not layer.name.startswith("dropout"))
    terms = trace.activations[before] * network.model.get_layer(last).get_weights()[0][:, target]
    return float(terms.max())
