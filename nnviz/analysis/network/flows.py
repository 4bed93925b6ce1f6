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
from nnviz.analysis.network.trace import Trace, compiled, inputs

LINEAR = 1e-4
"""Share of the largest score by which one may miss what its terms add up to: rounding in float32."""


@dataclass(frozen=True, eq=False)
class Flows:
    """What runs into some class scores on one image. Arrays are float64.

    Attributes:
        source: the deciding layer.
        values: in the shape of its output, what each of its activations adds to the first score.
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

    source: str
    values: np.ndarray
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


def flows(network: Network, trace: Trace, classes: Sequence[int], count: int = 8) -> Flows | None:
    """The flows of one image into the scores of some classes.

    Args:
        network: as `nnviz.load` gives it.
        trace: of the image; what lies before the places is not computed again.
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
    values = np.asarray(trace.activations[source], np.float64)
    slopes, scores, without, twice = _tail(network, trace, source, weights)
    added = slopes * values
    # Three points on a line: the answer to nothing, to what there is, and to twice as much.
    misses = np.abs(scores - without - added.reshape(len(scores), -1).sum(axis=1))
    misses = np.maximum(misses, np.abs(twice - 2 * scores + without))
    if misses.max() > LINEAR * max(1.0, float(np.abs(scores).max()), float(np.abs(added).sum(axis=-1).max())):
        return None
    of_source, maps = added[0], _laid_out(network, source)
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
        cells = _cells(network, trace, places, source, slopes[0], units)
    masks = 1.0 - np.eye(terms.shape[1])[units].reshape(-1, *[1] * (values.ndim - 1), terms.shape[1])
    masks = np.broadcast_to(masks, (len(units), *values.shape)).reshape(-1, *trace.activations[source].shape)
    alone = _one_at_a_time(network, trace, source, masks)
    return Flows(source, of_source, layer, terms, scores, without, units, places, cells, alone)


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


def _tail(network: Network, trace: Trace, source: str, weights: np.ndarray) -> tuple[np.ndarray, ...]:
    """d(score)/d(values of the deciding layer) (T, ...), and the scores (T,) as they are, of a layer that is all 0, and
    of one twice as large."""

    def build() -> Any:
        def call(images: Any, start: Any, weights: Any) -> Any:
            count = tf.shape(weights)[0]
            with tf.GradientTape() as tape:
                each = tf.repeat(start, count, axis=0)
                tape.watch(each)
                logits = _run(network, images, {source: tf.concat([each, 0 * start, 2 * start], 0)}, LOGITS, count + 2)
                scores = tf.reduce_sum(logits[:count] * weights, axis=1)
            slopes = tape.gradient(scores, each, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            without, twice = tf.unstack(tf.matmul(logits[count:], weights, transpose_b=True), num=2)
            return slopes, scores, without, twice

        return compiled(network, call, _spec(network, source), tf.TensorSpec((None, None), tf.float32))

    found = network.compiled(("flows", source), build)(*_given(trace, source), tf.constant(weights))
    return tuple(each.numpy().astype(np.float64) for each in found)


def _cells(
    network: Network, trace: Trace, places: str, source: str, slopes: np.ndarray, units: np.ndarray
) -> np.ndarray:
    """(U + 1, rows, columns): what each place adds through each of the units, and through all others."""
    through = np.zeros((len(units) + 1, slopes.size), np.float32)
    through[-1] = slopes
    through[-1, units] = 0
    through[np.arange(len(units)), units] = slopes[units]

    def build() -> Any:
        def call(images: Any, start: Any, through: Any) -> Any:
            count = tf.shape(through)[0]
            each = tf.repeat(start, count, axis=0)
            with tf.GradientTape() as tape:
                tape.watch(each)
                score = tf.reduce_sum(_run(network, images, {places: each}, source, count) * through)
            slopes = tape.gradient(score, each, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            return tf.reduce_sum(each * slopes, axis=-1)

        return compiled(network, call, _spec(network, places), tf.TensorSpec((None, None), tf.float32))

    function = network.compiled(("flows from places", places, source), build)
    return function(*_given(trace, places), tf.constant(through)).numpy().astype(np.float64)


def _one_at_a_time(network: Network, trace: Trace, source: str, masks: np.ndarray) -> np.ndarray:
    """(U, K): what each class score loses where a mask (U, ...) is off, which is what that adds where all is linear."""

    def build() -> Any:
        def call(images: Any, start: Any, masks: Any) -> Any:
            count = tf.shape(masks)[0] + 1
            logits = _run(network, images, {source: tf.concat([start, start * masks], 0)}, LOGITS, count)
            return logits[:1] - logits[1:]

        return compiled(network, call, _spec(network, source), _spec(network, source))

    function = network.compiled(("flows alone", source), build)
    return function(*_given(trace, source), tf.constant(masks, tf.float32)).numpy().astype(np.float64)


def _run(network: Network, images: Any, feeds: dict[str, Any], fetch: str, count: Any) -> Any:
    """In the graph: a layer (or the logits) made of what is fed, and where something else leads there of the image."""
    given = inputs(network, tf.repeat(images, count, axis=0), smooth=True)
    return network.graph.run({**given, **feeds}, [fetch])[fetch]


def _given(trace: Trace, layer: str) -> tuple[Any, Any]:
    """The image and a layer's values, each with a batch axis."""
    return tf.constant(trace.image[None]), tf.constant(trace.activations[layer][None], tf.float32)


def _spec(network: Network, layer: str) -> tf.TensorSpec:
    return tf.TensorSpec((None, *network.layer(layer).output_shape), tf.float32)
