"""What the browser is sent, read back by another hand; and which place a pick is."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz.components.raster import Panel, Place
from nnviz.components.raster.raster import _place, pack, picked_in


def unpacked(buffer):
    """The header and all numbers, as the head of raster.py tells it."""
    (length,) = struct.unpack_from("<I", buffer, 0)
    header = json.loads(buffer[4 : 4 + length].decode("utf-8"), parse_constant=pytest.fail)
    start = 4 + length + (-(4 + length) % 4)
    rest = buffer[start:]
    assert len(rest) % 4 == 0
    return header, list(struct.unpack(f"<{len(rest) // 4}f", rest)), start


def numbers_of(entry, numbers, count):
    return numbers[entry["offset"] : entry["offset"] + count]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5), st.booleans()), min_size=1, max_size=3),
    st.text(max_size=9),
)
def test_round_trip(shapes, title):
    generator = np.random.default_rng(0)
    panels = [
        Panel(generator.normal(size=(n, h, w, 3) if rgb else (n, h, w)).astype(np.float32), title=title)
        for n, h, w, rgb in shapes
    ]
    header, numbers, start = unpacked(pack(panels, {"alt": title}))
    assert start % 4 == 0
    assert header["alt"] == title
    assert len(numbers) == sum(panel.tiles.size for panel in panels)
    for (n, h, w, rgb), panel, entry in zip(shapes, panels, header["panels"], strict=True):
        assert (entry["n"], entry["h"], entry["w"], entry["channels"]) == (n, h, w, 3 if rgb else 1)
        assert entry["title"] == title
        assert numbers_of(entry, numbers, panel.tiles.size) == panel.tiles.ravel().tolist()


def test_values_of_any_type_and_order_arrive_row_by_row():
    counted = np.arange(24).reshape(2, 3, 4)
    for tiles in (counted, counted.astype(np.float64), np.asfortranarray(counted), counted[:, ::-1][:, ::-1]):
        header, numbers, _ = unpacked(pack([Panel(tiles)], {}))
        assert numbers == list(range(24))
        assert header["panels"][0]["offset"] == 0
    turned = np.moveaxis(counted, 0, 2)
    assert unpacked(pack([Panel(turned)], {}))[1] == turned.ravel().tolist()


def test_special_numbers_arrive_as_they_are():
    tiles = np.array([[[0.1, -0.0, 3.4e38, 1e-30]]], np.float32)
    assert unpacked(pack([Panel(tiles)], {}))[1] == tiles.ravel().tolist()


def test_the_picture_under_the_tiles_comes_with_them():
    first = Panel(np.ones((2, 3, 3)), under=np.arange(12.0).reshape(3, 4))
    second = Panel(np.full((1, 2, 2), 7.0), under=np.arange(12.0).reshape(2, 2, 3) + 100)
    header, numbers, _ = unpacked(pack([first, second, Panel(np.full((1, 1, 1), 9.0))], {}))
    one, two, three = header["panels"]
    assert (one["under"]["h"], one["under"]["w"], one["under"]["channels"]) == (3, 4, 1)
    assert (two["under"]["h"], two["under"]["w"], two["under"]["channels"]) == (2, 2, 3)
    assert three["under"] is None
    assert numbers_of(one["under"], numbers, 12) == list(range(12))
    assert numbers_of(two["under"], numbers, 12) == list(range(100, 112))
    assert numbers_of(one, numbers, 18) == [1] * 18
    assert numbers_of(two, numbers, 4) == [7] * 4
    assert numbers_of(three, numbers, 1) == [9]
    assert len(numbers) == 18 + 12 + 4 + 12 + 1


@pytest.mark.parametrize(
    ("given_", "expected"),
    [((0, 2), [[0, 2]]), (np.array([[-1, 1], [0, 5]]), [[-1, 1], [0, 5]]), (np.float32([0, 0.5]), [[0, 0.5]])],
)
def test_one_range_or_one_a_tile(given_, expected):
    header, _, _ = unpacked(pack([Panel(np.ones((2, 1, 1)), ranges=given_)], {}))
    assert header["panels"][0]["ranges"] == expected


def test_tiles_in_which_nothing_is_to_be_seen_say_so():
    tiles = np.zeros((5, 2, 2))
    tiles[1, 1, 0], tiles[2, 0, 0], tiles[3], tiles[4, 0] = -0.019, 0.021, 1, 1
    grey = np.full((2, 3, 3, 3), 127.0)
    grey[1, 0, 0, 0] = 0
    panels = [
        Panel(tiles, ranges=(-2, 2)),
        Panel(tiles, ranges=[[0, 1], [0, 2], [0, 3], [0, 4], [0, 5]]),
        Panel(tiles, ranges=(-2, 2), say_zero=False),
        Panel(tiles[1:2], ranges=(-2, 2)),
        Panel(tiles[1:2], ranges=(-2, 2), say_zero=True),
        Panel(grey),
        Panel(np.stack([grey[0] / 127, grey[0] / 50000]), "diverging", (-1, 1), say_zero=True),  # weights, no pixels
    ]
    header, _, _ = unpacked(pack(panels, {}))
    some = ["all zero", "nearly zero", "", "all 1.00", ""]
    found = [entry["empty"] for entry in header["panels"]]
    assert found == [
        some,
        [*some[:2], "nearly zero", *some[3:]],
        [],
        [],
        ["nearly zero"],
        ["nearly zero", ""],
        ["all 1.00", "nearly zero"],
    ]


def test_labels_and_names_arrive_in_any_script_and_the_longest_is_told():
    panel = Panel(np.ones((3, 1, 1)), labels=("a", "\u03b1\u03b2\u03b3", ""), names=["\u732b", "\U0001f600", '"<b>"'])
    (entry,) = unpacked(pack([panel], {}))[0]["panels"]
    assert entry["labels"] == ["a", "\u03b1\u03b2\u03b3", ""]
    assert entry["names"] == ["\u732b", "\U0001f600", '"<b>"']
    assert entry["labelWidth"] == 3


def test_all_that_a_panel_says_arrives():
    """Every field of a Panel is in the header by its own name, or is one of the arrays."""
    settings_ = {
        "colour": "inferno",
        "title": "t",
        "note": "n",
        "most": 12.5,
        "scale": 3.0,
        "cell": 7.0,
        "columns": 2,
        "row": 1,
        "strip": (5, 6),
        "units": 4,
        "unit": "slot",
        "strength": 0.5,
        "numbers": True,
        "smooth": True,
        "texts": ["a", "", "12", "\u03b1"],
        "pick": "cell",
        "bar": True,
    }
    (entry,) = unpacked(pack([Panel(np.ones((1, 2, 2)), **settings_)], {}))[0]["panels"]
    assert {name: entry[name] for name in settings_} == {**settings_, "strip": [5, 6]}
    arrays = {"tiles", "under", "ranges", "labels", "names", "say_zero", "blank"}
    assert set(Panel.__dataclass_fields__) == set(settings_) | arrays


def test_a_place_says_all_that_it_is():
    assert _place(Place(1, 2, 3, 4, 5, 6, "picked")) == {
        "panel": 1,
        "tile": 2,
        "row": 3,
        "column": 4,
        "rows": 5,
        "columns": 6,
        "colour": "picked",
    }


def test_what_was_picked_is_read_from_the_session(monkeypatch):
    monkeypatch.setattr(
        "streamlit.session_state", {"raster-a": {"pick": {"panel": 1, "tile": 2, "row": 3, "column": 4, "count": 9}}}
    )
    assert picked_in("raster-a") == Place(1, 2, 3, 4)
    assert picked_in("raster-b") is None


def test_cells_without_a_value_are_told_by_their_place():
    panel = Panel(np.ones((1, 2, 3)), blank=[(np.int64(0), np.int64(2)), (1, 0)])
    (entry,) = unpacked(pack([panel], {}))[0]["panels"]
    assert entry["blank"] == [2, 3]
    assert unpacked(pack([Panel(np.ones((1, 2, 3)))], {}))[0]["panels"][0]["blank"] == []


def test_a_name_longer_than_a_screen_is_cut_where_it_is_drawn():
    long = "x" * 10_000
    panel = Panel(np.ones((1, 2, 2)), title=long, note=f"2x2\n{long}", labels=[long], names=[long])
    (entry,) = unpacked(pack([panel], {}))[0]["panels"]
    drawn = [entry["title"], *entry["note"].split("\n"), *entry["labels"]]
    assert max(map(len, drawn)) == entry["labelWidth"] < 100
    assert entry["names"] == [long]
