"""The range that a network takes, found without a card: what is fed is what Keras is fed by its owner."""

import keras
import numpy as np
import pytest
from by_keras import CLOSE
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers
from shipped import shipped

from nnviz.analysis.data import digits, photographs
from nnviz.analysis.image.images import fit
from nnviz.analysis.network.input_format import RANGES, named_range
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace
from nnviz.errors import NnvizError

PICTURE = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).astype(np.uint8)
APPLICATIONS = ("vgg16", "resnet_v2", "densenet", "mobilenet_v2", "imagenet_utils")


def net(*before, shape=(16, 16, 3), dtype="float32", name="net", after=()):
    """A small net with what is done to its pixels before the first weights."""
    given_ = keras.Input(shape, dtype=dtype)
    x = given_
    for each in before:
        x = each(x)
    x = layers.Conv2D(8, 3, name="first")(x)
    for each in after:
        x = each(x)
    x = layers.Flatten()(layers.MaxPooling2D(3)(x))
    wide = keras.initializers.RandomNormal(stddev=0.5, seed=1)
    return keras.Model(given_, layers.Dense(3, "softmax", kernel_initializer=wide)(x), name=name)


def agrees(network, model, fed):
    """Whether the network says of the picture what Keras says of what its owner feeds."""
    found = trace(network, PICTURE).probabilities
    np.testing.assert_allclose(found, model(fed[None], training=False)[0], **CLOSE)


@pytest.mark.parametrize("module", APPLICATIONS)
def test_any_preprocess_input_within_the_graph_takes_pixels(module):
    preprocess = getattr(keras.applications, module, None)
    preprocess = preprocess or __import__(f"keras.src.applications.{module}", fromlist=["x"])
    model = net(preprocess.preprocess_input)
    network = load(model)
    assert network.scale == (1.0,) * 3
    assert network.input.order == "rgb"
    assert not network.assumed
    assert "before its first weights" in network.input.found
    agrees(network, model, PICTURE.astype(np.float32))


@settings(max_examples=12, deadline=None)
@given(
    white=st.sampled_from([1.0, 255.0]),
    ends=st.sampled_from([(0.0, 1.0), (-1.0, 1.0), (-2.1, 2.6), (-0.5, 0.5), (0.0, 4.0), (-130.0, 130.0)]),
    ways=st.integers(0, 4),
)
def test_whatever_brings_pixels_to_the_order_of_weights_tells(white, ends, ways):
    """Scaled by a layer, by operations, by a normalisation, through a cast and a flip, behind augmentation."""
    low, high = ends
    scale, offset = (high - low) / white, low
    if abs(scale - 1) < 1e-3 and offset == 0:
        return  # nothing is done to it
    deviation = 1 / scale
    before = (
        [layers.Rescaling(scale, offset)],
        [lambda x: x * scale + offset],
        [layers.Normalization(mean=[-offset * deviation] * 3, variance=[deviation**2] * 3)],
        [
            lambda x: keras.ops.flip(x, axis=-1),
            lambda x: keras.ops.cast(x, "float32") / deviation,
            lambda x: x + offset,
        ],
        [layers.RandomFlip(), layers.Rescaling(scale, offset), layers.ZeroPadding2D(1)],
    )[ways]
    network = load(net(*before))
    assert network.scale[0] == pytest.approx(1.0 if white == 255 else 1 / 255)
    assert not network.assumed


def test_pictures_that_are_standardised_one_by_one_tell_nothing():
    model = net(lambda x: x - keras.ops.mean(x, axis=(1, 2), keepdims=True), lambda x: x / keras.ops.std(x))
    assert "0 to 1" in load(model).assumed


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16", "float64"])
def test_an_input_of_another_type_is_fed_in_it(dtype):
    """A pixel of 254.99999 is 255, not 254; and a net on whole numbers takes pixels."""
    model = net(lambda x: keras.ops.cast(x, "float32") / 127.5 - 1, dtype=dtype)
    network = load(model)
    assert network.scale == (1.0,) * 3
    agrees(network, model, PICTURE.astype(dtype))
    pixels = np.nextafter(PICTURE.astype(np.float32), np.float32(0))
    np.testing.assert_allclose(trace(network, pixels).logits, trace(network, PICTURE).logits, rtol=1e-3, atol=1e-3)


