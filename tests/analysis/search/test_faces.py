"""Faces of units: the bundled ones are those that are found, the file gives back what was written, ties and silence."""

import numpy as np
import pytest
from shipped import shipped

from nnviz.analysis.data import digits, photographs
from nnviz.analysis.progress import finished
from nnviz.analysis.search import faces
from nnviz.analysis.search.ranking import Ranking, Strongest
from nnviz.analysis.search.strongest import strongest

CLOSE = 1e-4
"""Another processor may add up in another order, and let one of two pictures win that excite a unit nearly alike."""


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("mnist-cnn", ("pool2", "dense", "output")),
        ("mnist-mlp", ("flatten", "dense1", "dense2", "output")),
        ("photo-cnn", ("block03_add", "head_conv_relu", "head_mean")),
    ],
)
def test_the_bundled_faces_are_those_that_a_search_finds(name, layers):
    network, kept = shipped(name), faces.bundled(name)
    pictures = photographs.Gallery() if name == "photo-cnn" else digits.test_set()[0]
    found = faces.faces(finished(strongest(network, pictures, layers=layers)))
    assert kept.searched == found.searched == len(pictures)
    assert list(kept.layers) == [layer.name for layer in network.layers[1:]]
    random = np.random.default_rng(5)
    for layer in layers:
        count = len(found.layers[layer].values)
        assert len(kept.layers[layer].values) == count
        np.testing.assert_allclose(kept.layers[layer].values, found.layers[layer].values, rtol=CLOSE, atol=CLOSE)
        for unit in random.choice(count, 10):
            one, other = kept.of(layer, int(unit)), found.of(layer, int(unit))
            if one.hit is None or one.equal > 1:
                assert (one.hit is None) == (other.hit is None)
                continue
            assert (one.hit.image, one.hit.cell) == (other.hit.image, other.hit.cell)


def test_what_was_written_is_read_again_and_silence_and_ties_are_told(tmp_path):
    values = np.array([[3.0, 3.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -2.0, -3.0]], np.float32)
    places = np.array([[4, 7, 1], [0, 1, 2], [9, 8, 7]])
    none = np.full((3, 3), -1)
    found = faces.faces(
        Strongest(
            {"conv": Ranking(values, places, places, places), "dense": Ranking(values, places, none, none)}, 10, 10
        )
    )
    faces.write(tmp_path / "faces.npz", {"one": found})
    kept = faces.bundled("one", tmp_path / "faces.npz")
    for each in (found, kept):
        tied, silent, negative = (each.of("conv", unit) for unit in range(3))
        assert (tied.equal, tied.hit.value, tied.hit.image, tied.hit.cell) == (2, 3.0, 4, (4, 4))
        assert (silent.hit, silent.searched) == (None, 10)
        assert (negative.equal, negative.hit.value, negative.hit.image) == (1, -1.0, 9)
        assert each.of("dense", 0).hit.cell is None
        assert each.of("dense", 3) is None
        assert each.of("other", 0) is None
    assert faces.bundled("two", tmp_path / "faces.npz") is None


def test_a_number_that_does_not_fit_is_refused(tmp_path):
    large = Ranking(np.ones((1, 1), np.float32), *(np.full((1, 1), value) for value in (2**16, 0, 0)))
    with pytest.raises(ValueError, match="below 65,536"):
        faces.write(tmp_path / "faces.npz", {"one": faces.faces(Strongest({"conv": large}, 1, 1))})


def test_the_file_is_small():
    assert faces.FILE.stat().st_size < 300_000
