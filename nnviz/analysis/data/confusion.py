"""Which digits a network takes for which: its answers to the whole test set, counted, and its mistakes."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz.analysis.data import digits
from nnviz.analysis.data.batches import batches
from nnviz.analysis.network.graph import LOGITS, PROBABILITIES
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import compiled, inputs
from nnviz.analysis.progress import Progress


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network said of test digits; arrays read-only, one entry a digit, in the order of the test set or, of
    some, in that in which they were named.

    Attributes:
        labels, said: digits 0..9, whatever their order among the network's classes.
        sure: its probability of what it said, 0..1.
    """

    labels: np.ndarray
    said: np.ndarray
    sure: np.ndarray

    @property
    def correct(self) -> int:
        return int((self.labels == self.said).sum())

    @property
    def matrix(self) -> np.ndarray:
        """Counts (10, 10): [true digit, what was said]."""
        return np.bincount(self.labels * 10 + self.said, minlength=100).reshape(10, 10)

    @property
    def recall(self) -> np.ndarray:
        """Of the digits of each class, the share that was read: (10,), NaN for a class without digits."""
        return _shares(self.matrix.diagonal(), self.matrix.sum(axis=1))

    @property
    def precision(self) -> np.ndarray:
        """Of what was read as each class, the share that is: (10,), NaN for one that was never said."""
        return _shares(self.matrix.diagonal(), self.matrix.sum(axis=0))

    def mistakes(self, label: int | None = None, said: int | None = None) -> np.ndarray:
        """Numbers, among those that were read, of the digits that were read wrongly, the surest first; of equals the
        lower number.

        Args:
            label, said: only digits of this class, only those read as this one.
        """
        return self._sorted(self.labels != self.said, label, said)

    def read_as(self, label: int, said: int) -> np.ndarray:
        """Numbers of the digits of a class that were read as this one, right or wrong: the surest mistake first, but
        of what was read rightly the least sure first."""
        found = self._sorted(np.ones(len(self.said), bool), label, said)
        return found[::-1] if label == said else found

    def _sorted(self, chosen: np.ndarray, label: int | None, said: int | None) -> np.ndarray:
        if label is not None:
            chosen = chosen & (self.labels == label)
        if said is not None:
            chosen = chosen & (self.said == said)
        found = np.flatnonzero(chosen)
        return found[np.argsort(-self.sure[found], kind="stable")]


def answers(network: Network, numbers: np.ndarray | None = None) -> Generator[Progress, None, Answers]:
    """What a network says of all 10,000 test digits, or of those with these numbers (n,), in their order.

    Raises:
        NnvizError: a network whose classes are not the ten digits.
    """
    images, classes = digits.labelled(network)
    if numbers is not None:
        images, classes = images[numbers], classes[numbers]
    named = np.array([int(name) for name in network.classes])
    said, sure = np.empty(len(images), int), np.empty(len(images), np.float32)
    function = _answering(network)
    for part, batch in batches(network, images):
        logits, probabilities = (value.numpy() for value in function(batch))
        winners = logits.argmax(axis=1)
        said[part], sure[part] = named[winners], probabilities[np.arange(len(winners)), winners]
        yield Progress(part.stop, len(images))
    found = Answers(named[classes], said, sure)
    for array in (found.labels, found.said, found.sure):
        array.flags.writeable = False
    return found


def _answering(network: Network) -> Any:
    """Compiled: images (n, H, W, C) to logits and probabilities (n, K)."""

    def build() -> Any:
        def call(images: Any) -> Any:
            found = network.graph.run(inputs(network, images), [LOGITS, PROBABILITIES])
            return found[LOGITS], found[PROBABILITIES]

        return compiled(network, call)

    return network.compiled("answers", build)


def _shares(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(10, np.nan), where=whole > 0)
