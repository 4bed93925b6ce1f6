"""What is said of one cell of a convolution: its sum, where that stands among the others, and what follows of it."""

from __future__ import annotations

import numpy as np

from nnviz.analysis.layer.convolution import ConvolutionSteps
from nnviz.figures.words import number, standing


def sentence(steps: ConvolutionSteps, cell: tuple[int, int]) -> str:
    """The caption of a cell. Its one number is the sum: of what ReLU set to zero all are equal."""
    sums, at = steps.pre_activation, int(np.ravel_multi_index(cell, steps.pre_activation.shape))
    text = f"At row {cell[0]}, column {cell[1]} the sum is {number(float(sums[cell]), beside=sums)}"
    if sums.size > 1:
        text += f", {standing(sums, at)} cells"
    return f"{text}: {_follows(steps, cell)}."


def _follows(steps: ConvolutionSteps, cell: tuple[int, int]) -> str:
    sums, total, bias = steps.pre_activation, float(steps.pre_activation[cell]), steps.bias or 0.0
    # Rounding leaves of a patch of zeros a bias that is not quite its own.
    products = total - bias if abs(total - bias) > 1e-6 * float(np.abs(sums).max()) else 0.0
    silenced = total < 0 and not steps.output[cell] and steps.activation.rule != "linear"
    if products == 0:
        return "nothing of the picture counts here, and what is left is the bias" if bias else "the products cancel out"
    if products < 0:
        here = "the picture is more the opposite of the kernel here"
        return f"{here}, and {steps.activation.kind} makes it 0" if silenced else here
    if total < 0:
        here = "there is less of what the kernel looks for here than its bias asks"
        return f"{here}, and {steps.activation.kind} makes it 0" if silenced else here
    share = float(np.mean(sums > total))
    if share <= 0.05:
        return "the picture holds what the kernel looks for right here"
    return f"the picture holds {'something' if share <= 0.3 else 'little'} of what the kernel looks for here"
