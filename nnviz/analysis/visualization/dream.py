"""DeepDream: a photograph, changed so that a network sees in it more of what it sees.

Mordvintsev, Olah and Tyka 2015, Inceptionism: Going Deeper into Neural Networks.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.network.network import Network
from nnviz.analysis.network.targets import Target
from nnviz.analysis.network.trace import Compiled, fitted_to, inputs
from nnviz.analysis.progress import Progress, finished
from nnviz.analysis.visualization import arguments
from nnviz.analysis.visualization.ascent import to_network, until_next
from nnviz.analysis.visualization.objectives import Objective, as_objective
from nnviz.analysis.visualization.result import Visualization, snapshot
from nnviz.analysis.visualization.transforms import Jitter
from nnviz.errors import NnvizError

Tensor = Any
RATIO = 1.4
"""Each octave is so much larger than the one before."""
_LEAST = 32
"""Shortest side of the smallest octave."""
_MOST_STEPS, _JITTER = 1000, 2
"""Steps in one octave, and pixels that the picture is shifted by at most in each."""


def dream(
    network: Network,
    image: Any,
    target: Objective | Target | int,
    steps: int = 40,
    rate: float = 0.01,
    octaves: int = 3,
    seed: int = 0,
) -> Visualization:
    """Let a picture be changed towards a target; see `dreaming` for the arguments."""
    return finished(dreaming(network, image, target, steps, rate, octaves, seed, every=_MOST_STEPS))


def dreaming(
    network: Network,
    image: Any,
    target: Objective | Target | int,
    steps: int = 40,
    rate: float = 0.01,
    octaves: int = 3,
    seed: int = 0,
    *,
    every: int | None = None,
) -> Generator[Progress, None, Visualization]:
    """The steps of `dream`: x + rate * gradient / mean |gradient|, x in 0..1, octave by octave.

    Args:
        network: as `nnviz.load` gives it.
        image: as `nnviz.trace` takes it.
        target: what is raised; a whole layer (`objectives.layer`) is the classical one.
        steps: in each octave, 1 and up.
        rate: mean change of a pixel in one step, as a share of the range; 1e-6 to 1.
        octaves: sizes, each `RATIO` times the one before, the last the picture's own. One alone where what lies
            before the target takes no other size.
        seed: of the jitter, 0 and up.
        every: steps between two snapshots, and one at the end of each octave; None for as many as a seventh of a second
            allows.

    Raises:
        NnvizError: no such class, layer or unit, an argument out of range, or a gradient that is zero at the start.
    """
    objective = as_objective(target)
    objective.check(network)
    fitted = fitted_to(network, image)
    if objective.count not in (None, 1):
        raise NnvizError(f"An objective for one picture was expected of a dream. Received: one for {objective.count}.")
    arguments.whole("steps", steps, 1, _MOST_STEPS)
    arguments.whole("octaves", octaves, 1, 1000)
    if every is not None:
        arguments.whole("every", every, 1, _MOST_STEPS)
    arguments.whole("seed", seed, 0, 2**31 - 1)
    arguments.real("rate", rate, 1e-6, 1.0)
    return _dreaming(network, fitted.pixels, objective, steps, rate, octaves, seed, every)


def sizes(network: Network, objective: Objective, shape: tuple[int, int], octaves: int) -> list[tuple[int, int]]:
    """(H, W) of each octave, the picture's own last."""
    if not any_size(network, objective):
        octaves = 1
    found = [tuple(round(side / RATIO**power) for side in shape) for power in range(octaves)]
    return [(size[0], size[1]) for size in found if size == tuple(shape) or min(size) >= _LEAST][::-1]


def any_size(network: Network, objective: Objective) -> bool:
    """Whether all that lies before the target keeps rows and columns, so that a smaller picture passes too."""
    known = {layer.name: layer for layer in network.layers}
    waiting, seen = list(objective.reads), set()
    while waiting:
        layer = known.get(waiting.pop())
        if layer is None or not layer.spatial or layer.kind in ("Reshape", "Resizing"):
            return False
        if layer.name not in seen:
            seen.add(layer.name)
            waiting += layer.inputs
    return not any(len(index) > 1 for unit in objective.units for index, _ in unit.weights)


