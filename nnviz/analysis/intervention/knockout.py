"""Knock-outs: units of a layer switched off, and what becomes of the maps behind it, the scores and the accuracy.

A unit is a channel of the layer's output: a filter's map, or a neuron of a dense layer. Off means that whoever reads
it reads 0. Behind a ReLU that is what a filter of zeros with a bias of 0 makes; behind a sigmoid, where that would
make 0.5, it is not; and a batch normalisation that reads the 0 makes its own constant of it. A layer that is used
twice is switched off where it is named, "name" or "name#2", and stays on where it is used otherwise.

The weights stay as they are: the output is multiplied by a mask that is handed to the compiled function as a tensor,
so that several viewers may switch off different units at once, and another choice costs no new compilation.

Ablation of units: Morcos et al. 2018, On the Importance of Single Directions for Generalization, arXiv:1803.06959;
Bau et al. 2020, Understanding the Role of Individual Units in a Deep Neural Network, arXiv:2009.05041.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.data import digits
from nnviz.analysis.data.batches import batches
from nnviz.analysis.network.graph import LOGITS, PROBABILITIES
from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import chunks
from nnviz.analysis.network.targets import Target, as_target, class_score
from nnviz.analysis.network.trace import Trace, compiled, fitted_to, frozen, inputs, scoring
from nnviz.analysis.progress import Progress, finished
from nnviz.errors import NnvizError


@dataclass(frozen=True)
class Accuracy:
    """How many of so many pictures a network reads."""

    correct: int
    total: int

    @property
    def share(self) -> float:
        """0..1; 0 of no pictures."""
        return self.correct / self.total if self.total else 0.0


def switchable(network: Network) -> tuple[LayerInfo, ...]:
    """The layers whose units can be switched off: all that the class scores are made of, the input among them."""
    graph = network.graph
    open_, seen = list(graph.producers[id(graph.logits)].inputs) if id(graph.logits) in graph.producers else [], set()
    while open_:
        tensor = open_.pop()
        name = graph.name_of(tensor)
        if name not in seen:
            seen.add(name)
            open_ += graph.producers[id(tensor)].inputs if id(tensor) in graph.producers else []
    return tuple(layer for layer in network.layers if layer.name in seen)


def knocked_out(network: Network, image: Any, layer: str, units: Sequence[int]) -> Trace:
    """What one image leaves in every layer while some units of one are off.

    Args:
        image: as `nnviz.trace` takes it.
        layer: name of the layer.
        units: which of its channels (or neurons) are off, from 0; none leaves all as it is.

    Returns:
        A trace like that of `nnviz.trace`: the layer's own activations are 0 where they are off, those before it
        are as they were.

    Raises:
        NnvizError: a layer that no class score depends on, or the scores' own; no such unit; not an image.
    """
    fitted = fitted_to(network, image)
    known = _checked(network, layer)

    def build() -> Any:
        names = [each.name for each in network.layers] + [LOGITS, PROBABILITIES]

        def call(images: Any, mask: Any) -> Any:
            return network.graph.run(inputs(network, images), names, {layer: lambda value: _masked(value, mask)})

        return compiled(network, call, _mask_spec(known))

    mask = _mask(network, known, units, fitted.image)
    found = network.compiled(("knocked out", layer), build)(tf.constant(fitted.image[None]), tf.constant(mask))
    arrays = {name: frozen(value) for name, value in found.items()}
    logits, probabilities = arrays.pop(LOGITS), arrays.pop(PROBABILITIES)
    if not np.isfinite(logits).all():
        raise NnvizError(f"Finite scores were expected from {network.name} with units off. Received: {logits[:5]}.")
    return Trace(fitted.image, MappingProxyType(arrays), logits, probabilities, fitted.note)


def importance(network: Network, image: Any, layer: str, target: Target | int | None = None) -> np.ndarray:
    """How a class score changes when each unit of a layer alone is switched off.

    score with the unit off - score as it is: below zero for a unit that speaks for the class. The drop that
    "Ablation" methods rank filters by is its negative.

    Args:
        image, layer: as `knocked_out` takes them.
        target: class scores, by default the winner's.

    Returns:
        (channels,) float32.

    Raises:
        NnvizError: as `knocked_out`; a target that is no class score.
    """
    return finished(ranking(network, image, layer, target))


def ranking(
    network: Network, image: Any, layer: str, target: Target | int | None = None
) -> Generator[Progress, None, np.ndarray]:
    """`importance` in steps of several units at once; yields how many are done."""
    fitted, known, target = fitted_to(network, image), _checked(network, layer), as_target(target, network)
    if target.layer != LOGITS:
        raise NnvizError(f"A class score was expected as the target of a knock-out. Received: {target}.")
    count = _channels(network, known, fitted.image)
    scores, images = _scores(network, known), tf.constant(fitted.image[None])
    before = scores(images, tf.ones((1, count))).numpy()[0]
    weights = (class_score(network, int(before.argmax())) if target.winner else target).spread(network)
    changes = np.zeros(count, np.float32)
    for part in chunks(network, fitted.image, count):
        off = np.ones((part.stop - part.start, count), np.float32)
        off[np.arange(len(off)), np.arange(part.start, part.stop)] = 0
        changes[part] = (scores(images, tf.constant(off)).numpy() - before) @ weights
        yield Progress(part.stop, count)
    changes.flags.writeable = False
    return changes


def accuracy(
    network: Network, images: np.ndarray, labels: np.ndarray, layer: str = "", units: Sequence[int] = ()
) -> Generator[Progress, None, Accuracy]:
    """How many pictures a network reads while some units of one of its layers are off.

    Args:
        images: (n, rows, columns) uint8, shuffled here where the network was trained on shuffled pixels.
        labels: (n,) int, the index of each picture's class.
        layer, units: as `knocked_out` takes them; without them, as trained.

    Yields:
        How many pictures are done; `so_far` is the `Accuracy` on those.

    Raises:
        NnvizError: as `knocked_out`; not one label a picture.
    """
    if len(images) != len(labels):
        raise NnvizError(f"One label a picture was expected. Received: {len(images)} pictures, {len(labels)} labels.")
    known = _checked(network, layer) if layer else network.layers[0]
    found = Accuracy(0, 0)
    if not len(images):
        return found
    first = digits.fitted(network, images[:1])[0]
    mask = tf.constant(_mask(network, known, units, first))
    scores = _scores(network, known)
    for part, batch in batches(network, images):
        logits = scores(batch, mask).numpy()
        right = int((logits.argmax(axis=1) == labels[part]).sum())
        found = Accuracy(found.correct + right, found.total + len(logits))
        yield Progress(found.total, len(images), found)
    return found


def with_and_without(network: Network, images: np.ndarray, layer: str, *units: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits of images as they are, and while some units are off, (n, K) float32 each.

    Args:
        images: (n, H, W, C) in the network's own range.
        layer, units: as `knocked_out` takes them.

    Raises:
        NnvizError: as `knocked_out`.
    """
    known = _checked(network, layer)
    function, batch, mask = _scores(network, known), tf.constant(images), _mask(network, known, units, images[0])
    return function(batch, tf.constant(np.ones_like(mask))).numpy(), function(batch, tf.constant(mask)).numpy()


