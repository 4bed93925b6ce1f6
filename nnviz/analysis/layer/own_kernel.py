"""One's own kernel on a picture, and the learned filter that is nearest to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnviz.analysis.layer.convolution import ConvolutionSteps, Pointwise, slides
from nnviz.analysis.layer.filters import filter_bank
from nnviz.analysis.layer.kernel_geometry import Geometry, output_length, slide
from nnviz.analysis.network.network import Network
from nnviz.errors import NnvizError

PRESETS: dict[str, tuple[float, ...]] = {
    "sobel-x": (-1, 0, 1, -2, 0, 2, -1, 0, 1),
    "sobel-y": (-1, -2, -1, 0, 0, 0, 1, 2, 1),
    "blur": (1 / 16, 1 / 8, 1 / 16, 1 / 8, 1 / 4, 1 / 8, 1 / 16, 1 / 8, 1 / 16),
    "sharpen": (0, -1, 0, -1, 5, -1, 0, -1, 0),
    "laplacian": (0, 1, 0, 1, -4, 1, 0, 1, 0),
    "identity": (0, 0, 0, 0, 1, 0, 0, 0, 0),
}
"""Kernels of 3x3 by name, row by row: edges (Sobel and Feldman 1968), binomial blur, sharpen, Laplacian."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """The learned filter nearest to a kernel.

    Attributes:
        layer, filter: which.
        cosine: of the angle between the two, -1..1.
        kernel: (rows, columns), the learned filter's answer to grey: its weights summed over its channels.
        offset: (row, column) of the smaller kernel's first cell in the larger, where the cosine is highest.
    """

    layer: str
    filter: int
    cosine: float
    kernel: np.ndarray
    offset: tuple[int, int]


def grey(pixels: np.ndarray) -> np.ndarray:
    """The grey channel (rows, columns, 1), 0..1, of pixels (rows, columns, 1 or 3), 0..255: luma of ITU-R BT.601."""
    weights = np.array([0.299, 0.587, 0.114]) if pixels.shape[2] == 3 else np.ones(1)
    return ((pixels.astype(np.float64) @ weights) / 255).astype(np.float32)[..., None]


def own_steps(
    pixels: np.ndarray, kernel: np.ndarray, stride: int = 1, padding: int = 0, dilation: int = 1
) -> ConvolutionSteps:
    """The steps of one's own kernel on the grey channel of a picture: no bias, no activation.

    Args:
        pixels: (rows, columns, 1 or 3), 0..255.
        kernel: (kernel rows, kernel columns).
        stride, dilation: 1 or more, the same for rows and columns.
        padding: rows and columns of zeros on each side.

    Raises:
        NnvizError: the kernel does not fit the padded picture.
    """
    maps = grey(pixels)
    rows, columns = (
        output_length(n, k, stride, padding, dilation) for n, k in zip(maps.shape[:2], kernel.shape, strict=True)
    )
    place = Geometry((stride, stride), (dilation, dilation), (padding, padding), (rows, columns))
    weights = np.asarray(kernel, np.float32)[..., None]
    sums = slide(maps, weights, place).astype(np.float32)
    for array in (maps, weights, sums):
        array.flags.writeable = False
    made = Pointwise("own kernel", "linear", sums, "linear")
    return ConvolutionSteps("own kernel", "", 0, "the grey picture", maps, 0, weights, None, place, sums, made)


def nearest_filter(network: Network, kernel: np.ndarray) -> Nearest:
    """The filter of the network's first convolution that is nearest to a kernel, by cosine.

    A grey picture has the same value in every channel, so a filter acts on it with the sum of its weights over
    the channels. Nothing is resized: the smaller kernel is laid into the larger, zeros around it, in the place
    where the cosine is highest (a shifted kernel makes the same map, shifted).

    Args:
        network: as `nnviz.load` gives it.
        kernel: (rows, columns).

    Raises:
        NnvizError: no convolution that slides, or a kernel of zeros only, which has no direction.
    """
    layer = next((layer for layer in network.layers if slides(layer)), None)
    if layer is None:
        raise NnvizError(f"A network with a convolution was expected. Received: {network.name}, which has none.")
    own = np.asarray(kernel, np.float64)
    if not own.any():
        raise NnvizError("A kernel with a weight other than 0 was expected. Received: zeros only.")
    learned = filter_bank(network, layer.name).weights.astype(np.float64).sum(axis=3)
    size = np.maximum(own.shape, learned.shape[1:])
    norms = np.sqrt((learned**2).sum(axis=(1, 2))) * np.sqrt((own**2).sum())
    best = np.full(len(learned), -np.inf)
    where = np.zeros((len(learned), 2), int)
    slack = np.abs(np.array(own.shape) - learned.shape[1:])
    for row, column in np.ndindex(*(slack + 1)):
        dots = np.array([(_laid(own, size, row, column) * _laid(k, size, row, column)).sum() for k in learned])
        cosines = np.divide(dots, norms, out=np.full(len(dots), -1.0), where=norms > 0)
        better = cosines > best + 1e-12
        best[better], where[better] = cosines[better], (row, column)
    chosen = int(best.argmax())
    found = learned[chosen].astype(np.float32)
    found.flags.writeable = False
    row, column = (int(at) for at in where[chosen])
    return Nearest(layer.name, chosen, float(best[chosen]), found, (row, column))


def _laid(kernel: np.ndarray, size: np.ndarray, row: int, column: int) -> np.ndarray:
    """A kernel in a larger field of zeros; along an axis that it fills, at its start."""
    found = np.zeros(size)
    rows, columns = kernel.shape
    top, left = (0 if rows == size[0] else row), (0 if columns == size[1] else column)
    found[top : top + rows, left : left + columns] = kernel
    return found
