"""The data as the net sees it: a map of the digits in any layer, the nearest to a picture, and the mistakes."""

from __future__ import annotations

from nnviz.pages import address, controls
from nnviz.pages.data import digit_map, jobs, mistakes, neighbours
from nnviz.pages.page import Page, head
from nnviz.pages.session import Session

VIEWS = {"map": "Map", "neighbours": "Neighbours", "mistakes": "Mistakes"}


def render(current: Session) -> None:
    """Draw the page."""
    view = address.choice("view", tuple(VIEWS), "map")
    with head(PAGE):
        controls.switch("View", "view", tuple(VIEWS), view, titles=VIEWS)
        if view != "mistakes":
            controls.layers(current, controls.telling(current.network.layers))
            _count(current)
    {"map": digit_map, "neighbours": neighbours, "mistakes": mistakes}[view].render(current)


def _count(current: Session) -> None:
    """How many digits are looked at, where more take longer."""
    if len(jobs.counts(current)) > 1:
        titles = {count: f"{int(count):,} digits" for count in jobs.counts(current)}
        controls.switch("Digits", jobs.COUNT, tuple(titles), jobs.count(current), titles=titles)


PAGE = Page("Data", ":material/scatter_plot:", "data", "Believe", render)
