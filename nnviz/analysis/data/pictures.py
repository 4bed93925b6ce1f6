"""A set of pictures that may be too many to be held at once: its length, and the pixels of those that are asked for."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
import tensorflow as tf

from nnviz.analysis.image.images import Shape, fit
from nnviz.analysis.image.shuffle import permutation
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import fitted_to, forward_all
from nnviz.analysis.progress import Progress, finished

SIDE = 224
"""Pixels of a picture of its own size where the network takes any size: one batch has pictures of one size."""

MOST_READ = 16
"""Pictures of one batch that are read for it: a search that is killed loses them, and those of a camera take half a
second each."""
STEP = 0.5
"""Seconds of reading after which a long job says how far it has come, and can be stopped."""


_LEAST = 8
"""Pixels a side from which on numbers are a picture."""


class Pictures(Protocol):
    """What can be searched without being read at once: a folder of photographs, the photographs that ship."""

    @property
    def key(self) -> str:
        """What stands for their content."""

    def __len__(self) -> int:
        """How many there are."""

    def pixels(self, numbers: np.ndarray) -> Iterable[np.ndarray | None]:
        """The pixels, (H, W) or (H, W, C) as `nnviz.analysis.image.images.fit` takes them, of the pictures
        with those numbers (n,), one after the other; None of one that cannot be read."""


Searchable = np.ndarray | Pictures
"""An array (n, H, W) or (n, H, W, C) of pictures of one size, or pictures that are read when they are needed."""


def taken_by(network: Network) -> bool:
    """Whether a network takes pictures, not vectors, series or tokens."""
    rows, columns, channels = network.image_shape
    kind = getattr(network.input, "kind", "picture")
    whole = all(size is None or size >= _LEAST for size in (rows, columns)) and channels in (1, 3, 4)
    return whole and (kind == "picture" or (kind == "vector" and rows == columns))


def size_in(network: Network, pictures: Searchable) -> Shape:
    """The size (H, W, C) to which a network's pictures are fitted; None where each keeps that of the array."""
    rows, columns, channels = network.image_shape
    if isinstance(pictures, np.ndarray):
        return rows, columns, channels
    return rows or SIDE, columns or SIDE, channels


def shape_in(network: Network, pictures: Searchable) -> tuple[int, int, int]:
    """The shape (H, W, C) of the pictures as the network takes them; none is read for it."""
    rows, columns, channels = size_in(network, pictures)
    if isinstance(pictures, np.ndarray):
        return rows or pictures.shape[1], columns or pictures.shape[2], channels
    return rows or SIDE, columns or SIDE, channels


def output_shapes(network: Network, pictures: Searchable) -> Mapping[str, tuple[int, ...]]:
    """The shape of each layer's output for one of the pictures: of one with nothing on it, since none is read."""
    shape = shape_in(network, pictures)

    def run() -> Mapping[str, tuple[int, ...]]:
        found = forward_all(network)(tf.zeros((1, *shape)))
        return MappingProxyType({layer.name: tuple(found[layer.name].shape[1:]) for layer in network.layers})

    return network.compiled(("output shapes", shape), run)


def as_given(network: Network, image: np.ndarray, size: Shape | None = None) -> np.ndarray:
    """Pixels (H, W, C), 0..255, float32, of a picture as the network takes it: fitted, and with the pixels shuffled
    where the network was trained so. `size` is that of the set that it is of (`size_in`), by default the network's."""
    return shuffled(network, _fitted(network, [image], size or network.image_shape))[0]


def batch(network: Network, pictures: Searchable, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pictures of those numbers that can be read, as the network takes them: pixels (n, H, W, C), 0..255, float32,
    and their numbers (n,)."""
    return finished(reading(network, pictures, numbers, Progress(0, len(numbers))))


def reading(
    network: Network, pictures: Searchable, numbers: np.ndarray, before: Progress
) -> Generator[Progress, None, tuple[np.ndarray, np.ndarray]]:
    """`batch` in steps of about `STEP` seconds where they must be read; yields how far a job has come with it that was
    at `before`."""
    wanted = size_in(network, pictures)
    if isinstance(pictures, np.ndarray):
        images = pictures[numbers]
        exact = images[..., None] if images.ndim == 3 else images
        same = exact.dtype == np.uint8 and exact.shape[1:] == wanted
        pixels = exact.astype(np.float32) if same else _fitted(network, images, wanted)
        return shuffled(network, pixels), numbers
    found, kept, began = [], [], time.perf_counter()
    for done, (number, image) in enumerate(zip(numbers, pictures.pixels(numbers), strict=True)):
        if image is not None:
            found.append(_fitted(network, [image], wanted)[0])
            kept.append(number)
        if time.perf_counter() - began >= STEP:
            yield Progress(before.done + done + 1, before.total, before.so_far)
            began = time.perf_counter()
    if not found:
        return np.empty((0, *(size or 1 for size in wanted)), np.float32), numbers[:0]
    return shuffled(network, np.stack(found)), np.array(kept)


def _fitted(network: Network, images: Iterable[np.ndarray], wanted: Shape) -> np.ndarray:
    if wanted == network.image_shape:
        return np.stack([fitted_to(network, image).pixels for image in images])
    return np.stack([fit(image, wanted, network.scale, network.offset).pixels for image in images])


def shuffled(network: Network, pixels: np.ndarray) -> np.ndarray:
    """Pixels (n, H, W, C) in the order in which the network was trained on them."""
    if network.shuffle is None:
        return pixels
    count, rows, columns, channels = pixels.shape
    order = permutation(rows * columns, network.shuffle)
    return pixels.reshape(count, -1, channels)[:, order].reshape(pixels.shape)
