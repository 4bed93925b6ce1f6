"""What an input is: vectors, series, volumes and tokens as they are, pictures of any number of channels."""

import keras
import numpy as np
import pytest
from by_keras import CLOSE
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from nnviz.analysis.attribution import explain
from nnviz.analysis.network.fitting import stand_in
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import shown_to, trace
from nnviz.errors import NnvizError

RNG = np.random.default_rng(5)
DIGIT = RNG.integers(0, 256, (28, 28)).astype(np.uint8)


def stack(shape, *made, dtype="float32"):
    return keras.Sequential([keras.Input(shape, dtype=dtype), *made])


def says(model, fed):
    """What Keras says of a batch of one."""
    return np.asarray(model(fed, training=False))[0]


def along():
    return layers.Conv1D(3, 3, activation="tanh"), layers.GlobalAveragePooling1D(), layers.Dense(2)


def kinds():
    """By name: a model, an array of its own shape, what it is, and the image that stands for it."""
    return {
        "four numbers": (stack((4,), layers.Dense(6, "tanh"), layers.Dense(3)), (4,), "vector", (1, 4, 1)),
        "one number": (stack((1,), layers.Dense(3)), (1,), "vector", (1, 1, 1)),
        "sixteen numbers": (stack((16,), layers.Dense(3)), (16,), "vector", (1, 16, 1)),
        "a digit in a row": (stack((784,), layers.Dense(3)), (784,), "picture", (28, 28, 1)),
        "rows of a digit": (stack((28, 28), layers.LSTM(3), layers.Dense(2)), (28, 28), "picture", (28, 28, 1)),
        "a flat picture": (stack((9, 12), layers.Flatten(), layers.Dense(2)), (9, 12), "picture", (9, 12, 1)),
        "a series": (stack((20, 3), *along()), (20, 3), "series", (20, 3, 1)),
        "a long series": (stack((64, 64), *along()), (64, 64), "series", (64, 64, 1)),
        "steps": (stack((None, 5), layers.GRU(3), layers.Dense(2)), (7, 5), "series", (None, 5, 1)),
        "a volume": (
            stack((4, 6, 5, 2), layers.Conv3D(3, 3), layers.Flatten(), layers.Dense(2)),
            (4, 6, 5, 2),
            "volume",
            (24, 5, 2),
        ),
        "frames": (
            stack((None, 6, 5, 1), layers.ConvLSTM2D(2, 3), layers.Flatten(), layers.Dense(2)),
            (3, 6, 5, 1),
            "volume",
            (None, 5, 1),
        ),
        "five bands": (
            stack((6, 7, 5), layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(2)),
            (6, 7, 5),
            "picture",
            None,
        ),
    }


@pytest.fixture(scope="module")
def made(fixed_weights):
    return {name: (fixed_weights(each[0], 7), *each[1:]) for name, each in kinds().items()}


@pytest.mark.parametrize("name", list(kinds()))
def test_an_array_of_its_own_shape_is_taken_as_it_is(made, name):
    """With a batch axis of one too, which is said; the numbers are Keras' own."""
    model, shape, kind, drawn = made[name]
    network = load(model)
    assert network.input.kind == kind
    assert network.image_shape == (drawn or shape)
    own = RNG.normal(size=shape).astype(np.float32)
    expected = says(model, own[None])
    for array in (own, own[None]):
        found = trace(network, array)
        np.testing.assert_allclose(found.logits, expected, **CLOSE)
        assert found.activations[network.graph.input_name].shape == shape
        assert ("batch axis of one was dropped" in found.note) == (array.ndim > len(shape))
        assert "resized" not in found.note
    np.testing.assert_allclose(trace(network, trace(network, own).image).logits, expected, **CLOSE)


@pytest.mark.parametrize("name", ["four numbers", "a series", "a volume", "steps"])
def test_what_is_of_another_shape_is_never_resampled(made, name):
    model, shape, kind, _ = made[name]
    network = load(model)
    for wrong in (
        DIGIT,
        np.ones(np.add(shape, 1)),
        np.ones((2, *shape)),
        np.ones((28, 28, 3), np.uint8),
        "text",
        [[1], []],
    ):
        with pytest.raises(NnvizError, match="expected") as caught:
            trace(network, wrong)
        assert "Received" in str(caught.value)
    # A page that has a digit at hand shows what stands in, and says so.
    shown = shown_to(network, DIGIT)
    assert "no picture" in shown.note
    assert np.isfinite(trace(network, shown).logits).all()
    assert kind in shown.note or kind == "vector"


