"""Receptive fields against what a cell answers to, pixel by pixel."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from nnviz.analysis.network.extent import Extent
from nnviz.analysis.network.graph import Graph
from nnviz.analysis.network.receptive import receptive_fields

SIDE = (13, 10)


def positive(model):
    """Ones everywhere and no bias: nothing can cancel, so that a unit answers to all that it sees."""
    for weight in model.weights:
        weight.assign(np.full(weight.shape, 1.0 if "kernel" in weight.path else 0.0, np.float32))
    return model


def supports(model, shape, cells):
    """(first, one past the last) row and column of the pixels that cells of the model's output answer to.

    Each pixel alone, on black, and not the gradient: TensorFlow's of an average over a window that is larger than the
    map is wrong on some processors.
    """
    answers = model(np.eye(np.prod(shape), dtype=np.float32).reshape(-1, *shape, 1), training=False).numpy()
    found = []
    for row, column in cells:
        answering = answers[:, row, column].any(axis=-1).reshape(shape)
        ends = []
        for axis in (1, 0):
            seen = np.flatnonzero(answering.any(axis=axis))
            ends.append((int(seen[0]), int(seen[-1]) + 1) if len(seen) else None)
        found.append(tuple(ends))
    return found


def corner_and_centre_cells(model):
    rows, columns = model.outputs[0].shape[1:3]
    return sorted(
        {(0, 0), (rows // 2, columns // 2), (rows - 1, columns - 1), (0, columns - 1), (rows // 3, 1 % columns)}
    )


def spans(model, cells, shape=SIDE):
    graph = Graph(model)
    field = receptive_fields(graph)[graph.steps[-1].name]
    return [tuple(e.span(at, n) for e, at, n in zip(field, cell, shape, strict=True)) for cell in cells]


def check(model, shape=SIDE):
    positive(model)
    cells = corner_and_centre_cells(model)
    field = receptive_fields(Graph(model))[Graph(model).steps[-1].name]
    for cell, span, support in zip(cells, spans(model, cells, shape), supports(model, shape, cells), strict=True):
        if None in support:  # in the padding: along one axis at least there is nothing to see
            assert any(first == stop for first, stop in span), f"unit {cell}: nothing, not {span}"
            continue
        for (first, stop), seen, extent, at in zip(span, support, field, cell, strict=True):
            assert (first, stop) == seen, f"unit {cell}: {support}, not {span}"
            # What a patch is cut out by holds it all.
            assert extent.first(at) <= first
            assert stop <= extent.first(at) + extent.size


def stack(*made, shape=SIDE):
    return keras.Sequential([keras.Input((*shape, 1)), *made])


@st.composite
def window(draw):
    """A convolution or pooling of any kind."""
    kind = draw(st.sampled_from(["conv", "depthwise", "separable", "average"]))
    size = (draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    # TensorFlow's depthwise kernels take square strides only.
    stride = draw(st.integers(1, 3))
    padding = draw(st.sampled_from(["same", "valid"]))
    dilation = draw(st.sampled_from([1, 2])) if stride == 1 and kind != "average" else 1
    return kind, size, stride, padding, dilation


def layer_of(kind, size, stride, padding, dilation):
    if kind == "average":
        return layers.AveragePooling2D(size, stride, padding)
    if kind == "depthwise":
        return layers.DepthwiseConv2D(size, stride, padding, dilation_rate=dilation)
    made = {"conv": layers.Conv2D, "separable": layers.SeparableConv2D}[kind]
    return made(2, size, stride, padding, dilation_rate=dilation)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(window(), min_size=1, max_size=3))
def test_field_is_all_that_a_cell_answers_to(recipe):
    try:
        model = stack(*(layer_of(*one) for one in recipe))
    except ValueError:  # the map became smaller than the kernel: no such net
        return
    check(model)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("size", [3, 5])
def test_one_dilated_kernel_is_exact(size, padding):
    model = positive(stack(layers.Conv2D(1, size, padding=padding, dilation_rate=2)))
    rows, columns = model.outputs[0].shape[1:3]
    cells = [(0, 0), (rows // 2, columns // 2), (rows - 1, columns - 1)]
    assert spans(model, cells) == supports(model, SIDE, cells)


def test_a_row_that_pooling_left_out_is_not_brought_back_by_padding():
    """13 rows pooled by two leave the last one out; the padded convolution behind sees 12."""
    model = stack(layers.AveragePooling2D(2), layers.Conv2D(1, 3, padding="same"))
    check(model)
    assert spans(model, [(5, 4)]) == [((8, 12), (6, 10))]


RESAMPLED_EXACTLY = {
    "transposed 3, stride 2": [layers.Conv2DTranspose(1, 3, 2)],
    "transposed 3, stride 2, same": [layers.Conv2DTranspose(1, 3, 2, "same")],
    "transposed 4, stride 2, same": [layers.Conv2DTranspose(1, 4, 2, "same")],
    "transposed 5, stride 3, same": [layers.Conv2DTranspose(1, 5, 3, "same")],
    "transposed 2, stride 3, output padding": [layers.Conv2DTranspose(1, 2, 3, output_padding=1)],
    "transposed 3, stride 2, same, output padding 0": [layers.Conv2DTranspose(1, 3, 2, "same", output_padding=0)],
    "transposed 3, stride 2, same, output padding 1": [layers.Conv2DTranspose(1, 3, 2, "same", output_padding=1)],
    "upsampling 3x2": [layers.UpSampling2D((3, 2))],
    "upsampling, convolution": [layers.UpSampling2D(2), layers.Conv2D(1, 3, padding="same")],
    "padding": [layers.ZeroPadding2D(((1, 2), (3, 0)))],
    "padding, convolution": [layers.ZeroPadding2D(((3, 3), (2, 1))), layers.Conv2D(1, 3, 2)],
    "cropping, convolution": [layers.Cropping2D(((2, 1), (0, 3))), layers.Conv2D(1, 2, padding="same")],
    "pointwise": [
        layers.Conv2D(2, 3, padding="same"),
        layers.ReLU(),
        layers.Dropout(0.3),
        layers.Dense(2),
        layers.Conv2D(1, 3),
    ],
}


@pytest.mark.parametrize("kind", list(RESAMPLED_EXACTLY))
def test_field_of_other_layers_is_exact(kind):
    made = [type(layer).from_config(layer.get_config()) for layer in RESAMPLED_EXACTLY[kind]]
    check(stack(*made))


RESAMPLED = {
    "pooled, upsampled": lambda: [layers.AveragePooling2D(2), layers.UpSampling2D(2), layers.Conv2D(1, 3)],
    "strided, transposed": lambda: [
        layers.Conv2D(1, 3, 2),
        layers.Conv2DTranspose(1, 3, 2, "same"),
        layers.Conv2D(1, 3, padding="same"),
    ],
    "thirds": lambda: [layers.AveragePooling2D(3), layers.UpSampling2D(3), layers.UpSampling2D(3)],
    "larger, bilinear": lambda: [layers.Resizing(31, 17), layers.Conv2D(1, 3)],
    "smaller, bilinear": lambda: [layers.Resizing(5, 4), layers.Conv2D(1, 2)],
    "smaller, antialiased": lambda: [layers.Resizing(6, 4, antialias=True), layers.Conv2D(1, 2)],
    "nearest": lambda: [layers.Resizing(7, 15, "nearest"), layers.Conv2D(1, 3, padding="same")],
    "bicubic, behind a stride": lambda: [layers.Conv2D(1, 3, 2), layers.Resizing(11, 9, "bicubic")],
    "keeping its shape, cut": lambda: [layers.Resizing(8, 8, crop_to_aspect_ratio=True), layers.Conv2D(1, 3)],
    "keeping its shape, padded": lambda: [layers.Resizing(8, 8, pad_to_aspect_ratio=True), layers.Conv2D(1, 3)],
    "middle": lambda: [layers.CenterCrop(8, 5), layers.Conv2D(1, 3)],
    "middle of too little": lambda: [layers.CenterCrop(16, 6), layers.Conv2D(1, 3)],
    "crop that is random in training": lambda: [layers.RandomCrop(9, 6), layers.Conv2D(1, 3)],
    "upsampling, bilinear": lambda: [layers.AveragePooling2D(2), layers.UpSampling2D(2, interpolation="bilinear")],
    "what acts in training": lambda: [
        layers.RandomFlip(),
        layers.RandomRotation(0.2),
        layers.RandAugment(),
        layers.Rescaling(2.0),
        layers.Conv2D(1, 3),
        layers.SpatialDropout2D(0.5),
        layers.GaussianNoise(1.0),
        layers.ActivityRegularization(0.1),
    ],
}


@pytest.mark.parametrize("kind", list(RESAMPLED))
def test_field_of_a_resampled_layer_is_exact(kind):
    check(stack(*RESAMPLED[kind]()))


def test_field_of_a_dilated_transposed_kernel_is_what_it_spreads():
    """Cell o takes input i where o - i is 0, 2 or 4; by hand, since not every processor's TensorFlow can run it."""
    cells = [(0, 0), (5, 7), (16, 13)]
    for cell, span in zip(cells, spans(stack(layers.Conv2DTranspose(1, 3, dilation_rate=2)), cells), strict=True):
        for at, length, (first, stop) in zip(cell, SIDE, span, strict=True):
            taken = [at - apart for apart in (0, 2, 4) if 0 <= at - apart < length]
            assert (first, stop) == (min(taken), max(taken) + 1)


