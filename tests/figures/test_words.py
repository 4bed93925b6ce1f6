"""Numbers in captions: never a zero that is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from nnviz.figures.words import (
    number,
    ordinal,
    percent,
    probability,
    rank,
    shortened,
    standing,
    told_apart,
    verbatim,
    with_article,
)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0.00"),
        (16.178, "16.18"),
        (-1.5, "\u22121.50"),
        (0.1, "0.10"),
        (0.0346, "0.035"),
        (-0.000356, "\u22120.00036"),
        (2.3e-13, "2.3e\u221213"),
    ],
)
def test_two_decimals_or_two_figures(value: float, said: str) -> None:
    assert number(value) == said


def test_a_sign_where_it_is_asked_for() -> None:
    assert [number(value, sign=True) for value in (0.5, -0.5, 0.02)] == ["+0.50", "\u22120.50", "+0.02"]


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_numbers_side_by_side_are_alike_only_if_they_are_equal(one: float, other: float) -> None:
    first, second = told_apart(one, other)
    if one == other:
        assert first == second
    elif abs(one - other) > 1e-8:
        assert first != second


def test_a_rank_is_said_where_there_is_one() -> None:
    values = np.array([[0.0, 3.0], [0.0, -1.0]])
    assert [rank(values, index) for index in range(4)] == [None, "1st of 4", None, "4th of 4"]
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 112, 1022)] == (
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th", "1,022nd"]
    )


def test_where_there_is_no_rank_it_is_said_how_many_are_equal() -> None:
    values = np.array([[0.0, 3.0], [0.0, -1.0]])
    assert [standing(values, index) for index in range(4)] == (
        ["equal to 1 other of 4", "1st of 4", "equal to 1 other of 4", "4th of 4"]
    )
    assert standing(np.zeros(1300), 0) == "equal to 1,299 others of 1,300"


def test_names_are_cut_where_that_keeps_them_apart() -> None:
    assert shortened(["dense", "output"], 8) == ["dense", "output"]
    assert shortened(["a_long_name_1", "b_long_name_2"], 8) == ["a_long_\u2026", "b_long_\u2026"]
    assert shortened(["block06_depthwise", "block06_dense"], 10) == ["block\u2026wise", "block\u2026ense"]
    assert shortened(["x" * 20 + "a" + "y" * 20, "x" * 20 + "b" + "y" * 20], 12) == [
        "x" * 20 + "a" + "y" * 20,
        "x" * 20 + "b" + "y" * 20,
    ]


@given(st.lists(st.text("ab_", min_size=1, max_size=20), min_size=1, max_size=6, unique=True), st.integers(4, 16))
def test_names_that_differ_differ_when_they_are_cut(names: list[str], room: int) -> None:
    found = shortened(names, room)
    assert len(set(found)) == len(names)
    assert found == names or all(len(name) <= room for name in found)


@pytest.mark.parametrize(
    ("value", "beside", "said"),
    [
        (-1.6e-9, [2.5, -0.1], "0.00"),
        (1.6e-9, [3e-9, 1e-9], "1.6e\u22129"),
        (-2e-5, [2.5], "\u22122e\u221205"),
        (float("nan"), [1.0], "nan"),
        (0.5, [], "0.50"),
    ],
)
def test_what_is_a_rounding_error_beside_its_kind_is_nought(value: float, beside: list[float], said: str) -> None:
    assert number(value, beside=beside).replace("\u221209", "\u22129") == said


def test_a_name_has_the_article_that_is_read_before_it() -> None:
    assert [with_article(name) for name in ("8", "7", "18", "81", "apple", "cat", "")] == [
        "an 8",
        "a 7",
        "an 18",
        "an 81",
        "an apple",
        "a cat",
        "a ",
    ]


def test_a_name_is_escaped_for_plotly_and_markup_is_not() -> None:
    assert verbatim("a<br>%{x}") == "a&lt;br&gt;%&#123;x}"
    assert verbatim(Markup("120<br>others")) == "120<br>others"


def test_a_share_is_all_or_none_only_where_it_is() -> None:
    for total in (1, 7, 166, 2_000, 10_000, 60_000):
        for count in {0, 1, total // 2, total - 1, total}:
            for decimals in (1, 2):
                said = percent(count / total, decimals)
                assert (said == f"{100:.{decimals}f}%") == (count == total)
                assert (said == f"{0:.{decimals}f}%") == (count == 0)


def test_a_softmax_is_never_certain() -> None:
    assert [probability(value) for value in (1.0, 0.9999, 0.5, 1e-9, 0.0)] == [
        *("> 99.9%", "> 99.9%", "50.0%", "< 0.1%", "< 0.1%")
    ]
