"""The digits that ship: the whole MNIST test set, and a gallery chosen from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import tensorflow as tf

from nnviz.analysis.data.pictures import batch
from nnviz.analysis.image.images import rescale
from nnviz.analysis.network.network import PRETRAINED, Network
from nnviz.analysis.network.trace import scores
from nnviz.errors import NnvizError


@dataclass(frozen=True)
class Chosen:
    """One digit of the gallery: its number in the test set, its label, and why it was chosen."""

    index: int
    label: int
    why: str


@lru_cache(maxsize=1)
def test_set() -> tuple[np.ndarray, np.ndarray]:
    """All 10,000 test digits: images (10000, 28, 28) uint8, labels (10000,) uint8, read-only."""
    with np.load(PRETRAINED / "mnist-test.npz", allow_pickle=False) as archive:
        images, labels = archive["images"], archive["labels"]
    images.flags.writeable = labels.flags.writeable = False
    return images, labels


@lru_cache(maxsize=1)
def gallery() -> tuple[Chosen, ...]:
    """About a hundred digits to look at. They were chosen, so no accuracy may be measured on them."""
    facts = json.loads((PRETRAINED / "gallery.json").read_text(encoding="utf-8"))
    return tuple(Chosen(entry["index"], entry["label"], entry["why"]) for entry in facts["digits"])


def digit(index: int) -> tuple[np.ndarray, int]:
    """One test digit (28, 28) uint8 and its label. Raises NnvizError where there is none of that number."""
    images, labels = test_set()
    if not 0 <= index < len(images):
        raise NnvizError(f"A test digit from 0 to {len(images) - 1} was expected. Received: {index}.")
    return images[index], int(labels[index])


def read_by(network: Network) -> bool:
    """Whether a network reads digits, its classes in any order: its card says so, or it was found to (`found`)."""
    if sorted(network.classes) != list("0123456789"):
        return False
    return said(network) or found(network) > FAR


def said(network: Network) -> bool:
    """Whether its card says that a network reads digits."""
    return network.card.get("data") == "digits" or bool(network.card.get("classes"))


def found(network: Network) -> float:
    """Share of the first `TRIED` test digits that a network reads whose card does not say what its ten classes are.

    0 where it is not made for such pictures: those of many pixels are not tried.
    """
    rows, columns, channels = network.image_shape
    small = all(size is None or 8 <= size <= _SMALL for size in (rows, columns)) and channels in (1, 3)
    made_for_such = network.input.kind == "picture" and network.output.kind == "classes" and small
    if not made_for_such or network.graph.classes != 10:
        return 0.0

    def count() -> float:
        images, labels = test_set()
        try:
            logits = scores(network, fitted(network, images[:TRIED]))
        except (tf.errors.OpError, ValueError):  # it takes one picture at a time, or none of this kind
            return 0.0
        return float((logits.argmax(axis=1) == labels[:TRIED]).mean())

    return network.compiled("share of test digits read", count)


TRIED = 200
FAR = 0.5
"""A share that is far above chance, which is a tenth."""
_SMALL = 64
"""Pixels a side up to which two hundred digits are tried in a moment."""


def labelled(network: Network) -> tuple[np.ndarray, np.ndarray]:
    """All 10,000 test digits, and the index of each one's class in this network: (10000,) int.

    Raises:
        NnvizError: a network whose classes are not the ten digits.
    """
    names = list(network.classes)
    if not read_by(network):
        shown = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
        raise NnvizError(
            f"A network whose classes are the digits 0 to 9 was expected, to count test digits. "
            f"Received: {network.name} with {len(names)} class{'es' * (len(names) > 1)} ({shown})."
        )
    images, labels = test_set()
    return images, np.array([names.index(str(digit)) for digit in range(10)])[labels]


def fitted(network: Network, images: np.ndarray) -> np.ndarray:
    """Digits (n, 28, 28) uint8 as a network takes them, (n, H, W, C) float32: its size, its range, and shuffled where
    it was trained on shuffled pixels."""
    return rescale(batch(network, images, np.arange(len(images)))[0], network.scale, network.offset)