def test_field_of_max_pooling_holds_every_place_that_can_win():
    """The gradient of a maximum shows one place only; put together over pictures it fills the window."""
    model = stack(layers.MaxPooling2D((3, 2), 2, padding="same"), layers.MaxPooling2D(2))
    cells, generator = [(0, 0), (1, 1), (2, 1)], np.random.default_rng(0)
    seen = np.zeros((3, *SIDE), bool)
    for _ in range(300):
        x = tf.Variable(generator.random((1, *SIDE, 1)).astype(np.float32))
        with tf.GradientTape(persistent=True) as tape:
            y = model(x)
            units = [y[0, row, column, 0] for row, column in cells]
        for found, unit in zip(seen, units, strict=True):
            found |= tape.gradient(unit, x).numpy()[0, :, :, 0] != 0
    for cell, found, span in zip(cells, seen, spans(model, cells), strict=True):
        expected = np.zeros(SIDE, bool)
        (top, bottom), (left, right) = span
        expected[top:bottom, left:right] = True
        np.testing.assert_array_equal(found, expected, err_msg=str(cell))


def residual(merge=layers.Add, **kwargs):
    given = keras.Input((*SIDE, 1))
    short = layers.Conv2D(2, 1, 2, padding="same")(given)
    long = layers.Conv2D(2, 3, 2, padding="same")(given)
    long = layers.Conv2D(2, 3, padding="same")(long)
    return keras.Model(given, layers.Conv2D(1, 2)(merge(**kwargs)([short, long])))


