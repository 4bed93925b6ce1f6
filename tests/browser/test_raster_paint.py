"""The raster component's script by itself: its colours, and how it writes numbers."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page
from rastering import sent
from scripted import run

from nnviz.components.raster import Panel
from nnviz.figures.colour import TABLES


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
