"""What Network, Filters and Feature maps say of a unit: one quantity, true of ties, zeros and what is negative."""

import re

import numpy as np
import pytest
from shipped import shipped

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.analysis.layer.filters import FilterBank, filter_bank, stages
from nnviz.pages.feature_maps import words as of_maps
from nnviz.pages.filters.page import sentence as of_filter
from nnviz.pages.network.page import sentence as of_wires

NUMBER = re.compile(r"\u2212?\d+\.\d+(?:e\u2212?\d+)?")


def layers():
    """(layer, activations) of shipped nets on a digit and on nothing, and of layers that no net here has."""
    generator = np.random.default_rng(1)
    for name in ("mnist-cnn", "mnist-mlp"):
        network = shipped(name)
        for image in (digit(0)[0], np.zeros((28, 28), np.uint8)):
            trace = nnviz.trace(network, image)
            yield from ((layer, trace.activations[layer.name]) for layer in network.layers)
    conv, dense = shipped("mnist-cnn").layer("conv1"), shipped("mnist-cnn").layer("dense")
    noise = generator.normal(size=(4, 4, 3)).astype(np.float32)
    for made in (noise, -np.abs(noise), np.minimum(noise, 0.0), np.full((4, 4, 3), 6.0, np.float32), noise[:, :, :1]):
        yield conv, made
        yield dense, made.ravel()


def units(activations):
    return range(0, activations.shape[-1], max(activations.shape[-1] // 12, 1))


def numbers(text):
    return NUMBER.findall(text)


def place(text):
    """The rank that a caption tells, and how many it says are equal."""
    found = re.search(r"(?:([\d,]+)(?:st|nd|rd|th)|equal to ([\d,]+) others?) of", text)
    return (None, None) if found is None else tuple(int(x.replace(",", "")) if x else None for x in found.groups())


def standing_is_true(text, values, index):
    equal, above = int((values == values[index]).sum()) - 1, int((values > values[index]).sum())
    assert place(text) == ((None, equal) if equal else (above + 1, None)), text


def test_filters_say_what_one_answers_with():
    for layer, activations in layers():
        answers = activations.reshape(-1, activations.shape[-1])
        bank = FilterBank(np.ones((answers.shape[1], 1, 1, 2), np.float32), None, "kernel", "x")
        for unit in units(activations):
            text = of_filter(bank, unit, answers, layer.name)
            assert "-" not in text
            if not answers[:, unit].any():
                assert "silent" in text
                assert numbers(text) == []
                continue
            assert len(numbers(text)) == 1
            if answers.shape[1] > 1:
                standing_is_true(text, answers.max(axis=0), unit)


def test_a_filter_whose_answer_is_not_known_says_its_norm():
    bank = filter_bank(shipped("mnist-cnn"), "conv2")
    assert stages(shipped("mnist-cnn").layer("conv2")) == ("",)
    for unit in range(len(bank.weights)):
        text = of_filter(bank, unit, None, "conv2")
        assert len(numbers(text)) == 1
        standing_is_true(text, bank.norms, unit)


def test_maps_say_the_value_of_a_cell():
    for _, activations in layers():
        if activations.ndim != 3:
            continue
        for unit in units(activations):
            tile = activations[..., unit]
            for cell in {np.unravel_index(np.abs(tile).argmax(), tile.shape), (0, 0), (1, 2)}:
                text = of_maps.of_cell(activations, unit, tuple(map(int, cell)), (3, 3))
                assert "-" not in text
                assert len(numbers(text)) == (1 if tile.any() else 0)
                strongest = np.abs(tile) == np.abs(tile).max()
                assert ("strongest" in text) == bool(tile.any() and strongest[cell])
                more = re.search(r"as in ([\d,]+) more", text)
                assert (int(more.group(1).replace(",", "")) if more else 0) == (
                    int(strongest.sum()) - 1 if "strongest" in text else 0
                )


def test_units_and_features_say_theirs():
    for layer, activations in layers():
        if activations.ndim == 1:
            for unit in units(activations):
                text = of_maps.of_unit(activations, unit, layer.name)
                assert "-" not in text
                assert len(numbers(text)) == (0 if activations[unit] == 0 else 1)
                if activations[unit] != 0 and activations.size > 1:
                    standing_is_true(text, activations, unit)
        elif activations.ndim == 3:
            steps = activations.reshape(-1, activations.shape[-1])
            text = of_maps.of_feature(steps, 0, 0)
            assert len(numbers(text)) == (1 if steps[:, 0].any() else 0)


@pytest.mark.parametrize("source", ["", "map 3 of pool1"])
def test_wires_say_the_value_of_their_unit_alone(source):
    for layer, activations in layers():
        for unit in units(activations):
            text = of_wires(layer, activations, unit, True, source)
            values = activations[..., unit]
            assert "-" not in text
            assert len(numbers(text)) == (1 if layer.index and values.any() else 0)
            assert ("silent" in text) == bool(layer.index and not values.any())
            assert (source in text) or not layer.index or not values.any()