def _masked(value: Any, mask: Any) -> Any:
    """A layer's output times a mask a picture, or one for all: (n or 1, channels)."""
    shape = (-1, *(1,) * (value.shape.rank - 2), tf.shape(mask)[1])
    return value * tf.cast(tf.reshape(mask, shape), value.dtype)


def _scores(network: Network, layer: LayerInfo) -> Any:
    """Compiled: images (n or 1, H, W, C) and masks (n or 1, channels) to logits (n, K).

    The way up to the layer is computed once an image, however many masks there are.
    """

    def build() -> Any:
        def call(run: Any, images: Any, masks: Any) -> Any:
            start = run(inputs(network, images), [layer.name])[layer.name]
            # What leads around the layer needs as many pictures as there are masks.
            count = tf.maximum(tf.shape(images)[0], tf.shape(masks)[0])
            shape = tf.concat([[count], tf.shape(images)[1:]], axis=0)
            feeds = {**inputs(network, tf.broadcast_to(images, shape)), layer.name: start}
            return run(feeds, [LOGITS], {layer.name: lambda value: _masked(value, masks)})[LOGITS]

        return scoring(network, call, _mask_spec(layer))

    return network.compiled(("knocked-out scores", layer.name), build)


def _mask_spec(layer: LayerInfo) -> tf.TensorSpec:
    return tf.TensorSpec((None, layer.output_shape[-1]), tf.float32)


def _mask(network: Network, layer: LayerInfo, units: Sequence[int], image: np.ndarray) -> np.ndarray:
    """(1, channels) float32: 0 for what is off, 1 for all else."""
    count = _channels(network, layer, image)
    wrong = [unit for unit in units if not 0 <= unit < count]
    if wrong:
        raise NnvizError(f"Units of {layer.name} from 0 to {count - 1} were expected. Received: {wrong[0]}.")
    mask = np.ones((1, count), np.float32)
    mask[0, list(units)] = 0
    return mask


def _channels(network: Network, layer: LayerInfo, image: np.ndarray) -> int:
    size = layer.output_shape[-1]
    if size is None:
        size = network.graph.run(inputs(network, tf.constant(image[None])), [layer.name])[layer.name].shape[-1]
    return int(size)


def _checked(network: Network, name: str) -> LayerInfo:
    layer = network.layer(name)
    options = switchable(network)
    if layer not in options:
        names = ", ".join(each.name for each in options[:20])
        raise NnvizError(f"A layer that the class scores are made of was expected: {names}. Received: {name}.")
    return layer
