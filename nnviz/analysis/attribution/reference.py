"""Images that stand for nothing: the baseline of a path, the fill of a covered patch."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnviz.analysis.network import Network
from nnviz.errors import NnvizError

REFERENCES = ("black", "white", "mean")
"""Those that have a name."""


def from_pixel(network: Network, value: float) -> np.ndarray:
    """A pixel value 0..255 in the network's own range, (C,) float32."""
    return np.asarray(network.scale, np.float32) * value + np.asarray(network.offset, np.float32)


def reference(network: Network, image: np.ndarray, baseline: Any, what: str) -> np.ndarray:
    """An image that stands for nothing, (H, W, C): black, white, the image's mean colour, a number, or an array.

    Raises:
        NnvizError: none of these.
    """
    if isinstance(baseline, str):
        colours = {"black": from_pixel(network, 0), "white": from_pixel(network, 255), "mean": image.mean((0, 1))}
        return np.broadcast_to(colours[baseline], image.shape).astype(np.float32)
    array = np.asarray(baseline)
    if array.dtype.kind not in "biuf" or array.shape not in ((), image.shape) or not np.isfinite(array).all():
        raise NnvizError(
            f"{what} was expected to be a name, a number or an array of shape {image.shape}. "
            f"Received: {array.dtype} of shape {array.shape}."
        )
    return np.broadcast_to(array, image.shape).astype(np.float32)
