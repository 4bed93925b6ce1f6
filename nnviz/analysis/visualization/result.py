"""What a visualisation is, and why there may be none."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nnviz.analysis.image.images import Fitted
from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.network import Network
from nnviz.analysis.visualization.leaky_relu import silencer
from nnviz.analysis.visualization.objectives import Objective


@dataclass(frozen=True, eq=False)
class Visualization:
    """Pictures made to raise an objective; arrays float32, read-only.

    Attributes:
        images: (n, H, W, C) in the network's own range.
        pixels: the same in 0..255.
        scores: (n,): the objective on each picture as it is, without transformations and diversity.
        seed: of the start and the transformations: one seed makes one picture.
        steps: how many were taken.
        title: the objective in words.
    """

    images: np.ndarray = field(repr=False)
    pixels: np.ndarray = field(repr=False)
    scores: np.ndarray
    seed: int
    steps: int
    title: str

    @property
    def image(self) -> np.ndarray:
        """The first picture, (H, W, C)."""
        return self.images[0]

    @property
    def score(self) -> float:
        """The first picture's score."""
        return float(self.scores[0])

    def fitted(self, index: int = 0) -> Fitted:
        """A picture as `nnviz.trace` takes it, whatever the size."""
        return Fitted(self.images[index], self.pixels[index], "")


def snapshot(
    network: Network, images: np.ndarray, scores: np.ndarray, seed: int, done: int, of: Objective
) -> Visualization:
    """Wrap up pictures (n, H, W, C) in the network's range, and their scores (n,)."""
    scale, offset = (np.asarray(values, np.float32) for values in (network.scale, network.offset))
    pixels = np.clip((images - offset) / scale, 0, 255)
    for array in (images, pixels, scores):
        array.setflags(write=False)
    return Visualization(images, pixels, scores, seed, done, of.title)


def expected(objective: Objective) -> str:
    """The start of what is said of a silent target."""
    return f"A target that some picture can raise was expected ({objective.title})."


def cause(network: Network, objective: Objective) -> str:
    """Why a target stays silent, as far as the layers tell."""
    for name in objective.reads:
        layer = None if name == LOGITS else silencer(network, name)
        if layer is not None:
            return (
                f"most likely because the unit is dead: the activation function of {layer.name} is off for any picture"
            )
    if "float" not in network.graph.input_dtype:
        return f"for the network takes {network.graph.input_dtype} pixels and passes no gradient back to them"
    return "most likely because nothing in it depends on the picture, or all that it reads is off"
