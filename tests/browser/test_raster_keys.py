"""The raster component's script by itself: where the arrow keys lead."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Page
from rastering import sent
from scripted import run

from nnviz.components.raster import Panel


def steps(page: Page, panels: list[Panel], start: dict[str, int], keys: str, width: int = 1400) -> list[list[int]]:
    """The places that arrow keys (L, R, U, D) lead to, one after the other."""
    body = """
    const { header } = unpack(bytes(a[0])), state = { header, places: arrange(header, a[3], 1) };
    const ways = { L: [0, -1], R: [0, 1], U: [-1, 0], D: [1, 0] };
    let at = a[1];
    return [...a[2]].map((way) => {
      at = neighbour(state, at, ways[way]);
      return [at.panel, at.tile, at.row, at.column];
    });
    """
    return run(page, body, sent(panels), start, keys, width)


def test_arrow_keys_walk_cells_and_stop_at_the_edge(script: Page) -> None:
    panels = [Panel(np.zeros((1, 3, 4)), pick="cell")]
    start = {"panel": 0, "tile": 0, "row": 1, "column": 1}
    found = steps(script, panels, start, "RRRRDDULLLLU")
    assert [place[2:] for place in found] == [
        *([1, 2], [1, 3], [1, 3], [1, 3], [2, 3], [2, 3], [1, 3]),
        *([1, 2], [1, 1], [1, 0], [1, 0], [0, 0]),
    ]


def test_arrow_keys_walk_tiles_by_the_rows_that_are_seen(script: Page) -> None:
    panels = [Panel(np.zeros((8, 3, 3)), pick="tile", columns=3)]
    start = {"panel": 0, "tile": 4, "row": 0, "column": 0}
    assert [place[1] for place in steps(script, panels, start, "RRDLDUUUL")] == [5, 5, 5, 4, 7, 4, 1, 1, 0]


def test_arrow_keys_end_with_the_folded_vector(script: Page) -> None:
    panels = [Panel(np.zeros((1, 4, 3)), units=10, pick="cell")]
    start = {"panel": 0, "tile": 0, "row": 2, "column": 1}
    assert [place[2:] for place in steps(script, panels, start, "DLDR")] == [[2, 1], [2, 0], [3, 0], [3, 0]]


def test_arrow_keys_cross_to_the_panel_beside_and_back(script: Page) -> None:
    panels = [
        Panel(np.zeros((1, 8, 8)), pick="tile"),
        Panel(np.zeros((1, 8, 8))),
        Panel(np.zeros((4, 4, 4)), pick="tile", columns=2),
        Panel(np.zeros((1, 10, 1)), pick="cell", units=10),
    ]
    start = {"panel": 0, "tile": 0, "row": 0, "column": 0}
    found = steps(script, panels, start, "LRRRLLL")
    assert [place[0] for place in found] == [0, 2, 2, 3, 2, 2, 0]
    assert found[1][1] in (0, 2)
    assert found[2][1] == found[1][1] + 1


def test_arrow_keys_go_down_to_the_next_row_of_panels_and_up_again(script: Page) -> None:
    panels = [Panel(np.zeros((1, 8, 8)), pick="tile", row=at // 3) for at in range(5)]
    start = {"panel": 0, "tile": 0, "row": 0, "column": 0}
    assert [place[0] for place in steps(script, panels, start, "RDDULDU")] == [1, 4, 4, 1, 0, 3, 0]
