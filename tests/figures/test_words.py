"""Numbers in captions: never a zero that is none."""

from __future__ import annotations

import pytest

from nnviz.figures.words import number, with_article


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
