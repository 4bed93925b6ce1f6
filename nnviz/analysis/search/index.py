"""An index of a set of pictures: the strongest places of every unit of every layer, searched once and kept on disk.

One that is stopped, or whose process is killed, goes on where it was last kept; one that is complete is there at once.
It is found again by the content of the network and of the pictures, so a changed one of either is searched anew.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import numpy as np

from nnviz.analysis.data.pictures import Searchable
from nnviz.analysis.network.network import Network
from nnviz.analysis.progress import Progress
from nnviz.analysis.search import index_file
from nnviz.analysis.search.ranking import Strongest
from nnviz.analysis.search.strongest import strongest

COUNT = 8
"""Places a unit."""
_EVERY, _SHARE = 2.0, 20.0
"""Seconds between two writings at least, and how many times longer the work must have taken than a writing."""


def index(
    network: Network,
    pictures: Searchable,
    content: str | None = None,
    seconds: float | None = None,
    where: Path | None = None,
) -> Generator[Progress, None, Strongest]:
    """Search a set of pictures for what excites each unit of each layer most, or go on with a search that is kept.

    Each `Progress.so_far` is the `Strongest` of what was searched, by this process or one before. Closed, it is kept
    as far as it came; a cache that cannot be written to is no reason to fail.

    Args:
        network: as `nnviz.load` gives it.
        pictures: an array, or pictures that are read when they are needed: a `Folder`.
        content: what stands for their content; by default a folder's own key, or a hash of the array.
        seconds: how long a search may take, about; see `strongest`. Where it was cut short it is complete.
        where: the folder in which it is kept; by default in the user's cache.

    Raises:
        NnvizError: no pictures, or none that can be read.
    """
    layers = [layer.name for layer in network.layers[1:]]
    key = f"{network_content(network)} {content or pictures_content(pictures)} {COUNT} {seconds}"
    path = (where or index_file.cache() / "index") / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"
    before = index_file.read(path, key, layers, len(pictures), COUNT)
    if before is not None and before[1]:
        yield Progress(len(pictures), len(pictures), before[0])
        return before[0]
    found = before[0] if before is not None else None
    steps = strongest(network, pictures, count=COUNT, seconds=seconds, since=found)
    last, cost, unsaved = time.perf_counter(), 0.0, False
    try:
        while True:
            try:
                progress = next(steps)
            except StopIteration as end:
                found, unsaved = end.value, False
                _keep(path, key, end.value, complete=True)
                return end.value
            unsaved = unsaved or progress.so_far is not found
            found, began = progress.so_far, time.perf_counter()
            # What is lost when the process is killed is little, and so is the time that keeping it takes.
            if unsaved and found is not None and began - last > max(_EVERY, _SHARE * cost):
                _keep(path, key, found, complete=False)
                last = time.perf_counter()
                cost, unsaved = last - began, False
            yield progress
    finally:
        if unsaved and found is not None:
            _keep(path, key, found, complete=False)
        steps.close()


def network_content(network: Network) -> str:
    """What stands for a network and for how pictures are given to it: a hash of its weights, structure and input."""
    if not network.graph.fixed:
        # A model at hand may have been trained on since it was last asked.
        return _network_content(network)
    return network.compiled("content", lambda: _network_content(network))


def _network_content(network: Network) -> str:
    try:
        structure = network.model.to_json()
    except (NotImplementedError, TypeError, ValueError, AttributeError):
        # A layer that cannot be told: its network is not known again, which is never wrong.
        structure = uuid.uuid4().hex
    takes = network.input
    given = (takes.shape, takes.scale, takes.offset, takes.order, network.graph.ends, network.shuffle)
    found = hashlib.sha256(f"{structure} {given} {[layer.name for layer in network.layers]}".encode())
    for weights in network.model.get_weights():
        found.update(repr((weights.shape, weights.dtype)).encode())
        found.update(np.ascontiguousarray(weights).tobytes())
    return found.hexdigest()


def pictures_content(pictures: Searchable) -> str:
    """What stands for the content of a set of pictures: its own key, or a hash of the array."""
    if not isinstance(pictures, np.ndarray):
        return pictures.key
    found = hashlib.sha256(repr((pictures.shape, pictures.dtype)).encode())
    found.update(np.ascontiguousarray(pictures).tobytes())
    return found.hexdigest()


def _keep(path: Path, key: str, found: Strongest, complete: bool) -> None:
    with suppress(OSError):  # no room, no right to: searched again next time
        index_file.write(path, key, found, complete)
