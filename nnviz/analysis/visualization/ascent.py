"""Gradient ascent on what makes a picture: many steps in one compiled loop.

Adam: Kingma and Ba 2015, arXiv:1412.6980. "gradient": the gradient of each picture over its root mean square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Compiled, inputs
from nnviz.analysis.visualization.leaky_relu import with_leaky_relu
from nnviz.analysis.visualization.objectives import Objective, similarity
from nnviz.analysis.visualization.parametrizations import Parametrization
from nnviz.analysis.visualization.transforms import Transformation, moved

Tensor = Any
OPTIMIZERS = ("adam", "gradient")
SNAPSHOT = 0.15
"""Seconds between two snapshots: more than four a second, with time to draw them; each costs a forward pass."""
_BETAS, _EPSILON = (0.9, 0.999), 1e-8


@dataclass(frozen=True)
class Recipe:
    """How pictures are made: what is compiled anew when it changes.

    Attributes:
        parametrization: what is optimised.
        transformations: done to the pictures before each step.
        optimizer: one of `OPTIMIZERS`.
        apart: layer in which the pictures are kept unlike each other, or None.
        revive: whether a silent unit is given a slope.
    """

    parametrization: Parametrization
    transformations: tuple[Transformation, ...]
    optimizer: str
    apart: str | None = None
    revive: bool = False


@dataclass
class State:
    """Where an ascent stands: parameters (n, ...), the two moments of Adam, and the steps done."""

    parameters: Tensor
    first: Tensor
    second: Tensor
    done: int = 0


def begin(parameters: np.ndarray) -> State:
    """The state before the first step."""
    start = tf.constant(parameters)
    return State(start, tf.zeros_like(start), tf.zeros_like(start))


def climb(network: Network, objective: Objective, recipe: Recipe) -> Compiled:
    """Compiled, once for a form of objective: (parameters, first, second, done, count, rate, seed, diversity, *numbers)
    to (parameters, first, second, pictures (n, H, W, C) in the network's range, scores (n,) of the pictures as they
    are, and the largest magnitude (n,) in the gradient of the first of these steps)."""
    shape = recipe.parametrization.shape

    def build() -> Compiled:
        parameters = tf.TensorSpec((None, *shape), tf.float32)
        whole, number = tf.TensorSpec((), tf.int32), tf.TensorSpec((), tf.float32)
        given = [
            tf.TensorSpec(n.shape if n.dtype == np.int32 else (None,) * n.ndim, n.dtype) for n in objective.numbers
        ]
        signature = (parameters, parameters, parameters, whole, whole, number, whole, number, *given)
        return Compiled(_loop(network, objective, recipe), signature, network.graph)

    return network.compiled(("visualize", objective.form, recipe), build)


def advance(
    function: Compiled, state: State, count: int, rate: float, seed: int, diversity: float, numbers: Sequence[Tensor]
) -> tuple[np.ndarray, ...]:
    """Take so many steps: change the state, and return pictures, scores and the largest gradient as arrays."""
    found = function(
        *(state.parameters, state.first, state.second, tf.constant(state.done), tf.constant(count)),
        *(tf.constant(rate, tf.float32), tf.constant(seed), tf.constant(diversity, tf.float32), *numbers),
    )
    state.parameters, state.first, state.second = found[:3]
    state.done += count
    return tuple(each.numpy() for each in found[3:])


def _loop(network: Network, objective: Objective, recipe: Recipe) -> Any:
    make = recipe.parametrization.images

    def call(
        run: Any,
        start: Tensor,
        first: Tensor,
        second: Tensor,
        done: Tensor,
        count: Tensor,
        rate: Tensor,
        seed: Tensor,
        diversity: Tensor,
        *numbers: Tensor,
    ) -> tuple[Tensor, ...]:
        def step(at: Tensor, parameters: Tensor, first: Tensor, second: Tensor, largest: Tensor) -> tuple[Tensor, ...]:
            with tf.GradientTape() as tape:
                tape.watch(parameters)
                pictures = moved(make(parameters), recipe.transformations, seed, at)
                raised = _raised(run, network, objective, recipe, pictures, diversity, numbers)
            gradient = tape.gradient(raised, parameters, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            axes = list(range(1, gradient.shape.rank))
            largest = tf.cond(at > done, lambda: largest, lambda: tf.reduce_max(tf.abs(gradient), axis=axes))
            if recipe.optimizer == "adam":
                update, first, second = _adam(gradient, first, second, at)
            else:
                size = tf.sqrt(tf.reduce_mean(tf.square(gradient), axis=axes, keepdims=True))
                update = gradient / (size + _EPSILON)
            return at + 1, parameters + rate * update, first, second, largest

        state = (done, start, first, second, tf.zeros(tf.shape(start)[:1]))
        _, end, first, second, largest = tf.while_loop(
            lambda at, *_: at < done + count, step, state, parallel_iterations=1
        )
        pictures = to_network(network, make(end))
        scores = objective.score(run(inputs(network, pictures, smooth=True), objective.reads), numbers)
        return end, first, second, pictures, scores, largest

    return call


def until_next(taken: int, spent: float) -> int:
    """How many steps to the next snapshot, after so many in so many seconds."""
    # At most four times as many as before: the first steps are slower than the rest.
    return max(1, min(4 * taken, int(SNAPSHOT * taken / spent)))


def to_network(network: Network, pictures: Tensor) -> Tensor:
    """Pictures in 0..1 in the network's own range."""
    scale, offset = (np.asarray(values, np.float32) for values in (network.scale, network.offset))
    return pictures * (255 * scale) + offset


def _raised(
    run: Any,
    network: Network,
    objective: Objective,
    recipe: Recipe,
    pictures: Tensor,
    diversity: Tensor,
    numbers: Sequence[Tensor],
) -> Tensor:
    feeds = inputs(network, to_network(network, pictures), smooth=True)
    if recipe.revive:
        feeds = with_leaky_relu(run, network, feeds, objective.reads)
    reads = list(objective.reads) if recipe.apart is None else [*objective.reads, recipe.apart]
    found = run(feeds, list(dict.fromkeys(reads)))
    scores = objective.score(found, numbers)
    if recipe.apart is not None:
        # In proportion to the score, since those of two networks may be a hundred times apart.
        size = tf.stop_gradient(tf.abs(scores) + _EPSILON)
        scores = scores - diversity * size * similarity(found[recipe.apart])
    return tf.reduce_sum(scores)


def _adam(gradient: Tensor, first: Tensor, second: Tensor, at: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    steps = tf.cast(at + 1, tf.float32)
    first = _BETAS[0] * first + (1 - _BETAS[0]) * gradient
    second = _BETAS[1] * second + (1 - _BETAS[1]) * tf.square(gradient)
    even_first, even_second = first / (1 - _BETAS[0] ** steps), second / (1 - _BETAS[1] ** steps)
    return even_first / (tf.sqrt(even_second) + _EPSILON), first, second
