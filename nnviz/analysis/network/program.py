"""A network as a list of plain operations and one array of weights: all that a small interpreter needs to run it.

Put down is only what such an interpreter does as Keras does; the first step that it could not do is named. Kinds of
layers that do the same are one operation: a depthwise convolution is one with as many groups as channels, a batch
normalisation and a scaling of the input are each a scale and a shift.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from nnviz.analysis.network.chain import Operation, Program
from nnviz.analysis.network.folding import scale_and_shift
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.output_head import PROBABILITIES
from nnviz.analysis.network.step import Step
from nnviz.analysis.network.weights import kernel_of
from nnviz.errors import NnvizError

L = keras.layers

ACTIVATIONS = (
    *("linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "hard_silu", "mish"),
    *("sigmoid", "hard_sigmoid", "log_sigmoid", "tanh", "hard_tanh", "tanh_shrink", "softplus", "softsign"),
    *("exponential", "squareplus", "sparse_plus", "soft_shrink", "hard_shrink", "softmax", "log_softmax"),
)
"""Functions of `keras.activations` with their defaults; the last two go along the last axis."""


@dataclass
class _Writer:
    """Weights as they are gathered, and the step that is being written."""

    step: Step
    arrays: list[np.ndarray] = field(default_factory=list)
    count: int = 0

    def put(self, values: Any) -> list[int] | None:
        if values is None:
            return None
        found = np.asarray(values, np.float32).ravel()
        self.arrays.append(found)
        self.count += found.size
        return [self.count - found.size, found.size]

    def need(self, holds: bool, what: str) -> None:
        """Refuse the step where something does not hold."""
        if not holds:
            raise NnvizError(
                f"Layers that can be run outside Keras were expected. Received: {self.step.name} "
                f"({type(self.step.layer).__name__}), {what}."
            )


def program(network: Network) -> Program:
    """What computes the layers of a network and its answer.

    Raises:
        NnvizError: a step is of a kind, or has a setting, that is not put down; it is named.
    """
    graph = network.graph
    writer, found = _Writer(graph.steps[0]), list[Operation]()
    for step in graph.leading_to(PROBABILITIES):
        writer.step = step
        writer.need(len(step.outputs) == 1 and bool(step.inputs), "which makes several tensors, or reads none")
        own = [graph.name_of(tensor) for tensor in step.inputs]
        for operation in _operations(writer):
            found.append({"from": own, **operation, "name": operation.get("name", step.name)})
            own = [found[-1]["name"]]
    weights = np.concatenate(writer.arrays) if writer.arrays else np.zeros(0, np.float32)
    return Program(graph.input_name, graph.output_name, tuple(found), weights)


def _operations(writer: _Writer) -> list[dict[str, Any]]:
    """What a step comes to; where it is several operations, each reads the one before."""
    step = writer.step
    if step.idle:
        return [{"op": "identity"}]
    # What computes it: an activation that was split off is gone from it.
    layer = step.call if isinstance(step.call, keras.layers.Layer) else step.layer
    write = _WRITERS.get(type(layer).__name__ if type(layer).__module__.startswith("keras.") else "")
    writer.need(write is not None, "a kind that is not known")
    first_axis = getattr(layer, "data_format", None) == "channels_first"
    writer.need(not first_axis, "whose channels come first")
    assert write is not None
    return write(writer, layer)


def _activation(writer: _Writer, function: Any) -> dict[str, Any]:
    name = getattr(function, "__name__", "linear") if function is not None else "linear"
    known = function is None or getattr(keras.activations, name, None) is function
    writer.need(known and name in ACTIVATIONS, "an activation that is not known")
    return {"f": name}


def _spatial(value: Any) -> list[int]:
    """One or two sizes as those of rows and columns."""
    found = list(value) if isinstance(value, list | tuple) else [value]
    return [1, *found] if len(found) == 1 else found


def _window(layer: Any) -> dict[str, Any]:
    dilation = getattr(layer, "dilation_rate", 1)
    return {"strides": _spatial(layer.strides), "dilation": _spatial(dilation)[-2:], "padding": layer.padding}


def _convolution(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    kernel = np.asarray(kernel_of(layer), np.float32)
    writer.need(kernel.ndim < 5, "which has three axes")
    kernel = kernel if kernel.ndim == 4 else kernel[None]
    bias = layer.bias if layer.use_bias else None
    return [_convolved(writer, layer, kernel, bias, layer.groups) | _activation(writer, layer.activation)]


def _convolved(writer: _Writer, layer: Any, kernel: np.ndarray, bias: Any, groups: int) -> dict[str, Any]:
    """A kernel (rows, columns, inputs of a group, outputs)."""
    window = _window(layer)
    if len(window["dilation"]) == 1:
        window["dilation"] = [1, *window["dilation"]]
    return {
        "op": "convolution",
        "kernel": writer.put(kernel),
        "shape": list(kernel.shape),
        "bias": writer.put(bias),
        "groups": groups,
        **window,
    }


def _depthwise(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    kernel, groups = _of_each_channel(kernel_of(layer))
    bias = layer.bias if layer.use_bias else None
    return [_convolved(writer, layer, kernel, bias, groups) | _activation(writer, layer.activation)]


def _of_each_channel(kernel: Any) -> tuple[np.ndarray, int]:
    """A kernel (rows, columns, channels, multiplier), or without rows, as one of as many groups as channels."""
    found = np.asarray(kernel, np.float32)
    found = found if found.ndim == 4 else found[None]
    rows, columns, channels, times = found.shape
    return found.reshape(rows, columns, 1, channels * times), channels


def _separable(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    kernel, groups = _of_each_channel(kernel_of(layer, "depthwise_kernel"))
    first = _convolved(writer, layer, kernel, None, groups) | {"f": "linear", "name": f"{writer.step.name}/depthwise"}
    point = np.asarray(kernel_of(layer, "pointwise_kernel"), np.float32)
    point = point if point.ndim == 4 else point[None]
    bias = layer.bias if layer.use_bias else None
    second = _convolved(writer, layer, point, bias, 1)
    plain = {"strides": [1, 1], "dilation": [1, 1], "padding": "valid"}
    return [first, second | plain | _activation(writer, layer.activation)]


def _dense(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    bias = layer.bias if layer.use_bias else None
    kernel = {"kernel": writer.put(kernel_of(layer)), "bias": writer.put(bias), "units": layer.units}
    return [{"op": "dense", **kernel} | _activation(writer, layer.activation)]


def _pooling(kind: str) -> Callable[[_Writer, Any], list[dict[str, Any]]]:
    def write(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
        size = _spatial(layer.pool_size)
        writer.need(len(size) == 2, "which has three axes")
        return [{"op": "pooling", "kind": kind, "size": size, **_window(layer)}]

    return write


def _over_all(kind: str) -> Callable[[_Writer, Any], list[dict[str, Any]]]:
    return lambda writer, layer: [{"op": "global", "kind": kind, "keeps": bool(layer.keepdims)}]


def _affine(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    axes = getattr(layer, "axis", -1)
    rank = len(writer.step.inputs[0].shape)
    axes = axes if isinstance(axes, list | tuple) else [axes]
    last = all(axis is not None and axis % rank == rank - 1 for axis in axes)
    scale, shift = (np.asarray(value, np.float32) for value in scale_and_shift(layer))
    channels = writer.step.inputs[0].shape[-1]
    along = last or (scale.size == 1 and shift.size == 1)
    writer.need(along and {scale.size, shift.size} <= {1, channels}, "which is not along the channels")
    return [{"op": "affine", "scale": writer.put(scale), "shift": writer.put(shift)}]


def _layer_normalization(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    rank = len(writer.step.inputs[0].shape)
    axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
    writer.need([axis % rank for axis in axes] == [rank - 1], "which is not along the channels")
    gamma = layer.gamma if layer.scale else None
    beta = layer.beta if layer.center else None
    facts = {"epsilon": layer.epsilon, "gamma": writer.put(gamma), "beta": writer.put(beta)}
    return [{"op": "normalization", **facts}]


def _activating(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    return [{"op": "activation"} | _activation(writer, layer.activation)]


def _relu(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    top = None if layer.max_value is None else float(layer.max_value)
    return [{"op": "rectified", "top": top, "slope": float(layer.negative_slope), "from_": float(layer.threshold)}]


def _leaky(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    return [{"op": "rectified", "top": None, "slope": float(layer.negative_slope), "from_": 0.0}]


def _elu(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    return [{"op": "activation", "f": "elu", "alpha": float(layer.alpha)}]


def _prelu(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    return [{"op": "prelu", "alpha": writer.put(layer.alpha), "shape": list(layer.alpha.shape)}]


def _softmax(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    rank = len(writer.step.inputs[0].shape)
    writer.need(isinstance(layer.axis, int) and layer.axis % rank == rank - 1, "which is not along the last axis")
    writer.need(len(writer.step.inputs) == 1, "which reads a mask")
    return [{"op": "activation", "f": "softmax"}]


def _shaped(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    shape = [-1] if isinstance(layer, L.Flatten) else [int(size) for size in layer.target_shape]
    return [{"op": "reshape", "shape": shape}]


def _permute(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    return [{"op": "permute", "axes": [axis - 1 for axis in layer.dims]}]


def _together(kind: str) -> Callable[[_Writer, Any], list[dict[str, Any]]]:
    def write(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
        several = len(writer.step.inputs) > 1 and not (kind == "subtract" and len(writer.step.inputs) != 2)
        writer.need(several, "which does not read several tensors")
        return [{"op": "together", "kind": kind}]

    return write


def _concatenate(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    axis = layer.axis % len(writer.step.inputs[0].shape) - 1
    writer.need(axis >= 0, "along the batch")
    return [{"op": "concatenate", "axis": axis}]


def _sides(value: Any) -> tuple[list[int], list[int]]:
    """What is added or cut before and behind of rows and of columns."""
    pairs = [list(each) for each in value] if isinstance(value[0], list | tuple) else [[0, 0], list(value)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _padding(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    before, behind = _sides(layer.padding)
    return [{"op": "padding", "before": before, "behind": behind}]


def _cropping(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    before, behind = _sides(layer.cropping)
    return [{"op": "padding", "before": [-each for each in before], "behind": [-each for each in behind]}]


def _up(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    how = getattr(layer, "interpolation", "nearest")
    writer.need(how in ("nearest", "bilinear"), f"whose interpolation is {how}")
    return [{"op": "up", "size": _spatial(layer.size), "smooth": how == "bilinear"}]


def _identity(writer: _Writer, layer: Any) -> list[dict[str, Any]]:
    return [{"op": "identity"}]


_WRITERS: Mapping[str, Callable[[_Writer, Any], list[dict[str, Any]]]] = {
    **dict.fromkeys(("Conv1D", "Conv2D"), _convolution),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), _depthwise),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), _separable),
    "Dense": _dense,
    **dict.fromkeys(("MaxPooling1D", "MaxPooling2D"), _pooling("max")),
    **dict.fromkeys(("AveragePooling1D", "AveragePooling2D"), _pooling("average")),
    **dict.fromkeys(("GlobalMaxPooling1D", "GlobalMaxPooling2D"), _over_all("max")),
    **dict.fromkeys(("GlobalAveragePooling1D", "GlobalAveragePooling2D"), _over_all("average")),
    **dict.fromkeys(("BatchNormalization", "Rescaling", "Normalization"), _affine),
    "LayerNormalization": _layer_normalization,
    "Activation": _activating,
    "ReLU": _relu,
    "LeakyReLU": _leaky,
    "ELU": _elu,
    "PReLU": _prelu,
    "Softmax": _softmax,
    **dict.fromkeys(("Flatten", "Reshape"), _shaped),
    "Permute": _permute,
    **{kind: _together(kind.lower()) for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")},
    "Concatenate": _concatenate,
    **dict.fromkeys(("ZeroPadding1D", "ZeroPadding2D"), _padding),
    **dict.fromkeys(("Cropping1D", "Cropping2D"), _cropping),
    **dict.fromkeys(("UpSampling1D", "UpSampling2D"), _up),
    "Identity": _identity,
}
"""By the name of a layer's class in Keras; an operation of that name does the same."""