def photographs_in(channels):
    if channels == 1:
        return digits.test_set()[0][:60, ..., None].astype(np.float32)
    plain = ((64, 64, 3), (1.0,) * 3, (0.0,) * 3)
    return np.stack([fit(photographs.photograph(each.name), *plain).pixels for each in photographs.gallery()])


@pytest.mark.parametrize(
    ("channels", "name"), [*((3, name) for name in RANGES), *((1, name) for name in ("0..255", "0..1", "-1..1"))]
)
def test_the_statistics_of_a_batch_normalisation_tell_the_range(channels, name):
    """Those that real pictures leave there, in each of the ranges, are told apart by made-up pictures."""
    known, pictures = named_range(name, channels), photographs_in(channels)
    fed = pictures * np.array(known.scale) + np.array(known.offset)
    fed = (fed[..., ::-1] if known.order == "bgr" else fed).astype(np.float32)
    keras.utils.set_random_seed(11)
    model = net(shape=pictures.shape[1:], after=[layers.BatchNormalization(name="bn"), layers.ReLU()])
    made = np.asarray(model.get_layer("first")(fed))
    normal = model.get_layer("bn")
    normal.moving_mean.assign(made.mean((0, 1, 2)))
    normal.moving_variance.assign(made.var((0, 1, 2)))
    takes = load(model).input
    assert (takes.scale, takes.offset, takes.order) == (known.scale, known.offset, known.order)
    assert "bn" in takes.found
    assert not takes.assumed
    assert not takes.doubt
    wrong = {"input": {"scale": 1 / 255 if name == "0..255" else 1}}
    assert not load(model, wrong).input.doubt  # a card is believed


def test_a_batch_normalisation_in_front_tells_the_range():
    for white in (1, 255):
        model = net(layers.BatchNormalization(name="bn"))
        model.get_layer("bn").moving_mean.assign([0.45 * white] * 3)
        model.get_layer("bn").moving_variance.assign([(0.25 * white) ** 2] * 3)
        assert load(model).scale[0] == pytest.approx(white / 255)


def test_untrained_statistics_tell_nothing():
    network = load(net(after=[layers.BatchNormalization()]))
    assert network.scale == (1 / 255,) * 3
    assert "0 to 1" in network.assumed


def test_the_photograph_net_that_ships_is_found_without_its_card():
    own = shipped("photo-cnn").input
    takes = load(shipped("photo-cnn").model).input
    np.testing.assert_allclose(takes.scale, own.scale, rtol=0.01)
    np.testing.assert_allclose(takes.offset, own.offset, atol=0.01)
    assert takes.order == "rgb"


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("vgg16", "vgg16"),
        ("resnet50", "resnet"),
        ("resnet101v2", "resnet_v2"),
        ("densenet121", "densenet"),
        ("mobilenet_1.00_224", "mobilenet"),
        ("mobilenetv2_1.00_224", "mobilenet_v2"),
        ("xception", "xception"),
        ("inception_v3", "inception_v3"),
        ("nasnet_mobile", "nasnet"),
    ],
)
def test_a_net_of_keras_applications_is_fed_as_they_feed_it(name, module):
    """Alone and within another model; its colours are turned on their way in, and nowhere else."""
    base = net(name=name)
    around = keras.Sequential([keras.Input((16, 16, 3)), layers.RandomFlip(), base], name="mine")
    fed = getattr(keras.applications, module).preprocess_input(PICTURE.astype(np.float32))
    for model in (base, around):
        network = load(model)
        assert name in network.input.found
        agrees(network, model, fed)
        image = trace(network, PICTURE).image
        assert trace(network, PICTURE).image.shape == (16, 16, 3)
        np.testing.assert_allclose(image, fed[..., ::-1] if network.input.order == "bgr" else fed, atol=1e-4)
    grey = load(net(shape=(16, 16, 1), name=name))
    assert "0 to 1" in grey.assumed