def test_field_of_residual_branches_is_that_of_the_longest():
    check(residual())


def test_joining_along_an_axis_of_places_is_not_taken_for_places_of_their_own():
    model = residual(layers.Concatenate, axis=1)
    fields = receptive_fields(Graph(model))
    joined = next(layer.name for layer in model.layers if isinstance(layer, layers.Concatenate))
    assert fields[joined] is None
    check(residual(layers.Concatenate, axis=3))


@pytest.mark.parametrize(
    ("layer", "whole"),
    [
        (lambda: layers.LayerNormalization(), False),
        (lambda: layers.LayerNormalization(axis=[1, 2, 3]), True),
        (lambda: layers.Softmax(), False),
        (lambda: layers.Softmax(axis=[1, 2]), True),
        (lambda: layers.GlobalAveragePooling2D(keepdims=True), True),
        (lambda: layers.Flatten(), True),
    ],
)
def test_what_mixes_all_places_sees_the_whole_input(layer, whole):
    made = layer()
    graph = Graph(stack(layers.Conv2D(3, 3, name="conv"), made, layers.Flatten(), layers.Dense(2)))
    fields = receptive_fields(graph)
    assert fields[made.name] == (None if whole else fields["conv"])


def test_squeeze_and_excitation_sees_the_whole_input():
    given = keras.Input((*SIDE, 1))
    maps = layers.Conv2D(3, 3)(given)
    gate = layers.Dense(3, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(maps))
    graph = Graph(keras.Model(given, layers.Flatten()(layers.Multiply(name="gated")([maps, gate]))))
    assert receptive_fields(graph)["gated"] is None


def test_sizes_make_same_padding_exact_where_the_input_is_free():
    """An even input puts the odd cell of a strided 'same' padding at the end, an odd one on both sides."""
    model = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(1, 3, 2, padding="same", name="c")])
    positive(model)
    graph = Graph(keras.Sequential([model.inputs[0], *model.layers, layers.GlobalAveragePooling2D()]))
    for side in (12, 13):
        rows, _ = receptive_fields(graph, {graph.input_name: (side, side, 1)})["c"]
        (support,) = supports(model, (side, side), [(2, 2)])
        assert rows.span(2, side) == support[0]


