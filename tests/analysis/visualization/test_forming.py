"""Feature visualisation against optima that are known, and against the network's own trace."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from shipped import shipped

import nnviz
from nnviz import objectives
from nnviz.analysis.visualization import transforms
from nnviz.analysis.visualization.ascent import climb
from nnviz.analysis.visualization.forming import recipe_for

QUICK = {"steps": 12, "transforms": ()}


def cosine(one, other):
    return float((one * other).sum() / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.fixture(scope="module")
def linear():
    """Two units that add up the pixels, one with a weight for each, one with 1 or -1."""
    generator = np.random.default_rng(5)
    model = keras.Sequential(
        [keras.Input((9, 8, 1), name="picture"), layers.Flatten(), layers.Dense(2, name="scores")], name="linear"
    )
    kernel = generator.normal(0, 1, (72, 2))
    kernel[:, 1] = generator.choice([-1.0, 1.0], 72)
    model.layers[-1].set_weights([kernel, np.array([0.3, -0.2])])
    return nnviz.load(model), kernel.reshape(9, 8, 2)


@pytest.fixture(scope="module")
def network():
    return shipped("mnist-cnn")


def test_a_linear_unit_likes_its_weights(linear):
    network, kernel = linear
    found = nnviz.visualize(network, 0, 5, 0.1, "pixels", (), optimizer="gradient")
    assert cosine(found.image[..., 0] - 0.5, kernel[..., 0]) > 0.99


@pytest.mark.parametrize("parametrization", ["pixels", "fourier"])
def test_the_optimum_within_black_and_white_is_the_sign_of_the_weights(parametrization, linear):
    network, kernel = linear
    found = nnviz.visualize(network, 1, 400, 0.1, parametrization, ())
    assert 0 <= found.image.min() < found.image.max() <= 1
    assert cosine(found.image[..., 0] - 0.5, kernel[..., 1]) > 0.99
    assert found.score == pytest.approx((kernel[..., 1] > 0).sum() - 0.2, rel=0.02)


def test_what_is_weighed_down_is_avoided(linear):
    network, kernel = linear
    found = nnviz.visualize(network, -objectives.logit(1), 200, 0.1, "pixels", ())
    assert cosine(found.image[..., 0] - 0.5, -kernel[..., 1]) > 0.99


def test_a_colour_unit_likes_its_colour_in_the_range_of_the_network():
    given = keras.Input((12, 12, 3), name="picture")
    model = keras.Model(given, layers.Dense(2, name="scores")(layers.GlobalAveragePooling2D()(given)))
    model.layers[-1].set_weights([np.array([[1.0, -1], [-0.5, 2], [-0.5, -1]]), np.zeros(2)])
    network = nnviz.load(model, {"input": {"scale": [0.01, 0.02, 0.03], "offset": [-1, -2, -3]}})
    for parametrization, apart in (("fourier", 120), ("pixels", 240)):
        found = nnviz.visualize(network, 0, 300, 0.1, parametrization)
        np.testing.assert_allclose(found.images, found.pixels * [0.01, 0.02, 0.03] + [-1, -2, -3], atol=1e-4)
        red, green, blue = found.pixels[0].mean(axis=(0, 1))
        assert red - max(green, blue) > apart


def test_the_score_rises_in_the_mean(network):
    forming = nnviz.visualizing(network, objectives.channel("conv2", 5), 60, seed=1, every=10)
    scores = [progress.so_far.score for progress in forming if progress.so_far]
    assert len(scores) == 6
    thirds = [np.mean(part) for part in np.array_split(scores, 3)]
    assert thirds == sorted(thirds)
    assert scores[-1] > 2 * scores[0]


@pytest.mark.parametrize(
    ("objective", "value"),
    [
        (objectives.channel("conv2", 5), lambda trace: trace.activations["conv2"][..., 5].mean()),
        (objectives.channel("dense", 3), lambda trace: trace.activations["dense"][3]),
        (objectives.neuron("pool2", 2, 3, 7), lambda trace: trace.activations["pool2"][2, 3, 7]),
        (objectives.layer("pool1"), lambda trace: np.square(trace.activations["pool1"]).mean()),
        (objectives.logit(3), lambda trace: trace.logits[3]),
        (nnviz.targets.difference(3, 8), lambda trace: trace.logits[3] - trace.logits[8]),
        (nnviz.targets.channel("conv1", 2), lambda trace: trace.activations["conv1"][..., 2].sum()),
        (nnviz.targets.unit("conv1", 20, 4, 2), lambda trace: trace.activations["conv1"][20, 4, 2]),
        (
            objectives.logit(3) - 0.5 * objectives.channel("conv2", 1),
            lambda trace: trace.logits[3] - 0.5 * trace.activations["conv2"][..., 1].mean(),
        ),
    ],
)
def test_the_score_is_that_of_the_trace(objective, value, network):
    found = nnviz.visualize(network, objective, 30, seed=2)
    assert found.score == pytest.approx(float(value(nnviz.trace(network, found.image))), rel=1e-4, abs=1e-5)
    assert found.image.shape == (28, 28, 1)
    assert not found.image.flags.writeable
    assert not found.pixels.flags.writeable


def test_every_kind_of_network_has_its_picture(case):
    size = (11, 11) if None in case.network.image_shape else None
    found = nnviz.visualize(case.network, 1, 6, size=size)
    seen = nnviz.trace(case.network, found.fitted())
    assert found.image.shape == case.picture.shape
    assert found.score == pytest.approx(float(seen.logits[1]), rel=1e-4, abs=1e-4)
    first = nnviz.visualize(case.network, 1, 1, 1e-6, size=size)
    assert found.score > first.score


def test_one_seed_makes_one_picture_and_another_another(network):
    one, again, other = (nnviz.visualize(network, 4, 20, seed=seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(one.image, again.image)
    assert np.abs(one.image - other.image).max() > 0.1


def test_how_often_it_is_looked_at_changes_nothing(network):
    whole = nnviz.visualize(network, 4, 15, seed=3)
    parts = [progress.so_far for progress in nnviz.visualizing(network, 4, 15, seed=3, every=4)]
    assert [part.steps for part in parts[1:]] == [4, 8, 12, 15]
    np.testing.assert_allclose(parts[-1].image, whole.image, atol=1e-5)


def test_stopped_half_way_it_has_the_picture_so_far(network):
    forming = nnviz.visualizing(network, 4, 40, seed=3, every=10)
    assert next(forming).so_far is None
    found = [next(forming) for _ in range(2)][-1]
    forming.close()
    assert (found.done, found.total, found.so_far.steps) == (20, 40, 20)
    np.testing.assert_allclose(found.so_far.image, nnviz.visualize(network, 4, 20, seed=3).image, atol=1e-5)


def test_another_unit_class_or_weight_compiles_nothing_anew(network):
    def function(objective):
        return climb(network, objective, recipe_for(network, objective, "fourier", None))

    for make in (
        lambda k: objectives.channel("conv2", k),
        objectives.logit,
        lambda k: objectives.logit(0) - k * objectives.logit(k),
    ):
        for unit in (1, 5, 6):
            nnviz.visualize(network, make(unit), 2)
        assert function(make(1)) is function(make(7))
        assert function(make(1)).experimental_get_tracing_count() == 1


def test_the_weights_stay_bit_by_bit(cases):
    case = cases["branched"]
    before = [np.array(weight) for weight in case.model.weights]
    nnviz.visualize(case.network, objectives.layer("left_bn"), **QUICK)
    nnviz.dream(case.network, case.picture, objectives.layer("joined"), 4)
    for weight, was in zip(case.model.weights, before, strict=True):
        np.testing.assert_array_equal(np.array(weight), was)


def test_diverse_pictures_are_less_alike(network):
    def alike(diversity):
        found = nnviz.visualize(network, objectives.channel("conv2", 5), 48, count=4, diversity=diversity)
        assert found.images.shape == (4, 28, 28, 1)
        maps = np.stack([nnviz.trace(network, image).activations["conv2"] for image in found.images])
        places = maps.reshape(4, -1, maps.shape[-1])
        grams = np.einsum("npc,npd->ncd", places, places).reshape(4, -1)
        grams /= np.linalg.norm(grams, axis=1, keepdims=True)
        assert objectives.similarity(maps).numpy() == pytest.approx(((grams @ grams.T).sum(axis=1) - 1) / 3, rel=1e-4)
        return objectives.similarity(maps).numpy().mean()

    assert alike(2.0) < alike(0.0) - 0.02


@pytest.mark.parametrize("shape", [(4, 2, 3, 64), (3, 9, 8, 5), (4, 5, 5, 25)])
def test_how_alike_pictures_are_is_the_cosine_of_their_gram_matrices(shape):
    maps = np.random.default_rng(1).normal(0.3, 1, shape)
    places = maps.reshape(shape[0], -1, shape[-1])
    grams = np.einsum("npc,npd->ncd", places, places)
    pairs = [[cosine(one, other) for other in grams] for one in grams]
    expected = (np.sum(pairs, axis=1) - 1) / (shape[0] - 1)
    # As it is compiled: how many pictures there are is not known beforehand.
    similarity = tf.function(objectives.similarity, input_signature=[tf.TensorSpec((None, *shape[1:]))])
    for size in (1e-3, 1.0, 1e4):
        assert similarity(tf.constant(maps * size, tf.float32)).numpy() == pytest.approx(expected, rel=1e-4)


def test_maps_of_nothing_are_like_nothing_and_have_no_slope_without_end():
    given = tf.zeros((3, 2, 2, 64))
    with tf.GradientTape() as tape:
        tape.watch(given)
        found = objectives.similarity(given)
    np.testing.assert_array_equal(found, np.zeros(3))
    assert np.isfinite(tape.gradient(found, given)).all()


def test_between_two_units_one_gives_way_to_the_other(network):
    between = objectives.interpolation(objectives.logit(3), objectives.logit(8), 5)
    found = nnviz.visualize(network, between, 32, alike=True)
    logits = np.stack([nnviz.trace(network, image).logits for image in found.images])
    np.testing.assert_allclose(
        found.scores,
        [(1 - t) * a + t * b for t, (a, b) in zip(np.linspace(0, 1, 5), logits[:, [3, 8]], strict=True)],
        rtol=1e-3,
    )
    assert logits[0, 3] > logits[4, 3]
    assert logits[4, 8] > logits[0, 8]


def small(bias, kernel):
    model = keras.Sequential(
        [
            keras.Input((10, 10, 1), name="picture"),
            layers.Conv2D(2, 3, activation="relu", name="conv"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Flatten(),
            layers.Dense(2, name="scores"),
        ],
        name="small",
    )
    kernels, _ = model.layers[0].get_weights()
    model.layers[0].set_weights([np.full_like(kernels, kernel), np.full(2, bias)])
    return nnviz.load(model)


@pytest.mark.parametrize("layer", ["conv", "pool"])
def test_a_unit_that_is_off_on_grey_is_woken(layer):
    # Nine pixels of grey give 4.5 - 6 < 0; white gives 3.
    found = nnviz.visualize(small(-6.0, 1.0), objectives.channel(layer, 1), 200, 0.1, "pixels", ())
    assert found.score == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize("layer", ["conv", "pool"])
def test_a_dead_unit_is_said_to_be_dead(layer):
    with pytest.raises(nnviz.NnvizError, match=r"Received: an answer of 0 still after 20 steps.*dead.*conv is off"):
        nnviz.visualize(small(-1.0, -1.0), objectives.channel(layer, 1), 20)


def test_what_does_not_hang_on_the_picture_is_said():
    network = small(1.0, 0.0)
    with pytest.raises(nnviz.NnvizError, match=r"Received: a gradient that is zero at the start.*depends"):
        nnviz.visualize(network, 1, 5)


def test_a_transformation_of_ones_own(network):
    found = nnviz.visualize(network, 3, 6, transforms=[transforms.Jitter(2)])
    assert found.score > nnviz.visualize(network, 3, 1, 1e-6).score
