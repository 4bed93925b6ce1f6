"""A decision as flows: from places of the picture through the units of the deciding layer into class scores.

What unit u adds to a score s is a_u * ds/da_u: weight times activation, exact where all behind it is linear, so that
these and what stands without any unit (the bias) add up to the score. What place p adds through it is
(sum over the channels of a_p * da_u/da_p) * ds/da_u: first order, exact where only functions like ReLU lie between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.influence import deciding_layer, leads_to
from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.targets import class_score
from nnviz.analysis.network.trace import compiled, inputs

LINEAR = 1e-4
"""Share of the largest score by which one may miss what its terms add up to: rounding in float32."""


@dataclass(frozen=True, eq=False)
class Flows:
    """What runs into some class scores on one image. Arrays are float64.

    Attributes:
        layer: whose units are counted: the deciding layer, or the maps that it only lays out as a vector.
        terms: (T, N), what each unit (or map) adds to each score.
        scores: (T,).
        rest: (T,), each score where all units are 0: the biases behind them.
        units: (U,) int, those of which the flows are told apart, the strongest for or against the first score.
        places: the layer of the maps (or the picture) whose cells are the places; None where there are none.
        cells: (U + 1, rows, columns), what each place adds to the first score through each of `units`, and through
            all others together; None without places.
        speaks: (U, K), what each of `units` adds to every class score.
    """

    layer: str
    terms: np.ndarray
    scores: np.ndarray
    rest: np.ndarray
    units: np.ndarray
    places: str | None
    cells: np.ndarray | None
    speaks: np.ndarray

    @property
    def others(self) -> np.ndarray:
        """Numbers of the units that are not told apart."""
        return np.setdiff1d(np.arange(self.terms.shape[1]), self.units)

    @property
    def constant(self) -> np.ndarray:
        """(U + 1,): what no place accounts for in what runs through each of `units`, and through all others: the
        biases on the way, and where a function on it is curved what first order leaves over."""
        through = np.append(self.terms[0, self.units], self.terms[0, self.others].sum())
        return through if self.cells is None else through - self.cells.sum(axis=(1, 2))


def flows(network: Network, image: np.ndarray, classes: Sequence[int], count: int = 8) -> Flows | None:
    """The flows of one image into the scores of some classes.

    Args:
        network: as `nnviz.load` gives it.
        image: (H, W, C) in the network's own range.
        classes: indices; the first is the one that is explained.
        count: units that are told apart.

    Returns:
        The flows; None where what lies behind the deciding layer is not linear (its terms do not add up), or where
        the answer has a place of its own for each score.

    Raises:
        NnvizError: no such class.
    """
    if network.output.placed:
        return None
    source = deciding_layer(network)
    weights = np.stack([class_score(network, index).spread(network) for index in classes])
    values, slopes, scores, without, twice = _tail(network, image, source, weights)
    added = slopes * values
    # Three points on a line: the answer to nothing, to what there is, and to twice as much.
    misses = np.abs(scores - without - added.reshape(len(scores), -1).sum(axis=1))
    misses = np.maximum(misses, np.abs(twice - 2 * scores + without))
    if misses.max() > LINEAR * max(1.0, float(np.abs(scores).max()), float(np.abs(added).sum(axis=-1).max())):
        return None
    maps = _laid_out(network, source)
    if maps is not None:
        values, added = (each.reshape((*each.shape[:-1], *_size(values, maps))) for each in (values, added))
    terms = added.reshape(len(scores), -1, added.shape[-1]).sum(axis=1)
    units = np.argsort(-np.abs(terms[0]), kind="stable")[:count]
    units = units[terms[0, units] != 0]
    layer = source if maps is None else maps.name
    places = layer if values.ndim == 3 else _places(network, source) if values.ndim == 1 else None
    cells = None
    if values.ndim == 3:
        own = np.moveaxis(added[0][..., units], -1, 0)
        cells = np.concatenate([own, (added[0].sum(axis=-1) - own.sum(axis=0))[None]])
    elif places is not None:
        cells = _cells(network, image, places, source, slopes[0], units)
    alone = _one_at_a_time(network, image, source, units, maps is not None)
    return Flows(layer, terms, scores, without, units, places, cells, alone)


def _size(values: np.ndarray, maps: LayerInfo) -> tuple[int, int, int]:
    """Rows, columns and channels of maps that stand as a vector; their sides may be open."""
    channels = maps.output_shape[-1] or 1
    rows = maps.output_shape[0] or int(np.sqrt(values.size // channels))
    return rows, values.size // channels // rows, channels


def _laid_out(network: Network, source: str) -> LayerInfo | None:
    """The maps that a layer only lays out as a vector."""
    layer = network.layer(source)
    straight = layer.kind == "Flatten" and layer.keras_layer.data_format == "channels_last"
    if not straight or len(layer.input_shape) != 3:
        return None
    return network.layer(layer.inputs[0])


def _places(network: Network, source: str) -> str | None:
    """The last maps, or the picture, that a layer is made of."""
    here = network.layer(source).index
    before = [layer for layer in network.layers[:here] if len(layer.output_shape) == 3]
    return next((layer.name for layer in reversed(before) if leads_to(network, layer.name, source)), None)


def _tail(network: Network, image: np.ndarray, source: str, weights: np.ndarray) -> tuple[np.ndarray, ...]:
    """The values of the deciding layer, d(score)/d(values) (T, ...), and the scores as they are, of a layer that is
    all 0, and of one twice as large."""

    def build() -> Any:
        def call(images: Any, weights: Any) -> Any:
            feeds = inputs(network, images, smooth=True)
            start = network.graph.run(feeds, [source])[source]

            def scored(values: Any) -> Any:
                logits = network.graph.run({**feeds, source: values}, [LOGITS])[LOGITS]
                return tf.linalg.matvec(weights, logits[0])

            slopes = []
            for row in range(count):
                with tf.GradientTape() as tape:
                    tape.watch(start)
                    score = scored(start)[row]
                slopes.append(tape.gradient(score, start, unconnected_gradients=tf.UnconnectedGradients.ZERO)[0])
            return start[0], tf.stack(slopes), scored(start), scored(0 * start), scored(2 * start)

        return compiled(network, call, tf.TensorSpec((count, None), tf.float32))

    count = len(weights)
    function = network.compiled(("flows", source, count), build)
    return tuple(each.numpy().astype(np.float64) for each in function(tf.constant(image[None]), tf.constant(weights)))


def _cells(
    network: Network, image: np.ndarray, places: str, source: str, slopes: np.ndarray, units: np.ndarray
) -> np.ndarray:
    """(U + 1, rows, columns): what each place adds through each of the units, and through all others."""
    through = np.zeros((len(units) + 1, slopes.size), np.float32)
    through[-1] = slopes
    through[-1, units] = 0
    through[np.arange(len(units)), units] = slopes[units]

    def build() -> Any:
        def call(images: Any, through: Any) -> Any:
            feeds = inputs(network, images, smooth=True)
            start = network.graph.run(feeds, [places])[places]
            found = []
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(start)
                end = network.graph.run({**feeds, places: start}, [source])[source]
                scores = [tf.reduce_sum(end[0] * through[row]) for row in range(rows)]
            for score in scores:
                slope = tape.gradient(score, start, unconnected_gradients=tf.UnconnectedGradients.ZERO)
                found.append(tf.reduce_sum(start[0] * slope[0], axis=-1))
            return tf.stack(found)

        return compiled(network, call, tf.TensorSpec((rows, None), tf.float32))

    rows = len(through)
    function = network.compiled(("flows from places", places, source, rows), build)
    return function(tf.constant(image[None]), tf.constant(through)).numpy().astype(np.float64)


def _one_at_a_time(
    network: Network, image: np.ndarray, source: str, units: np.ndarray, laid_out: bool
) -> np.ndarray:
    """(U, K): what each class score loses without each of the units, which is what it adds where that is linear."""
    channels = network.layer(source).output_shape[-1] or 1
    if laid_out:
        channels = network.layer(network.layer(source).inputs[0]).output_shape[-1] or 1

    def build() -> Any:
        def call(images: Any, units: Any) -> Any:
            feeds = inputs(network, images, smooth=True)
            start = network.graph.run(feeds, [source])[source]

            def logits(values: Any) -> Any:
                return network.graph.run({**feeds, source: values}, [LOGITS])[LOGITS][0]

            whole, size = logits(start), tf.shape(start)
            parts = tf.reshape(start, (1, -1, channels))
            losses = [
                whole - logits(tf.reshape(parts * (1 - tf.one_hot(units[at], channels)), size)) for at in range(count)
            ]
            return tf.stack(losses) if losses else tf.zeros((0, tf.shape(whole)[0]))

        return compiled(network, call, tf.TensorSpec((count,), tf.int32))

    count = len(units)
    function = network.compiled(("flows alone", source, count), build)
    return function(tf.constant(image[None]), tf.constant(units, tf.int32)).numpy().astype(np.float64)
