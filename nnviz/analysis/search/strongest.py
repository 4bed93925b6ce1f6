"""What excites a unit most: the strongest places of every unit of every layer in a set of images, in one pass.

For a unit u, image i and position p of its map, the strongest place is the largest a_u(i, p); an image counts once,
with its strongest position (Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks"). Maximum,
argmax and the best of a batch are taken inside the compiled function, so no map leaves it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.data.pictures import MOST_READ, Searchable, as_given, batch, reading, shape_in
from nnviz.analysis.image.images import rescale
from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.influence import answer_layer
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import compiled, inputs
from nnviz.analysis.progress import Progress
from nnviz.analysis.search.ranking import Hit, Ranking, Sample, Strongest, by_layer, merged, of_all
from nnviz.errors import NnvizError

__all__ = ["Hit", "Ranking", "Strongest", "as_given", "by_logits", "strongest"]

_BATCH_BYTES = 64 * 2**20
"""Outputs of all layers for one batch; more is no faster, and a step would take longer."""
_LARGEST_BATCH = 256


def strongest(
    network: Network,
    images: Searchable,
    layers: Sequence[str] | None = None,
    count: int = 8,
    seconds: float | None = None,
    since: Strongest | None = None,
) -> Generator[Progress, None, Strongest]:
    """Find the `count` strongest places of every unit, each in another image, in one pass over the images.

    The images are taken in an order drawn once (RandomState(0)), so what a search has when it is stopped, or when
    its time is over, comes from a fair sample. Each `Progress.so_far` is the `Strongest` of what was searched.

    Args:
        network: as `nnviz.load` gives it.
        images: an array (n, H, W) or (n, H, W, C), as `nnviz.analysis.image.images.fit` takes them one by one, or
            `Pictures`, which are read when they are needed. One that cannot be read is skipped, and counted.
        layers: names; by default all but the input.
        count: places a unit, 1 and up.
        seconds: how long it may take, about: the number of images is cut to what the first batch promises,
            and again where it takes longer.
        since: what a search of the same network, images, layers and count had when it was stopped: goes on from
            there, and ends with the same numbers as one that was not.

    Raises:
        NnvizError: no such layer, no images, none that can be read, or a count below 1.
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
    example = _example(network, images)
    size, total, sample = _size(network, images, example), len(images), Sample(order, since)
    result = since or Strongest({}, 0, total)
    start, skipped, found = result.seen, list(result.skipped), of_all(result.layers)
    # Traced apart: it would count as the time that a batch takes.
    units = dict(zip(names, function(tf.constant(example))["units"].numpy().tolist(), strict=True))
    yield Progress(start, total, since)
    done, worked, so_far = start, 0.0, since
    while done < total:
        began = time.perf_counter()  # not what passes between two steps
        wanted = np.sort(order[done : min(done + size, total)])
        pixels, chosen = yield from reading(network, images, wanted, Progress(done, total, so_far))
        skipped += [int(number) for number in np.setdiff1d(wanted, chosen)]
        if len(chosen):
            parts = function(tf.constant(rescale(pixels, network.scale, network.offset)))
            found = merged(found, _ranking(parts, chosen), count)
            sample.add(chosen, parts["largest"].numpy())
        done, first = done + len(wanted), worked == 0.0
        worked += time.perf_counter() - began
        if seconds is not None and (first or worked >= seconds):
            # Never more than before: the bar would run back.
            total = min(total, max(done, start + int((done - start) * seconds / worked)))
        if found is not None:
            maxima, layered = sample.maxima(units), by_layer(found, units)
            result = Strongest(layered, done - len(skipped), len(images), maxima, sample.images, tuple(skipped))
            so_far = result
        yield Progress(done, total, so_far)
    if not result.searched:
        raise NnvizError(f"At least one picture that can be read was expected. Received: {total} that cannot.")
    return result


def by_logits(network: Network, layer: str) -> bool:
    """Whether a layer is ranked by its class scores: after its own softmax many images would share the value 1."""
    fused = network.graph.name_of(network.graph.logits) == LOGITS
    one = fused and not network.output.placed
    return one and layer == answer_layer(network) and len(network.layer(layer).output_shape) == 1


