"""The pictures in which the page of higher levels searches: the test digits, or the photographs that ship."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import numpy as np

from nnviz.analysis import digits, photographs
from nnviz.analysis.images import fit
from nnviz.analysis.network import Network
from nnviz.analysis.progress import Progress
from nnviz.analysis.strongest import Strongest, strongest

SIDE = 224
"""Pixels of a photograph where the network takes any size."""


@dataclass(frozen=True)
class Searched:
    """A set of pictures.

    Attributes:
        noun: what one of them is called.
        image: pixels by number, uint8.
        label: what stands below a patch before the unit's value, by number: its class; nothing of a photograph.
        title: what it is called under the pointer, by number.
        name: its name in the address, by number.
        all: every picture, for a network: uint8 (n, H, W) or (n, H, W, C).
    """

    noun: str
    image: Callable[[int], np.ndarray]
    label: Callable[[int], str]
    title: Callable[[int], str]
    name: Callable[[int], str]
    all: Callable[[Network], np.ndarray]

    def steps(
        self, network: Network, layers: Sequence[str] | None, count: int, seconds: float | None
    ) -> Generator[Progress, None, Strongest]:
        """The search for the strongest places; see `nnviz.analysis.strongest`."""
        return strongest(network, self.all(network), layers, count=count, seconds=seconds)


def _photo(index: int) -> photographs.Photograph:
    return photographs.gallery()[index]


def _photos(network: Network) -> np.ndarray:
    rows, columns, channels = network.image_shape
    wanted = (rows or SIDE, columns or SIDE, channels)
    fitted: Sequence[np.ndarray] = [
        fit(photographs.photograph(entry.name), wanted, network.scale, network.offset).pixels
        for entry in photographs.gallery()
    ]
    return np.rint(np.stack(fitted)).astype(np.uint8)


DIGITS = Searched(
    "digit",
    lambda index: digits.digit(index)[0],
    lambda index: f"{digits.digit(index)[1]}: ",
    lambda index: f"test digit {index}",
    lambda index: f"test-{index}",
    lambda network: digits.test_set()[0],
)

PHOTOGRAPHS = Searched(
    "photograph",
    lambda index: photographs.photograph(_photo(index).name),
    lambda index: "",
    lambda index: _photo(index).title,
    lambda index: _photo(index).name,
    _photos,
)


def for_network(network: Network) -> Searched:
    """The pictures that a network reads."""
    return PHOTOGRAPHS if photographs.read_by(network) else DIGITS
