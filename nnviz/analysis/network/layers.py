"""What each layer of a network is: kind, shapes, parameters, and the links to what it reads."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import keras

from nnviz.analysis.network.graph import Graph
from nnviz.analysis.network.receptive import Field, Shape, pair, receptive_fields
from nnviz.analysis.network.step import Step
from nnviz.analysis.network.weights import quantised

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
        idle: whether it hands on what it reads, since it acts in training only.
        pointwise: whether every cell of its output reads the one cell at its own place.
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
    idle: bool = False
    pointwise: bool = False

    @property
    def spatial(self) -> bool:
        """Whether the output is a stack of maps (rows, columns, channels)."""
        return len(self.output_shape) == 3

    @property
    def convolution(self) -> bool:
        return isinstance(self.keras_layer, CONVOLUTIONS)


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
        if not step.inner:
            found.append(_info(graph, step, len(found), fields[step.name]))
    return tuple(found)


def adds_bias(layer: Any) -> bool:
    """Whether a Keras layer adds numbers of its own to what it reads: a bias, or the shift of a normalisation."""
    return any(weight.name in ("bias", "beta", "moving_mean") for weight in getattr(layer, "weights", ()))


def _info(graph: Graph, step: Step, index: int, seen: Field | None) -> LayerInfo:
    layer = step.layer
    inputs = step.inputs
    # The activation that was split off a fused layer reads the layer's linear twin; say what the layer reads.
    before = graph.producers.get(id(inputs[0])) if inputs else None
    if before is not None and before.inner:
        inputs = before.inputs
    shape = tuple(step.outputs[0].shape[1:]) or (1,)
    return LayerInfo(
        name=step.name,
        kind=type(layer).__name__,
        index=index,
        input_shape=tuple(inputs[0].shape[1:]) if inputs else (),
        output_shape=shape,
        kernel_size=pair(getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)),
        strides=pair(getattr(layer, "strides", None)),
        parameters=sum(int(math.prod(w.shape)) for w in getattr(layer, "weights", ())),
        receptive_field=None if seen is None else (seen[0].size, seen[1].size),
        description=_sentence(layer, shape, step.idle),
        inputs=tuple(graph.name_of(tensor) for tensor in inputs),
        keras_layer=layer,
        idle=step.idle,
        pointwise=bool(step.reads),
    )


def _sentence(layer: Any, shape: Shape, idle: bool) -> str:
    kind = type(layer).__name__
    words = [_WORDS.get(kind, kind)]
    words[0] += _by(getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None))
    if getattr(layer, "kernel_size", None) is not None:
        words.append(f"{shape[-1]} filters")
    elif kind == "Dense":
        words.append(f"{shape[-1]} neurons")
    strides = _sizes(getattr(layer, "strides", None))
    if max(strides, default=1) > 1:
        words.append(f"stride {strides[0]}" if len(set(strides)) == 1 else f"stride{_by(strides)}")
    dilation = max(_sizes(getattr(layer, "dilation_rate", None)), default=1)
    if dilation > 1:
        words.append(f"dilation {dilation}")
    if getattr(layer, "padding", None) in ("same", "valid"):
        words.append(f"{layer.padding!r} padding")
    if idle:
        words.append("does nothing" + (" outside training" if kind != "Identity" else ""))
    if mode := quantised(layer):
        words.append(f"{mode} weights")
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    if activation != "linear":
        words.append({"relu": "ReLU"}.get(activation, activation))
    return ", ".join(words)


def _by(value: Any) -> str:
    """A size of a Keras layer in all its directions, as in " 3x3x3"; that of a series is of one row."""
    sizes = _sizes(value)
    return f" {'x'.join(map(str, sizes))}" if sizes else ""


def _sizes(value: Any) -> tuple[int, ...]:
    """The same as numbers; none where there is none."""
    sizes = tuple(map(int, value)) if isinstance(value, tuple | list) else ()
    return sizes if len(sizes) > 2 else pair(value) or ()
