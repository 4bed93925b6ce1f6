"""Which rule of layer-wise relevance propagation each kind of layer has."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from nnviz.analysis.attribution.relevance import Call, Rule, affine, averaged, gated, joined, sums, through_activation
from nnviz.analysis.network.folding import KERNELS, SEPARABLE, folded, scale_and_shift, with_kernel
from nnviz.analysis.network.graph import Graph
from nnviz.analysis.network.step import Step

AVERAGES = (
    *("AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "UpSampling1D", "UpSampling2D", "UpSampling3D"),
    *("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D", "Mean"),
)
"""Sums with weights of 0 and up, of one input."""
ROUTES = (
    *("Flatten", "Reshape", "Permute", "RepeatVector", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "Identity"),
    *("GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization", "InputLayer", "SpatialDropout3D"),
    *("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "Cropping1D", "Cropping2D", "Cropping3D", "Concatenate"),
    *("MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "Maximum", "Transpose", "Squeeze", "ExpandDims"),
    *("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "Max", "GetItem", "Pad", "Cast"),
)
"""Each output is one of the inputs, or 0: the winner of a maximum takes all."""
ACTIVATIONS = (
    *("ReLU", "LeakyReLU", "PReLU", "ELU", "Activation", "Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Gelu", "Silu"),
    *("Tanh", "Sigmoid", "HardSigmoid", "HardSilu", "HardTanh", "Softplus", "Softsign", "Square", "Sqrt", "Absolute"),
)
"""One number in, one out: the relevance passes through."""
AFFINE = ("BatchNormalization", "Rescaling", "Normalization")
_ACROSS = ("softmax", "log_softmax", "sparsemax", "glu")


def computed(step: Step, rule: Rule, after: Any = None, positive: bool = False) -> Call | None:
    """What computes a step with the rule's backward pass; None where its own gradient hands relevance on already.

    `after` is a batch normalisation that reads nothing but this step: it is folded into its weights. `positive` says
    that what the step reads is 0 and up, which saves half of the work.
    """
    layer, kind = step.layer, type(step.layer).__name__
    if isinstance(layer, KERNELS):
        return _summing(layer, _activation(step), rule, after, positive)
    if isinstance(layer, SEPARABLE):
        return _in_two(layer, _activation(step), rule, after, positive)
    if kind in AFFINE:
        return lambda x, **_: affine(x, *scale_and_shift(layer), rule)
    if kind in ("Add", "Average", "Subtract"):
        return lambda *tensors: joined(tf.nest.flatten(tensors), kind, rule)
    if kind == "Multiply":
        return lambda *tensors: gated(tf.nest.flatten(tensors))
    if kind in AVERAGES:
        return lambda x, *more, **named: averaged(x, lambda each: step.call(each, *more, **named), rule)
    return through_activation(step.call) if kind in ACTIVATIONS else None


def unruled(step: Step) -> str:
    """What there is no rule for in a step, in words; "" where there is one."""
    layer, kind = step.layer, type(step.layer).__name__
    known = isinstance(layer, (*KERNELS, *SEPARABLE)) or kind in (*AVERAGES, *ROUTES, *ACTIVATIONS, *AFFINE)
    activation = getattr(getattr(step.call, "activation", None), "__name__", "")
    if len(step.outputs) != 1 or getattr(layer, "data_format", None) == "channels_first":
        return kind
    if getattr(layer, "padding", None) == "causal" or activation in _ACROSS:
        return f"{kind} with {activation or 'causal padding'}"
    if kind == "BatchNormalization" and layer.axis not in (-1, len(step.outputs[0].shape) - 1):
        return f"{kind} over axis {layer.axis}"
    if kind in ("Add", "Average", "Subtract"):
        return "" if len(step.inputs) > 1 and (kind != "Subtract" or len(step.inputs) == 2) else f"{kind} of a constant"
    if kind == "Multiply":
        wide = [shape for shape in (tuple(tensor.shape[1:]) for tensor in step.inputs) if set(shape[:-1]) - {1}]
        return "" if len(step.inputs) == 2 and len(wide) == 1 else "Multiply of two maps"
    return "" if known else kind


def _activation(step: Step) -> Any:
    activation = getattr(step.call, "activation", None)
    return None if activation is keras.activations.linear else activation


def reading_positive(graph: Graph) -> set[str]:
    """Names of the steps all of whose inputs are known to be 0 and up."""
    known: set[int] = set()
    found = set()
    for step in graph.steps:
        below = all(id(tensor) in known for tensor in step.inputs)
        if below and step.inputs:
            found.add(step.name)
        if (below and type(step.layer).__name__ in (*ROUTES, *AVERAGES, "Add", "Average", "Multiply")) or _rectifies(
            step
        ):
            known |= {id(tensor) for tensor in step.outputs}
    return found


def _rectifies(step: Step) -> bool:
    """Whether a step ends in a function that makes nothing below 0."""
    layer, call = step.layer, step.call
    if isinstance(layer, keras.layers.ReLU):
        return not layer.negative_slope and not layer.threshold
    names = ("relu", "relu6", "sigmoid", "softmax", "hard_sigmoid", "softplus")
    return getattr(getattr(call, "activation", None), "__name__", type(layer).__name__) in (*names, "Relu", "Relu6")


def _summing(layer: Any, activation: Any, rule: Rule, after: Any, positive: bool) -> Call:
    """A layer with one kernel: dense or convolution of any kind."""

    def summed(x: Any, kernel: Any) -> Any:
        return with_kernel(layer, kernel).call(x)

    def call(a: Any, **_: Any) -> Any:
        kernel, bias = tf.cast(layer.kernel, a.dtype), layer.bias if layer.use_bias else None
        kernel, bias = folded(kernel, bias, after, layer)
        z = sums(a, kernel, bias, summed, rule, positive, apart=_apart(layer))
        return z if activation is None else through_activation(activation)(z)

    return call


def _apart(layer: Any) -> bool:
    """Whether each output reads some of the channels only."""
    depthwise = isinstance(layer, keras.layers.DepthwiseConv1D | keras.layers.DepthwiseConv2D)
    return depthwise or getattr(layer, "groups", 1) != 1


def _in_two(layer: Any, activation: Any, rule: Rule, after: Any, positive: bool) -> Call:
    """A separable convolution: each channel by itself, then all of them at each place."""
    more = {"data_format": layer.data_format}

    def deep(x: Any, w: Any) -> Any:
        named = {"strides": layer.strides, "padding": layer.padding, "dilation_rate": layer.dilation_rate}
        return keras.ops.depthwise_conv(x, w, **named, **more)

    def wide(x: Any, w: Any) -> Any:
        return keras.ops.conv(x, w, padding="valid", **more)

    def call(a: Any, **_: Any) -> Any:
        middle = sums(a, tf.cast(layer.depthwise_kernel, a.dtype), None, deep, rule, positive, apart=True)
        kernel, bias = tf.cast(layer.pointwise_kernel, a.dtype), layer.bias if layer.use_bias else None
        kernel, bias = folded(kernel, bias, after, layer)
        z = sums(middle, kernel, bias, wide, rule, False, apart=False)
        return z if activation is None else through_activation(activation)(z)

    return call