def _searching(network: Network, names: tuple[str, ...], count: int) -> Any:
    """Compiled: images (n, H, W, C) to what `_best` finds in all units of the layers, one layer after the other."""

    def build() -> Any:
        fetches = {name: LOGITS if by_logits(network, name) else name for name in names}

        def call(images: Any) -> Any:
            fetched = network.graph.run(inputs(network, images), list(fetches.values()))
            if LOGITS in fetched and network.graph.output_head == "binary":
                # One sigmoid output is one unit for two classes: the second's logit is its own.
                fetched[LOGITS] = fetched[LOGITS][:, 1:]
            return _best([fetched[fetch] for fetch in fetches.values()], count)

        return compiled(network, call)

    return network.compiled(("strongest", names, count), build)


def _best(layers: Sequence[Any], count: int) -> dict[str, Any]:
    """In the graph: of outputs (n, ..., units) of layers the strongest images of a batch and the places in them.

    Returns: values, images in the batch and flat places (-1 without maps) (units of all, k); the width of the maps
    and the units (layers,); the largest value of each image (n, units of all).
    """
    largest, places = zip(*map(_largest, layers), strict=True)
    # All layers at once: a few operations on one long array, not on one of each layer.
    most, place = tf.concat(largest, axis=1), tf.concat(places, axis=1)
    shape = tf.shape(most)
    # Of equals the lower index comes first, which is the lower image, since a batch is in their order.
    top, image = tf.math.top_k(tf.transpose(most), tf.minimum(count, shape[0]))
    at = image * shape[1] + tf.range(shape[1])[:, None]
    # Steps have one column; axes beyond rows and columns count on in the row.
    widths = [tf.shape(values)[-2] if values.shape.rank > 3 else tf.constant(1) for values in layers]
    units = [tf.shape(values)[-1] for values in layers]
    flat = tf.gather(tf.reshape(place, (-1,)), at)
    return {
        "values": top, "images": image, "places": flat, "largest": most,
        "widths": tf.stack(widths), "units": tf.stack(units),
    }  # fmt: skip


def _largest(values: Any) -> tuple[Any, Any]:
    """In the graph: each unit's largest value in each image (n, units), and the flat place of it, -1 without maps."""
    values = tf.cast(values, tf.float32)
    values = tf.where(tf.math.is_nan(values), -math.inf, values)
    shape = tf.shape(values)
    if values.shape.rank == 2:
        return values, tf.fill(shape, -1)
    places = tf.reshape(values, (shape[0], -1, shape[-1]))
    return tf.reduce_max(places, axis=1), tf.argmax(places, axis=1, output_type=tf.int32)


def _ranking(parts: Mapping[str, Any], chosen: np.ndarray) -> Ranking:
    values, images, places = (parts[name].numpy() for name in ("values", "images", "places"))
    wide = np.repeat(parts["widths"].numpy(), parts["units"].numpy())[:, None]
    rows, columns = (np.where(places < 0, -1, part).astype(np.int64) for part in np.divmod(places, wide))
    return Ranking(values, chosen[images], rows, columns)


def _example(network: Network, images: Searchable) -> np.ndarray:
    """One picture of the size of all, (1, H, W, C); none is read for it where they are read when they are needed."""
    if isinstance(images, np.ndarray):
        return batch(network, images, np.arange(1))[0]
    return np.zeros((1, *shape_in(network, images)), np.float32)


def _size(network: Network, images: Searchable, example: np.ndarray) -> int:
    """Images a batch: as many as let the outputs of all layers fit."""
    elements = 0
    for layer in network.layers:
        shape = layer.output_shape
        elements += example.size * (shape[-1] or 1) if None in shape else math.prod(size or 1 for size in shape)
    most = _LARGEST_BATCH if isinstance(images, np.ndarray) else min(_LARGEST_BATCH, MOST_READ)
    return max(1, min(most, _BATCH_BYTES // (4 * elements)))
