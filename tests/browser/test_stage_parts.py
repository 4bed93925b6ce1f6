"""What the stage is made of, in a blank page: a drawing becomes a digit, and plates stand where they should."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page
from scipy import ndimage
from scripted import blank_page, run

from nnviz.analysis.data.digits import digit

ROOM = {"left": 12, "right": 1240, "top": 0, "bottom": 660, "height": 700, "label": 43, "line": 24}
EYE = 1330


@pytest.fixture(scope="module")
def blank(context: BrowserContext, files: str) -> Iterator[Page]:
    """A page with nothing in it but those functions."""
    with blank_page(context, files, "pad/drawing.js", "stage/layout.js") as page:
        yield page


def test_a_test_digit_drawn_anywhere_in_any_size_comes_back_as_it_was(blank: Page) -> None:
    generator = np.random.default_rng(0)
    drawn = []
    for number in generator.integers(0, 10_000, 80):
        top, left = generator.integers(0, 120, 2)
        drawn.append([int(number), int(top), int(left), int(generator.integers(1, 7))])
    body = """
      return a[0].map(([image, top, left, size]) => {
        const side = 28 * size + Math.max(top, left) + 7, ink = new Uint8Array(side * side);
        for (let row = 0; row < 28 * size; row++) {
          for (let column = 0; column < 28 * size; column++) {
            ink[(top + row) * side + left + column] = image[28 * Math.floor(row / size) + Math.floor(column / size)];
          }
        }
        return Array.from(asDigit(ink, side));
      });
    """
    found = run(blank, body, [[digit(number)[0].ravel().tolist(), *rest] for number, *rest in drawn])
    for (number, *_), pixels in zip(drawn, found, strict=True):
        image = digit(number)[0]
        row, column = ndimage.center_of_mass(image)
        # Some lie half a pixel off the middle, or a hair more: they may go to its other side.
        off = [np.roll(image, (down, right), (0, 1)) for down, right in _sides(row - 14, column - 14)]
        assert any(np.array_equal(np.reshape(pixels, (28, 28)), each) for each in off), number


def _sides(row: float, column: float) -> list[tuple[int, int]]:
    rows, columns = ([0, -int(np.sign(at))] if abs(at) > 0.49 else [0] for at in (row, column))
    return [(down, right) for down in rows for right in columns]


def test_a_thin_stroke_keeps_its_proportions_and_nothing_is_no_digit(blank: Page) -> None:
    body = """
      const ink = new Uint8Array(280 * 280), empty = asDigit(ink, 280);
      for (let row = 20; row < 220; row++) ink.fill(255, 280 * row + 100, 280 * row + 120);
      return [empty, Array.from(asDigit(ink, 280))];
    """
    empty, pixels = run(blank, body)
    found = np.reshape(pixels, (28, 28))
    assert empty is None
    assert (found.any(axis=1).sum(), found.any(axis=0).sum()) == (20, 2)
    assert found.max() == 255


def test_a_point_of_the_stage_is_the_point_of_the_plate_that_stands_there(blank: Page) -> None:
    generator = np.random.default_rng(1)
    plates, points = [], generator.uniform(-1, 1, (200, 2))
    for x, y, u, v, w, h, turn in generator.random((200, 7)):
        plates.append({"x": 1000 * x, "y": 700 * y, "u": 400 * u - 200, "v": 400 * v - 200, "w": 1 + 200 * w})
        plates[-1] |= {"h": 1 + 200 * h, "turn": 1.2 * (2 * turn - 1)}
    body = """
      return a[0].map((plate, i) => {
        const [x, y] = project(plate, plate.u + a[1][i][0] * plate.w, plate.v + a[1][i][1] * plate.h, a[2]);
        return [...within(plate, x, y, a[2]), x, y];
      });
    """
    found = np.array(run(blank, body, plates, points.tolist(), EYE))
    np.testing.assert_allclose(found[:, :2], points, atol=1e-7)
    # Turned back, what is nearer to the eye is larger: the same point by a matrix and a division.
    for plate, (across, down), (x, y) in zip(plates, points, found[:, 2:], strict=True):
        u, v = plate["u"] + across * plate["w"], plate["v"] + down * plate["h"]
        depth = EYE + u * np.sin(plate["turn"])
        wanted = (plate["x"] + EYE * u * np.cos(plate["turn"]) / depth, plate["y"] + EYE * v / depth)
        assert (x, y) == pytest.approx(wanted)


def nets() -> list[list[dict[str, Any]]]:
    """Walls of 1 to 24 layers, of maps and of cells, behind each other and, in every other net, beside each other."""
    generator, found = np.random.default_rng(2), []
    for many in range(1, 25):
        walls: list[dict[str, Any]] = []
        for at in range(many):
            beside = many % 2 == 0 and at % 5 == 3
            size = int(generator.choice([1, 3, 7, 14, 28, 56]))
            units = int(generator.integers(1, 161 if size == 1 else 33))
            w, h = (size, size) if at % 6 else (size, 1)
            rank = walls[-1]["rank"] if beside else walls[-1]["rank"] + 1 if walls else 0
            walls.append({"units": list(range(units)), "w": w, "h": h, "rank": rank})
        found.append(walls)
    return found


CORNERS = """
  const cornersOf = ({ plates, eye }) => plates.map((plate) => [-1, 1].flatMap((i) => [-1, 1].flatMap((j) => (
    project(plate, plate.u + i * plate.w, plate.v + j * plate.h, eye).slice(0, 2)
  ))));
