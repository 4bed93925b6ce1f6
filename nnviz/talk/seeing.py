"""The talk's own page of how we see a drawing, lines with ends and crossings, beside what a plain net is given."""

from __future__ import annotations

import numpy as np

from nnviz.analysis.image.strokes import Strokes, strokes
from nnviz.components.raster import Panel, Place, raster
from nnviz.shell.page import Page, caption, head
from nnviz.shell.session import Session

_LEAST = 0.4


def render(session: Session) -> None:
    """Draw the page."""
    pixels = session.fitted.pixels.astype(np.float32)
    grey = pixels.mean(axis=2)
    found = strokes(grey, _LEAST)
    with head(PAGE):
        pass
    count = pixels.size
    ours = Panel(grey[None], "grey", (0, 255), title="what we see: lines, their ends and crossings", most=700)
    line = Panel(
        found.line[None].astype(np.float32), "inferno", (0, 1.3), title="the line that it was drawn along", most=700
    )
    vector = Panel(
        pixels.reshape(1, 1, -1),
        "grey",
        (0, 255),
        title=f"what a plain net is given: {count:,} numbers in a row",
        strip=(4.0, 150.0),
        row=1,
    )
    marks = [
        Place(panel, 0, max(row - 1, 0), max(column - 1, 0), 3, 3) for panel in (0, 1) for row, column in places(found)
    ]
    raster(
        [ours, line, vector],
        key="talk-seeing",
        alt=f"{session.picture.title} with its ends and crossings marked, and below it as one row of {count:,} numbers",
        marks=marks,
        height=0.72,
        least=120,
        wide=True,
    )
    caption(sentence(found, count))


def places(found: Strokes) -> tuple[tuple[int, int], ...]:
    """What is marked: ends, then crossings."""
    return (*found.ends, *found.crossings)


def sentence(found: Strokes, count: int) -> str:
    """What there is to see, and what there is of it in the row."""
    seen = f"{_counted(len(found.ends), 'end')} and {_counted(len(found.crossings), 'crossing')} of lines"
    return f"We see {seen}; in the row of {count:,} numbers the cells of one line stand far apart."


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


PAGE = Page("How we see", "", "seeing", "", render)