def test_a_known_net_of_free_size_is_shown_pictures_of_its_own():
    given_ = keras.Input((None, None, 3))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(given_))
    network = load(keras.Model(given_, layers.Dense(2)(x), name="inception_v3"))
    assert network.image_shape == (299, 299, 3)
    assert "299x299" in network.assumed


def test_what_is_found_is_doubted_where_the_answers_say_so():
    """A net that was trained on pixels and says nothing of it: one answer for all pictures, or 100 % for any."""
    flat = net(name="flat")
    flat.get_layer("first").set_weights([np.zeros((3, 3, 3, 8)), np.ones(8)])
    assert "same answer" in load(flat).input.doubt
    sure = net(name="sure")
    last = sure.layers[-1]
    last.set_weights([1e6 * np.abs(last.get_weights()[0]) * [1, 0, 0], last.get_weights()[1]])
    sure.get_layer("first").set_weights([np.ones((3, 3, 3, 8)), np.zeros(8)])
    assert "100 %" in load(sure).input.doubt
    far = net(name="far", after=[layers.BatchNormalization(name="bn")])
    far.get_layer("bn").moving_mean.assign([1e4] * 8)
    assert "bn" in load(far).input.doubt
    assert not load(net(name="plain")).input.doubt


CARDS = {
    "caffe": ("resnet", {}),
    "torch": ("densenet", {}),
    "-1..1": ("mobilenet", {}),
}


@pytest.mark.parametrize("name", CARDS)
def test_a_range_of_a_card_is_that_of_keras_applications(name):
    model, module = net(), CARDS[name][0]
    network = load(model, {"input": {"range": name}})
    assert not network.assumed
    agrees(network, model, getattr(keras.applications, module).preprocess_input(PICTURE.astype(np.float32)))


def test_scale_offset_and_order_of_a_card():
    model = net()
    card = {"input": {"scale": [1, 0.5, 0.25], "offset": [0, -1, -2], "order": "bgr"}}
    fed = (PICTURE * np.array([1, 0.5, 0.25]) + np.array([0, -1, -2]))[..., ::-1].astype(np.float32)
    agrees(load(model, card), model, fed)
    agrees(load(model, {"input": {"range": "caffe", "order": "rgb"}}), model, PICTURE - [123.68, 116.779, 103.939])


def test_a_size_of_a_card_is_that_of_the_pictures():
    given_ = keras.Input((None, None, 3))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(given_))
    model = keras.Model(given_, layers.Dense(2)(x))
    assert load(model, {"input": {"size": [20, 30]}}).image_shape == (20, 30, 3)
    assert trace(load(model, {"input": {"size": [20, 30]}}), PICTURE).image.shape == (20, 30, 3)


@pytest.mark.parametrize(
    "card",
    [
        {"range": "0..2"},
        {"range": 5},
        {"range": ["0..1"]},
        {"order": "gbr"},
        {"size": [8]},
        {"size": [0, 8]},
        {"size": "8x8"},
        {"size": [8, 8]},
        {"name": "other"},
        {"held": {"keras": 1}},
        {"held": 3},
    ],
)
def test_a_wrong_card_is_refused_in_a_sentence(card):
    with pytest.raises(NnvizError, match="expected") as caught:
        load(net(), {"input": card})
    assert "Received" in str(caught.value)


def test_a_range_of_three_colours_is_none_of_a_grey_net():
    with pytest.raises(NnvizError, match=r"'0\.\.255', '0\.\.1', '-1\.\.1' was"):
        load(net(shape=(16, 16, 1)), {"input": {"range": "caffe"}})
