"""Numbers from text and tables, as a network on vectors, tokens or series takes them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusing import refusal

from nnviz.analysis.network.input_format import InputFormat
from nnviz.analysis.network.numbers import MOST_BYTES, listed, ranges, series, table

NAMES = ("length (cm)", "width", "age")
VECTOR = InputFormat((1, 3, 1), (1.0,), (0.0,), kind="vector", own=(3,), names=NAMES, default=(5.0, 0.0, 1.0))
TOKENS = replace(VECTOR, kind="tokens", names=(), default=(), vocabulary=50)


def test_a_range_is_what_the_network_was_trained_on_else_what_a_card_says_else_three_to_either_side():
    known = replace(VECTOR, spread=(1.0, 2.0, 0.5))
    assert ranges(known, said=True) == [(2, 8), (-6, 6), (-0.5, 2.5)]
    drawn = replace(VECTOR, scale=(-2 / 255,), offset=(1.0,))
    assert ranges(drawn, said=True) == [pytest.approx((-1, 1))] * 3
    assert ranges(drawn, said=False) == [(-3, 3)] * 3


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3), st.sampled_from([",", " ", "; ", "\n", "\t"]))
def test_numbers_in_a_text_are_read_whatever_stands_between(numbers, between):
    assert listed(between.join(repr(each) for each in numbers), VECTOR) == tuple(numbers)


@pytest.mark.parametrize("text", ["", "1 2", "1 2 3 4", "1, 2, three", "1 2 nan", "1 2 inf", "1 2 1e99"])
def test_what_is_not_as_many_numbers_is_refused(text):
    assert "3 numbers were expected" in refusal(listed, text, VECTOR)


def test_tokens_are_whole_numbers_that_there_are():
    assert listed("0 7 49", TOKENS) == (0, 7, 49)
    for text in ("0 7 50", "0 7 -1", "0 7 1.5", "0 7"):
        assert "3 tokens, whole numbers from 0 to 49" in refusal(listed, text, TOKENS)
    assert listed("1 2 3 4 5", replace(TOKENS, shape=(1, None, 1))) == (1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("1,2,3\n4,5,6", [[1, 2, 3], [4, 5, 6]]),
        ("1;2,5;3\r\n", [[1, 2.5, 3]]),
        ("\ufeff1\t2\t3\tcat\n", [[1, 2, 3]]),
        ("1 2  3\n", [[1, 2, 3]]),
        # By their names, in the vector's order; a number of the row and a label are no part of it.
        ("id,age,length (cm),width,label\n9,3,1,2,cat\n", [[1, 2, 3]]),
        # Names of another data set: the first columns that are numbers.
        ("label,a,b,c,d\ncat,1,2,3,4\n", [[1, 2, 3]]),
        # A gap is no zero.
        ("age,length (cm),width\n,1,2\n3,1,2\n", [[1, 2, 3]]),
        ('"1","2","3"\n', [[1, 2, 3]]),
    ],
)
def test_rows_of_a_table(text, rows):
    assert table(text.encode(), VECTOR).tolist() == rows


@pytest.mark.parametrize(
    "content", [b"", b"a,b,c\n", b"1,2\n", b"\x89PNG\r\n\x1a\n" * 9, b"\0" * 999, b'"' + b"x" * 200_000, b"1,nan,2\n"]
)
def test_what_is_no_such_table_is_refused(content):
    assert "A table with 3 numbers a row" in refusal(table, content, VECTOR)


def test_a_table_is_bounded():
    assert "5 MB" in refusal(table, b" " * (MOST_BYTES + 1), VECTOR)
    assert len(table(b"1,2,3\n" * 20_000, VECTOR)) == 10_000


def test_a_series_is_the_first_rows_of_a_table():
    rows = np.arange(15.0).reshape(5, 3)
    takes = replace(VECTOR, kind="series", shape=(4, 3, 1), own=(4, 3))
    np.testing.assert_array_equal(series(rows, takes), rows[:4])
    np.testing.assert_array_equal(series(rows, replace(takes, shape=(None, 3, 1))), rows)
    assert "6 rows" in refusal(series, rows, replace(takes, shape=(6, 3, 1)))
