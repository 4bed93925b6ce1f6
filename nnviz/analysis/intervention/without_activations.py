"""A network without its activation functions: what non-linearity is for.

Every layer but the answer's own softmax or sigmoid passes its sums on as they are. The weights stay those that were
learned with F. A stack of dense layers then is one weighted sum; max pooling and products of maps stay what they are.
The network is not touched: its graph is run with linear twins that share its weights.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nnviz.analysis.data import digits
from nnviz.analysis.data.batches import batches
from nnviz.analysis.intervention.knockout import Accuracy
from nnviz.analysis.layer.activation import has_activation
from nnviz.analysis.network.graph import LOGITS, PROBABILITIES
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.output_head import ACTIVATED_LAST, linear_twin
from nnviz.analysis.network.step import Step
from nnviz.analysis.network.trace import compiled, forward, inputs
from nnviz.analysis.progress import Progress


@dataclass(frozen=True)
class BothAccuracies:
    """How many test digits a network reads as trained, and without its activation functions."""

    trained: Accuracy
    without: Accuracy


def layers_without(network: Network) -> tuple[str, ...]:
    """Names of the layers whose F is taken out: all that the class scores are made of, where F changes anything."""
    found: tuple[str, ...] = network.compiled("layers with F", lambda: tuple(_linear_calls(network)))
    return found


def answer_without(network: Network, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logits and answer, (K,) float32 each, of one image without activation functions.

    Args:
        image: (H, W, C) in the network's own range.
    """
    logits, probabilities = _function(network)(tf.constant(image[None], tf.float32))
    return logits.numpy()[0], probabilities.numpy()[0]


def accuracy_without(network: Network) -> Generator[Progress, None, BothAccuracies]:
    """How many of the 10,000 test digits a network reads with and without its activation functions.

    Yields:
        How many digits are done, of both countings.

    Raises:
        NnvizError: a network whose classes are not the ten digits.
    """
    images, labels = digits.labelled(network)
    trained, without = forward(network), _function(network)
    right, done = np.zeros(2, int), 0
    for part, batch in batches(network, images):
        for which, logits in enumerate((trained(batch), without(batch)[0])):
            right[which] += int((logits.numpy().argmax(axis=1) == labels[part]).sum())
        done = part.stop
        yield Progress(done, len(images))
    return BothAccuracies(Accuracy(int(right[0]), done), Accuracy(int(right[1]), done))


def _function(network: Network) -> Any:
    """Compiled: images (n, H, W, C) to logits and the answer, (n, K) each, without activation functions."""

    def build() -> Any:
        calls = _linear_calls(network)

        def call(images: Any) -> Any:
            found = network.graph.run(inputs(network, images), [LOGITS, PROBABILITIES], calls=calls)
            return found[LOGITS], found[PROBABILITIES]

        return compiled(network, call)

    return network.compiled("without activations", build)


def _linear_calls(network: Network) -> Mapping[str, Callable[..., Any]]:
    """By name what computes a step without its F; of the steps before the class scores alone, so not the answer's."""
    found: dict[str, Callable[..., Any]] = {}
    for step in network.graph.leading_to(LOGITS):
        own = step.layer
        if step.inner or step.idle:
            continue
        if isinstance(own, ACTIVATED_LAST):
            if own.activation is not keras.activations.linear:
                found[step.name] = linear_twin(own)
        elif has_activation(network.layer(step.name)) or _operation(step):
            found[step.name] = partial(_passed_on, step.outputs[0].dtype)
    return found


def _operation(step: Step) -> bool:
    """Whether a step is an activation function written as an operation, such as `keras.ops.relu`."""
    return type(step.layer).__module__ == "keras.src.ops.nn" and step.reads == "number"


def _passed_on(dtype: str, x: Any, *_: Any, **__: Any) -> Any:
    return tf.cast(x, dtype)
