"""The classes that a unit speaks for and against: what each class score loses when the unit is switched off.

Measured, not read off the weights: the mean over pictures of (logit - logit with the unit off), as in Morcos et al.
2018, On the Importance of Single Directions for Generalization, arXiv:1803.06959. In the layer that the last weights
read, where all is linear behind it, that is weight * mean activation.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from nnviz.analysis.data.pictures import Searchable, reading, shape_in
from nnviz.analysis.image.images import rescale
from nnviz.analysis.intervention.knockout import with_and_without
from nnviz.analysis.network.influence import answer_layer
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import chunks
from nnviz.analysis.network.trace import scores
from nnviz.analysis.progress import Progress, finished
from nnviz.errors import NnvizError


@dataclass(frozen=True, eq=False)
class Effects:
    """What a unit does to the class scores.

    Attributes:
        drops: (K,) float64, read-only: what each logit loses on average when the unit is off; above zero it speaks
            for the class, below zero against it.
        pictures: over how many.
        own: the class whose logit the unit itself is, or None.
    """

    drops: np.ndarray
    pictures: int
    own: int | None = None

    @property
    def speaks_for(self) -> int:
        """The class that it speaks for most, or against least."""
        return int(self.drops.argmax())

    @property
    def speaks_against(self) -> int:
        """The class that it speaks against most."""
        return int(self.drops.argmin())


def effects(
    network: Network, images: Searchable, layer: str, unit: int, numbers: Sequence[int] | None = None
) -> Effects:
    """What each class score loses on average when a unit is switched off.

    The weights stay as they are: whoever reads the unit reads 0 (see `nnviz.analysis.intervention.knockout`). A unit
    that is a class score itself loses that score, and the others lose nothing.

    Args:
        network: as `nnviz.load` gives it.
        images: (n, H, W) or (n, H, W, C), as `nnviz.analysis.image.images.fit` takes them one by one, or `Pictures`.
        layer: name of a layer that the class scores are made of.
        unit: channel or neuron of it, from 0.
        numbers: of the images that count, by default all; by rights those that excite the unit: where it is silent
            it says nothing.

    Raises:
        NnvizError: no such layer or unit, a layer that no score depends on, or no images that can be read.
    """
    return finished(measuring(network, images, layer, unit, numbers))


def measuring(
    network: Network, images: Searchable, layer: str, unit: int, numbers: Sequence[int] | None = None
) -> Generator[Progress, None, Effects]:
    """`effects` in steps of some images; yields how many are done, and the `Effects` on those."""
    own = _own(network, layer, unit)
    chosen = np.arange(len(images)) if numbers is None else np.asarray(numbers, np.int64)
    found = Effects(np.zeros(network.graph.classes), 0, own)
    yield Progress(0, len(chosen))
    example = np.zeros(shape_in(network, images))
    told = Progress(0, len(chosen))
    for part in chunks(network, example, len(chosen)):
        pixels, _ = yield from reading(network, images, chosen[part], told)
        if len(pixels):
            found = _more(network, layer, unit, found, rescale(pixels, network.scale, network.offset))
        told = Progress(part.stop, len(chosen), found)
        yield told
    if not found.pictures:
        raise NnvizError(
            "At least one picture that can be read was expected, to switch the unit off on. Received: none."
        )
    return found


def _own(network: Network, layer: str, unit: int) -> int | None:
    """The class whose logit a unit is."""
    network.layer(layer)
    if layer != answer_layer(network) or network.output.placed:
        return None
    first = int(network.graph.output_head == "binary")
    if not 0 <= unit < network.graph.classes - first:
        most = network.graph.classes - first - 1
        raise NnvizError(f"Units of {layer} from 0 to {most} were expected. Received: {unit}.")
    return unit + first


def _more(network: Network, layer: str, unit: int, before: Effects, images: np.ndarray) -> Effects:
    """The means with more images (n, H, W, C), in the network's own range, counted in."""
    if before.own is not None:
        own = np.arange(network.graph.classes) == before.own
        sums = np.where(own, scores(network, images).sum(axis=0, dtype=np.float64), 0.0)
    else:
        as_is, without = with_and_without(network, images, layer, unit)
        sums = (as_is.astype(np.float64) - without).sum(axis=0)
    pictures = before.pictures + len(images)
    drops = (before.drops * before.pictures + sums) / pictures
    drops.flags.writeable = False
    return Effects(drops, pictures, before.own)
