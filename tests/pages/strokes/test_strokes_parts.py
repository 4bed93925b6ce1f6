"""What the page of strokes to digits is made of: its words, its patches, and the fields that it shows."""

import keras
import numpy as np
import pytest
from keras import layers
from shipped import shipped

from nnviz import digits, load
from nnviz.analysis.network.receptive import receptive_fields
from nnviz.analysis.search.strongest import Hit
from nnviz.pages.strokes import depths
from nnviz.pages.strokes.page import of_digits, of_pictures
from nnviz.views.search.image_sets import DIGITS, PHOTOGRAPHS
from nnviz.views.search.patch_panels import patch_panel


@pytest.mark.parametrize(
    ("images", "whole", "said"),
    [
        (
            [0, 17, 26],
            False,
            "Its three strongest patches in 99 digits are from three 7s: all of",
        ),
        ([0, 1, 17], True, "Its three strongest of 99 digits are two 7s and one 2: two"),
        ([0], False, "Its one strongest patch in 99 digits is from one 7: all of one class."),
    ],
)
def test_the_digits_are_counted_in_words(images, whole, said):
    hits = [Hit(float(len(images) - at), index, None) for at, index in enumerate(images)]
    assert of_digits(99, hits, whole).startswith(said)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([3.0, 2.0, 1.0, 0.5], "Of 4 photographs Chelsea, a cat excites it most (3.00), {last} least (0.50)."),
        ([6.0, 6.0, 1.0, 0.5], "Of 4 photographs two excite it alike (6.00), {last} least (0.50)."),
        ([6.0, 6.0, 6.0, 6.0], "Of 4 photographs four excite it alike (6.00)."),
        ([3.0], "Of 4 photographs Chelsea, a cat excites it most (3.00), the others not at all."),
    ],
)
def test_of_photographs_that_excite_a_unit_alike_none_is_the_first(values, said):
    hits = [Hit(value, at, None) for at, value in enumerate(values)]
    assert of_pictures(PHOTOGRAPHS, 4, hits) == said.format(last=PHOTOGRAPHS.title(len(hits) - 1))


def test_a_patch_at_the_border_is_chequered_there():
    network = shipped("mnist-cnn")
    field = receptive_fields(network.graph)["conv1"]
    panel = patch_panel(network, "key", DIGITS, [Hit(1.0, 0, (0, 27)), Hit(0.5, 1, (10, 10))], field, 2)
    assert panel.tiles.shape == (2, 7, 7, 3)
    corner = panel.tiles[0]
    assert set(np.unique(corner[:3])) == set(np.unique(corner[:, 4:])) == {200.0, 226.0}
    np.testing.assert_array_equal(corner[3:, :4, 0], digits.digit(0)[0][:4, 24:])
    inside = patch_panel(network, "key", DIGITS, [Hit(0.5, 1, (10, 10))], field, 1)
    assert inside.tiles.shape == (1, 7, 7)
    np.testing.assert_array_equal(inside.tiles[0], digits.digit(1)[0][7:14, 7:14])


def test_of_a_deep_network_the_layers_that_see_more_are_shown():
    given = keras.Input((64, 64, 3))
    x = given
    for index in range(14):
        x = layers.Conv2D(2, 3 if index % 2 == 0 else 1, padding="same", name=f"conv{index}")(x)
    network = load(keras.Model(given, layers.Dense(2, name="scores")(layers.GlobalAveragePooling2D()(x))))
    shapes = {layer.name: layer.output_shape for layer in network.layers}
    fields = depths.fields_of(network, shapes)
    shown = [layer.name for layer in depths.with_fields(network, fields, "conv5")]
    assert len(shown) == depths.MOST_FIELDS
    assert shown[0] == "conv0"
    assert shown[-1] == "scores"
    assert "conv5" in shown
    assert all(int(name.removeprefix("conv")) % 2 == 0 for name in shown if name not in ("conv5", "scores"))
    sizes = [fields[name][0].size for name in shown[:-1]]
    assert sizes == sorted(sizes)
