"""What all attribution methods share: their declaration, their result, and the compiled gradient."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from nnviz.analysis.graph import LOGITS
from nnviz.analysis.network import Network
from nnviz.analysis.progress import Progress
from nnviz.analysis.targets import Target, logit
from nnviz.analysis.trace import inputs, scoring
from nnviz.errors import NnvizError

_CHUNK_BYTES = 512 * 2**20
"""Outputs of all layers for one batch, kept for the backward pass: SmoothGrad on MobileNetV2 goes by sixes."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a method, as the sliders are made from it: a range, or a tuple of choices."""

    name: str
    title: str
    default: Any
    low: float = 0
    high: float = 0
    step: float = 1
    choices: tuple[str, ...] = ()
    open: bool = False
    """Whether a number or an array may stand for a choice; the method says which."""

    def checked(self, value: Any) -> Any:
        """`value` where it lies within the declaration. Raises NnvizError otherwise."""
        if self.choices:
            if value not in self.choices if isinstance(value, str) else not self.open:
                names = " or ".join(self.choices)
                raise NnvizError(f"{self.name} was expected to be {names}. Received: {value!r}.")
            return value
        whole = isinstance(self.step, int)
        number = isinstance(value, int | np.integer) or (not whole and isinstance(value, float | np.floating))
        if isinstance(value, bool) or not number or not self.low <= value <= self.high:
            kind = "a whole number" if whole else "a number"
            raise NnvizError(
                f"{self.name} was expected to be {kind} from {self.low:g} to {self.high:g}. Received: {value!r}."
            )
        return value


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each pixel has to do with a score.

    Attributes:
        values: float32, read-only, (H, W, C) where the method works on pixels, (H, W) where on places.
        signed: whether a negative value speaks against the target; else values are magnitudes, 0 and up.
        method: name of the method.
        target: what was explained; the winner is resolved to its class.
        score: the target's value on the image.
        adds_up_to: what the values would sum to if the method were exact, or None where it promises nothing.
    """

    values: np.ndarray
    signed: bool
    method: str
    target: Target
    score: float
    adds_up_to: float | None = None

    @property
    def gap(self) -> float | None:
        """Sum of the values less what they should add up to."""
        return None if self.adds_up_to is None else float(self.values.sum()) - self.adds_up_to

    def over_image(self, magnitude: bool = False) -> np.ndarray:
        """One value a place, (H, W): channels summed, or the largest of their magnitudes."""
        if self.values.ndim == 2:
            return np.abs(self.values) if magnitude else self.values
        return np.abs(self.values).max(axis=2) if magnitude else self.values.sum(axis=2)


Steps = Generator[Progress, None, Attribution]
Calls = Mapping[str, Callable[..., Any]]


class SaliencyMethod(ABC):
    """One attribution method. The class score that is explained is a logit, the same for all."""

    name: ClassVar[str]
    title: ClassVar[str]
    paper: ClassVar[str]
    signed: ClassVar[bool]
    what: ClassVar[str]
    """One sentence that says how to read the map."""

    def parameters(self, network: Network) -> tuple[Parameter, ...]:
        """The parameters that `steps` takes, with their defaults for this network."""
        return ()

    def reading(self, parameters: Mapping[str, Any]) -> str:
        """How to read the map that these parameters make: `what`, where it is the same for all."""
        return self.what

    def unfit(self, network: Network) -> str:
        """Why the method makes no sense for this network, in a sentence; "" where it does."""
        return ""

    @abstractmethod
    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        """Work in steps, yielding `Progress`; return the `Attribution`. To stop, close the generator.

        Args:
            network: as `nnviz.load` gives it.
            image: (H, W, C) float32 in the network's own range.
            target: what is explained.
            **parameters: all those declared.
        """

    def finished(self, values: Any, target: Target, score: float, adds_up_to: float | None = None) -> Attribution:
        """Wrap up the values as this method's result."""
        array = np.array(values, np.float32)
        array.flags.writeable = False
        return Attribution(array, self.signed, self.name, target, score, adds_up_to)


