"""What excites a unit most: the strongest places of every unit of every layer in a set of images, in one pass.

For a unit u, image i and position p of its map, the strongest place is the largest a_u(i, p); an image counts once,
with its strongest position (Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks"). Maximum,
argmax and the best of a batch are taken inside the compiled function, so no map leaves it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.graph import LOGITS
from nnviz.analysis.images import fit, rescale
from nnviz.analysis.influence import answer_layer
from nnviz.analysis.network import Network
from nnviz.analysis.progress import Progress
from nnviz.analysis.shuffle import permutation
from nnviz.analysis.trace import compiled, inputs
from nnviz.errors import NnvizError

_BATCH_BYTES = 256 * 2**20
"""Outputs of all layers for one batch; on the digit nets more is no faster."""
_LARGEST_BATCH = 256


@dataclass(frozen=True)
class Hit:
    """One of the places that excite a unit most: its value there, the image's number, and the cell of its map.

    The cell is None in a layer without maps.
    """

    value: float
    image: int
    cell: tuple[int, int] | None


@dataclass(frozen=True, eq=False)
class Ranking:
    """The strongest places of each unit of one layer: read-only arrays (units, k), the strongest first.

    Where values are equal the image with the lower number comes first, and in one image the first cell, row by row.

    Attributes:
        values: float32, activations, but logits where `by_logits`; -inf for an image that gave no number.
        images: int64, numbers in the set that was searched, each at most once a unit.
        rows, columns: int64, the cell; -1 in a layer without maps. A layer of steps has them as rows.
    """

    values: np.ndarray
    images: np.ndarray
    rows: np.ndarray
    columns: np.ndarray

    def of(self, unit: int) -> tuple[Hit, ...]:
        """The hits of one unit."""
        return tuple(
            Hit(float(value), int(image), None if row < 0 else (int(row), int(column)))
            for value, image, row, column in zip(
                self.values[unit], self.images[unit], self.rows[unit], self.columns[unit], strict=True
            )
            if np.isfinite(value)
        )


@dataclass(frozen=True, eq=False)
class Strongest:
    """The result of a search: rankings by layer name, how many images were searched, and of how many."""

    layers: Mapping[str, Ranking]
    searched: int
    available: int


def as_given(network: Network, image: np.ndarray) -> np.ndarray:
    """Pixels (H, W, C), 0..255, float32, of an image of the set as the network takes it: fitted, and with the pixels
    shuffled where the network was trained so."""
    return _pixels(network, image[None])[0]


def strongest(
    network: Network,
    images: np.ndarray,
    layers: Sequence[str] | None = None,
    count: int = 8,
    seconds: float | None = None,
) -> Generator[Progress, None, Strongest]:
    """Find the `count` strongest places of every unit, each in another image, in one pass over the images.

    The images are taken in an order drawn once (RandomState(0)), so what a search has when it is stopped, or when
    its time is over, comes from a fair sample. Each `Progress.so_far` is the `Strongest` of what was searched.

    Args:
        network: as `nnviz.load` gives it.
        images: (n, H, W) or (n, H, W, C), as `nnviz.analysis.images.fit` takes them one by one.
        layers: names; by default all but the input.
        count: places a unit, 1 and up.
        seconds: how long it may take, about: the number of images is cut to what the first batch promises,
            and again where it takes longer.

    Raises:
        NnvizError: no such layer, no images, or a count below 1.
    """
    names = [layer.name for layer in network.layers[1:]] if layers is None else list(layers)
    for name in names:
        network.layer(name)
    if count < 1 or len(images) < 1 or not names:
        raise NnvizError(
            "At least one layer, one image and a count of 1 were expected. "
            f"Received: {len(names)} layers, {len(images)} images, a count of {count}."
        )
    function = _searching(network, tuple(names), count)
    order = np.random.RandomState(0).permutation(len(images))
    size, total, done = _batch(network, images), len(images), 0
    found: dict[str, Ranking] = {}
    # Traced apart: it would count as the time that a batch takes.
    function(tf.constant(_given(network, images[order[:1]])))
    yield Progress(0, total)
    worked = 0.0
    while done < total:
        began = time.perf_counter()  # not what passes between two steps
        chosen = np.sort(order[done : min(done + size, total)])
        parts = function(tf.constant(_given(network, images[chosen])))
        found = {name: _merged(found.get(name), _ranking(parts[name], chosen), count) for name in names}
        done += len(chosen)
        worked += time.perf_counter() - began
        if seconds is not None and (done == len(chosen) or worked >= seconds):
            # Never more than before: the bar would run back.
            total = min(total, max(done, int(done * seconds / worked)))
        result = Strongest(MappingProxyType(found), done, len(images))
        yield Progress(done, total, result)
    return result


def by_logits(network: Network, layer: str) -> bool:
    """Whether a layer is ranked by its class scores: after its own softmax many images would share the value 1."""
    fused = network.graph.name_of(network.graph.logits) == LOGITS
    return fused and layer == answer_layer(network) and len(network.layer(layer).output_shape) == 1


def _searching(network: Network, names: tuple[str, ...], count: int) -> Any:
    """Compiled: images (n, H, W, C) to a layer's values, images in the batch and flat places (units, k), and width."""

    def build() -> Any:
        fetches = {name: LOGITS if by_logits(network, name) else name for name in names}

        def call(images: Any) -> Any:
            fetched = network.graph.run(inputs(network, images), list(fetches.values()))
            if LOGITS in fetched and network.graph.answer == "binary":
                # One sigmoid output is one unit for two classes: the second's logit is its own.
                fetched[LOGITS] = fetched[LOGITS][:, 1:]
            return {name: _best(fetched[fetch], count) for name, fetch in fetches.items()}

        return compiled(network, call)

    return network.compiled(("strongest", names, count), build)


