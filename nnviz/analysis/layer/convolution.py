"""Convolution, step by step: all that one filter of one layer computes on one picture, as numbers.

The pre-activation is the sum of patch * kernel (see `kernel_geometry`) plus the bias, the output the layer's activation
of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np

from nnviz.analysis.layer.filters import filter_bank, stages
from nnviz.analysis.layer.kernel_geometry import Geometry, geometry_of, patch, slide, slide_depthwise
from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Trace
from nnviz.errors import NnvizError

_SLIDING = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
)
_FOLLOWING = (
    keras.layers.BatchNormalization,
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
)
Rule = Literal["linear", "clip", "affine", "tanh", "sigmoid", "given"]


@dataclass(frozen=True, eq=False)
class Pointwise:
    """A step that makes each cell from the one at its own place.

    Attributes:
        name: of the layer.
        kind: in words, such as "ReLU" or "batch normalisation".
        values: (rows, columns) float32, as the network has them.
        rule: "linear" passes on, "clip" cuts off below a and above b, "affine" gives a * x + b; "given" stands
            for any other function.
        a, b: numbers of the rule.
    """

    name: str
    kind: str
    values: np.ndarray
    rule: Rule = "given"
    a: float = 0.0
    b: float = 0.0


@dataclass(frozen=True, eq=False)
class ConvolutionSteps:
    """What one filter reads, its weights, and what it makes. Arrays are read-only, float32.

    Attributes:
        layer, stage, filter: which filter; the stage is "" but in a separable convolution.
        source: name of what is read: the layer before, or "the depthwise stage".
        maps: (rows, columns, channels), only those that this filter reads. Steps are one row.
        first_channel: the number that channel 0 of `maps` has in the source.
        kernel: (kernel rows, kernel columns, channels).
        bias: or None where there is none.
        place: where the kernel stands: strides, dilation, padding, size of the output.
        pre_activation: (output rows, output columns), the sums with the bias.
        activation: of the layer itself.
        further: batch normalisation and activations of their own that follow.
    """

    layer: str
    stage: str
    filter: int
    source: str
    maps: np.ndarray
    first_channel: int
    kernel: np.ndarray
    bias: float | None
    place: Geometry
    pre_activation: np.ndarray
    activation: Pointwise
    further: tuple[Pointwise, ...] = ()

    @property
    def output(self) -> np.ndarray:
        """The filter's map in the layer's output, (rows, columns)."""
        return self.activation.values

    def channel_sums(self, row: int, column: int) -> np.ndarray:
        """What each channel adds to one cell, (channels,) float64: together with the bias the pre-activation."""
        under = patch(self.maps, self.kernel.shape[:2], self.place, row, column)
        return (under * self.kernel).sum(axis=(0, 1))

    def rest(self, channel: int) -> np.ndarray:
        """What the bias and all channels but one add up to, (rows, columns) float32."""
        own = slice(channel, channel + 1)
        return _frozen(self.pre_activation - slide(self.maps[..., own], self.kernel[..., own], self.place))


def slides(layer: LayerInfo) -> bool:
    """Whether a layer is a convolution that can be shown step by step."""
    return isinstance(layer.keras_layer, _SLIDING)


def nearest_that_slides(network: Network, name: str) -> str | None:
    """The convolution that stands nearest, the later one of two; None where there is none."""
    here = network.layer(name).index
    candidates = [layer for layer in network.layers if slides(layer)]
    return min(candidates, key=lambda layer: (abs(layer.index - here), -layer.index)).name if candidates else None


def convolution_steps(
    network: Network, trace: Trace, name: str, filter_index: int, stage: str = ""
) -> ConvolutionSteps:
    """The steps of one filter on the traced picture.

    Args:
        network: as `nnviz.load` gives it.
        trace: of the picture, by this network.
        name: of a convolution: plain, grouped, depthwise or separable; 1-D or 2-D.
        filter_index: from 0; in the depthwise stage of a separable convolution, a channel of what it makes.
        stage: "depthwise" or "pointwise" of a separable convolution, by default the first.

    Raises:
        NnvizError: no such layer, a layer that is no such convolution, or a filter that it does not have.
    """
    info = network.layer(name)
    if not slides(info):
        raise NnvizError(
            "A convolution whose kernel slides over its input was expected (1-D or 2-D, plain, grouped, depthwise "
            "or separable; a transposed one stamps its kernel onto its output instead). "
            f"Received: {name} ({info.kind})."
        )
    stage = stage if stage in stages(info) else stages(info)[0]
    bank = filter_bank(network, name, stage)
    if not 0 <= filter_index < len(bank.weights):
        raise NnvizError(
            f"A filter of {name} from 0 to {len(bank.weights) - 1} was expected. Received: {filter_index}."
        )
    layer, last = info.keras_layer, stage in ("", "pointwise")
    maps, source = _as_maps(trace.activations[info.inputs[0]]), info.inputs[0]
    place = geometry_of(layer, maps.shape[:2])
    if stage == "pointwise":
        weights = filter_bank(network, name, "depthwise").weights[..., 0]
        maps, source = slide_depthwise(maps, weights, place).astype(np.float32), "the depthwise stage"
        place = Geometry((1, 1), (1, 1), (0, 0), place.size)
    first, count = bank.channel_read(filter_index, 0), bank.weights.shape[3]
    read, kernel = maps[..., first : first + count], bank.weights[filter_index]
    bias = None if bank.bias is None else float(bank.bias[filter_index])
    sums = slide(read, kernel, place) + (bias or 0.0)
    if last:
        made = _as_maps(trace.activations[name])[..., filter_index]
        own = _activation(name, getattr(layer, "activation", None), made)
    else:
        own = Pointwise(name, "linear", _frozen(sums), "linear")
    return ConvolutionSteps(
        layer=name,
        stage=stage,
        filter=filter_index,
        source=source,
        maps=_frozen(read),
        first_channel=first,
        kernel=_frozen(kernel),
        bias=bias,
        place=place,
        pre_activation=_frozen(sums),
        activation=own,
        further=_following(network, trace, name, filter_index) if last else (),
    )


def _following(network: Network, trace: Trace, name: str, channel: int) -> tuple[Pointwise, ...]:
    """Batch normalisation and activations that read the layer's output, one after the other."""
    found: list[Pointwise] = []
    while True:
        after = (layer for layer in network.layers if layer.inputs == (name,))
        follower = next((layer for layer in after if isinstance(layer.keras_layer, _FOLLOWING)), None)
        if follower is None:
            return tuple(found)
        name, layer = follower.name, follower.keras_layer
        values = _as_maps(trace.activations[name])[..., channel]
        if isinstance(layer, keras.layers.BatchNormalization):
            found.append(_normalisation(name, layer, values, channel, len(follower.output_shape) + 1))
        elif isinstance(layer, keras.layers.Activation):
            found.append(_activation(name, layer.activation, values))
        elif isinstance(layer, keras.layers.ReLU) and not layer.negative_slope and not layer.threshold:
            most = math.inf if layer.max_value is None else float(layer.max_value)
            kind = "ReLU6" if most == 6 else "ReLU"
            found.append(Pointwise(name, kind, _frozen(values), "clip", 0.0, most))
        else:
            found.append(Pointwise(name, type(layer).__name__, _frozen(values)))


