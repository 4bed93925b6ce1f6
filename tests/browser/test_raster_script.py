"""The raster component's script by itself: what it unpacks, and where it puts everything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page
from rastering import sent
from scripted import run

from nnviz.components.raster import Panel

GAP = 10
SIZES = [
    [(1, 28, 28)],
    [(32, 26, 26)],
    [(16, 5, 5)],
    [(1, 7, 7), (1, 28, 28)],
    [(64, 14, 14), (1, 14, 14)],
    [(3, 224, 224)],
    [(1, 300, 17), (5, 1, 9)],
    [(8, 3, 3), (16, 13, 13), (16, 6, 6), (1, 10, 1)],
]
WINDOWS = [(1400, 1), (1813, 1), (1180, 1.25), (900, 1.5), (620, 2), (360, 3)]


def placed(page: Page, panels: list[Panel], width: float, ratio: float, **more: Any) -> dict[str, Any]:
    """Where arrange() puts panels in a room of `width`."""
    return run(page, "return arrange(unpack(bytes(a[0])).header, a[1], a[2]);", sent(panels, **more), width, ratio)


def blank(shapes: list[tuple[int, int, int]], **more: Any) -> list[Panel]:
    return [Panel(np.zeros(shape), **more) for shape in shapes]


@pytest.mark.parametrize("shift", [0, 1, 2, 3])
def test_what_was_packed_is_unpacked(script: Page, shift: int) -> None:
    """Wherever in a message the bytes begin."""
    generator = np.random.default_rng(0)
    tiles = generator.normal(size=(3, 4, 5)).astype(np.float32)
    under = generator.random((6, 7, 3)).astype(np.float32)
    panels = [
        Panel(tiles, labels=["\u03b1", "b", "c"], under=under),
        Panel(np.full((1, 2, 2), 7.0), title="\u732b" * shift),
    ]
    body = """
    const all = bytes(a[0]), moved = new Uint8Array(all.length + a[1]);
    moved.set(all, a[1]);
    const { header, values } = unpack(moved.subarray(a[1]));
    return [header, Array.from(values)];
    """
    header, values = run(script, body, sent(panels), shift)
    assert values == [*tiles.ravel().tolist(), *under.ravel().tolist(), 7, 7, 7, 7]
    assert header["panels"][0]["labels"] == ["\u03b1", "b", "c"]
    assert header["panels"][0]["under"]["offset"] == tiles.size
    assert header["panels"][1]["offset"] == tiles.size + under.size
    assert header["panels"][1]["title"] == "\u732b" * shift


@pytest.mark.parametrize("number", range(len(SIZES)))
@pytest.mark.parametrize(("width", "ratio"), WINDOWS)
def test_cells_are_whole_device_pixels_within_the_room(script: Page, number: int, width: int, ratio: float) -> None:
    shapes = SIZES[number]
    found = placed(script, blank(shapes), width, ratio)
    assert found["width"] <= width + 0.5
    for (count, rows, columns), size in zip(shapes, found["panels"], strict=True):
        # The cells of a series, far longer than wide, are stretched across it, so that it is seen.
        thin = max(rows, columns) >= 8 * min(rows, columns)
        assert size["wide"] == size["high"] or thin
        if thin and size["wide"] >= 1:
            across = [size["tileW"], size["tileH"]][int(rows < columns)]
            assert across >= min(12, max(size["tileW"], size["tileH"]) / 5)
        # A map larger than its tile is drawn smooth: then its longer side is whole.
        whole = size["wide"] if size["wide"] >= 1 else size["wide"] * max(rows, columns)
        assert whole == pytest.approx(round(whole), abs=1e-9)
        assert size["tileW"] * ratio == pytest.approx(columns * size["wide"])
        assert size["tileH"] * ratio == pytest.approx(rows * size["high"])
        assert size["columns"] * size["rows"] >= count > size["columns"] * (size["rows"] - 1)
        assert size["x"] >= 0
        assert size["x"] + size["columns"] * size["stepX"] - GAP <= width + 0.5 or size["columns"] == 1


@pytest.mark.parametrize(("width", "ratio"), WINDOWS)
def test_nothing_overlaps(script: Page, width: int, ratio: float) -> None:
    """Tiles, with the words above and below them, keep out of each other's room, whatever stands beside them."""
    panels = [
        Panel(np.zeros((9, 14, 14)), title="nine", note="one line\nanother", labels=["map 1"] * 9),
        Panel(np.zeros((1, 28, 28)), title="one"),
        Panel(np.zeros((4, 7, 7)), row=1, labels=["a"] * 4),
    ]
    body = """
    const { header } = unpack(bytes(a[0])), places = arrange(header, a[1], a[2]);
    return header.panels.flatMap((panel, index) => Array.from({ length: panel.n }, (_, tile) => {
      const box = tileBox(places.panels[index], tile), size = places.panels[index];
      return [box.x, box.y, box.w, box.h + size.foot];
    }));
    """
    boxes = run(script, body, sent(panels), width, ratio)
    assert len(boxes) == 14
    for index, (x, y, w, h) in enumerate(boxes):
        assert x >= -0.01
        assert x + w <= width + 0.5
        for x2, y2, w2, h2 in boxes[index + 1 :]:
            assert x + w <= x2 + 0.01 or x2 + w2 <= x + 0.01 or y + h <= y2 + 0.01 or y2 + h2 <= y + 0.01


