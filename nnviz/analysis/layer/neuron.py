"""One neuron: output = F(sum(input * weight) + bias), with the numbers that one image gives it.

Any unit of a dense layer and any cell of any convolution is such a neuron. What a convolution reads beyond the
border counts as inputs of zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from nnviz.analysis.layer.connectivity import NEURONS, SEPARABLE, inner_map, last_kernel, read_places, weights_of
from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.pointwise import elementwise
from nnviz.analysis.network.trace import Trace
from nnviz.errors import NnvizError

Cell = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Neuron:
    """One unit of one layer, at one cell of its map, on one image. Arrays are read-only.

    Attributes:
        layer: its name.
        unit: its channel, from 0.
        cell: (row, column) in its map ((step,) of a sequence), or () where the layer has no maps.
        inputs: float32: (n,) of a dense layer, (rows, columns, channels) of a convolution, zero beyond the
            border; (channels,) of the inner maps for the pointwise stage of a separable convolution.
        weights: float32, in the shape of `inputs`.
        places: (*inputs.shape, axes of what is read) int: index of each input in the activations of
            `source`, -1 beyond the border; at a pointwise stage only the channel that it is made of.
        source: name of the layer (or the input) that is read.
        stage: "pointwise" where the inputs are the inner maps of a separable convolution, else "".
        bias: 0 where the layer has none (`has_bias`).
        sum: sum(inputs * weights) + bias: the pre-activation; of the last layer the logit.
        activation: name of F.
        peers: the sums of all units at this cell, where F reads them all (a softmax); else empty.
        output: F(sum).
        function: F itself, which takes and gives tensors.
    """

    layer: str
    unit: int
    cell: Cell
    inputs: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    places: np.ndarray = field(repr=False)
    source: str
    stage: str
    bias: float
    sum: float
    activation: str
    peers: np.ndarray = field(repr=False)
    output: float
    has_bias: bool = True
    function: Any = field(repr=False, default=None)

    @property
    def terms(self) -> np.ndarray:
        """inputs * weights, float64, in their shape."""
        return self.inputs.astype(np.float64) * self.weights

    @property
    def elementwise(self) -> bool:
        """Whether F reads this unit's sum alone."""
        return not self.peers.size


def has_neurons(layer: LayerInfo) -> bool:
    """Whether the units of a layer are neurons: weighted sums of what it reads, a bias, and F."""
    return (
        isinstance(layer.keras_layer, NEURONS)
        and type(layer.keras_layer).__module__.startswith("keras.")
        and getattr(layer.keras_layer, "data_format", None) != "channels_first"
    )


def nearest_with_neurons(network: Network, name: str) -> str | None:
    """The layer with neurons that stands nearest, the later one of two; None where there is none."""
    here = network.layer(name).index
    found = [layer for layer in network.layers if has_neurons(layer)]
    return min(found, key=lambda layer: (abs(layer.index - here), -layer.index)).name if found else None


def neuron(network: Network, trace: Trace, layer: str, unit: int, cell: Cell | None = None) -> Neuron:
    """One unit with everything that goes into it.

    Args:
        network: as `nnviz.load` gives it.
        trace: of the image.
        layer: name of a dense layer or a convolution.
        unit: its channel.
        cell: place in its map; by default the one where the magnitude of its output is largest.

    Raises:
        NnvizError: the layer has no neurons, or no such unit or cell.
    """
    info = neurons_of(network, layer)
    values = trace.activations[layer]
    cell = checked_cell(info, values, unit, cell)
    return read_neuron(info, trace.activations[info.inputs[0]], unit, cell)


