"""The unrolling component's script by itself, in a blank page: its arithmetic against numpy."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page
from scripted import blank_page, run

from nnviz.components.unrolling import Layout
from nnviz.components.unrolling.unrolling import packed
from nnviz.figures.colour import TABLES

SHAPES = [
    *((28, 28, 1, False), (224, 224, 3, True), (4, 5, 3, True), (1, 60, 1, False), (9, 1, 1, False)),
    *((7, 7, 32, False), (5, 5, 6, False), (3, 2, 40, False), (1, 4, 7, False), (1, 1, 1, False)),
]


@pytest.fixture(scope="module")
def script(context: BrowserContext, files: str) -> Iterator[Page]:
    """A page with nothing in it but the component's functions."""
    modules = [f"unrolling/{name}.js" for name in ("order", "stage", "drawing", "words")]
    with blank_page(context, files, *modules, "common/packed.js") as page:
        yield page


def sent(shape: tuple[int, int, int, bool]) -> tuple[np.ndarray, str]:
    """Values and the buffer for the browser, as text."""
    values = np.random.default_rng(0).random(shape[:3]).astype(np.float32) * 255
    layout = Layout(values, shape[3], "grey", (0.0, 255.0), 0, 1 if shape[3] else min(shape[2], 32), 0, (), ())
    return values, base64.b64encode(packed(layout, {"alt": "", "below": 4, "unrolled": 0, "seen": 0})).decode()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_vector_is_numpys(script: Page, shape: tuple[int, int, int, bool]) -> None:
    """Order of the values, and place of every slot, as ravel and ravel_multi_index have them."""
    values, buffer = sent(shape)
    body = """
    const { header, values } = unpack(bytes(a[0])), vector = vectorOf(header, values);
    const places = a[1].map((slot) => placeAt(header.shape, slot));
    return [Array.from(vector), places, places.map((place) => slotAt(header.shape, ...place))];
    """
    slots = np.unique(np.linspace(0, values.size - 1, 200).astype(int))
    vector, places, back = run(script, body, buffer, slots.tolist())
    np.testing.assert_array_equal(np.float32(vector), values.ravel())
    np.testing.assert_array_equal(places, np.stack(np.unravel_index(slots, values.shape), axis=1))
    np.testing.assert_array_equal(back, np.ravel_multi_index(tuple(np.transpose(places)), values.shape))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_sheet_that_is_laid_down_has_the_values_in_that_order(
    script: Page, shape: tuple[int, int, int, bool]
) -> None:
    """Row r of the sheet is what row r of the array becomes: all of its slots, in their colours."""
    values, buffer = sent(shape)
    body = """
    const state = unpack(bytes(a[0]));
    makeSheets(state);
    const { rows } = state.sheets, pixels = rows.getContext("2d").getImageData(0, 0, rows.width, rows.height).data;
    return [rows.width, rows.height, Array.from(pixels.filter((_, at) => at % 4 === 0))];
    """
    width, height, greys = run(script, body, buffer)
    assert (width, height) == (shape[1] * shape[2], shape[0])
    wanted = TABLES["grey"][np.floor(256 * values.ravel().astype(float) / 255 + 0.5).astype(int), 0]
    np.testing.assert_array_equal(greys, wanted)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_cell_leaves_its_place_and_comes_to_its_slot(script: Page, shape: tuple[int, int, int, bool]) -> None:
    """And the first of a row comes to stand beside the last of the row before."""
    values, buffer = sent(shape)
    body = """
    document.body.innerHTML = "<div id=root><div id=controls>&nbsp;</div></div>";
    const root = document.getElementById("root"), controls = document.getElementById("controls");
    const state = { ...unpack(bytes(a[0])), root, parts: { controls }, page: {}, marks: [] };
    Object.assign(state, { position: 0, follow: true, view: 3 });
    state.stage = placeStage(state);
    return a[1].map((slot) => {
      const [row, column, channel] = placeAt(state.header.shape, slot), home = homeBox(state, row, column, channel);
      const ends = [0, 1].map((share) => wayBox(state, home, slot, 1, share));
      return [home, tapeBox(state, slot), ...ends].map((box) => [box.x, box.y, box.w, box.h]);
    });
    """
    shown = 1 if shape[3] else min(shape[2], 32)
    slots = [slot for slot in range(min(values.size, 3000)) if slot % shape[2] < shown]
    found = np.array(run(script, body, buffer, slots))
    np.testing.assert_allclose(found[:, 2], found[:, 0])
    np.testing.assert_allclose(found[:, 3], found[:, 1])
    wide = found[0, 1, 2]
    np.testing.assert_allclose(np.diff(found[:, 1, 0]), np.diff(slots) * wide, atol=1e-6)
    assert len({tuple(box) for box in found[:, 0].round(6)}) == len(slots)


def progress(script: Page, shape: tuple[int, int, int], step: int, positions: list[float]) -> list[dict[str, Any]]:
    return run(script, "return a[2].map((p) => progressAt({ shape: a[0], step: a[1] }, p));", shape, step, positions)


def test_a_row_of_pixels_arrives_as_one_and_of_maps_column_by_column(script: Page) -> None:
    laid = [found["laid"] for found in progress(script, (28, 28, 1), 1, [0, 27, 28, 29, 55.9, 56, 783, 784, 9999])]
    assert laid == [0, 0, 28, 28, 28, 56, 756, 784, 784]
    found = progress(script, (4, 5, 3), 3, [0, 14.9, 15, 60])
    assert [(one["row"], one["laid"], one["moving"]) for one in found] == [
        *((0, 0, False), (0, 0, True), (1, 15, False), (4, 60, False)),
    ]
    laid = [found["laid"] for found in progress(script, (7, 7, 32), 1, list(range(0, 1569)))]
    assert sorted(set(laid)) == list(range(0, 1569, 32))
    assert laid == sorted(laid)
    assert [laid[row * 224] for row in range(8)] == [row * 224 for row in range(8)]


@pytest.mark.parametrize(("size", "bins"), [(10, 10), (10, 4), (150_528, 1498), (4097, 4096), (7, 1)])
def test_a_binned_vector_keeps_the_strongest_of_each_bin(script: Page, size: int, bins: int) -> None:
    vector = np.random.default_rng(0).normal(size=size).astype(np.float32)
    where = np.arange(size) * bins // size
    wanted = [max(vector[where == run_], key=abs) for run_ in range(bins)]
    text = base64.b64encode(vector.tobytes()).decode()
    found = run(script, "return Array.from(strongest(new Float32Array(bytes(a[0]).buffer), a[1]));", text, bins)
    np.testing.assert_array_equal(np.float32(found), wanted)


@pytest.mark.parametrize("places", [[5, 6, 7, 300, 310], [0, 0, 0], [595, 599, 600], [100], list(range(0, 600, 60))])
def test_numbers_above_the_vector_do_not_touch(script: Page, places: list[int]) -> None:
    body = "return spread(a[0].map((x) => ({ x, width: 40 })), 0, 600).map((label) => [label.x, label.at]);"
    found = sorted(run(script, body, places))
    at = [one[1] for one in found]
    assert at[0] >= 20
    assert at[-1] <= 580
    assert all(b - a >= 40 - 1e-6 for a, b in itertools.pairwise(at))