def test_a_batch_of_pictures_is_refused_and_a_picture_by_its_rows_is_not(made):
    flat = load(made["a digit in a row"][0])
    with pytest.raises(NnvizError, match="batch of 3"):
        trace(flat, np.ones((3, 784), np.float32))
    with pytest.raises(NnvizError, match="batch of 2"):
        trace(load("mnist-cnn"), np.ones((2, 28, 28, 1), np.float32))
    assert "batch axis" in trace(load("mnist-cnn"), DIGIT[None]).note
    np.testing.assert_array_equal(trace(flat, DIGIT).image, trace(flat, DIGIT.ravel()).image)
    np.testing.assert_allclose(trace(flat, DIGIT).image[..., 0], DIGIT / 255, rtol=1e-6)


def test_whole_numbers_are_numbers_for_a_vector_and_pixels_for_a_picture(made):
    model = made["four numbers"][0]
    for dtype in (np.uint8, int, np.float64):
        numbers = np.array([5, 3, 1, 0], dtype)
        expected = says(model, numbers[None].astype(np.float32))
        np.testing.assert_allclose(trace(load(model), numbers).logits, expected, **CLOSE)
        np.testing.assert_allclose(trace(load(model), numbers.tolist()).logits, expected, **CLOSE)


@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 130), names=st.booleans())
def test_a_vector_is_a_row_and_a_square_only_from_64_numbers_on(count, names):
    model = stack((count,), layers.Dense(2))
    takes = load(model, {"input": {"names": [f"n{i}" for i in range(count)]}} if names else None).input
    square = count in (64, 81, 100, 121) and not names
    side = int(count**0.5)
    assert takes.shape == ((side, side, 1) if square else (1, count, 1))
    assert takes.kind == ("picture" if square else "vector")
    if not square:
        assert takes.names == tuple(f"n{i}" if names else f"x{i + 1}" for i in range(count))
        assert len(takes.default) == count


def test_what_normalises_a_vector_tells_where_its_numbers_lie():
    mean, variance = np.array([5.8, 3.0, 3.7, 1.2]), np.array([0.7, 0.2, 3.1, 0.6])
    first = layers.Normalization(mean=mean, variance=variance)
    network = load(stack((4,), first, layers.Dense(3)), {"input": {"names": ["a", "b", "c", "d"]}})
    np.testing.assert_allclose(network.input.default, mean, rtol=1e-6)
    low, high = network.input.offset[0], network.input.offset[0] + 255 * network.input.scale[0]
    np.testing.assert_allclose(
        (low, high), ((mean - 2 * variance**0.5).min(), (mean + 2 * variance**0.5).max()), rtol=1e-5
    )
    shown = stand_in(network.input, "iris")
    np.testing.assert_allclose(shown.image.ravel(), mean, rtol=1e-6)
    assert "(a, b, c, d)" in shown.note
    batch = stack((4,), layers.BatchNormalization(), layers.Dense(3))
    batch.layers[0].moving_mean.assign(mean)
    np.testing.assert_allclose(load(batch).input.default, mean, rtol=1e-6)
    plain = load(stack((4,), layers.Dense(3)))
    assert plain.input.default == (0.5,) * 4
    assert "0 to 1" in plain.assumed


@pytest.mark.parametrize("names", [["a"], "abcd", 4, ["a", "b", "c", "d", "e"]])
def test_names_that_are_not_one_a_number_are_refused(names):
    with pytest.raises(NnvizError, match="4 names"):
        load(stack((4,), layers.Dense(3)), {"input": {"names": names}})


@pytest.mark.parametrize(
    ("shape", "dtype", "masked"),
    [((9,), "int32", False), ((None,), "float32", True), ((100,), "int64", False), ((None,), "int32", True)],
)
def test_tokens_are_whole_numbers_and_no_picture(fixed_weights, shape, dtype, masked):
    made = [layers.Embedding(50, 6, mask_zero=masked), layers.GlobalAveragePooling1D(), layers.Dense(3)]
    model = fixed_weights(stack(shape, *made, dtype=dtype), 9)
    network = load(model)
    assert (network.input.kind, network.input.vocabulary) == ("tokens", 50)
    assert network.image_shape == (1, shape[0], 1)
    tokens = RNG.integers(0, 50, shape[0] or 12)
    tokens[-3:] = 0
    expected = says(model, tokens[None].astype(dtype))
    for array in (tokens[None], tokens.tolist(), tokens.astype(np.float32)):
        np.testing.assert_allclose(trace(network, array).logits, expected, **CLOSE)
    np.testing.assert_allclose(trace(network, trace(network, tokens).image).logits, expected, **CLOSE)
    with pytest.raises(NnvizError, match="whole numbers"):
        trace(network, tokens + 0.5)
    with pytest.raises(NnvizError):
        trace(network, DIGIT)
    assert np.isfinite(trace(network, shown_to(network, DIGIT)).logits).all()
    with pytest.raises(NnvizError, match="depends on the image"):
        explain(network, tokens, "gradient", 0)