def differentiate(
    network: Network, images: np.ndarray, target: Target, calls: Calls | None = None, name: str = "gradient"
) -> tuple[np.ndarray, np.ndarray, Target]:
    """Gradient of the target's score with respect to each image, from one forward and backward pass.

    Args:
        images: (n, H, W, C) in the network's own range.
        target: the winner is that of the first image, found in the same pass.
        calls: of `Graph.run`: what computes a step instead of its layer, the same with another gradient.
        name: under which the network keeps the compiled function: one for all targets that share these calls.

    Returns:
        Gradients (n, H, W, C), scores (n,), and the target with the winner resolved.
    """

    def build() -> Any:
        def call(run: Any, images: Any, weights: Any, winner: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(images)
                score, best = _scored(run, network, images, target, weights, winner, calls)
            return tape.gradient(score, images), score, best

        return scoring(network, call, weights_spec(network, target), tf.TensorSpec((), tf.bool))

    gradients, score, best = network.compiled((name, target.layer), build)(*given(network, images, target))
    if gradients is None:
        kind = network.graph.input_dtype
        cut = "" if "float" in kind else f" of {network.name}, which passes no gradient back to its {kind} pixels"
        raise NnvizError(f"A target that depends on the image was expected. Received: {target}{cut}.")
    return gradients.numpy(), score.numpy(), logit(int(best)) if target.winner else target


def evaluate(network: Network, images: np.ndarray, target: Target) -> tuple[np.ndarray, Target]:
    """The target's score (n,) of each of the images (n, H, W, C), and the target, as `differentiate` has them."""

    def build() -> Any:
        def call(run: Any, images: Any, weights: Any, winner: Any) -> Any:
            return _scored(run, network, images, target, weights, winner)

        return scoring(network, call, weights_spec(network, target), tf.TensorSpec((), tf.bool))

    score, best = network.compiled(("score", target.layer), build)(*given(network, images, target))
    return score.numpy(), logit(int(best)) if target.winner else target


def given(network: Network, images: np.ndarray, target: Target) -> tuple[Any, Any, Any]:
    """Images, the target's weights, and whether the winner stands in for them, as a compiled function takes them."""
    return tf.constant(images, tf.float32), spread(network, images, target), tf.constant(target.winner)


def _scored(
    run: Any, network: Network, images: Any, target: Target, weights: Any, winner: Any, calls: Calls | None = None
) -> tuple[Any, Any]:
    """In the graph: the target's scores (n,), and the class that wins on the first image."""
    found = run(inputs(network, images, smooth=True), [target.layer, LOGITS], calls=calls)
    if target.layer == LOGITS:
        weights = chosen(found[LOGITS], weights, winner)
    return score_of(found[target.layer], weights), tf.argmax(found[LOGITS][0])


def score_of(tensor: Any, weights: Any) -> Any:
    """Weighted sum over all but the batch axis: (n,)."""
    return tf.reduce_sum(tf.cast(tensor, tf.float32) * weights, axis=list(range(1, tensor.shape.rank)))


def chosen(logits: Any, weights: Any, winner: Any) -> Any:
    """The weights of the target's classes, or, in the graph, those of the first image's winner."""
    return tf.where(winner, tf.one_hot(tf.argmax(logits[0]), tf.shape(logits)[1]), weights)


def weights_spec(network: Network, target: Target) -> tf.TensorSpec:
    """Type of a target's weights, as a compiled function takes them."""
    rank = 1 if target.layer == LOGITS else len(network.layer(target.layer).output_shape)
    return tf.TensorSpec((None,) * rank, tf.float32)


def spread(network: Network, images: np.ndarray, target: Target) -> Any:
    """A target's weights as a tensor, also where the network leaves its size open."""
    if target.layer == LOGITS or None not in network.layer(target.layer).output_shape:
        return tf.constant(target.spread(network))
    found = network.graph.run(inputs(network, images[:1]), [target.layer])[target.layer]
    return tf.constant(target.spread(network, {target.layer: tuple(found.shape[1:])}))


def chunks(network: Network, image: np.ndarray, count: int, beside: int = 0, kept: float = 1.0) -> list[slice]:
    """`count` images as slices of a batch that the memory bears; the first has `beside` more in its batch.

    `kept` is the share of the layers' outputs in memory at once: all of them for a backward pass.
    """
    elements = 0
    for layer in network.layers:
        free = None in layer.output_shape[:-1]
        elements += image.size if free else math.prod(size or 1 for size in layer.output_shape)
    size = max(1, int(_CHUNK_BYTES / (4 * elements * kept)))
    stops = [*range(max(1, size - beside), count, size), count]
    return [slice(start, stop) for start, stop in zip([0, *stops], stops, strict=False)]
