"""The digits as a layer has them: its activations, flattened into one vector a digit."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.data import digits
from nnviz.analysis.data.batches import batches
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import compiled, inputs, trace
from nnviz.analysis.progress import Progress

EXACT, HASHED = 16_384, 8_192
"""A vector longer than the first is hashed to the length of the second."""
COUNTS = (250, 1000, 2000)
"""Digits that may be looked at: of more a map is no clearer."""
_ELEMENTS = 4e8
"""Outputs of all layers over all digits that are looked at unasked: what a network leaves of the largest count."""
SAME = ("Flatten", "Reshape")
"""Kinds of layers whose vector is that of what they read, as is that of what acts in training only."""


def counts(network: Network) -> tuple[int, ...]:
    """How many digits may be looked at: first what takes a network some ten seconds, then what takes a large one
    longer."""
    quick = int(np.clip(_ELEMENTS / sum(_sizes(network).values()), COUNTS[0], COUNTS[-1]))
    return (quick, *(count for count in COUNTS if count > quick))


def sample(network: Network, count: int | None = None) -> np.ndarray:
    """Numbers of the test digits that are looked at, (n,): every so many of them, by default the first of `counts`.

    The test set stands in no order of classes, so every so many is a fair sample, and the same each time.
    """
    wanted = counts(network)[0] if count is None else count
    return np.arange(0, 10_000, 10_000 // wanted)[:wanted]


def source(network: Network, layer: str) -> str:
    """The layer that makes the vector of `layer`: itself, or what it only flattens, reshapes or passes on."""
    info = network.layer(layer)
    while (info.idle or info.kind in SAME) and info.inputs:
        info = network.layer(info.inputs[0])
    return info.name


def depths(network: Network, most: int = 10) -> tuple[str, ...]:
    """At most so many layers from the input to the last, each with a vector of its own."""
    names = [layer.name for layer in network.layers if source(network, layer.name) == layer.name]
    if len(names) > most:
        # What only an activation function or a batch normalisation reads does not go on as it is.
        inner = {layer.inputs[0] for layer in network.layers if layer.pointwise and layer.inputs}
        names = [name for name in names if name not in inner]
    chosen = np.unique(np.linspace(0, len(names) - 1, min(most, len(names))).round().astype(int))
    return tuple(names[at] for at in chosen)


def as_vector(activations: np.ndarray) -> np.ndarray:
    """One picture's activations in a layer as its vector, float32, hashed where it is too long.

    Hashing (count sketch; Weinberger et al. 2009, arXiv:0902.2206): every number goes, with a sign drawn for it, into
    one of `HASHED` sums; squared distances stay the same in the mean, with a relative standard deviation of at most
    sqrt(2 / `HASHED`) = 1.6 %.
    """
    flat = np.asarray(activations, np.float32).ravel()
    if flat.size <= EXACT:
        return flat
    places, signs = _hashing(flat.size)
    return np.bincount(places, weights=flat * signs, minlength=HASHED).astype(np.float32)


def vectors(
    network: Network, layers: Sequence[str], images: np.ndarray
) -> Generator[Progress, None, dict[str, np.ndarray]]:
    """The vectors of digits in some layers, in one pass.

    Args:
        layers: names.
        images: (n, 28, 28) uint8.

    Returns:
        By layer (n, size) float32 as `as_vector` makes them: exact up to `EXACT` numbers, hashed beyond.

    Raises:
        NnvizError: no such layer.
    """
    for name in layers:
        network.layer(name)
    found = {name: np.empty((len(images), length), np.float32) for name, length in lengths(network, layers).items()}
    function = _flattening(network, tuple(layers), _sizes(network))
    for part, batch in batches(network, images):
        for name, values in function(batch).items():
            found[name][part] = values.numpy()
        yield Progress(part.stop, len(images))
    return found


def lengths(network: Network, layers: Sequence[str]) -> dict[str, int]:
    """Length of a digit's vector in each of the layers."""
    sizes = _sizes(network)
    return {name: sizes[name] if sizes[name] <= EXACT else HASHED for name in layers}


def _sizes(network: Network) -> dict[str, int]:
    """Activations that a digit leaves in every layer."""

    def count() -> dict[str, int]:
        return {name: array.size for name, array in trace(network, digits.digit(0)[0]).activations.items()}

    return network.compiled("sizes for a digit", count)


@lru_cache(maxsize=16)
def _hashing(size: int) -> tuple[np.ndarray, np.ndarray]:
    """The sum that each number goes into, and its sign: drawn once."""
    generator = np.random.RandomState(0)
    return generator.randint(0, HASHED, size), generator.choice(np.array([-1, 1], np.float32), size)


def _flattening(network: Network, layers: tuple[str, ...], sizes: dict[str, int]) -> Any:
    """Compiled: images (n, H, W, C) to the vectors (n, length) of each layer."""

    def build() -> Any:
        def call(images: Any) -> Any:
            fetched = network.graph.run(inputs(network, images), list(layers))
            return {name: _flat(fetched[name], sizes[name]) for name in layers}

        return compiled(network, call)

    return network.compiled(("vectors", layers), build)


def _flat(value: Any, size: int) -> Any:
    flat = tf.cast(tf.reshape(value, (-1, size)), tf.float32)
    if size <= EXACT:
        return flat
    places, signs = _hashing(size)
    return tf.transpose(tf.math.unsorted_segment_sum(tf.transpose(flat * signs), places, HASHED))
