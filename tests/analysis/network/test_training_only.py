"""What acts in training only hands on what it gets, in the graph as in Keras' own predict; what acts always, acts."""

import keras
import numpy as np
import pytest
from keras import layers

from nnviz.analysis.attribution import explain
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace
from nnviz.analysis.network.training_only import acts_in_training_only

SHAPE = (12, 10, 3)
ALWAYS = ("Resizing", "CenterCrop", "AutoContrast")


def made(kind):
    """A layer of that kind, as strong as it can be."""
    kinds = {
        "RandomErasing": {"factor": 1.0},
        "RandomCrop": {"height": 8, "width": 6},
        "RandomZoom": {"height_factor": 0.5},
        "RandomTranslation": {"height_factor": 0.5, "width_factor": 0.5},
        "RandomRotation": {"factor": 0.5},
        "RandomShear": {"x_factor": 0.5},
        "RandomHue": {"factor": 0.5},
        "RandomSaturation": {"factor": 0.9},
        "RandomSharpness": {"factor": 0.9},
        "RandomColorDegeneration": {"factor": 0.9},
        "RandomPosterization": {"factor": 3},
        "RandomBrightness": {"factor": 0.9},
        "RandomContrast": {"factor": 0.9},
        "RandomColorJitter": {"brightness_factor": 0.9},
        "ActivityRegularization": {"l2": 0.1},
        "Resizing": {"height": 8, "width": 6},
        "CenterCrop": {"height": 8, "width": 6},
    }
    more = {"rate": 0.5} if kind in DROPPING else {}
    more = {"stddev": 0.5} if kind == "GaussianNoise" else more
    return getattr(layers, kind)(**kinds.get(kind, more))


DROPPING = ("Dropout", "SpatialDropout2D", "GaussianDropout", "AlphaDropout")
KINDS = sorted(
    {
        name
        for name in dir(layers)
        if name.startswith("Random") or name in (*DROPPING, "GaussianNoise", "ActivityRegularization", "Identity")
    }
    | {"RandAugment", "MixUp", "CutMix", "AugMix", *ALWAYS}
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_does_what_predict_does(kind):
    """Of all of Keras' layers of these kinds, also those of a version to come."""
    given = keras.Input(SHAPE)
    layer = made(kind)
    model = keras.Model(given, layers.GlobalAveragePooling2D()(layer(given)))
    network = load(model, {"input": {"scale": 1}})
    info = network.layers[1]
    picture = np.random.default_rng(3).integers(0, 256, SHAPE).astype(np.uint8)
    found = trace(network, picture)
    expected = model.predict(picture[None].astype(np.float32), verbose=0)[0]
    np.testing.assert_allclose(found.logits, expected, rtol=1e-5)
    assert info.idle == (kind not in ALWAYS)
    assert ("does nothing" in info.description) == info.idle
    if info.idle:
        np.testing.assert_array_equal(found.activations[info.name], picture.astype(np.float32))
        assert info.pointwise
        assert info.receptive_field == (1, 1)


def test_what_has_weights_or_another_shape_or_no_training_is_never_taken_for_one():
    frozen = layers.BatchNormalization(trainable=False)
    frozen.build((None, 4))
    assert not acts_in_training_only(frozen, (4,))
    assert not acts_in_training_only(layers.Rescaling(1.0), (4,))
    assert not acts_in_training_only(layers.LSTM(4), (5, 4))


def augmented(pipeline):
    given = keras.Input(SHAPE)
    steps = [layers.RandomFlip(), layers.RandomRotation(0.5), layers.RandAugment(), layers.Rescaling(1 / 255)]
    x = given
    for layer in [layers.Pipeline(steps)] if pipeline else steps:
        x = layer(x)
    x = layers.SpatialDropout2D(0.5)(layers.Conv2D(4, 3, activation="relu", name="c")(x))
    x = layers.AlphaDropout(0.5)(layers.Flatten()(x), training=True)
    return keras.Model(given, layers.Dense(3, "softmax", name="answer")(x))


@pytest.mark.parametrize("pipeline", [False, True])
def test_a_net_with_its_augmentation_inside_is_the_net_without(pipeline, fixed_weights):
    """The same answer, receptive field and relevance as the net that never had any."""
    given = keras.Input(SHAPE)
    x = layers.Conv2D(4, 3, activation="relu", name="c")(layers.Rescaling(1 / 255)(given))
    bare = keras.Model(given, layers.Dense(3, "softmax", name="answer")(layers.Flatten()(x)))
    model = augmented(pipeline)
    for name in ("c", "answer"):
        fixed_weights(bare, 3)
        model.get_layer(name).set_weights(bare.get_layer(name).get_weights())
    networks = [load(each, {"input": {"scale": 1}}) for each in (bare, model)]
    picture = np.random.default_rng(1).integers(0, 256, SHAPE).astype(np.uint8)
    for method in ("lrp", "gradient", "grad-cam"):
        maps = [explain(network, picture, method, 1).values for network in networks]
        np.testing.assert_allclose(maps[1], maps[0], rtol=1e-4, atol=1e-6, err_msg=method)
    assert networks[1].layer("c").receptive_field == networks[0].layer("c").receptive_field == (3, 3)
    np.testing.assert_allclose(trace(networks[1], picture).logits, trace(networks[0], picture).logits, rtol=1e-5)
