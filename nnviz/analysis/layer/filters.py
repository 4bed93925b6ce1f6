"""The weights of a layer as pictures: one a filter of a convolution, one a neuron of a dense layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np

from nnviz.analysis.network.graph import Graph
from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.weights import kernel_of
from nnviz.errors import NnvizError

_TRANSPOSED = (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose)
_SEPARABLE = (keras.layers.SeparableConv1D, keras.layers.SeparableConv2D)
_DEPTHWISE = (keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D)
_PLAIN = (keras.layers.Conv1D, keras.layers.Conv2D)


@dataclass(frozen=True, eq=False)
class FilterBank:
    """All filters of one layer (or of one stage of it).

    Attributes:
        weights: (filters, rows, columns, channels) float32, read-only.
        bias: (filters,), read-only, or None where there is none.
        kind: "kernel" slides over maps; "mix" is a 1x1 kernel, one weight a channel; "picture" has a weight a
            place of the image or maps that a dense layer reads through a flattening; "vector" one a unit.
        reads: name of the layer whose channels (or units) the weights belong to.
        groups: convolution groups; filter f reads channels [g*channels, (g+1)*channels), g = f*groups//filters.
    """

    weights: np.ndarray
    bias: np.ndarray | None
    kind: Literal["kernel", "mix", "picture", "vector"]
    reads: str
    groups: int = 1

    @property
    def norms(self) -> np.ndarray:
        """Euclidean norm of each filter, (filters,)."""
        return np.sqrt((self.weights.astype(np.float64) ** 2).sum(axis=(1, 2, 3)))

    def channel_read(self, filter_index: int, channel: int) -> int:
        """Which channel of the layer that is read a filter's `channel` belongs to."""
        group = filter_index * self.groups // len(self.weights)
        return group * self.weights.shape[3] + channel


def stages(layer: LayerInfo) -> tuple[str, ...]:
    """The stages of a layer that have filters of their own: two in a separable convolution."""
    if isinstance(layer.keras_layer, _SEPARABLE):
        return ("depthwise", "pointwise")
    return ("",) if isinstance(layer.keras_layer, (*_PLAIN, *_DEPTHWISE, *_TRANSPOSED, keras.layers.Dense)) else ()


def filter_bank(network: Network, name: str, stage: str = "") -> FilterBank:
    """The filters of a layer.

    Args:
        network: as `nnviz.load` gives it.
        name: of a convolution (plain, depthwise, separable, transposed; 1-D or 2-D) or a dense layer.
        stage: "depthwise" or "pointwise" of a separable convolution, by default the first.

    Raises:
        NnvizError: the layer has no filters; the sentence names the nearest that has.
    """
    layer = network.layer(name)
    known = stages(layer)
    if not known:
        near = nearest_with_filters(network, name)
        offer = f"the nearest that has is {near}" if near else "this network has none at all"
        raise NnvizError(f"A layer with filters was expected: {offer}. Received: {name} ({layer.kind}).")
    kernel, bias, groups = _kernel(layer.keras_layer, stage or known[0])
    source = layer.inputs[0]
    kind: Any = "mix" if kernel.shape[1:3] == (1, 1) else "kernel"
    if isinstance(layer.keras_layer, keras.layers.Dense):
        source, shape = pictured(network, layer)
        kind = "vector" if shape is None else "picture"
        kernel = kernel.reshape(len(kernel), *(shape or (1, 1, -1)))
    weights = np.ascontiguousarray(kernel, np.float32)
    for array in (weights, bias):
        if array is not None:
            array.flags.writeable = False
    return FilterBank(weights, bias, kind, source, groups)


def nearest_with_filters(network: Network, name: str) -> str | None:
    """The layer with filters that stands nearest, the later one of two; None where there is none."""
    here = network.layer(name).index
    candidates = [layer for layer in network.layers if stages(layer)]
    return min(candidates, key=lambda layer: (abs(layer.index - here), -layer.index)).name if candidates else None


def _kernel(layer: Any, stage: str) -> tuple[np.ndarray, np.ndarray | None, int]:
    """Weights as (filters, rows, columns, channels), bias and groups."""
    bias = np.asarray(layer.bias, np.float32) if getattr(layer, "bias", None) is not None else None
    if isinstance(layer, keras.layers.Dense):
        return np.asarray(kernel_of(layer), np.float32).T[:, None, None, :], bias, 1
    if isinstance(layer, _SEPARABLE):
        if stage == "depthwise":
            kernel = _two_dimensional(np.asarray(layer.depthwise_kernel, np.float32))
            return _depthwise(kernel), None, kernel.shape[2]
        return np.moveaxis(_two_dimensional(np.asarray(layer.pointwise_kernel, np.float32)), 3, 0), bias, 1
    kernel = _two_dimensional(np.asarray(kernel_of(layer), np.float32))
    if isinstance(layer, _DEPTHWISE):
        return _depthwise(kernel), bias, kernel.shape[2]
    if isinstance(layer, _TRANSPOSED):
        return np.moveaxis(kernel, 2, 0), bias, 1
    return np.moveaxis(kernel, 3, 0), bias, layer.groups


def _two_dimensional(kernel: np.ndarray) -> np.ndarray:
    """A kernel of a 1-D layer as one row."""
    return kernel[None] if kernel.ndim == 3 else kernel


def _depthwise(kernel: np.ndarray) -> np.ndarray:
    """(rows, columns, channels, multiplier) to one filter with one channel for each output channel."""
    return np.moveaxis(kernel.reshape(*kernel.shape[:2], -1), 2, 0)[..., None]


def pictured(network: Network, layer: LayerInfo) -> tuple[str, tuple[int, int, int] | None]:
    """The layer that a dense layer's weights are a picture of, through flattening and dropout, and its shape.

    The shape is None where the dense layer reads a mere vector.
    """
    graph: Graph = network.graph
    size = layer.input_shape[-1]
    at, passed = layer.inputs[0], layer.inputs[0]
    while True:
        shape = network.layer(at).output_shape
        if at == graph.input_name:
            height, width, depth = network.image_shape
            if height and width and height * width * depth == size:
                return at, (height, width, depth)
            return passed, None
        if len(shape) in (2, 3) and None not in shape and math.prod(n or 0 for n in shape) == size:
            rows, columns, channels = (*shape, 1)[:3]
            return at, (rows or 1, columns or 1, channels or 1)
        if not network.layer(at).idle and network.layer(at).kind not in ("Flatten", "Reshape"):
            return passed, None
        if network.layer(at).idle and passed == at:
            passed = network.layer(at).inputs[0]
        at = network.layer(at).inputs[0]
