"""Images that stand for nothing: the baseline of a path, the fill of a covered patch."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.network.network import Network
from nnviz.errors import NnvizError

REFERENCES = ("black", "white", "mean", "blurred")
"""Those that have a name."""
_BLUR = 0.1
"""Standard deviation of "blurred", as a share of the longer side: a digit is a cloud, a cat a stain."""


def from_pixel(network: Network, value: float) -> np.ndarray:
    """A pixel value 0..255 in the network's own range, (C,) float32."""
    return np.asarray(network.scale, np.float32) * value + np.asarray(network.offset, np.float32)


def reference(network: Network, image: np.ndarray, baseline: Any, what: str) -> np.ndarray:
    """An image that stands for nothing, (H, W, C) float32.

    Args:
        image: (H, W, C) in the network's own range.
        baseline: "black", "white", "mean" (the image's mean colour), "blurred" (the image without its detail), a
            number in the network's own range, or an array of the image's shape.
        what: what it is called where it is refused.

    Raises:
        NnvizError: none of these.
    """
    if isinstance(baseline, str):
        if baseline == "blurred":
            return blurred(image, _BLUR * max(image.shape[:2]))
        if baseline not in REFERENCES:
            raise NnvizError(f"{what} was expected to be one of {', '.join(REFERENCES)}. Received: {baseline!r}.")
        colours = {"black": from_pixel(network, 0), "white": from_pixel(network, 255), "mean": image.mean((0, 1))}
        return np.broadcast_to(colours[baseline], image.shape).astype(np.float32)
    array = np.asarray(baseline)
    if array.dtype.kind not in "biuf" or array.shape not in ((), image.shape) or not np.isfinite(array).all():
        raise NnvizError(
            f"{what} was expected to be a name, a number or an array of shape {image.shape}. "
            f"Received: {array.dtype} of shape {array.shape}."
        )
    return np.broadcast_to(array, image.shape).astype(np.float32)


def blurred(image: np.ndarray, width: float) -> np.ndarray:
    """An image (H, W, C) under a Gaussian of that standard deviation in pixels (above 0), float32.

    At the border the weights that are left sum to 1: nothing is made up beyond it, and an even image stays as it is.
    """
    rows, columns = (_smear(length, float(width)) for length in image.shape[:2])
    # Two products of matrices: a separable filter of this width takes ten times as long on a photograph. And not by
    # numpy, whose threads wait for those of TensorFlow.
    return tf.einsum("ir,rkc,jk->ijc", rows, image.astype(np.float32), columns).numpy()


@lru_cache(maxsize=64)
def _smear(length: int, width: float) -> np.ndarray:
    """Row i: the share that each place has in place i, (length, length) float32."""
    places = np.arange(length)
    weights = np.exp(-0.5 * np.square((places[:, None] - places) / width))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
