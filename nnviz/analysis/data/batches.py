"""The one way over many digits: fitted to the network, in batches that the memory bears."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from nnviz.analysis.data import digits
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import chunks

LARGEST = 500
"""Images of one batch: about a tenth of a second on a network for digits."""


def batches(network: Network, images: np.ndarray) -> Iterator[tuple[slice, tf.Tensor]]:
    """Digits as a network takes them, batch by batch.

    Args:
        images: (n, rows, columns) uint8, shuffled here where the network was trained on shuffled pixels.

    Yields:
        Which of the images a batch holds, and the batch (b, H, W, C) float32 in the network's own range.
    """
    if not len(images):
        return
    first = digits.fitted(network, images[:1])[0]
    size = max(1, min([LARGEST, *(part.stop - part.start for part in chunks(network, first, len(images))[:1])]))
    for start in range(0, len(images), size):
        part = slice(start, min(start + size, len(images)))
        yield part, tf.constant(digits.fitted(network, images[part]))
