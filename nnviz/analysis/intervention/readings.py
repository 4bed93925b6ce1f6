"""What each of many labelled pictures is read as, as trained and with units off: each is looked at once."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from nnviz.analysis.data.batches import LARGEST
from nnviz.analysis.data.pictures import Searchable, reading, shape_in
from nnviz.analysis.image.images import rescale
from nnviz.analysis.intervention.knockout import with_and_without
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import chunks
from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError


@dataclass(frozen=True, eq=False)
class ReadTwice:
    """How pictures are read, as trained and with units off.

    Attributes:
        numbers: (n,) int, which pictures could be read, rising.
        labels: (n,) int, the class of each.
        before, now: (n,) int32, the class that wins as trained, and with the units off.
    """

    numbers: np.ndarray
    labels: np.ndarray
    before: np.ndarray
    now: np.ndarray

    @property
    def correct(self) -> tuple[int, int]:
        """How many are read rightly: as trained, and with the units off."""
        before, now = (int(np.count_nonzero(said == self.labels)) for said in (self.before, self.now))
        return before, now

    @property
    def changed(self) -> int:
        """How many are read as another class than before."""
        return int(np.count_nonzero(self.before != self.now))


def read_twice(
    network: Network, images: Searchable, labels: np.ndarray, layer: str, units: Sequence[int]
) -> Generator[Progress, None, ReadTwice]:
    """Read all pictures of a known class, as trained and with units of a layer off.

    Args:
        images: (n, H, W) or (n, H, W, C) uint8, or `Pictures`; shuffled here where the network was trained so.
        labels: (n,) int, the class of each; below 0 for one that is of none, which is passed over.
        layer, units: as `nnviz.analysis.intervention.knockout.knocked_out` takes them.

    Yields:
        How many are done.

    Raises:
        NnvizError: as `knocked_out`; not one label a picture; none that is of a class and can be read.
    """
    if len(images) != len(labels):
        raise NnvizError(f"One label a picture was expected. Received: {len(images)} pictures, {len(labels)} labels.")
    chosen = np.flatnonzero(labels >= 0)
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    told = Progress(0, len(chosen))
    # As many as one pass holds, and no more than a moment takes.
    first, *_ = chunks(network, np.zeros(shape_in(network, images)), LARGEST)
    step = first.stop - first.start
    for start in range(0, len(chosen), step):
        pixels, kept = yield from reading(network, images, chosen[start : start + step], told)
        if len(kept):
            logits = with_and_without(network, rescale(pixels, network.scale, network.offset), layer, *units)
            before, now = (each.argmax(axis=1).astype(np.int32) for each in logits)
            found.append((kept, before, now))
        told = Progress(min(start + step, len(chosen)), len(chosen))
        yield told
    if not found:
        raise NnvizError("At least one picture of a known class that can be read was expected. Received: none.")
    numbers, before, now = (np.concatenate(each) for each in zip(*found, strict=True))
    return ReadTwice(numbers, labels[numbers], before, now)
