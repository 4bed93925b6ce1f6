"""The photographs that ship: all there, in colours, small, and each with its source and licence."""

import numpy as np
import pytest

from nnviz.analysis.data import photographs
from nnviz.analysis.network.network import PRETRAINED
from nnviz.errors import NnvizError


def test_each_has_a_file_and_each_file_is_one_of_them():
    names = [entry.name for entry in photographs.gallery()]
    assert names == ["cat", "coffee", "rocket", "astronaut"]
    assert {path.stem for path in (PRETRAINED / "photos").glob("*.jpg")} == set(names)
    for entry in photographs.gallery():
        assert entry.licence in ("CC0 1.0", "public domain")
        assert "skimage.data" in entry.source


@pytest.mark.parametrize(
    ("name", "shape", "mean"),
    [
        ("cat", (300, 451, 3), (148, 112, 87)),
        ("coffee", (341, 512, 3), (159, 86, 51)),
        ("rocket", (342, 512, 3), (54, 62, 83)),
        ("astronaut", (512, 512, 3), (137, 108, 99)),
    ],
)
def test_its_pixels_are_upright_in_colours_and_read_only(name, shape, mean):
    pixels = photographs.photograph(name)
    assert (pixels.shape, pixels.dtype) == (shape, np.uint8)
    np.testing.assert_allclose(pixels.mean(axis=(0, 1)), mean, atol=6)
    assert not pixels.flags.writeable


def test_another_name_is_refused():
    with pytest.raises(NnvizError, match=r"cat, coffee, rocket, astronaut\. Received: '\.\./cat'\."):
        photographs.photograph("../cat")
