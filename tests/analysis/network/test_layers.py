"""What each layer is said to be: names, shapes, links, parameters and descriptions."""

import keras
import pytest
from keras import layers

from nnviz.analysis.network.graph import Graph
from nnviz.analysis.network.layers import describe
from nnviz.analysis.network.network import load


def test_fields_along_the_story():
    """LeNet by hand: 3, then 4 with the pooling, 8 with the next convolution of a jump of two."""
    made = [
        layers.Conv2D(1, 3, name="a"),
        layers.MaxPooling2D(2, name="b"),
        layers.Conv2D(1, 3, name="c"),
        layers.MaxPooling2D(2, name="d"),
        layers.Flatten(name="e"),
    ]
    infos = {info.name: info for info in describe(Graph(keras.Sequential([keras.Input((28, 28, 1)), *made])))}
    assert [infos[name].receptive_field for name in "abcde"] == [(3, 3), (4, 4), (8, 8), (10, 10), None]


def test_parameters_add_up_to_the_model(case):
    unique = {id(info.keras_layer): info.parameters for info in case.network.layers}
    assert sum(unique.values()) == case.model.count_params() == case.network.parameters


def test_parameters_of_a_shared_layer_are_told_at_each_use(cases):
    infos = {info.name: info for info in cases["shared"].network.layers}
    assert infos["twice"].parameters == infos["twice#2"].parameters == 3 * 3 * 3 * 3 + 3
    assert infos["twice"].keras_layer is infos["twice#2"].keras_layer
    assert (infos["twice#2"].inputs, infos["flatten"].inputs) == (("twice",), ("twice#2",))


def test_shapes_and_links_are_those_of_keras(flat_case):
    infos = {info.name: info for info in flat_case.network.layers}
    assert list(infos) == [info.name for info in flat_case.network.layers]
    for number, info in enumerate(flat_case.network.layers):
        assert info.index == number
        if number == 0 or "#" in info.name:
            continue
        layer = info.keras_layer
        node = layer._inbound_nodes[0]
        assert info.output_shape == node.output_tensors[0].shape[1:]
        assert info.input_shape == node.input_tensors[0].shape[1:]
        read = tuple(name.split("#")[0] for name in info.inputs)
        assert read == tuple(t._keras_history.operation.name for t in node.input_tensors)
        assert info.kind == type(layer).__name__


DESCRIBED = [
    (lambda: layers.Conv2D(6, (3, 5), activation="relu"), "Convolution 3x5, 6 filters, 'valid' padding, ReLU"),
    (
        lambda: layers.Conv2D(6, 3, strides=2, padding="same"),
        "Convolution 3x3, 6 filters, stride 2, 'same' padding",
    ),
    (lambda: layers.Conv2D(2, 3, strides=(1, 2)), "Convolution 3x3, 2 filters, stride 1x2, 'valid' padding"),
    (lambda: layers.Conv2D(2, 3, dilation_rate=2), "Convolution 3x3, 2 filters, dilation 2, 'valid' padding"),
    (lambda: layers.DepthwiseConv2D(3), "Depthwise convolution 3x3, 3 filters, 'valid' padding"),
    (
        lambda: layers.SeparableConv2D(4, 3, activation="tanh"),
        "Separable convolution 3x3, 4 filters, 'valid' padding, tanh",
    ),
    (
        lambda: layers.Conv2DTranspose(4, 2, strides=2),
        "Transposed convolution 2x2, 4 filters, stride 2, 'valid' padding",
    ),
    (lambda: layers.MaxPooling2D(2), "Max pooling 2x2, stride 2, 'valid' padding"),
    (lambda: layers.AveragePooling2D(3, 1, "same"), "Average pooling 3x3, 'same' padding"),
    (lambda: layers.GlobalAveragePooling2D(), "Global average pooling"),
    (lambda: layers.GlobalMaxPooling2D(), "Global max pooling"),
    (lambda: layers.BatchNormalization(), "Batch normalisation"),
    (lambda: layers.ZeroPadding2D(1), "Zero padding"),
    (lambda: layers.Dropout(0.5), "Dropout, does nothing outside training"),
    (lambda: layers.Activation("softmax"), "Activation, softmax"),
    (lambda: layers.Dense(7, activation="relu"), "Fully connected, 7 neurons, ReLU"),
    (lambda: layers.Flatten(), "Flatten"),
]


@pytest.mark.parametrize(("layer", "sentence"), DESCRIBED)
def test_description(layer, sentence):
    made = layer()
    given = keras.Input((9, 9, 3))
    end = layers.Dense(2)(layers.Flatten()(made(given)))
    infos = {info.name: info for info in describe(Graph(keras.Model(given, end)))}
    assert infos[made.name].description == sentence


def test_a_volume_is_described_in_its_three_directions():
    given = keras.Input((6, 9, 9, 1))
    conv = layers.Conv3D(2, 3, strides=2, name="conv")(given)
    end = layers.Flatten()(layers.MaxPooling3D((1, 2, 2), name="pool")(conv))
    infos = {info.name: info for info in describe(Graph(keras.Model(given, layers.Dense(2)(end))))}
    assert infos["conv"].description == "Convolution 3x3x3, 2 filters, stride 2, 'valid' padding"
    assert infos["pool"].description == "MaxPooling3D 1x2x2, stride 1x2x2, 'valid' padding"


def test_description_of_a_split_output_head_is_that_of_the_layer(cases):
    info = cases["sequential_cnn"].network.layer("answer")
    assert info.description == "Fully connected, 4 neurons, softmax"
    assert (info.inputs, info.input_shape, info.parameters) == (("dropout",), (20,), 84)


def test_an_unknown_layer_is_an_error_that_names_those_there_are(cases):
    with pytest.raises(ValueError, match=r"conv1.*Received: 'conv9'"):
        cases["sequential_cnn"].network.layer("conv9")


def test_every_graph_layer_is_listed_once(case):
    names = [info.name for info in load(case.model).layers]
    assert len(set(names)) == len(names)
    assert not any(name.startswith("<") for name in names)