def _normalisation(name: str, layer: Any, values: np.ndarray, channel: int, axes: int) -> Pointwise:
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, of one channel (Ioffe and Szegedy 2015)."""
    kind = "batch normalisation"
    if axes - 1 not in (layer.axis, layer.axis + axes):
        return Pointwise(name, kind, _frozen(values))
    scale = 1 / math.sqrt(float(np.asarray(layer.moving_variance)[channel]) + layer.epsilon)
    scale *= float(np.asarray(layer.gamma)[channel]) if layer.gamma is not None else 1.0
    shift = float(np.asarray(layer.beta)[channel]) if layer.beta is not None else 0.0
    shift -= scale * float(np.asarray(layer.moving_mean)[channel])
    return Pointwise(name, kind, _frozen(values), "affine", scale, shift)


def _activation(name: str, function: Any, values: np.ndarray) -> Pointwise:
    kind = getattr(function, "__name__", "linear")
    rules: dict[str, tuple[Rule, float, float]] = {
        "linear": ("linear", 0.0, 0.0),
        "relu": ("clip", 0.0, math.inf),
        "relu6": ("clip", 0.0, 6.0),
        "tanh": ("tanh", 0.0, 0.0),
        "sigmoid": ("sigmoid", 0.0, 0.0),
    }
    rule, a, b = rules.get(kind, ("given", 0.0, 0.0))
    return Pointwise(name, {"relu": "ReLU", "relu6": "ReLU6"}.get(kind, kind), _frozen(values), rule, a, b)


def _as_maps(values: np.ndarray) -> np.ndarray:
    """Activations as (rows, columns, channels): steps are one row."""
    return values[None] if values.ndim == 2 else values


def _frozen(values: np.ndarray) -> np.ndarray:
    array = np.array(values, np.float32)
    array.flags.writeable = False
    return array
