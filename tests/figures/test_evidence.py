"""Charts of evidence: every number that goes in stands in them."""

import numpy as np
import pytest

from nnviz.figures.evidence import change_bars, likeness, matrix


def test_likeness_leaves_out_what_has_no_measure_and_keeps_room_for_what_is_to_come():
    figure = likeness(["trained", "+ dense", "+ conv"], np.array([1.0, np.nan]))
    assert list(figure.data[0].y) == [1.0, None]
    assert list(figure.data[0].text) == ["1.00", ""]
    assert list(figure.layout.xaxis.ticktext) == ["trained", "+ dense", "+ conv"]
    assert figure.layout.xaxis.range[1] > 2


def test_likeness_draws_chance_as_a_line_where_it_is_known():
    lines = likeness(["trained", "+ dense"], np.array([1.0, 0.2]), chance=0.3).layout.shapes
    assert [line.y0 for line in lines] == [0, 0.3]
    assert [line.y0 for line in likeness(["trained", "+ dense"], np.array([1.0, 0.2])).layout.shapes] == [0]


@pytest.mark.parametrize(("changes", "outlined"), [([0.1, 0.4, 0.2], 1), ([0.0, 0.0], 0), ([], None), ([np.nan], None)])
def test_the_largest_change_has_the_outline(changes, outlined):
    bar = change_bars(np.array(changes), 4).data[0]
    widths = list(bar.marker.line.width)
    assert [at for at, width in enumerate(widths) if width] == ([] if outlined is None else [outlined])
    np.testing.assert_array_equal(np.asarray(bar.y, float), changes)


def test_a_matrix_has_its_numbers_and_is_white_at_zero():
    values = np.array([[1, -0.25], [-0.25, np.nan]])
    heat, numbers = matrix(["a", "b"], values).data
    np.testing.assert_array_equal(np.asarray(heat.z, float), values)
    assert list(zip(numbers.y, numbers.x, numbers.text, strict=True)) == [
        ("a", "a", "1.00"),
        ("a", "b", "\u2212.25"),
        ("b", "a", "\u2212.25"),
    ]
    assert list(numbers.textfont.color) == ["#ffffff", "#000000", "#000000"]
    assert (heat.zmin, heat.zmax) == (-1, 1)