def _dreaming(
    network: Network,
    pixels: np.ndarray,
    objective: Objective,
    steps: int,
    rate: float,
    octaves: int,
    seed: int,
    every: int | None,
) -> Generator[Progress, None, Visualization]:
    stages = sizes(network, objective, (pixels.shape[0], pixels.shape[1]), octaves)
    total = steps * len(stages)
    yield Progress(0, total)
    own = tf.constant(pixels[None] / 255)
    numbers = [tf.constant(each) for each in objective.numbers]
    # A picture of one row has no row to be shifted by.
    jitter = Jitter(min(_JITTER, min(pixels.shape[:2]) - 1))
    function = network.compiled(("dream", objective.form, jitter), lambda: _compiled(network, objective, jitter))
    detail = tf.zeros((1, *stages[0], pixels.shape[2]))
    found: Any = None
    chunk = every or 1
    for at, size in enumerate(stages):
        base = tf.clip_by_value(tf.image.resize(own, size, antialias=True), 0.0, 1.0) if size != stages[-1] else own
        picture = tf.clip_by_value(base + tf.image.resize(detail, size), 0.0, 1.0)
        done = 0
        while done < steps:
            began, begun = time.perf_counter(), at * steps + done
            count = min(chunk, steps - done)
            picture, score, largest = function(
                picture,
                tf.constant(begun),
                tf.constant(count),
                tf.constant(rate, tf.float32),
                tf.constant(seed),
                *numbers,
            )
            if begun == 0 and not float(largest):
                raise NnvizError(
                    f"A target that this picture can raise was expected ({objective.title}). Received: a gradient that "
                    "is zero at the start, most likely because the unit is off all over the picture."
                )
            done += count
            whole = picture
            if size != stages[-1]:
                # What a smaller octave made is laid over the whole photograph, and has the score that it has there.
                whole = tf.clip_by_value(own + tf.image.resize(picture - base, stages[-1]), 0.0, 1.0)
                score = _scored(function, whole, seed, numbers)
            shown = to_network(network, whole).numpy()
            found = snapshot(network, shown, score.numpy(), seed, at * steps + done, objective)
            if every is None:
                chunk = until_next(count, time.perf_counter() - began)
            yield Progress(at * steps + done, total, found)
        detail = picture - base
    return found


def _scored(function: Compiled, picture: Tensor, seed: int, numbers: Sequence[Tensor]) -> Tensor:
    """The objective on pictures as they are: no step is taken."""
    none = tf.constant(0)
    return function(picture, none, none, tf.constant(0.0), tf.constant(seed), *numbers)[1]


def _compiled(network: Network, objective: Objective, jitter: Jitter) -> Compiled:
    channels = network.image_shape[2]

    def scored(run: Any, pictures: Tensor, numbers: Any) -> Tensor:
        found = run(inputs(network, to_network(network, pictures), smooth=True), objective.reads)
        return objective.score(found, numbers)

    def call(run: Any, start: Tensor, done: Tensor, count: Tensor, rate: Tensor, seed: Tensor, *numbers: Tensor) -> Any:
        def step(at: Tensor, picture: Tensor, largest: Tensor) -> tuple[Tensor, ...]:
            with tf.GradientTape() as tape:
                tape.watch(picture)
                score = tf.reduce_sum(scored(run, jitter(picture, tf.stack([seed, at])), numbers))
            gradient = tape.gradient(score, picture, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            size = tf.reduce_mean(tf.abs(gradient))
            picture = tf.clip_by_value(picture + rate * gradient / (size + 1e-12), 0.0, 1.0)
            picture = tf.ensure_shape(picture, start.shape)
            return at + 1, picture, tf.maximum(largest, size)

        _, end, largest = tf.while_loop(
            lambda at, *_: at < done + count, step, (done, start, tf.zeros(())), parallel_iterations=1
        )
        return end, scored(run, end, numbers), largest

    free = network.image_shape[:2] if not any_size(network, objective) else (None, None)
    whole = tf.TensorSpec((), tf.int32)
    given = [tf.TensorSpec(n.shape if n.dtype == np.int32 else (None,) * n.ndim, n.dtype) for n in objective.numbers]
    picture = tf.TensorSpec((1, *free, channels), tf.float32)
    return Compiled(call, (picture, whole, whole, tf.TensorSpec((), tf.float32), whole, *given), network.graph)
