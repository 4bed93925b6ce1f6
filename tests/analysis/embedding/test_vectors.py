"""The digits as a layer has them."""

import numpy as np
import pytest
from draining import drained
from shipped import shipped

from nnviz import NnvizError, digits, trace
from nnviz.analysis.data.batches import batches
from nnviz.analysis.embedding.vectors import EXACT, HASHED, as_vector, counts, depths, lengths, sample, source, vectors


@pytest.mark.parametrize("name", ["mnist-cnn", "mnist-mlp", "mnist-cnn-shuffled"])
def test_vectors_are_the_flattened_activations(name):
    network, images = shipped(name), digits.test_set()[0][[3, 700, 9999]]
    layers = [layer.name for layer in network.layers]
    found, told = drained(vectors(network, layers, images))
    assert (told[-1].done, told[-1].total) == (3, 3)
    assert lengths(network, layers) == {key: values.shape[1] for key, values in found.items()}
    for at, image in enumerate(digits.fitted(network, images)):
        # In the network's own range already, so nothing is fitted again.
        pixels = (image - np.array(network.offset)) / np.array(network.scale)
        one = trace(network, pixels.round().astype(np.uint8))
        for layer in layers:
            np.testing.assert_allclose(found[layer][at], one.activations[layer].ravel(), rtol=1e-4, atol=1e-5)


def test_a_long_vector_is_hashed_alike_in_the_graph_and_by_itself_and_keeps_its_distances(monkeypatch):
    import nnviz.analysis.embedding.vectors as module

    monkeypatch.setattr(module, "EXACT", 10_000)
    network = shipped("mnist-cnn")
    images = digits.test_set()[0][:6]
    (found, _), whole = drained(vectors(network, ["conv1"], images)), []
    assert found["conv1"].shape == (6, HASHED)
    for at, image in enumerate(images):
        activations = trace(network, image).activations["conv1"]
        whole.append(activations.ravel())
        np.testing.assert_allclose(found["conv1"][at], as_vector(activations), rtol=1e-4, atol=1e-4)
    for a in range(6):
        for b in range(a):
            exact = np.linalg.norm(whole[a] - whole[b])
            # Four standard deviations of a distance: half of sqrt(2 / HASHED) each.
            assert np.linalg.norm(found["conv1"][a] - found["conv1"][b]) == pytest.approx(exact, rel=4 * 0.0078)
    network._functions.drop(("vectors", ("conv1",)))


def test_up_to_its_limit_a_vector_is_exact():
    values = np.arange(EXACT, dtype=np.float32).reshape(4, -1)
    np.testing.assert_array_equal(as_vector(values), np.arange(EXACT))
    assert as_vector(np.ones(EXACT + 1)).shape == (HASHED,)


def test_the_sample_is_every_fifth_digit_and_fair():
    numbers = sample(shipped("mnist-cnn"))
    np.testing.assert_array_equal(numbers, np.arange(0, 10_000, 5))
    labels = digits.test_set()[1]
    share = np.bincount(labels[numbers], minlength=10) / 2000
    np.testing.assert_allclose(share, np.bincount(labels, minlength=10) / 10_000, atol=0.02)


def test_of_a_large_network_more_digits_may_be_asked_for(monkeypatch):
    import nnviz.analysis.embedding.vectors as module

    network = shipped("photo-cnn")
    assert counts(network) == (250, 1000, 2000)
    assert counts(shipped("mnist-cnn")) == (2000,)
    np.testing.assert_array_equal(sample(network), np.arange(0, 10_000, 40))
    np.testing.assert_array_equal(sample(network, 1000), np.arange(0, 10_000, 10))
    outputs = sum(array.size for array in trace(network, digits.digit(0)[0]).activations.values())
    monkeypatch.setattr(module, "_ELEMENTS", 700.0 * outputs)
    assert counts(network) == (700, 1000, 2000)
    assert len(sample(network)) == 700


def test_a_layer_that_only_flattens_has_the_vector_of_what_it_reads(cases):
    network = cases["sequential_cnn"].network
    assert source(network, "dropout") == source(network, "flatten") == "pool2"
    assert source(network, "conv2") == "conv2"
    assert depths(network) == ("picture", "conv1", "pool1", "conv2", "pool2", "answer")
    assert depths(network, 3) == ("picture", "pool1", "answer")


def test_batches_hold_every_digit_once():
    network, images = shipped("mnist-mlp"), digits.test_set()[0][:1203]
    seen = np.zeros(1203, int)
    for part, batch in batches(network, images):
        seen[part] += 1
        np.testing.assert_array_equal(batch.numpy(), digits.fitted(network, images[part]))
    assert (seen == 1).all()
    assert list(batches(network, images[:0])) == []


def test_an_unknown_layer_is_named():
    with pytest.raises(NnvizError, match="Received: 'nowhere'"):
        next(vectors(shipped("mnist-mlp"), ["nowhere"], digits.test_set()[0][:2]))