def strongest(activations: np.ndarray, unit: int) -> Cell:
    """The cell where a unit's output is largest in magnitude; the middle one of a map that is all zero.

    Args:
        activations: (..., units), without a batch axis.
        unit: channel.
    """
    tile = np.abs(activations[..., unit])
    if tile.ndim and not tile.any():
        return tuple(size // 2 for size in tile.shape)
    return tuple(int(index) for index in np.unravel_index(int(tile.argmax()), tile.shape)) if tile.ndim else ()


def neurons_of(network: Network, name: str) -> LayerInfo:
    """The layer of that name. Raises NnvizError where it has no neurons; the sentence names the nearest that has."""
    info = network.layer(name)
    if not has_neurons(info):
        near = nearest_with_neurons(network, name)
        offer = f"the nearest is {near}" if near else "this network has none"
        raise NnvizError(f"A dense layer or a convolution was expected: {offer}. Received: {name} ({info.kind}).")
    return info


def read_neuron(
    info: LayerInfo,
    source: np.ndarray,
    unit: int,
    cell: Cell,
    kernel: np.ndarray | None = None,
    biases: np.ndarray | None = None,
    function: Any = None,
) -> Neuron:
    """The neuron of a layer that reads `source`.

    Args:
        info: of the layer.
        source: activations of the layer that it reads, without a batch axis.
        unit, cell: which one.
        kernel, biases: instead of the layer's own (the pointwise kernel of a separable convolution).
        function: instead of the layer's own F.
    """
    layer = info.keras_layer
    function = layer.activation if function is None else function
    kernel = np.asarray(last_kernel(layer), np.float32) if kernel is None else kernel
    if biases is None and getattr(layer, "bias", None) is not None:
        biases = np.asarray(layer.bias, np.float32)
    places = read_places(layer, source.shape, unit, cell)
    if isinstance(layer, SEPARABLE):
        inputs = inner_map(layer, source, cell)
        # Each is made of one channel of the source, from a patch of cells.
        places = np.full((*inputs.shape, source.ndim), -1)
        places[:, -1] = np.arange(inputs.size) // layer.depth_multiplier
    else:
        inside = (places >= 0).all(axis=-1)
        inputs = np.where(inside, source[tuple(np.moveaxis(places, -1, 0))], 0)
    weights = weights_of(layer, kernel, unit)
    total = _sum(inputs, weights, biases, unit)
    alone = elementwise(function)
    peers = np.zeros(0)
    if not alone:
        peers = np.array(
            [_sum(inputs, weights_of(layer, kernel, k), biases, k) for k in range(info.output_shape[-1] or 0)]
        )
    return Neuron(
        info.name,
        unit,
        cell,
        _frozen(inputs),
        _frozen(weights),
        places,
        info.inputs[0],
        "pointwise" if isinstance(layer, SEPARABLE) else "",
        0.0 if biases is None else float(biases[unit]),
        total,
        activation_name(function),
        peers,
        float(_activated(function, unit, peers, np.array([total]))[0]),
        biases is not None,
        function,
    )


def responses(of: Neuron, sums: np.ndarray) -> np.ndarray:
    """What F makes of other sums of this neuron: its curve. Those of the other units stand still.

    Args:
        of: the neuron.
        sums: (n,).

    Returns:
        (n,) float64.
    """
    return _activated(of.function, of.unit, of.peers, sums)


def activation_name(activation: Any) -> str:
    """Name of F as Keras has it; "linear" where it changes nothing."""
    return str(getattr(activation, "__name__", None) or getattr(activation, "name", None) or type(activation).__name__)


def _activated(activation: Any, unit: int, peers: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """What F makes of the sums of a unit, among those of its peers where F reads them."""
    if not peers.size:
        return np.asarray(activation(keras.ops.convert_to_tensor(sums.astype(np.float32))), np.float64)
    rows = np.tile(peers, (len(sums), 1))
    rows[:, unit] = sums
    return np.asarray(activation(keras.ops.convert_to_tensor(rows.astype(np.float32))), np.float64)[:, unit]


def _sum(inputs: np.ndarray, weights: np.ndarray, biases: np.ndarray | None, unit: int) -> float:
    terms = inputs.astype(np.float64) * weights
    return float(terms.sum()) + (0.0 if biases is None else float(biases[unit]))


def checked_cell(info: LayerInfo, values: np.ndarray, unit: int, cell: Cell | None) -> Cell:
    """The cell, by default the strongest of the unit. Raises NnvizError where there is no such unit or cell."""
    shape = values.shape
    if not 0 <= unit < shape[-1]:
        raise NnvizError(f"A unit of {info.name} from 0 to {shape[-1] - 1} was expected. Received: {unit}.")
    found = strongest(values, unit) if cell is None else tuple(cell)
    if len(found) != len(shape) - 1 or any(not 0 <= at < size for at, size in zip(found, shape, strict=False)):
        what = "x".join(map(str, shape[:-1])) or "no"
        raise NnvizError(f"A cell of {info.name}, which has {what} cells, was expected. Received: {found}.")
    return found


def _frozen(array: np.ndarray) -> np.ndarray:
    array = np.ascontiguousarray(array, np.float32)
    array.flags.writeable = False
    return array