"""


def test_all_plates_stand_within_the_room_and_none_upon_another(blank: Page) -> None:
    body = f"{CORNERS} return a[0].map((walls) => [0, TURN].map((turn) => cornersOf(net(walls, a[1], turn))));"
    for walls, (plain, turned) in zip(nets(), run(blank, body, nets(), ROOM), strict=True):
        many = len(walls)
        for kind, corners in (("flat", np.array(plain)), ("turned", np.array(turned))):
            assert len(corners) == sum(len(wall["units"]) for wall in walls)
            across, down = corners[:, ::2], corners[:, 1::2]
            assert across.min() >= ROOM["left"] - 1e-6, (many, kind)
            assert across.max() <= ROOM["right"] + 1e-6, (many, kind)
            assert down.min() >= ROOM["top"] - 1e-6, (many, kind)
            assert down.max() <= ROOM["bottom"] + 1e-6, (many, kind)
        left, right = np.array(plain)[:, ::2].min(axis=1), np.array(plain)[:, ::2].max(axis=1)
        top, bottom = np.array(plain)[:, 1::2].min(axis=1), np.array(plain)[:, 1::2].max(axis=1)
        assert (right > left).all()
        assert (bottom > top).all()
        over = (np.minimum.outer(right, right) - np.maximum.outer(left, left) > 1e-6) & (
            np.minimum.outer(bottom, bottom) - np.maximum.outer(top, top) > 1e-6
        )
        assert over.sum() == len(over), many


def test_a_layer_and_a_map_have_the_room_to_themselves(blank: Page) -> None:
    body = f"""
      {CORNERS}
      return a[0].map((walls) => [0, walls.length - 1].map((at) => {{
        const index = walls[at].units.length - 1, seen = ({{ plates, eye }}) => (
          {{ plates: plates.filter((plate) => plate.alpha > 0.5), eye }});
        const grid = seen(layer(walls, at, a[1])), own = seen(map(walls, at, index, a[1], {{ before: [], after: [] }}));
        const middle = grid.plates[index], hit = plateUnder(grid, walls, middle.x + middle.u, middle.y + middle.v);
        return [
          grid.plates.map((plate) => [plate.wall, plate.index]), cornersOf(grid),
          own.plates.map((plate) => [plate.wall, plate.index]), cornersOf(own), [hit.wall, hit.index],
        ];
      }}));
    """
    for walls, both in zip(nets(), run(blank, body, nets(), ROOM), strict=True):
        for at, (plates, corners, one, own, hit) in zip((0, len(walls) - 1), both, strict=True):
            last = len(walls[at]["units"]) - 1
            assert plates == [[at, index] for index in range(last + 1)]
            assert (one, hit) == ([[at, last]], [at, last])
            for each in (np.array(corners), np.array(own)):
                assert each[:, ::2].min() >= ROOM["left"] - 1e-6
                assert each[:, ::2].max() <= ROOM["right"] + 1e-6
                assert each[:, 1::2].min() >= ROOM["top"] - 1e-6
                assert each[:, 1::2].max() <= ROOM["bottom"] + 1e-6


def test_between_two_places_the_ends_are_exact_and_the_middle_is_the_mean(blank: Page) -> None:
    body = """
      const one = net(a[0], a[1], TURN), other = layer(a[0], 2, a[1]), all = [one, between(one, other, 0), other];
      return [...all, between(one, other, 1), between(one, other, 0.5)].map(({ plates, heads, eye }) => ({
        plates, eye, heads: heads.map(({ x, y, width, alpha }) => [x, y, width, alpha]),
      }));
    """
    one, first, other, last, middle = run(blank, body, nets()[9], ROOM)
    assert first == one
    assert last == other
    for name in ("x", "y", "u", "v", "w", "h", "turn", "alpha"):
        ends = [np.array([plate[name] for plate in each["plates"]]) for each in (one, other)]
        np.testing.assert_allclose([plate[name] for plate in middle["plates"]], sum(ends) / 2, atol=1e-9)
