"""Numbers in captions: never a zero that is none."""

from __future__ import annotations

import pytest

from nnviz.figures.words import number


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
