"""One's own kernel: sizes and sums by hand, and the nearest filter where it is known which it is."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

from nnviz.analysis.layer.kernel_geometry import output_length
from nnviz.analysis.layer.own_kernel import PRESETS, grey, nearest_filter, own_steps
from nnviz.analysis.network.network import load
from nnviz.errors import NnvizError


@given(st.integers(1, 40), st.integers(1, 5), st.integers(1, 4), st.integers(0, 4), st.integers(1, 3))
def test_the_length_is_the_number_of_places_where_the_kernel_fits(n, k, s, p, d):
    places = [at for at in range(-p, n + p, s) if at + (k - 1) * d < n + p]
    if places:
        assert output_length(n, k, s, p, d) == len(places)
    else:
        with pytest.raises(NnvizError, match=f"Received: one that reaches over {(k - 1) * d + 1}"):
            output_length(n, k, s, p, d)


def step_edge():
    """Dark on the left, light from column 4 on."""
    pixels = np.zeros((6, 8, 1), np.float32)
    pixels[:, 4:] = 255
    return pixels


def kernel(name):
    return np.array(PRESETS[name]).reshape(3, 3)


def test_presets_do_what_their_names_say():
    edge = step_edge()
    inner = np.s_[1:-1, 1:-1]
    found = {name: own_steps(edge, kernel(name), padding=1).output[inner] for name in PRESETS}
    np.testing.assert_allclose(found["sobel-x"][0], [0, 0, 4, 4, 0, 0])
    np.testing.assert_array_equal(found["sobel-y"], 0)
    np.testing.assert_allclose(found["blur"][0], [0, 0, 0.25, 0.75, 1, 1])
    np.testing.assert_allclose(found["sharpen"][0], [0, 0, -1, 2, 1, 1])
    np.testing.assert_allclose(found["laplacian"][0], [0, 0, 1, -1, 0, 0])
    np.testing.assert_array_equal(found["identity"], grey(edge)[inner][..., 0])


def test_stride_padding_and_dilation_against_keras():
    generator = np.random.default_rng(1)
    pixels = generator.uniform(0, 255, (12, 10, 1)).astype(np.float32)
    own = generator.normal(size=(5, 5)).astype(np.float32)
    for stride, padding, dilation in [(1, 0, 1), (2, 1, 1), (3, 4, 1), (1, 2, 2)]:
        padded = np.pad(pixels / 255, [(padding, padding)] * 2 + [(0, 0)])
        wanted = keras.ops.conv(
            padded[None], own[..., None, None], stride, "valid", data_format="channels_last", dilation_rate=dilation
        )
        steps = own_steps(pixels, own, stride, padding, dilation)
        np.testing.assert_allclose(steps.output, np.asarray(wanted)[0, ..., 0], atol=1e-5)
        assert steps.place.padding == (padding, padding)


def test_grey_is_between_the_colours():
    pixels = np.array([[[255.0, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]])
    np.testing.assert_allclose(grey(pixels)[0, :, 0], [0.299, 0.587, 0.114, 1], atol=1e-6)


def network_of(*kernels, channels=1):
    """A network whose first convolution has these kernels, the same share in every channel."""
    size = kernels[0].shape
    conv = layers.Conv2D(len(kernels), size, name="first")
    model = keras.Sequential(
        [keras.Input((12, 12, channels), name="picture"), conv, layers.Flatten(), layers.Dense(2, name="end")]
    )
    weights = np.stack(kernels, axis=-1)[:, :, None, :].repeat(channels, axis=2) / channels
    conv.set_weights([weights.astype(np.float32), np.zeros(len(kernels), np.float32)])
    return load(model)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_kernel_itself_is_nearest_whatever_its_scale(channels):
    network = network_of(kernel("blur"), -kernel("sobel-x"), 7 * kernel("sobel-x"), channels=channels)
    found = nearest_filter(network, kernel("sobel-x"))
    assert (found.layer, found.filter, found.offset) == ("first", 2, (0, 0))
    assert found.cosine == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(found.kernel, 7 * kernel("sobel-x"), rtol=1e-6)


def test_a_smaller_kernel_is_found_wherever_it_lies_in_a_larger_filter():
    large = np.zeros((7, 7))
    large[3:6, 1:4] = kernel("laplacian")
    network = network_of(np.ones((7, 7)), large)
    found = nearest_filter(network, kernel("laplacian"))
    assert (found.filter, found.offset) == (1, (3, 1))
    assert found.cosine == pytest.approx(1, abs=1e-6)


def test_a_larger_kernel_holds_the_smaller_filter():
    own = np.zeros((5, 5))
    own[2:, :3] = kernel("sobel-y")
    found = nearest_filter(network_of(kernel("blur"), kernel("sobel-y")), own)
    assert (found.filter, found.offset) == (1, (2, 0))
    assert found.cosine == pytest.approx(1, abs=1e-6)


def test_the_cosine_is_that_of_the_angle():
    own, learned = np.eye(3), np.ones((3, 3))
    assert nearest_filter(network_of(learned), own).cosine == pytest.approx(3 / (np.sqrt(3) * 3), abs=1e-6)


def test_what_has_no_nearest_says_why(cases):
    with pytest.raises(NnvizError, match="zeros only"):
        nearest_filter(cases["sequential_cnn"].network, np.zeros((3, 3)))
    with pytest.raises(NnvizError, match="which has none"):
        nearest_filter(cases["mlp_8x8"].network, np.ones((3, 3)))
    with pytest.raises(NnvizError, match="reaches over 9"):
        own_steps(np.zeros((8, 8, 1)), np.ones((5, 5)), dilation=2)
