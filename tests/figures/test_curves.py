"""Curves that hold every number, and mark the one that is shown."""

import json

import numpy as np
import pytest

from nnviz.figures import accuracy_curves
from nnviz.figures.colour import PICKED

STEPS = np.arange(-3, 4)
GROUPS = {
    "right": {"MLP": np.array([0.1, 0.4, 0.9, 0.98, 0.8, 0.3, 0.1]), "CNN": np.linspace(0.5, 0.99, 7)},
    "down": {"MLP": np.linspace(0.2, 0.6, 7), "CNN": np.linspace(0.9, 0.3, 7)},
}


def lines(figure):
    return [trace for trace in figure.data if trace.mode == "lines"]


def marks(figure):
    return [trace for trace in figure.data if trace.mode == "markers"]


def test_every_number_is_on_its_line():
    figure = accuracy_curves(STEPS, GROUPS)
    drawn = [(line.xaxis, line.name, list(line.x), list(line.y)) for line in lines(figure)]
    wanted = [
        (axis, name, list(STEPS), list(values))
        for axis, group in zip(("x", "x2"), GROUPS.values(), strict=True)
        for name, values in group.items()
    ]
    assert drawn == wanted
    assert not marks(figure)
    assert [figure.layout.xaxis.title.text, figure.layout.xaxis2.title.text] == list(GROUPS)


def test_the_step_that_is_shown_is_marked_on_each_line_at_its_own_height():
    figure = accuracy_curves(STEPS, GROUPS, current=(1, -3))
    found = [(mark.xaxis, mark.x[0], mark.y[0], mark.legendgroup) for mark in marks(figure)]
    assert found == [
        ("x", 1, 0.8, "MLP"),
        ("x", 1, np.linspace(0.5, 0.99, 7)[4], "CNN"),
        ("x2", -3, 0.2, "MLP"),
        ("x2", -3, 0.9, "CNN"),
    ]
    assert {mark.marker.line.color for mark in marks(figure)} == {PICKED}
    assert [(shape.xref, shape.x0) for shape in figure.layout.shapes] == [("x", 1), ("x2", -3)]


def test_a_step_that_was_not_measured_has_a_line_but_no_height():
    figure = accuracy_curves(STEPS, GROUPS, current=(9, None))
    assert not marks(figure)
    assert [shape.x0 for shape in figure.layout.shapes] == [9]


def test_a_network_is_in_the_legend_once_and_looks_alike_in_both():
    figure = accuracy_curves(STEPS, GROUPS)
    assert [line.name for line in lines(figure) if line.showlegend is not False] == ["MLP", "CNN"]
    looks = {(line.name, line.line.color, line.line.dash) for line in lines(figure)}
    assert len(looks) == 2
    # Told apart without colour too.
    assert len({dash for _, _, dash in looks}) == 2


@pytest.mark.parametrize("current", [(), (0, 2)])
def test_the_scale_is_the_whole_one_and_readable_from_afar(current):
    layout = json.loads(accuracy_curves(STEPS, GROUPS, current=current).to_json())["layout"]
    assert layout["yaxis"]["range"][0] == 0
    assert layout["yaxis"]["range"][1] >= 1
    assert layout["yaxis"]["tickformat"] == ".0%"
    for name in ("xaxis", "xaxis2", "yaxis"):
        assert layout[name]["tickfont"]["size"] >= 16