def _best(values: Any, count: int) -> tuple[Any, Any, Any, Any]:
    """In the graph: the strongest images of a batch (n, ..., units) and their strongest positions."""
    values = tf.cast(values, tf.float32)
    values = tf.where(tf.math.is_nan(values), -math.inf, values)
    shape = tf.shape(values)
    # Steps have one column; axes beyond rows and columns count on in the row.
    wide = shape[-2] if values.shape.rank > 3 else tf.constant(1)
    if values.shape.rank == 2:
        largest, place = values, tf.fill(shape, -1)
    else:
        places = tf.reshape(values, (shape[0], -1, shape[-1]))
        largest, place = tf.reduce_max(places, axis=1), tf.argmax(places, axis=1, output_type=tf.int32)
    # Of equals the lower index comes first, which is the lower image, since a batch is in their order.
    top, image = tf.math.top_k(tf.transpose(largest), tf.minimum(count, shape[0]))
    at = image * shape[-1] + tf.range(shape[-1])[:, None]
    return top, image, tf.gather(tf.reshape(place, (-1,)), at), wide


def _ranking(parts: tuple[Any, Any, Any, Any], chosen: np.ndarray) -> Ranking:
    values, images, places, wide = (part.numpy() for part in parts)
    rows, columns = (np.where(places < 0, -1, part).astype(np.int64) for part in np.divmod(places, wide))
    return Ranking(values, chosen[images], rows, columns)


def _merged(before: Ranking | None, more: Ranking, count: int) -> Ranking:
    """The strongest of both; of equals the lower image first."""
    both = [more] if before is None else [before, more]
    values, images, rows, columns = (
        np.concatenate([getattr(each, name) for each in both], axis=1)
        for name in ("values", "images", "rows", "columns")
    )
    order = np.lexsort((images, -values), axis=1)[:, :count]
    kept = [np.take_along_axis(array, order, axis=1) for array in (values, images, rows, columns)]
    for array in kept:
        array.flags.writeable = False
    return Ranking(*kept)


def _batch(network: Network, images: np.ndarray) -> int:
    pixels = _pixels(network, images[:1]).size
    elements = 0
    for layer in network.layers:
        shape = layer.output_shape
        elements += pixels * (shape[-1] or 1) if None in shape else math.prod(size or 1 for size in shape)
    return max(1, min(_LARGEST_BATCH, _BATCH_BYTES // (4 * elements)))


def _given(network: Network, images: np.ndarray) -> np.ndarray:
    """A batch in the network's own range, (n, H, W, C) float32."""
    return rescale(_pixels(network, images), network.scale, network.offset)


def _pixels(network: Network, images: np.ndarray) -> np.ndarray:
    wanted = network.image_shape
    exact = images[..., None] if images.ndim == 3 else images
    if exact.dtype == np.uint8 and exact.shape[1:] == wanted:
        pixels = exact.astype(np.float32)
    else:
        pixels = np.stack([fit(image, wanted, network.scale, network.offset).pixels for image in images])
    if network.shuffle is None:
        return pixels
    count, rows, columns, channels = pixels.shape
    order = permutation(rows * columns, network.shuffle)
    return pixels.reshape(count, -1, channels)[:, order].reshape(pixels.shape)
