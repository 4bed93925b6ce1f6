"""The raster component's script by itself, in a blank page: what it unpacks, and where it puts everything."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

import nnviz.components.raster as package
from nnviz.components.raster import Panel
from nnviz.components.raster.raster import pack
from nnviz.figures.colour import TABLES

FOLDER = Path(package.__file__).parent
HEADER = {"alt": "a", "picked": None, "marks": [], "lines": [], "height": 0.6, "least": 40, "wide": False}
HEADER |= {"spread": False, "first": 0, "seen": 0}
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


@pytest.fixture(scope="module")
def script(browser: Browser) -> Iterator[Page]:
    """A page with nothing in it but the component's functions."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    tables = json.dumps({name: table.ravel().tolist() for name, table in TABLES.items()})
    parts = [(FOLDER / name).read_text() for name in ("layout.js", "paint.js", "raster.js")]
    parts[-1] = parts[-1].replace("export default function", "function component")
    page.add_script_tag(content=f"const COLOURS = {tables};\n" + "\n".join(parts))
    yield page
    context.close()


def sent(panels: list[Panel], **more: Any) -> str:
    """A buffer for the browser, as text."""
    return base64.b64encode(pack(panels, {**HEADER, **more})).decode()


def run(page: Page, body: str, *arguments: Any) -> Any:
    """The value of a piece of script, in which `a` holds the arguments and `bytes(text)` reads a buffer."""
    read = "const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));"
    return page.evaluate(f"(a) => {{ {read} {body} }}", list(arguments))


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
        assert size["wide"] == size["high"]
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


def test_colours_are_those_of_the_table(script: Page) -> None:
    tiles = np.array([[[-4.0, -2.0, 0.0, 2.0, 4.0, 99.0]]])
    panel = Panel(tiles, colour="diverging", ranges=(-4, 4))
    body = """
    const { header, values } = unpack(bytes(a[0])), image = tileImage(header.panels[0], values, 0);
    return [image.width, image.height, Array.from(image.data)];
    """
    width, height, data = run(script, body, sent([panel]))
    expected = TABLES["diverging"][[0, 64, 128, 192, 256, 256]]
    assert (width, height) == (6, 1)
    np.testing.assert_array_equal(np.reshape(data, (6, 4))[:, :3], expected)
    assert data[3::4] == [255] * 6
    assert data[8:11] == [255, 255, 255]


def test_each_tile_may_have_its_own_range_and_colours_come_through(script: Page) -> None:
    grey = Panel(np.array([[[1.0]], [[1.0]]]), colour="grey", ranges=np.array([[0, 1], [0, 2]]))
    rgb = Panel(np.array([[[[12.0, 200.0, 255.0]]]]))
    body = """
    const { header, values } = unpack(bytes(a[0]));
    return [[0, 0], [0, 1], [1, 0]].map(([p, t]) => Array.from(tileImage(header.panels[p], values, t).data));
    """
    assert run(script, body, sent([grey, rgb])) == [[255] * 4, [128, 128, 128, 255], [12, 200, 255, 255]]


def test_a_map_covers_the_picture_below_as_far_as_it_is_strong(script: Page) -> None:
    panel = Panel(
        np.array([[[0.0, 1.0]]]), colour="viridis", ranges=(0, 1), under=np.array([[100.0, 200.0]]), strength=0.5
    )
    body = """
    const { header, values } = unpack(bytes(a[0]));
    return Array.from(tileImage(header.panels[0], values, 0).data);
    """
    data = np.reshape(run(script, body, sent([panel])), (2, 4))[:, :3]
    np.testing.assert_array_equal(data[0], [100, 100, 100])
    np.testing.assert_allclose(data[1], 200 + 0.5 * (TABLES["viridis"][256].astype(float) - 200), atol=1)


def test_cells_beyond_a_folded_vector_are_left_open(script: Page) -> None:
    body = """
    const { header, values } = unpack(bytes(a[0]));
    return Array.from(tileImage(header.panels[0], values, 0).data).filter((_, index) => index % 4 === 3);
    """
    assert run(script, body, sent([Panel(np.ones((1, 2, 3)), units=4)])) == [255, 255, 255, 255, 0, 0]


@pytest.mark.parametrize(
    ("value", "long", "short"),
    [
        (0, "0", "0"),
        (2.3456, "2.35", "2.3"),
        (-2.3456, "\u22122.35", "\u22122.3"),
        (0.1234, "0.123", ".12"),
        (-0.004, "\u22120.004", "0"),
        (123.4, "123", "123"),
        (1234.5, "1.2e+3", "1235"),
        (0.00001, "1.0e\u22125", "0"),
    ],
)
def test_numbers_are_written_to_be_read(script: Page, value: float, long: str, short: str) -> None:
    assert run(script, "return [number(a[0]), shortNumber(a[0])];", value) == [long, short]
