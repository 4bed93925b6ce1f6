"""Parametrisations and transformations by themselves: gradients, inverses, and nothing at zero strength."""

import numpy as np
import pytest
import tensorflow as tf

from nnviz.analysis.visualization.parametrizations import COLOURS, PARAMETRIZATIONS, Fourier
from nnviz.analysis.visualization.transforms import Jitter, Pad, Rotate, Scale, moved, sample, standard

SHAPES = [(8, 8, 1), (7, 9, 1), (6, 8, 3), (9, 7, 3), (1, 10, 1)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", PARAMETRIZATIONS)
def test_there_and_back(name, shape):
    chosen = PARAMETRIZATIONS[name](*shape)
    pictures = np.random.default_rng(1).uniform(0.05, 0.95, (2, *shape)).astype(np.float32)
    parameters = chosen.inverse(pictures)
    assert parameters.shape == (2, *chosen.shape)
    np.testing.assert_allclose(chosen.images(tf.constant(parameters)), pictures, atol=2e-5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", PARAMETRIZATIONS)
def test_the_gradient_is_that_of_central_differences(name, shape):
    chosen, generator = PARAMETRIZATIONS[name](*shape), np.random.default_rng(2)
    parameters = 30 * chosen.start(3, 1)
    weights = generator.normal(0, 1, (1, *shape)).astype(np.float32)
    with tf.GradientTape() as tape:
        given = tf.constant(parameters)
        tape.watch(given)
        score = tf.reduce_sum(chosen.images(given) * weights)
    gradient = tape.gradient(score, given).numpy()
    for index in generator.choice(parameters.size, min(12, parameters.size), replace=False):
        step = np.zeros(parameters.size, np.float32)
        step[index] = 1e-2
        step = step.reshape(parameters.shape)
        up, down = (
            float(np.sum(chosen.images(tf.constant(parameters + sign * step)).numpy().astype(float) * weights))
            for sign in (1, -1)
        )
        assert gradient.ravel()[index] == pytest.approx((up - down) / 2e-2, abs=2e-3, rel=2e-2)


def test_low_frequencies_get_the_most_of_a_spectrum():
    chosen = Fourier(32, 32, 1)
    pictures = np.asarray(chosen.values(tf.constant(chosen.start(0, 64))))[..., 0]
    power = (np.abs(np.fft.rfft2(pictures)) ** 2).mean(axis=0)
    # Amplitude as 1/f: power times the square of the frequency is the same everywhere.
    even = power[:16, :16] * (np.arange(16)[:, None] ** 2 + np.arange(16)[None] ** 2)
    assert even[2:5, 2:5].mean() == pytest.approx(even[8:, 8:].mean(), rel=0.15)


def test_colours_are_as_grey_as_in_photographs():
    pictures = np.asarray(Fourier(32, 32, 3).values(tf.constant(Fourier(32, 32, 3).start(0, 16))))
    red, green, blue = pictures.reshape(-1, 3).T
    assert np.corrcoef(red, green)[0, 1] > 0.8
    assert np.corrcoef(red, blue)[0, 1] > 0.6
    covariance = COLOURS @ COLOURS.T
    np.testing.assert_allclose(
        np.cov(pictures.reshape(-1, 3).T) / np.var(green), covariance / covariance[1, 1], atol=0.15
    )


def test_one_seed_makes_one_start_and_all_alike_where_asked():
    chosen = Fourier(8, 8, 3)
    np.testing.assert_array_equal(chosen.start(4, 3), chosen.start(4, 3))
    assert np.abs(chosen.start(4, 3) - chosen.start(5, 3)).max() > 0.01
    alike = chosen.start(4, 3, alike=True)
    np.testing.assert_array_equal(alike[0], alike[2])
    assert np.ptp(chosen.start(4, 3), axis=0).max() > 0.01


@pytest.fixture(scope="module")
def pictures():
    return tf.constant(np.random.default_rng(0).random((2, 9, 12, 3)), tf.float32)


def test_without_strength_nothing_moves(pictures):
    still = (Pad(0), Jitter(0), Scale(0.0), Rotate(0.0), Pad(3))
    np.testing.assert_allclose(moved(pictures, still, tf.constant(1), tf.constant(0)), pictures, atol=1e-6)
    np.testing.assert_array_equal(moved(pictures, (), tf.constant(1), tf.constant(0)), pictures)


def test_jitter_shifts_by_whole_pixels_and_all_pictures_alike(pictures):
    shifts = set()
    for seed in range(40):
        found = np.asarray(Jitter(2)(pictures, tf.constant([seed, 0])))
        inner = found[:, 3:6, 3:9]
        at = [
            (dy, dx)
            for dy in range(-2, 3)
            for dx in range(-2, 3)
            if np.array_equal(inner, pictures.numpy()[:, 3 + dy : 6 + dy, 3 + dx : 9 + dx])
        ]
        assert len(at) == 1
        shifts.add(at[0])
    assert len(shifts) > 15


def test_a_quarter_turn_turns():
    square = tf.constant(np.random.default_rng(0).random((1, 7, 7, 1)), tf.float32)
    turned = sample(square, [[0.0, -1.0], [1.0, 0.0]])
    np.testing.assert_allclose(turned[0, ..., 0], np.rot90(square[0, ..., 0], -1), atol=1e-5)


def test_twice_as_large_is_the_middle():
    ramp = tf.constant(np.arange(9.0)[None, :, None, None] * np.ones((1, 9, 9, 1)), tf.float32)
    found = sample(ramp, [[0.5, 0.0], [0.0, 0.5]])
    np.testing.assert_allclose(found[0, :, 4, 0], 4 + (np.arange(9) - 4) / 2, atol=1e-5)


@pytest.mark.parametrize("transformation", [Jitter(2), Scale(0.2), Rotate(15.0), Pad(2)])
def test_a_transformation_is_seeded_and_its_gradient_is_its_adjoint(transformation, pictures):
    seed = tf.constant([3, 1])
    one, again = transformation(pictures, seed), transformation(pictures, seed)
    np.testing.assert_array_equal(one, again)
    if not isinstance(transformation, Pad):
        assert np.abs(one - transformation(pictures, tf.constant([4, 1]))).max() > 0.01
    # Of an affine map A: the gradient of <A x, y> is A' y, and <A d, y> = <d, A' y> for every d.
    generator = np.random.default_rng(1)
    weights = generator.normal(0, 1, one.shape).astype(np.float32)
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        score = tf.reduce_sum(transformation(pictures, seed) * weights)
    gradient = tf.convert_to_tensor(tape.gradient(score, pictures)).numpy()
    step = generator.normal(0, 1, pictures.shape).astype(np.float32)
    there = np.sum((np.asarray(transformation(pictures + step, seed)) - one) * weights)
    assert there == pytest.approx(float(np.sum(step * gradient)), rel=1e-3, abs=1e-3)


def test_what_is_standard_keeps_the_size_and_leaves_a_row_alone(pictures):
    assert standard(1, 400) == ()
    found = moved(pictures, standard(9, 12), tf.constant(1), tf.constant(5))
    assert found.shape == pictures.shape
    assert Pad(8) in standard(224, 224)
    assert Jitter(8) in standard(224, 224)
