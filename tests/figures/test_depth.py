"""A measure layer by layer, as a figure."""

import numpy as np

from nnviz.figures.colour import PICKED
from nnviz.figures.depth import depth_curves


def test_the_curves_are_the_numbers_and_the_layer_under_study_is_marked():
    lines = {"whole": [0.5, None, 0.9], "plane": [0.1, 0.2, 0.3]}
    figure = depth_curves(["input", "block02_project_bn", "output"], lines, now="output")
    for trace, (name, values) in zip(figure.data, lines.items(), strict=True):
        assert trace.name == name
        np.testing.assert_array_equal(np.array(trace.x, float), np.array(values, float))
        assert list(trace.y) == ["input", "block02_project_bn", "output"]
    (line,) = figure.layout.shapes
    assert (line.y0, line.y1, line.line.color) == (2, 2, PICKED)
    assert figure.layout.yaxis.ticktext == ("input", "block02_proje…", "output")
    assert figure.layout.xaxis.range[1] >= 1
    assert not depth_curves(["a", "b"], lines, now="elsewhere").layout.shapes
