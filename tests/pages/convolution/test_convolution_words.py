"""The caption of a cell of a convolution, in every case that a net and a picture can make."""

import re

import numpy as np
import pytest
from shipped import shipped

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.analysis.layer.convolution import convolution_steps, slides
from nnviz.figures.words import number
from nnviz.pages.convolution.words import sentence


@pytest.fixture(scope="module")
def every():
    """Steps of some filters of every convolution: the shipped net on digits and on nothing at all."""
    network = shipped("mnist-cnn")
    traces = [nnviz.trace(network, image) for image in (digit(0)[0], digit(4)[0], np.zeros((28, 28), np.uint8))]
    layers = [layer for layer in network.layers if slides(layer)]
    return [
        convolution_steps(network, trace, layer.name, unit)
        for trace in traces
        for layer in layers
        for unit in range(0, layer.output_shape[-1], 3)
    ]


def cells(steps):
    flat = np.linspace(0, steps.pre_activation.size - 1, 25).astype(int)
    return [tuple(map(int, np.unravel_index(at, steps.pre_activation.shape))) for at in flat]


def test_it_has_one_quantity_the_sum_and_its_place_among_the_sums(every):
    for steps in every:
        for cell in cells(steps):
            text, total = sentence(steps, cell), float(steps.pre_activation[cell])
            assert text.startswith(
                f"At row {cell[0]}, column {cell[1]} the sum is {number(total, beside=steps.pre_activation)}, "
            )
            equal = int((steps.pre_activation == total).sum()) - 1
            above = int((steps.pre_activation > total).sum())
            told = re.search(r", (?:(\d[\d,]*)(?:st|nd|rd|th)|equal to ([\d,]+) others?) of [\d,]+ cells: ", text)
            rank, others = (None if each is None else int(each.replace(",", "")) for each in told.groups())
            assert (rank, others) == ((None, equal) if equal else (above + 1, None))
            assert len(re.findall(r"\d+\.\d", text)) <= 1
            assert "-" not in text


def test_what_follows_is_true_of_the_products(every):
    for steps in every:
        for cell in cells(steps):
            text, total = sentence(steps, cell), float(steps.pre_activation[cell])
            products = float(steps.channel_sums(*cell).sum())
            nought = abs(products) < 1e-5 * np.abs(steps.pre_activation).max()
            assert ("nothing of the picture counts here" in text) == nought or abs(products) < 1e-4
            if not nought and abs(products) > 1e-4:
                assert ("the opposite of the kernel" in text) == (products < 0)
                assert ("than its bias asks" in text) == (products > 0 > total)
            assert ("makes it 0" in text) <= (steps.output[cell] == 0)
