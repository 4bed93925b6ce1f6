"""A flat graph that is fed from an inner layer, or whose activations are changed on the way."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_keras import CLOSE, before_the_answer

from nnviz.analysis.network.graph import LOGITS


def test_fed_from_an_inner_layer_the_rest_runs_alone(cases):
    nested = cases["nested"]
    graph, base = nested.network.graph, nested.model.get_layer("base")
    inner = np.random.default_rng(3).normal(size=(2, 6, 6, 4)).astype(np.float32)
    y = base.get_layer("relu")(inner)
    for layer in (base.get_layer("depthwise"), base.get_layer("separable"), *nested.model.layers[2:-1]):
        y = layer(y)
    found = graph.run({"bn": tf.constant(inner)}, [LOGITS])[LOGITS]
    np.testing.assert_allclose(found, y, **CLOSE)


def test_fed_at_a_branch_the_other_branch_needs_the_input_still(cases):
    branched = cases["branched"]
    graph, model = branched.network.graph, branched.model
    inner = np.random.default_rng(3).normal(size=(1, 10, 10, 4)).astype(np.float32)
    feeds = {graph.input_name: tf.constant(branched.batch), "left_bn": tf.constant(inner)}
    stem = model.get_layer("stem")(branched.batch)
    expected = stem + inner
    np.testing.assert_allclose(graph.run(feeds, ["added"])["added"], expected, **CLOSE)


@pytest.mark.parametrize("channel", [0, 2])
@pytest.mark.parametrize("layer", ["stem", "left_bn"])
def test_a_masked_channel_equals_a_model_without_that_filter(cases, layer, channel):
    case = cases["branched"]
    graph = case.network.graph
    mask = np.ones(4, np.float32)
    mask[channel] = 0
    feeds = {graph.input_name: tf.constant(case.batch)}
    found = graph.run(feeds, [LOGITS, "added"], {layer: lambda tensor: tensor * mask})

    edited = keras.models.clone_model(case.model)
    edited.set_weights(case.model.get_weights())
    weights = edited.get_layer(layer).get_weights()
    if layer == "stem":  # kernel and bias
        weights[0][..., channel], weights[1][channel] = 0, 0
    else:  # gamma and beta
        weights[0][channel], weights[1][channel] = 0, 0
    edited.get_layer(layer).set_weights(weights)
    np.testing.assert_allclose(found[LOGITS], before_the_answer(edited, case.batch), **CLOSE)
    assert np.abs(found[LOGITS] - graph.run(feeds, [LOGITS])[LOGITS]).max() > 1e-3


def test_an_edit_of_what_is_fed_counts_too(cases):
    graph = cases["logits_end"].network.graph
    x = tf.constant(cases["logits_end"].batch)
    doubled = graph.run({graph.input_name: x}, [LOGITS], {graph.input_name: lambda tensor: 2 * tensor})
    np.testing.assert_allclose(doubled[LOGITS], cases["logits_end"].model(2 * x), **CLOSE)


def test_only_what_is_needed_is_run(cases):
    """An edit is called where its step runs, and only there."""
    graph, called = cases["branched"].network.graph, []
    edits = {s.name: lambda t, n=s.name: called.append(n) or t for s in graph.steps}
    graph.run({graph.input_name: tf.constant(cases["branched"].batch)}, ["left"], edits)
    assert called == ["stem", "left"]