def test_size_is_the_most_that_any_position_sees():
    rows, _ = receptive_fields(Graph(stack(layers.Conv2DTranspose(1, 5, 2, "same", name="t"))))["t"]
    longest = max(stop - first for first, stop in (rows.span(at, 100) for at in range(20, 60)))
    assert rows.size == longest == 3
    assert Extent().size == 1
    assert Extent(2, -1, 3).size == 5


def test_thirds_add_up_in_spite_of_rounding():
    extent = Extent(1 / 3, -2 / 3, 0)
    assert [extent.span(at, 50) for at in (90, 91, 92)] == [(30, 31)] * 3


def answering(model, shape, base):
    """Which pixel (flat) of a picture changes which cell of the output when it alone is another, (pixels, ...)."""
    changed = base + 0.7 * np.eye(base.size, dtype=np.float32).reshape(-1, *shape)
    made = model.predict(np.concatenate([base[None], changed]), verbose=0)
    return (np.abs(made[1:] - made[:1]) > 1e-4 * np.abs(made).max()).any(axis=-1)


def check_answers(model, shape, seed=0):
    """Every cell's spans against what each pixel alone changes, over the axes of places of the input."""
    found = answering(model, shape, np.random.default_rng(seed).uniform(0.1, 0.9, shape).astype(np.float32))
    graph = Graph(model)
    field = receptive_fields(graph)[graph.steps[-1].name]
    assert field is not None
    for cell in np.ndindex(found.shape[1:]):
        seen = found[(slice(None), *cell)].reshape(shape)
        for axis, extent in enumerate(field):
            others = tuple(at for at in range(len(shape)) if at != axis)
            places = np.flatnonzero(seen.any(axis=others))
            at = cell[axis] if axis < len(cell) else 0
            first, stop = extent.span(at, shape[axis])
            assert (first, stop) == ((places[0], places[-1] + 1) if len(places) else (first, first)), (cell, axis)


def test_a_series_a_volume_and_what_comes_before_the_weights_are_seen_exactly(fixed_weights):
    """Conv1D over (steps, channels), Conv3D over slices, a picture without channels, and preprocess_input inside."""
    caffe = keras.Input((9, 8, 3))
    x = keras.applications.vgg16.preprocess_input(keras.layers.Rescaling(1.0)(caffe))
    torch = keras.Input((9, 8, 3))
    y = keras.applications.densenet.preprocess_input(torch)
    flat = keras.Input((9, 8))
    models = {
        (12, 3): [layers.Conv1D(4, 3, dilation_rate=2), layers.AveragePooling1D(2), layers.UpSampling1D(2)],
        (5, 6, 7, 1): [layers.Conv3D(2, (2, 3, 3)), layers.Cropping3D(((0, 1), (1, 0), (0, 0)))],
    }
    for shape, made in models.items():
        check_answers(fixed_weights(keras.Sequential([keras.Input(shape), *made]), 3), shape)
    picture = layers.Reshape((9, 8, 1))(flat)
    for inputs, before in ((caffe, x), (torch, y), (flat, picture)):
        behind = layers.LayerNormalization()(layers.Conv2D(3, 3, strides=2, activation="gelu")(before))
        check_answers(fixed_weights(keras.Model(inputs, behind), 5), tuple(inputs.shape[1:]))


def test_a_part_of_a_net_with_skips_is_seen_exactly(fixed_weights):
    """A U-Net: down, up again, and beside what it was."""
    given = keras.Input((12, 10, 1))
    one = layers.Conv2D(2, 3, padding="same")(given)
    low = layers.Conv2D(3, 3, padding="same")(layers.AveragePooling2D(2)(one))
    up = layers.Conv2DTranspose(2, 2, 2)(low)
    x = layers.Conv2D(2, 3, padding="same")(layers.Concatenate()([up, one[:, :12, :10]]))
    check_answers(fixed_weights(keras.Model(given, x), 9), (12, 10, 1))


def test_a_vector_that_becomes_its_square_is_seen_as_that_picture():
    model = keras.Sequential([keras.Input((81,)), layers.Reshape((9, 9, 1)), layers.Conv2D(1, 3, name="c")])
    rows, columns = receptive_fields(Graph(model))["c"]
    assert rows.span(2, 9) == columns.span(2, 9) == (2, 5)
