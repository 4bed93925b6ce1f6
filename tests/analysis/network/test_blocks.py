"""Layers grouped to blocks: by their names, else by the size of their maps, and only in deep networks."""

import keras
import pytest
from keras import layers
from shipped import shipped

from nnviz.analysis.network.blocks import DEEP, blocks, prefix, rest
from nnviz.analysis.network.network import load


def found(network):
    return blocks(network, {layer.name: layer.output_shape for layer in network.layers})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("block01_expand_bn", "block01"),
        ("block_3_expand_BN", "block_3"),
        ("block_16_project", "block_16"),
        ("conv2_block1_1_conv", "conv2_block1"),
        ("block1a_se_squeeze", "block1a"),
        ("block5_conv3", "block5"),
        ("Conv1", "Conv1"),
        ("Conv1_relu", "Conv1"),
        ("stem_conv", "stem"),
        ("expanded_conv_depthwise", "expanded"),
        ("predictions", "predictions"),
        ("", ""),
    ],
)
def test_a_name_begins_with_its_block(name, expected):
    assert prefix(name) == expected


def test_the_photograph_net_has_its_blocks():
    network = shipped("photo-cnn")
    parts = found(network)
    assert [block.name for block in parts] == [
        *("picture", "stem", *(f"block{n:02d}" for n in range(1, 17)), "head", "classes"),
    ]
    assert [layer for block in parts for layer in block.layers] == list(network.layers)
    assert sum(block.parameters for block in parts) == network.parameters
    assert [block.last.name for block in parts if block.name in ("block02", "block03")] == [
        *("block02_project_bn", "block03_add"),
    ]
    assert rest(parts[3], "block02_project_bn") == "project_bn"
    assert rest(parts[-1], "classes") == "classes"


@pytest.mark.parametrize("name", ["mnist-cnn", "mnist-mlp"])
def test_a_network_that_fits_the_screen_has_none(name):
    assert found(shipped(name)) == ()


def stages(names):
    """Three sizes of maps, six convolutions each, a padding and a squeeze between them."""
    given = keras.Input((32, 32, 3), name="picture")
    x, number = given, 0
    for stage, channels in enumerate((4, 6, 8)):
        for _ in range(6):
            x = layers.Conv2D(channels, 3, padding="same", activation="relu", name=names(number))(x)
            number += 1
        squeezed = layers.GlobalAveragePooling2D(keepdims=True, name=f"squeeze{'x' * stage}")(x)
        x = layers.Multiply(name=f"times{'x' * stage}")([x, squeezed])
        if stage < 2:
            x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"padding{'x' * stage}")(x)
            x = layers.MaxPooling2D(2, name=f"pool{'x' * stage}")(x)
    x = layers.GlobalAveragePooling2D(name="means")(x)
    return keras.Model(given, layers.Dense(3, activation="softmax", name="answer")(x), name="stages")


def test_where_names_say_nothing_the_sizes_do():
    network = load(stages(lambda number: f"layer{'abcdefghijklmnopqrst'[number]}"))
    assert [block.name for block in found(network)] == ["picture", "32x32", "16x16", "8x8", "vectors"]
    by_name = {block.name: [layer.name for layer in block.layers] for block in found(network)}
    # A squeeze to 1x1 is a detour; what pads belongs to what it pads.
    assert {"squeeze", "times", "padding"} <= set(by_name["32x32"])
    assert by_name["vectors"] == ["means", "answer"]


def test_one_word_for_all_is_no_block():
    network = load(stages(lambda number: f"conv_{'abcdefghijklmnopqrst'[number]}"))
    assert len(network.layers) > DEEP
    assert "conv" not in [block.name for block in found(network)]
    assert max(len(block.layers) for block in found(network)) <= len(network.layers) / 2