def test_text_is_refused_in_a_sentence():
    text = keras.Input((1,), dtype="string")
    x = layers.TextVectorization(vocabulary=["a", "b"], output_sequence_length=4)(text)
    model = keras.Model(text, layers.Dense(2)(layers.Flatten()(layers.Embedding(5, 2)(x))))
    with pytest.raises(NnvizError, match="type string"):
        load(model)


@pytest.mark.parametrize("channels", [2, 4, 6])
def test_a_picture_of_any_number_of_channels_takes_a_grey_one(fixed_weights, channels):
    made = [layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(2)]
    model = fixed_weights(stack((28, 28, channels), *made), 2)
    found = trace(load(model), DIGIT)
    fed = np.repeat(DIGIT[..., None] / np.float32(255), channels, axis=2)
    if channels == 4:
        fed[..., 3] = 1
    np.testing.assert_allclose(found.logits, says(model, fed[None]), rtol=1e-3, atol=1e-4)
    assert "repeated" in found.note


@pytest.mark.parametrize("first", [layers.Permute((2, 3, 1)), lambda x: keras.ops.transpose(x, (0, 2, 3, 1))])
def test_a_net_that_puts_its_channels_last_itself_takes_pictures(fixed_weights, first):
    """As those that were made from other frameworks: (C, H, W) in, everything behind it (H, W, C)."""
    given_ = keras.Input((3, 10, 12))
    x = layers.Flatten()(layers.Conv2D(3, 3, name="conv")(first(given_)))
    model = fixed_weights(keras.Model(given_, layers.Dense(2)(x)), 3)
    network = load(model)
    assert network.image_shape == (10, 12, 3)
    picture = RNG.integers(0, 256, (10, 12, 3)).astype(np.uint8)
    fed = np.moveaxis(picture, -1, 0).astype(np.float32) / 255
    expected = says(model, fed[None])
    for given_array in (picture, fed, fed[None]):
        np.testing.assert_allclose(trace(network, given_array).logits, expected, rtol=1e-4, atol=1e-5)
    assert explain(network, picture, "gradient", 0).values.shape == (10, 12, 3)


def test_layers_with_their_channels_first_are_refused_by_name():
    first = layers.Conv2D(3, 3, data_format="channels_first", name="odd")
    with pytest.raises(NnvizError, match="odd with data_format='channels_first'"):
        load(stack((3, 10, 12), first, layers.Flatten(), layers.Dense(2)))


@pytest.mark.parametrize("size", [(37, 50), (8, 8), (130, 61)])
def test_a_free_size_suits_maps_that_are_joined(fixed_weights, size):
    """A U-Net of free size takes pictures whose sides can be halved twice, and gets those."""
    given_ = keras.Input((None, None, 1))
    down = layers.Conv2D(2, 3, strides=2, padding="same", activation="relu")(given_)
    below = layers.MaxPooling2D()(down)
    up = layers.Concatenate()([layers.UpSampling2D()(below), down])
    x = layers.Concatenate()([layers.Conv2DTranspose(2, 2, strides=2)(up), given_])
    model = fixed_weights(keras.Model(given_, layers.Dense(2)(layers.GlobalAveragePooling2D()(x))), 1)
    network = load(model)
    assert network.input.step == 4
    found = trace(network, RNG.integers(0, 256, size).astype(np.uint8))
    assert all(side % 4 == 0 and abs(side - own) < 4 for side, own in zip(found.image.shape[:2], size, strict=True))
    np.testing.assert_allclose(found.logits, says(model, found.image[None]), **CLOSE)
    assert bool(found.note) == (size != (8, 8))


@pytest.mark.parametrize("method", ["gradient", "lrp", "integrated-gradients", "occlusion"])
def test_a_map_stands_as_the_picture_does_whatever_the_models_own_order(fixed_weights, method):
    """Blue first, channels first: each method says of a pixel what it says where the model takes it as it is."""
    given_, turned = keras.Input((6, 7, 3)), keras.Input((3, 6, 7))
    first, last = layers.Conv2D(3, 3, activation="relu", name="conv"), layers.Dense(2, name="scores")
    plain = fixed_weights(keras.Model(given_, last(layers.Flatten()(first(given_)))), 8)
    other = keras.Model(turned, last(layers.Flatten()(first(layers.Permute((2, 3, 1))(turned)))))
    picture = RNG.integers(0, 256, (6, 7, 3)).astype(np.uint8)
    expected = explain(load(plain), picture, method, 1).values
    np.testing.assert_allclose(explain(load(other), picture, method, 1).values, expected, rtol=1e-3, atol=1e-5)
    kernel = first.kernel.numpy()
    first.kernel.assign(kernel[:, :, ::-1])
    blue = load(plain, {"input": {"range": "0..1", "order": "bgr"}})
    np.testing.assert_allclose(explain(blue, picture, method, 1).values, expected, rtol=1e-3, atol=1e-5)
