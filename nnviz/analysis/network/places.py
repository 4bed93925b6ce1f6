"""The answer of a network that answers for each place: for each pixel of a picture, or for each step."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, softmax

from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Trace


def answers(network: Network, trace: Trace) -> np.ndarray:
    """What `predict` gives for one image in the shape of the answer, (H, W, K) or (T, K); of logits and of logarithms
    the probabilities."""
    output, values = network.output, trace.activations[network.graph.output_name]
    given = values.shape
    if None not in output.shape:
        values = values.reshape([size or 1 for size in output.shape])
    elif len(given) > 3:
        # Of a free size: a volume's slices are joined.
        values = values.reshape(given[0] * given[1], *given[2:])
    if output.end == "logits":
        values = softmax(values, axis=-1) if output.head == "softmax" else expit(values)
    return np.exp(values) if output.end == "log" else values


def decoded(network: Network, values: np.ndarray) -> list[str]:
    """The name of the likeliest class of each step of (T, K)."""
    return [network.classes[index] for index in values.argmax(axis=-1)]
