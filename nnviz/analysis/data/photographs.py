"""The photographs that ship, for networks that read photographs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from nnviz.analysis.data import digits
from nnviz.analysis.image.decode import decode
from nnviz.analysis.network.network import PRETRAINED, Network
from nnviz.errors import NnvizError

_FOLDER = PRETRAINED / "photos"


@dataclass(frozen=True)
class Photograph:
    """One of them: its name, what it shows, where it comes from, and its licence."""

    name: str
    title: str
    source: str
    licence: str


@lru_cache(maxsize=1)
def gallery() -> tuple[Photograph, ...]:
    """All of them, in the order in which they are shown."""
    facts = json.loads((_FOLDER / "photos.json").read_text(encoding="utf-8"))
    return tuple(Photograph(**entry) for entry in facts["photographs"])


@lru_cache(maxsize=8)
def photograph(name: str) -> np.ndarray:
    """One photograph by its name: (H, W, 3) uint8, at most 512 pixels wide and high, read-only.

    Raises:
        NnvizError: there is none of that name.
    """
    names = [entry.name for entry in gallery()]
    if name not in names:
        raise NnvizError(f"A photograph was expected: {', '.join(names)}. Received: {name!r}.")
    pixels = decode((_FOLDER / f"{name}.jpg").read_bytes(), name).pixels
    pixels.flags.writeable = False
    return pixels


class Gallery:
    """The photographs that ship as `nnviz.analysis.data.pictures.Pictures`, by their numbers in `gallery`."""

    def __len__(self) -> int:
        return len(gallery())

    @cached_property
    def key(self) -> str:
        """A hash of the files."""
        contents = [(_FOLDER / f"{entry.name}.jpg").read_bytes() for entry in gallery()]
        return hashlib.sha256(b"".join(hashlib.sha256(content).digest() for content in contents)).hexdigest()

    def pixels(self, numbers: np.ndarray) -> Iterable[np.ndarray | None]:
        """The pixels of the photographs of those numbers, one after the other."""
        return (photograph(gallery()[number].name) for number in numbers.tolist())


def read_by(network: Network) -> bool:
    """Whether a network reads photographs: its card says so, or, where that says nothing, it takes pictures in colours
    and reads no digits."""
    assumed = network.card.get("data") is None and network.image_shape[-1] == 3 and not digits.read_by(network)
    return said(network) or assumed


def said(network: Network) -> bool:
    """Whether its card says that a network reads photographs."""
    return network.card.get("data") == "photographs"
