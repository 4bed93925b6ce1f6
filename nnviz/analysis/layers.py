"""What each layer of a network is: kind, shapes, parameters, and how much of the input a unit of it sees."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import keras

from nnviz.analysis.graph import Graph, Step

Shape = tuple[int | None, ...]

# Layers whose every output cell reads the one input cell at its own place.
_POINTWISE = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
    keras.layers.BatchNormalization,
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.Rescaling,
    keras.layers.Normalization,
    keras.layers.Identity,
    keras.layers.ActivityRegularization,
)
_MERGES = (
    keras.layers.Add,
    keras.layers.Subtract,
    keras.layers.Multiply,
    keras.layers.Average,
    keras.layers.Maximum,
    keras.layers.Minimum,
    keras.layers.Concatenate,
)
_WINDOWS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
)
CONVOLUTIONS = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
)

_WORDS = {
    "InputLayer": "Input",
    "Conv1D": "Convolution",
    "Conv2D": "Convolution",
    "Conv3D": "Convolution",
    "DepthwiseConv2D": "Depthwise convolution",
    "SeparableConv2D": "Separable convolution",
    "Conv2DTranspose": "Transposed convolution",
    "MaxPooling2D": "Max pooling",
    "AveragePooling2D": "Average pooling",
    "GlobalAveragePooling2D": "Global average pooling",
    "GlobalMaxPooling2D": "Global max pooling",
    "BatchNormalization": "Batch normalisation",
    "ZeroPadding2D": "Zero padding",
    "Dense": "Fully connected",
}


@dataclass(frozen=True)
class Extent:
    """What position i along one axis of a layer sees of the input: rows (or columns) jump*i+low .. jump*i+high.

    Within start..stop, what the layers before saw at all: a pooling may leave the last row out, and no
    padding behind it brings that row back.
    """

    jump: float = 1.0
    low: float = 0.0
    high: float = 0.0
    start: float = -math.inf
    stop: float = math.inf

    @property
    def size(self) -> int:
        """The most cells that a position sees."""
        return _down(self.high - self.low) + 1

    def span(self, position: int, length: int) -> tuple[int, int]:
        """First and one past the last input index seen from `position`, within an input of `length`."""
        low = _up(max(self.jump * position + self.low, self.start, 0))
        high = _down(min(self.jump * position + self.high, self.stop, length - 1))
        first = min(low, length)
        return first, max(first, high + 1)

    def within(self, length: int | None) -> Extent:
        """The same, for a layer that reads one of `length` positions that see this."""
        last = math.inf if length is None else self.jump * (length - 1) + self.high
        return replace(self, start=max(self.start, self.low), stop=min(self.stop, last))


def _up(value: float) -> int:
    return math.ceil(value - 1e-6)  # thirds of a row do not add up to a whole one exactly


def _down(value: float) -> int:
    return math.floor(value + 1e-6)


Field = tuple[Extent, Extent]
"""Rows and columns of the input that a unit sees; where a layer has no Field, each unit sees it whole."""


@dataclass(frozen=True, eq=False)
class LayerInfo:
    """One use of one layer in a network.

    Attributes:
        name: unique in its network; the second use of a shared layer ends in "#2".
        kind: name of the Keras class.
        index: place in `Network.layers`; 0 is the input.
        input_shape, output_shape: without the batch axis, None where free.
        kernel_size, strides: (rows, columns) of a convolution or pooling, else None.
        parameters: number of weights and biases, trained or not.
        receptive_field: (rows, columns) of the input that one unit sees, before it is cut off at the
            border; None where every unit sees the whole input.
        description: one line in words.
        inputs: names of the layers (or the input) that it reads.
        keras_layer: the Keras layer itself (None for the input).
    """

    name: str
    kind: str
    index: int
    input_shape: Shape
    output_shape: Shape
    kernel_size: tuple[int, int] | None
    strides: tuple[int, int] | None
    parameters: int
    receptive_field: tuple[int, int] | None
    description: str
    inputs: tuple[str, ...] = ()
    keras_layer: Any = field(default=None, repr=False)

    @property
    def spatial(self) -> bool:
        """Whether the output is a stack of maps (rows, columns, channels)."""
        return len(self.output_shape) == 3

    @property
    def convolution(self) -> bool:
        return isinstance(self.keras_layer, CONVOLUTIONS)

    @property
    def pointwise(self) -> bool:
        return isinstance(self.keras_layer, _POINTWISE)


def describe(graph: Graph) -> tuple[LayerInfo, ...]:
    """All layers of a graph, the input first."""
    fields = receptive_fields(graph)
    shape = graph.input_shape
    found = [
        LayerInfo(
            graph.input_name,
            "InputLayer",
            0,
            shape,
            shape,
            None,
            None,
            0,
            (1, 1) if len(shape) > 1 else None,
            "Input",
        )
    ]
    for step in graph.steps:
        if not step.name.startswith("<"):
            found.append(_info(graph, step, len(found), fields[step.name]))
    return tuple(found)


def _info(graph: Graph, step: Step, index: int, seen: Field | None) -> LayerInfo:
    layer = step.layer
    inputs = step.inputs
    # The activation that was split off a fused layer reads the layer's linear twin; say what the layer reads.
    if inputs and graph.name_of(inputs[0]).startswith("<"):
        inputs = graph.producers[id(inputs[0])].inputs
    shape = tuple(step.outputs[0].shape[1:])
    return LayerInfo(
        name=step.name,
        kind=type(layer).__name__,
        index=index,
        input_shape=tuple(inputs[0].shape[1:]) if inputs else (),
        output_shape=shape,
        kernel_size=_pair(getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)),
        strides=_pair(getattr(layer, "strides", None)),
        parameters=sum(int(math.prod(w.shape)) for w in getattr(layer, "weights", ())),
        receptive_field=None if seen is None else (seen[0].size, seen[1].size),
        description=_sentence(layer, shape),
        inputs=tuple(graph.name_of(tensor) for tensor in inputs),
        keras_layer=layer,
    )


def _pair(value: Any) -> tuple[int, int] | None:
    if value is None or isinstance(value, int):
        return None if value is None else (1, value)
    sizes = tuple(int(size) for size in value)
    return (1, sizes[0]) if len(sizes) == 1 else (sizes[-2], sizes[-1])


def _sentence(layer: Any, shape: Shape) -> str:
    kind = type(layer).__name__
    words = [_WORDS.get(kind, kind)]
    size = _pair(getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None))
    if size:
        words[0] += f" {size[0]}x{size[1]}"
    if getattr(layer, "kernel_size", None) is not None:
        words.append(f"{shape[-1]} filters")
    elif kind == "Dense":
        words.append(f"{shape[-1]} neurons")
    strides = _pair(getattr(layer, "strides", None))
    if strides and strides != (1, 1):
        words.append(f"stride {strides[0]}" if strides[0] == strides[1] else f"stride {strides[0]}x{strides[1]}")
    dilation = _pair(getattr(layer, "dilation_rate", None))
    if dilation and max(dilation) > 1:
        words.append(f"dilation {max(dilation)}")
    if getattr(layer, "padding", None) in ("same", "valid"):
        words.append(f"{layer.padding!r} padding")
    if kind in ("Dropout", "SpatialDropout2D"):
        words.append("does nothing outside training")
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    if activation != "linear":
        words.append({"relu": "ReLU"}.get(activation, activation))
    return ", ".join(words)


def receptive_fields(graph: Graph, sizes: Mapping[str, Shape] | None = None) -> dict[str, Field | None]:
    """What one unit of each layer sees of the input, from kernel sizes, strides, dilations and padding.

    The first and last input cell that the gradient of a unit reaches when no weight is zero. A superset where
    a resampled axis was strided before, and near a padded border behind a dilated kernel, whose taps are apart.

    Args:
        graph: of the network.
        sizes: real output shapes by layer name, needed for exact 'same' padding where the network leaves the
            size of its input open (`Trace.activations` has them).

    Returns:
        By layer name, rows and columns, or None where each unit sees the whole input.
    """

    def size_of(tensor: keras.KerasTensor) -> Shape:
        known = (sizes or {}).get(graph.name_of(tensor))
        return known if known is not None else tuple(tensor.shape[1:])

    whole_input = len(graph.input_shape) < 2
    fields: dict[int, Field | None] = {}
    result: dict[str, Field | None] = {graph.input_name: None if whole_input else (Extent(), Extent())}
    for step in graph.steps:
        sources = [fields.get(id(t), result[graph.input_name]) for t in step.inputs]
        outcome = _through(step, sources, [size_of(t) for t in step.inputs])
        for tensor in step.outputs:
            fields[id(tensor)] = outcome
        result[step.name] = outcome
    return result


def _through(step: Step, sources: list[Field | None], shapes: list[Shape]) -> Field | None:
    layer = step.call  # not step.layer: a split-off activation stands alone
    if not sources or any(source is None for source in sources):
        return None
    known = [source for source in sources if source is not None]
    if isinstance(layer, _MERGES):
        spatial = {shape[:2] for shape in shapes}
        along = getattr(layer, "axis", -1) in (-1, len(shapes[0]))
        return _union(known) if len(spatial) == 1 and along else None
    if isinstance(layer, keras.layers.LayerNormalization | keras.layers.Softmax):
        axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
        return known[0] if set(axes) <= {-1, len(shapes[0])} else None
    if isinstance(layer, _POINTWISE) or (isinstance(layer, keras.layers.Dense) and len(shapes[0]) == 3):
        return known[0]
    if len(shapes[0]) == 3:
        known[0] = _each(known[0], lambda axis, e: e.within(shapes[0][axis]))
    if isinstance(layer, keras.layers.Conv2DTranspose):
        return _transposed(layer, known[0])
    if isinstance(layer, _WINDOWS):
        return _window(layer, known[0], shapes[0])
    if isinstance(layer, keras.layers.ZeroPadding2D | keras.layers.Cropping2D):
        edges = layer.padding if isinstance(layer, keras.layers.ZeroPadding2D) else layer.cropping
        sign = -1 if isinstance(layer, keras.layers.ZeroPadding2D) else 1
        moved = [sign * edge[0] for edge in edges]
        return _each(
            known[0],
            lambda axis, e: replace(e, low=e.low + e.jump * moved[axis], high=e.high + e.jump * moved[axis]),
        )
    if isinstance(layer, keras.layers.UpSampling2D) and layer.interpolation == "nearest":
        return _each(
            known[0],
            lambda axis, e: replace(e, jump=e.jump / layer.size[axis], low=e.low - e.jump * (1 - 1 / layer.size[axis])),
        )
    return None


def _each(seen: Field, change: Any) -> Field:
    return change(0, seen[0]), change(1, seen[1])


def _union(fields: list[Field]) -> Field | None:
    if len({(rows.jump, columns.jump) for rows, columns in fields}) > 1:
        return None
    return _each(
        fields[0],
        lambda axis, e: Extent(
            e.jump,
            min(f[axis].low for f in fields),
            max(f[axis].high for f in fields),
            min(f[axis].start for f in fields),
            max(f[axis].stop for f in fields),
        ),
    )


def _window(layer: Any, seen: Field, shape: Shape) -> Field:
    size = getattr(layer, "kernel_size", None) or layer.pool_size
    dilation = getattr(layer, "dilation_rate", (1, 1))
    dilation = (dilation, dilation) if isinstance(dilation, int) else dilation

    def widen(axis: int, extent: Extent) -> Extent:
        reach = (size[axis] - 1) * dilation[axis]
        stride, length = layer.strides[axis], shape[axis] if len(shape) == 3 else None
        before = 0
        if layer.padding == "same":
            # TensorFlow's rule: as much as the last window needs, the odd cell at the end.
            needed = reach if length is None else (math.ceil(length / stride) - 1) * stride + reach + 1 - length
            before = max(needed, 0) // 2
        return replace(
            extent,
            jump=extent.jump * stride,
            low=extent.low - extent.jump * before,
            high=extent.high + extent.jump * (reach - before),
        )

    return _each(seen, widen)


def _transposed(layer: Any, seen: Field) -> Field:
    def spread(axis: int, extent: Extent) -> Extent:
        stride, dilation = layer.strides[axis], _pair(layer.dilation_rate) or (1, 1)
        size = (layer.kernel_size[axis] - 1) * dilation[axis] + 1
        extra = _pair(layer.output_padding)
        # What is cut off: with an output padding Keras fixes the output's size, else it is input * stride.
        cut = size - stride if extra is None else size // 2 * 2 - extra[axis]
        before = max(cut, 0) // 2 if layer.padding == "same" else 0
        return replace(
            extent,
            jump=extent.jump / stride,
            low=extent.low + extent.jump * (before - size + 1) / stride,
            high=extent.high + extent.jump * before / stride,
        )

    return _each(seen, spread)
