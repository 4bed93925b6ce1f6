"""The stage as a viewer meets it: where its plates stand, what is picked, what is wired, and what it says."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Locator, Page

Point = tuple[float, float]


class Stage:
    """The stage of a window."""

    def __init__(self, page: Page, timeout: int) -> None:
        self.page = page
        self.timeout = timeout

    @property
    def root(self) -> Locator:
        return self.page.locator(".stage")

    @property
    def scene(self) -> Locator:
        return self.page.locator("canvas.scene[data-drawn]")

    @property
    def paper(self) -> Locator:
        """The pad, or the picture that stands there."""
        return self.page.locator(".stage canvas.pad")

    def told(self, name: str) -> str:
        """What the canvas says of what is drawn on it."""
        return self.scene.get_attribute(f"data-{name}") or ""

    @property
    def places(self) -> dict[tuple[int, int], Point]:
        """By wall and number there, the middle of each plate that is seen, CSS pixels within the canvas."""
        return {(wall, index): (x, y) for wall, index, x, y in json.loads(self.told("places"))}

    @property
    def picked(self) -> tuple[int, int] | None:
        """Wall and number there of the unit under study."""
        found = self.told("picked")
        return None if not found else tuple(map(int, found.split(",")))  # type: ignore[return-value]

    @property
    def wires(self) -> dict[tuple[str, int, int], float]:
        """By side, wall and number there, what is added."""
        return {(side, wall, index): value for side, wall, index, value in json.loads(self.told("wires"))}

    @property
    def passes(self) -> int:
        """How often the net was run in the browser on what is drawn."""
        return int(self.told("passes") or 0)

    @property
    def zoom(self) -> str | None:
        return self.root.get_attribute("data-zoom")

    @property
    def answer(self) -> Locator:
        return self.page.locator(".stage .answer")

    @property
    def says(self) -> str:
        return self.answer.get_attribute("data-says") or ""

    @property
    def titles(self) -> list[str]:
        """What is written above each wall."""
        return self.page.locator(".stage .heads b").all_text_contents()

    @property
    def bars(self) -> dict[str, str]:
        """The number beside each class."""
        return dict(
            self.answer.evaluate(
                "(answer) => [...answer.querySelectorAll('.row')]"
                ".map((row) => ['.named', '.number'].map((part) => row.querySelector(part).innerText))"
            )
        )

    def click(self, wall: int, index: int) -> None:
        x, y = self.places[wall, index]
        self.scene.click(position={"x": x, "y": y})

    def hover(self, wall: int, index: int, by: Point = (0, 0)) -> str:
        """What is said under the pointer, so many CSS pixels off the middle of a plate."""
        x, y = self.places[wall, index]
        self.scene.hover(position={"x": x + by[0], "y": y + by[1]})
        tip = self.page.locator(".stage .tip:not([hidden])")
        tip.wait_for(timeout=self.timeout)
        return tip.inner_text().replace("\u2212", "-")

    def until(self, condition: str, argument: Any = None) -> None:
        """Wait until a function of the canvas (and an argument) is true."""
        canvas = self.scene.element_handle(timeout=self.timeout)
        self.page.wait_for_function(
            f"([canvas, a]) => ({condition})(canvas, a)", arg=[canvas, argument], timeout=self.timeout
        )

    def down(self, points: list[Point]) -> None:
        """Put the pen down and draw through some points of the pad, 0 to 1 from edge to edge; it stays down."""
        box = self.paper.bounding_box()
        assert box is not None
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=12)

    def draw(self, points: list[Point]) -> None:
        """A stroke through some points of the pad, 0 to 1 from edge to edge."""
        self.down(points)
        self.page.mouse.up()
