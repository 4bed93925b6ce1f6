"""What a picture is made to raise: a unit, a channel, a layer, a logit, and weighted sums of them.

    objectives.channel("conv2", 5) - 0.5 * objectives.channel("conv2", 7)

An objective is a closure over a few numbers that are handed to the compiled function as tensors: another unit or
class, or another weight, costs no new compilation. Composed as in Lucid's optvis.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.targets import Target, as_target
from nnviz.analysis.network.trace import Trace
from nnviz.errors import NnvizError

Tensor = Any
Score = Callable[[Mapping[str, Tensor], Sequence[Tensor]], Tensor]
_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Objective:
    """What is raised.

    Attributes:
        reads: names of the layers (or `LOGITS`) whose outputs it needs.
        form: what it computes, apart from its numbers: two of one form share one compiled function.
        numbers: indices (int32) and weights (float32).
        score: of those layers' outputs (n, ...) and the numbers as tensors: (n,) float32.
        units: the targets that must exist in the network.
        title: in words.
        count: pictures that it is for, where each has a weight of its own; None for any number.
    """

    reads: tuple[str, ...]
    form: Hashable
    numbers: tuple[np.ndarray, ...] = field(repr=False)
    score: Score = field(repr=False)
    units: tuple[Target, ...] = field(repr=False)
    title: str
    count: int | None = None

    def __add__(self, other: Objective) -> Objective:
        own = len(self.numbers)
        counts = {each.count for each in (self, other)} - {None}
        if len(counts) > 1:
            raise NnvizError(
                f"Objectives for as many pictures were expected to be added. Received: {self.count} and {other.count}."
            )

        def score(found: Mapping[str, Tensor], numbers: Sequence[Tensor]) -> Tensor:
            return self.score(found, numbers[:own]) + other.score(found, numbers[own:])

        return Objective(
            tuple(dict.fromkeys((*self.reads, *other.reads))),
            ("sum", self.form, other.form),
            (*self.numbers, *other.numbers),
            score,
            (*self.units, *other.units),
            f"{self.title} + {other.title}",
            counts.pop() if counts else None,
        )

    def __mul__(self, weight: float | np.ndarray) -> Objective:
        """Times a number, or one number a picture (n,)."""
        try:
            weights = np.asarray(weight, np.float32)
        except (TypeError, ValueError) as error:
            raise NnvizError(f"A weight was expected, or one a picture. Received: {weight!r}.") from error
        if weights.ndim > 1 or not np.isfinite(weights).all():
            raise NnvizError(f"A finite weight was expected, or one a picture. Received: {weight!r}.")
        count = len(weights) if weights.ndim else self.count
        if self.count not in (None, count):
            raise NnvizError(f"{self.count} weights were expected, one a picture. Received: {count}.")
        text = f"{float(weights):g}" if weights.ndim == 0 else "weights"

        def score(found: Mapping[str, Tensor], numbers: Sequence[Tensor]) -> Tensor:
            return numbers[0] * self.score(found, numbers[1:])

        form = ("times", weights.ndim, self.form)
        title = f"{text} * ({self.title})"
        return Objective(self.reads, form, (weights, *self.numbers), score, self.units, title, count)

    __rmul__ = __mul__

    def __neg__(self) -> Objective:
        return -1.0 * self

    def __sub__(self, other: Objective) -> Objective:
        return self + -other

    def check(self, network: Network) -> None:
        """Raise NnvizError where a layer, unit or class that it reads is not in the network."""
        for unit in self.units:
            if unit.layer == LOGITS:
                unit.spread(network)
                continue
            shape = network.layer(unit.layer).output_shape
            for index, _ in unit.weights:
                ends = shape[-len(index) :]
                inside = [at >= 0 and (size is None or at < size) for at, size in zip(index, ends, strict=False)]
                if len(index) not in (1, len(shape)) or not all(inside):
                    raise NnvizError(
                        f"A unit of {unit.layer} in {network.name} was expected, within {shape}. "
                        f"Received: {index[0] if len(index) == 1 else index}."
                    )


def channel(layer: str, index: int) -> Objective:
    """The mean of a feature map (or one neuron of a dense layer)."""
    return _one(layer, (index,), tf.reduce_mean, f"channel {index} of {layer}")


def neuron(layer: str, row: int, column: int, index: int) -> Objective:
    """One cell of a feature map."""
    return _one(layer, (row, column, index), tf.reduce_mean, f"cell ({row}, {column}) of channel {index} of {layer}")


def logit(index: int) -> Objective:
    """One class score."""
    return _one(LOGITS, (index,), tf.reduce_mean, f"logit {index}")


def layer(name: str) -> Objective:
    """The mean square of all activations of a layer: what DeepDream raises (Mordvintsev et al. 2015)."""

    def score(found: Mapping[str, Tensor], numbers: Sequence[Tensor]) -> Tensor:
        values = tf.cast(found[name], tf.float32)
        return tf.reduce_mean(tf.square(values), axis=list(range(1, values.shape.rank)))

    return Objective((name,), ("layer", name), (), score, (Target(name),), f"layer {name}")


def interpolation(one: Objective, other: Objective, count: int) -> Objective:
    """For `count` pictures at once: from one objective, (1 - t) * one + t * other, to another, t from 0 to 1.

    Args:
        count: 2 to 16; `visualize` makes as many without being told.

    Raises:
        NnvizError: another count.
    """
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 2 <= count <= 16:
        raise NnvizError(f"count was expected to be a whole number from 2 to 16. Received: {count!r}.")
    share = np.linspace(0, 1, count, dtype=np.float32)
    return one * (1 - share) + other * share


def as_objective(target: Objective | Target | int) -> Objective:
    """An int is a logit; a target keeps its weighted sum."""
    if isinstance(target, Objective):
        return target
    chosen = as_target(target)
    if chosen.winner or not chosen.weights:
        raise NnvizError(f"A class, a unit or an objective was expected, for there is no image. Received: {target!r}.")
    terms = [
        _one(chosen.layer, index, tf.reduce_sum, f"{chosen.layer} {index}") * weight for index, weight in chosen.weights
    ]
    found = terms[0]
    for term in terms[1:]:
        found = found + term
    return Objective(found.reads, found.form, found.numbers, found.score, (chosen,), str(chosen))


def similarity(features: Tensor) -> Tensor:
    """How like each picture of a batch is to the others in a layer: the mean cosine of their Gram matrices, (n,).

    Of vectors the cosine of the vectors. Olah et al. 2017, Feature Visualization, Distill (diversity). With A and B
    (places, channels) of two pictures, <A'A, B'B> = |AB'|^2: where the places are the fewer no Gram matrix is made.

    Args:
        features: (n, rows, columns, channels) or (n, units).
    """
    values = tf.cast(features, tf.float32)
    count = tf.shape(values)[0]
    if values.shape.rank == 2:
        alike = _inner(tf.math.l2_normalize(values, axis=1))
    else:
        places = tf.reshape(values, (count, -1, values.shape[-1]))
        # First to a length of their own, so that squares of squares neither vanish nor run over.
        size = tf.sqrt(tf.reduce_sum(tf.square(places), axis=(1, 2), keepdims=True) + _TINY)
        inner = _among_places(places / size) if _few_places(values) else _among_channels(places / size)
        own = tf.sqrt(tf.linalg.diag_part(inner) + _TINY)
        alike = inner / (own[:, None] * own[None])
    others = tf.cast(tf.maximum(count - 1, 1), tf.float32)
    return (tf.reduce_sum(alike, axis=1) - tf.linalg.diag_part(alike)) / others


def _few_places(values: Tensor) -> bool:
    """Whether the places of four maps together are fewer than the channels."""
    rows, columns, channels = values.shape[1:]
    return rows is not None and columns is not None and 4 * rows * columns <= channels


def _among_channels(places: Tensor) -> Tensor:
    """The inner products (n, n) of the Gram matrices of (n, places, channels), by the matrices."""
    return _inner(tf.reshape(tf.matmul(places, places, transpose_a=True), (tf.shape(places)[0], -1)))


def _among_places(places: Tensor) -> Tensor:
    """The same without them: the sum of squares of what two places of two pictures have in common."""
    count, each = tf.shape(places)[0], tf.shape(places)[1]
    common = _inner(tf.reshape(places, (-1, places.shape[2])))
    return tf.reduce_sum(tf.square(tf.reshape(common, (count, each, count, each))), axis=(1, 3))


def _inner(vectors: Tensor) -> Tensor:
    """The inner products (n, n) of vectors (n, length)."""
    return tf.matmul(vectors, vectors, transpose_b=True)


def _one(layer_name: str, index: tuple[int, ...], over: Any, title: str) -> Objective:
    """A channel, its cells joined by `over`, or one cell of it."""
    unit = Target(layer_name, ((index, 1.0),))

    def score(found: Mapping[str, Tensor], numbers: Sequence[Tensor]) -> Tensor:
        at = numbers[0]
        values = tf.gather(tf.cast(found[layer_name], tf.float32), at[-1], axis=-1)
        for axis in range(len(index) - 1):
            # Each gather takes the first axis of what is left away.
            values = tf.gather(values, at[axis], axis=1)
        left = list(range(1, values.shape.rank))
        return over(values, axis=left) if left else values

    form = ("unit", layer_name, len(index), over.__name__)
    return Objective((layer_name,), form, (np.array(index, np.int32),), score, (unit,), title)


def value(objective: Objective, trace: Trace) -> float:
    """An objective's value on an image that was traced."""
    arrays = {**trace.activations, LOGITS: trace.logits}
    found = {name: tf.constant(arrays[name][None]) for name in objective.reads}
    return float(objective.score(found, [tf.constant(number) for number in objective.numbers])[0])
