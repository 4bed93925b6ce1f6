"""Knock-outs: against a net solved by hand, against Keras copies with zeroed kernels, and against plain counting."""

import threading

import keras
import numpy as np
import pytest
from draining import drained
from keras import layers
from shipped import shipped

from nnviz.analysis.data import digits
from nnviz.analysis.image.images import Fitted, Transform, fit, rescale
from nnviz.analysis.intervention.knockout import Accuracy, accuracy, importance, knocked_out, ranking, switchable
from nnviz.analysis.intervention.readings import read_twice
from nnviz.analysis.network import targets
from nnviz.analysis.network.network import load
from nnviz.analysis.network.trace import trace
from nnviz.errors import NnvizError


def zeroed(model, layer, units):
    """A copy of a model with the kernel slices and biases of these units at 0."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    target = copy.get_layer(layer)
    for weight in target.weights:
        values = weight.numpy()
        values[..., list(units)] = 0
        weight.assign(values)
    return copy


def by_hand():
    """Two filters that copy the one pixel times 2 and times 3; logit 0 = 2x * 5 - 3x * 1 + 0.5, logit 1 = 3x * 4."""
    model = keras.Sequential(
        [
            keras.Input((1, 1, 1), name="picture"),
            layers.Conv2D(2, 1, activation="relu", name="conv"),
            layers.Flatten(name="flatten"),
            layers.Dense(2, name="scores"),
        ]
    )
    model.get_layer("conv").set_weights([np.array([2.0, 3.0]).reshape(1, 1, 1, 2), np.zeros(2)])
    model.get_layer("scores").set_weights([np.array([[5.0, 0.0], [-1.0, 4.0]]), np.array([0.5, 0.0])])
    return load(model, {"output": {"logits": True}})


def test_a_net_solved_by_hand():
    network, image = by_hand(), np.full((1, 1, 1), 0.5, np.float32)
    np.testing.assert_allclose(trace(network, image).logits, [5 - 1.5 + 0.5, 6])
    for units, logits in {(0,): [-1, 6], (1,): [5.5, 0], (0, 1): [0.5, 0], (): [4, 6]}.items():
        found = knocked_out(network, image, "conv", units)
        np.testing.assert_allclose(found.logits, logits, rtol=1e-6)
        kept = np.array([1.0, 1.5]) * [unit not in units for unit in range(2)]
        np.testing.assert_allclose(found.activations["conv"][0, 0], kept)
        np.testing.assert_allclose(found.activations["flatten"], kept)
        np.testing.assert_allclose(found.probabilities, np.exp(logits) / np.exp(logits).sum(), rtol=1e-5)
        assert found.activations["picture"] == 0.5
    np.testing.assert_allclose(importance(network, image, "conv", 0), [-5, 1.5], rtol=1e-6)
    # The winner is class 1, which only the second filter speaks for.
    np.testing.assert_allclose(importance(network, image, "conv"), [0, -6], rtol=1e-6)
    np.testing.assert_allclose(importance(network, image, "conv", targets.difference(0, 1)), [-5, 7.5], rtol=1e-6)
    np.testing.assert_allclose(importance(network, image, "picture", 1), [-6], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "layer", "units"),
    [
        ("sequential_cnn", "conv1", (2,)),
        ("sequential_cnn", "conv2", (0, 3, 4)),
        ("mlp_28x28x1", "hidden1", (1, 5)),
        ("mlp_28x28x1", "hidden2", (0, 1, 2, 3, 4)),
        ("one_sigmoid", "conv", (1,)),
        ("several_sigmoids", "conv", (0, 2)),
        ("any_size", "conv1", (3,)),
        ("branched", "left", (1, 2)),
        ("branched", "stem", (0,)),
    ],
)
def test_off_is_a_kernel_and_a_bias_of_zero_where_the_activation_of_zero_is_zero(cases, name, layer, units):
    case = cases[name]
    found = knocked_out(case.network, case.picture, layer, units)
    copy = zeroed(case.model, layer, units)
    expected = copy(case.batch).numpy()[0]
    answer = found.probabilities[1:] if name == "one_sigmoid" else found.probabilities
    np.testing.assert_allclose(answer, expected, rtol=2e-5, atol=1e-6)
    tapped = keras.Model(copy.inputs, [each.output for each in copy.layers])([case.batch])
    for each, values in zip(copy.layers, tapped, strict=True):
        if each.name in found.activations:
            np.testing.assert_allclose(found.activations[each.name], values.numpy()[0], rtol=2e-5, atol=2e-6)


def test_off_is_an_output_of_zero_also_where_the_activation_of_zero_is_not(cases):
    """softplus(0) = 0.69: the copy with a kernel of zeros still passes that on, the unit that is off passes nothing."""
    case = cases["logits_end"]
    found, before = knocked_out(case.network, case.picture, "conv", (1,)), trace(case.network, case.picture)
    assert not found.activations["conv"][..., 1].any()
    np.testing.assert_array_equal(found.activations["conv"][..., [0, 2]], before.activations["conv"][..., [0, 2]])
    copy = zeroed(case.model, "conv", (1,))
    np.testing.assert_allclose(copy.get_layer("conv")(case.batch).numpy()[..., 1], np.log(2), rtol=1e-6)
    kernel, bias = case.model.get_layer("scores").get_weights()
    means = before.activations["pooled"] * [1, 0, 1]
    np.testing.assert_allclose(found.logits, means @ kernel + bias, rtol=1e-5)
    assert np.abs(found.logits - copy(case.batch).numpy()[0]).max() > 0.01


def test_a_shared_layer_is_off_where_it_is_named_only(cases):
    case = cases["shared"]
    second = knocked_out(case.network, case.picture, "twice#2", (1,)).activations
    before = trace(case.network, case.picture).activations
    np.testing.assert_array_equal(second["twice"], before["twice"])
    assert not second["twice#2"][..., 1].any()
    first = knocked_out(case.network, case.picture, "twice", (1,)).activations
    assert not first["twice"][..., 1].any()
    assert first["twice#2"][..., 1].any()


def test_importance_is_one_by_one_for_every_layer_of_every_network(case):
    network, image = case.network, case.picture
    before = trace(network, image)
    names = [layer.name for layer in switchable(network)]
    assert names[0] == network.layers[0].name
    assert network.layers[-1].name not in names
    for name in names:
        found = importance(network, image, name, 1)
        count = before.activations[name].shape[-1]
        assert found.shape == (count,)
        for unit in {0, count // 2, count - 1}:
            alone = knocked_out(network, image, name, [unit]).logits[1] - before.logits[1]
            np.testing.assert_allclose(found[unit], alone, rtol=1e-3, atol=2e-5)
        everything = knocked_out(network, image, name, range(count))
        assert not everything.activations[name].any()
        np.testing.assert_array_equal(knocked_out(network, image, name, ()).logits, before.logits)


def test_a_ranking_goes_in_steps_where_one_batch_would_be_too_large(monkeypatch, cases):
    case = cases["mlp_64"]
    whole = importance(case.network, case.picture, "picture", 0)
    monkeypatch.setattr("nnviz.analysis.network.passes._CHUNK_BYTES", 4 * 10 * 150)
    steps = list(ranking(case.network, case.picture, "picture", 0))
    assert [step.total for step in steps] == [64] * len(steps)
    assert len(steps) > 3
    assert steps[-1].done == 64
    np.testing.assert_allclose(importance(case.network, case.picture, "picture", 0), whole, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "layer", "units"),
    [
        ("mnist-cnn", "conv1", (5, 3)),
        ("mnist-cnn", "dense", tuple(range(0, 128, 2))),
        ("mnist-mlp", "dense1", tuple(range(100))),
    ],
)
def test_accuracy_is_what_a_keras_copy_counts(name, layer, units):
    network, count = shipped(name), 300
    images, labels = digits.labelled(network)
    np.testing.assert_array_equal(labels, digits.test_set()[1])
    copy = zeroed(network.model, layer, units)
    batch = (images[:count] / 255).astype(np.float32).reshape(count, *network.graph.input_shape)
    right = int((copy(batch).numpy().argmax(axis=1) == labels[:count]).sum())
    found, _ = drained(accuracy(network, images[:count], labels[:count], layer, units))
    assert found == Accuracy(right, count)
    as_labelled = np.where(np.arange(count) % 3, labels[:count], -1)
    both, steps = drained(read_twice(network, images[:count], as_labelled, layer, units))
    assert steps[-1].done == steps[-1].total == 200
    # Those without a class are passed over; the others are read as trained, and as the copy reads them.
    np.testing.assert_array_equal(both.numbers, np.flatnonzero(as_labelled >= 0))
    np.testing.assert_array_equal(both.labels, labels[both.numbers])
    for said, model in ((both.before, network.model), (both.now, copy)):
        np.testing.assert_array_equal(said, model(batch).numpy().argmax(axis=1)[both.numbers])
    assert both.correct == tuple(int((said == both.labels).sum()) for said in (both.before, both.now))
    assert found.share == right / count
    plain, _ = drained(accuracy(network, images[:count], labels[:count]))
    assert plain.correct == int((network.model(batch).numpy().argmax(axis=1) == labels[:count]).sum())
    assert right < plain.correct


@pytest.mark.parametrize("name", ["mnist-cnn", "mnist-mlp-shuffled"])
def test_accuracy_as_trained_is_what_the_card_says(name):
    network = shipped(name)
    images, labels = digits.labelled(network)
    found, seen = drained(accuracy(network, images, labels, network.layers[1].name))
    assert (found.correct, found.total) == (network.card["test"]["correct"], network.card["test"]["digits"])
    assert seen[-1].so_far == found
    assert [step.done for step in seen] == sorted({step.so_far.total for step in seen})


def test_digits_are_brought_to_the_size_of_the_network(fixed_weights):
    """Each is fitted as one picture would be, and the classes are found by their names."""
    model = keras.Sequential(
        [keras.Input((14, 14, 3), name="picture"), layers.Flatten(), layers.Dense(10, activation="softmax")]
    )
    network = load(fixed_weights(model, 5), {"classes": list("9876543210"), "input": {"scale": 0.01, "shuffle": 4}})
    images, labels = digits.labelled(network)
    np.testing.assert_array_equal(labels, 9 - digits.test_set()[1].astype(int))
    right = 0
    for image, label in zip(images[:40], labels[:40], strict=True):
        pixels = Transform(shuffle=4).apply(fit(image, (14, 14, 3), (0.01,) * 3, (0.0,) * 3).pixels)
        own = rescale(pixels, network.scale, network.offset)
        right += trace(network, Fitted(own, pixels, "")).winner == label
    assert drained(accuracy(network, images[:40], labels[:40]))[0] == Accuracy(right, 40)


def test_no_accuracy_for_other_classes(cases):
    with pytest.raises(NnvizError, match=r"classes are the digits 0 to 9.*Received: sequential_cnn with 4 classes"):
        digits.labelled(cases["sequential_cnn"].network)


def test_another_choice_is_not_traced_again():
    network = shipped("mnist-cnn")
    for image, units in ((0, ()), (1, (3,)), (2, (1, 2, 3)), (0, range(16))):
        knocked_out(network, digits.digit(image)[0], "conv1", units)
        importance(network, digits.digit(image)[0], "conv1", image)
        drained(accuracy(network, *(each[:7] for each in digits.labelled(network)), "conv1", units))
    for key in (("knocked out", "conv1"), ("knocked-out scores", "conv1")):
        assert network.compiled(key, None).experimental_get_tracing_count() == 1


def test_the_shared_weights_stay_bit_by_bit():
    network = shipped("mnist-cnn")
    before = [weight.numpy().tobytes() for weight in network.model.weights]
    for layer in switchable(network):
        knocked_out(network, digits.digit(0)[0], layer.name, [0])
        importance(network, digits.digit(0)[0], layer.name)
    drained(accuracy(network, *(each[:100] for each in digits.labelled(network)), "conv2", [1]))
    assert [weight.numpy().tobytes() for weight in network.model.weights] == before


def test_two_threads_with_different_units_do_not_disturb_each_other():
    network, image = load("mnist-cnn"), digits.digit(0)[0]
    choices = [[5], [0, 1, 2], [], [3, 5, 7, 9]]
    alone = [knocked_out(load("mnist-cnn"), image, "conv1", units).logits for units in choices]
    wrong, start = [], threading.Barrier(len(choices))

    def look(which):
        start.wait()
        for _ in range(40):
            found = knocked_out(network, image, "conv1", choices[which])
            if not np.allclose(found.logits, alone[which], rtol=1e-4, atol=1e-4):
                wrong.append(which)

    threads = [threading.Thread(target=look, args=(which,)) for which in range(len(choices))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len({tuple(logits.round(3)) for logits in alone}) == len(choices)


@pytest.mark.parametrize(
    ("layer", "units", "said"),
    [
        ("conv2", (5,), "Units of conv2 from 0 to 4 were expected. Received: 5."),
        ("conv2", (-1,), "Units of conv2 from 0 to 4 were expected. Received: -1."),
        ("answer", (0,), "conv1, pool1, conv2, pool2, flatten, dropout. Received: answer."),
        ("conv9", (0,), "Received: 'conv9'."),
    ],
)
def test_what_cannot_be_switched_off_is_said(cases, layer, units, said):
    case = cases["sequential_cnn"]
    with pytest.raises(NnvizError) as error:
        knocked_out(case.network, case.picture, layer, units)
    assert str(error.value).endswith(said)
    assert "Received: " in str(error.value)


def test_a_target_that_is_no_class_score_is_refused(cases):
    case = cases["sequential_cnn"]
    with pytest.raises(NnvizError, match="A class score was expected"):
        importance(case.network, case.picture, "conv1", targets.channel("conv2", 0))
    with pytest.raises(NnvizError, match="One label a picture was expected"):
        drained(accuracy(case.network, np.zeros((3, 12, 12), np.uint8), np.zeros(2, int)))