@pytest.mark.parametrize("width", [1800, 1000, 500])
def test_the_largest_tiles_that_fit_are_taken(script: Page, width: int) -> None:
    """One device pixel more a cell, and the picture would not fit the room, or the tile be over its own limit."""
    (size,) = placed(script, blank([(1, 28, 28)], most=420), width, 1)["panels"]
    assert 28 * size["wide"] <= 420 < 28 * (size["wide"] + 1)
    found = placed(script, blank([(32, 26, 26)]), width, 1)
    (size,) = found["panels"]
    assert found["height"] <= 0.6 * 1080 + 0.5 or size["tileW"] <= 40


def test_a_strip_fills_its_room_and_no_more(script: Page) -> None:
    for length in (60, 784, 1568, 6000):
        found = placed(script, [Panel(np.zeros((1, 1, length)), strip=(24, 40))], 1200, 1)
        (size,) = found["panels"]
        assert size["tileW"] <= 1200.01
        assert size["tileH"] == 40
        assert size["tileW"] > 600 or size["wide"] == 24


@pytest.mark.parametrize("number", range(len(SIZES)))
@pytest.mark.parametrize(("width", "ratio"), [(1400, 1), (620, 2), (905, 1.25)])
def test_what_lies_under_a_cell_is_that_cell(script: Page, number: int, width: int, ratio: float) -> None:
    """locate() undoes cellBox(), in the middle of every cell and just within its corners."""
    body = """
    const { header } = unpack(bytes(a[0])), places = arrange(header, a[1], a[2]), wrong = [];
    let tried = 0;
    header.panels.forEach((panel, index) => {
      const rows = [...new Set([0, 1, Math.floor(panel.h / 2), panel.h - 1])].filter((r) => r < panel.h);
      const columns = [...new Set([0, 1, Math.floor(panel.w / 2), panel.w - 1])].filter((c) => c < panel.w);
      for (let tile = 0; tile < panel.n; tile++) for (const row of rows) for (const column of columns) {
        const box = cellBox(places.panels[index], panel, { tile, row, column });
        for (const [u, v] of [[0.5, 0.5], [0.02, 0.02], [0.98, 0.98], [0.02, 0.98]]) {
          const at = locate(header, places, box.x + u * box.w, box.y + v * box.h);
          tried += 1;
          if (!at || at.panel !== index || at.tile !== tile || at.row !== row || at.column !== column) {
            wrong.push([index, tile, row, column, u, v, at]);
          }
        }
      }
    });
    return [tried, wrong.slice(0, 3)];
    """
    tried, wrong = run(script, body, sent(blank(SIZES[number])), width, ratio)
    assert tried >= 4
    assert wrong == []


def test_between_tiles_and_beyond_a_folded_vector_there_is_nothing(script: Page) -> None:
    panels = [Panel(np.zeros((2, 5, 5))), Panel(np.zeros((1, 4, 3)), units=10)]
    body = """
    const { header } = unpack(bytes(a[0])), places = arrange(header, 1200, 1);
    const tile = tileBox(places.panels[0], 0);
    const cell = (row, column) => cellBox(places.panels[1], header.panels[1], { tile: 0, row, column });
    const middle = (box) => locate(header, places, box.x + box.w / 2, box.y + box.h / 2);
    return [
      locate(header, places, tile.x + tile.w + 1, tile.y + 3), locate(header, places, -1, -1),
      locate(header, places, places.width + 50, places.height + 50),
      middle(cell(3, 0)), middle(cell(3, 1)), middle(cell(3, 2)),
    ];
    """
    found = run(script, body, sent(panels))
    assert found[:3] == [None] * 3
    assert found[3] == {"panel": 1, "tile": 0, "row": 3, "column": 0}
    assert found[4:] == [None, None]


def test_a_block_of_cells_is_as_large_as_it_says(script: Page) -> None:
    body = """
    const { header } = unpack(bytes(a[0])), places = arrange(header, 1200, 1), panel = header.panels[0];
    const one = cellBox(places.panels[0], panel, { tile: 0, row: 2, column: 1 });
    return [one, cellBox(places.panels[0], panel, { tile: 0, row: 2, column: 1, rows: 3, columns: 4 })];
    """
    one, block = run(script, body, sent(blank([(1, 9, 9)])))
    assert (block["x"], block["y"]) == (one["x"], one["y"])
    assert block["w"] == pytest.approx(4 * one["w"])
    assert block["h"] == pytest.approx(3 * one["h"])
