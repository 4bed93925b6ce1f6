"""The rules of layer-wise relevance propagation, as gradients.

Relevance of an activation a is written R = a * c. A step z = sum(a w) + b that hands on c_in = sum(w * c * r), with a
factor r of its own, has then spread R over what it added up. So every step is computed as it is, with its value, and
with a gradient of its own; and one pass backward through all of them is the whole propagation. (Montavon et al. 2019,
Layer-Wise Relevance Propagation: An Overview, section 10.4.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from nnviz.analysis.graph import Step

Call = Callable[..., Any]

RULES = ("z-plus", "alpha-beta", "epsilon")

KERNELS = (
    keras.layers.Dense,
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
)
SEPARABLE = (keras.layers.SeparableConv1D, keras.layers.SeparableConv2D)
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


class Rule:
    """How one sum hands its relevance on to its terms; the terms of the sum's own sign are those that made it.

    Where all terms have one sign, they take all: so nothing is lost or made but by `epsilon`, and by biases: under the
    epsilon rule each keeps its share, under the others only one that outweighs all terms.
    """

    def __init__(self, name: str, epsilon: Any = 0.0) -> None:
        self.name, self.epsilon = name, epsilon

    def whole(self, z: Any) -> Any:
        """`z` with the gradient of the epsilon rule: z / (z + epsilon * sign(z))."""
        return rerouted(z, (z, _share(z, z + tf.where(z < 0, -1.0, 1.0) * self.epsilon)))

    def parts(self, positive: Any, negative: Any, bias: Any = 0.0) -> Any:
        """positive + negative + bias (sums of the terms of each sign) with the gradient of the z+ or alpha-beta rule.

        The bias takes no share; a sum that has its sign from the bias alone hands on nothing.
        """
        z = positive + negative + bias
        up = z >= 0
        same, other = tf.where(up, positive, negative), tf.where(up, negative, positive)
        if self.name == "z-plus":
            return rerouted(z, (same, _share(z, same)))
        alpha, beta = tf.where(other == 0, 1.0, 2.0), tf.where(same == 0, 0.0, 1.0)
        return rerouted(z, (same, alpha * _share(z, same)), (other, -beta * _share(z, other)))


def rerouted(value: Any, *ways: tuple[Any, Any]) -> Any:
    """`value`, whose gradient goes back through each tensor of `ways`, times its factor."""
    moves = ((through - tf.stop_gradient(through)) * tf.stop_gradient(factor) for through, factor in ways)
    return sum(moves, tf.stop_gradient(value))


def _share(above: Any, below: Any) -> Any:
    return tf.math.divide_no_nan(above, below)


def activated(function: Call) -> Call:
    """a = f(z), through which the relevance passes: a / z of the gradient."""

    def call(z: Any, *more: Any, **named: Any) -> Any:
        a = function(z, *more, **named)
        return rerouted(a, (z, _share(a, z)))

    return call


def computed(step: Step, rule: Rule, after: Any = None) -> Call | None:
    """What computes a step with the rule's gradient; None where its own gradient is right already.

    `after` is a batch normalisation that reads nothing but this step: it is folded into its weights.
    """
    layer, kind = step.layer, type(step.layer).__name__
    if isinstance(layer, KERNELS):
        return _summing(layer, _activation(step), rule, after)
    if isinstance(layer, SEPARABLE):
        return _in_two(layer, _activation(step), rule, after)
    if kind in AFFINE:
        return lambda x, **_: _affine(x, *scale_and_shift(layer), rule)
    if kind in ("Add", "Average", "Subtract"):
        return lambda *tensors: _joined(tf.nest.flatten(tensors), kind, rule)
    if kind == "Multiply":
        return lambda *tensors: _gated(tf.nest.flatten(tensors))
    if kind in AVERAGES:
        if rule.name == "epsilon":
            return lambda x, *more, **named: rule.whole(step.call(x, *more, **named))
        return lambda x, *more, **named: rule.parts(
            step.call(tf.nn.relu(x), *more, **named), -step.call(tf.nn.relu(-x), *more, **named)
        )
    return activated(step.call) if kind in ACTIVATIONS else None


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


def _summing(layer: Any, activation: Any, rule: Rule, after: Any) -> Call:
    """A layer with one kernel: dense or convolution of any kind."""

    def call(a: Any, **_: Any) -> Any:
        kernel, bias = tf.cast(layer.kernel, a.dtype), layer.bias if layer.use_bias else None
        kernel, bias = folded(kernel, bias, after, layer)
        z = _sums(a, kernel, bias, lambda x, w: _with_kernel(layer, w).call(x), rule)
        return z if activation is None else activated(activation)(z)

    return call


def _in_two(layer: Any, activation: Any, rule: Rule, after: Any) -> Call:
    """A separable convolution: each channel by itself, then all of them at each place."""
    more = {"data_format": layer.data_format}

    def deep(x: Any, w: Any) -> Any:
        named = {"strides": layer.strides, "padding": layer.padding, "dilation_rate": layer.dilation_rate}
        return keras.ops.depthwise_conv(x, w, **named, **more)

    def call(a: Any, **_: Any) -> Any:
        middle = _sums(a, tf.cast(layer.depthwise_kernel, a.dtype), None, deep, rule)
        kernel, bias = tf.cast(layer.pointwise_kernel, a.dtype), layer.bias if layer.use_bias else None
        kernel, bias = folded(kernel, bias, after, layer)
        z = _sums(middle, kernel, bias, lambda x, w: keras.ops.conv(x, w, padding="valid", **more), rule)
        return z if activation is None else activated(activation)(z)

    return call


def _sums(a: Any, kernel: Any, bias: Any, summed: Callable[[Any, Any], Any], rule: Rule) -> Any:
    bias = 0.0 if bias is None else tf.cast(bias, a.dtype)
    if rule.name == "epsilon":
        return rule.whole(summed(a, kernel) + bias)
    (up, down), (plus, minus) = (tf.nn.relu(a), -tf.nn.relu(-a)), (tf.nn.relu(kernel), -tf.nn.relu(-kernel))
    return rule.parts(summed(up, plus) + summed(down, minus), summed(up, minus) + summed(down, plus), bias)


def _with_kernel(layer: Any, kernel: Any) -> Any:
    """The same layer without bias and activation, on another kernel."""
    twin = object.__new__(type(layer))
    name = "_kernel" if "_kernel" in vars(layer) else "kernel"
    own = {name: kernel, "bias": None, "use_bias": False, "activation": None, "lora_enabled": False}
    twin.__dict__.update(vars(layer) | own)
    return twin


def _joined(tensors: Sequence[Any], kind: str, rule: Rule) -> Any:
    share = 1 / len(tensors) if kind == "Average" else 1.0
    terms = [tensor * (-share if kind == "Subtract" and at else share) for at, tensor in enumerate(tensors)]
    if rule.name == "epsilon":
        return rule.whole(sum(terms[1:], terms[0]))
    return rule.parts(sum(tf.nn.relu(term) for term in terms), -sum(tf.nn.relu(-term) for term in terms))


def _gated(tensors: Sequence[Any]) -> Any:
    """A signal times a gate, one number a channel: the signal takes all (Arras et al. 2017, arXiv:1706.07206)."""
    signal, gate = sorted(tensors, key=lambda tensor: all(size == 1 for size in tensor.shape[1:-1]))
    return signal * tf.stop_gradient(gate)


def _affine(x: Any, scale: Any, shift: Any, rule: Rule) -> Any:
    if rule.name == "epsilon":
        return rule.whole(x * scale + shift)
    term = x * scale
    return rule.parts(tf.nn.relu(term), -tf.nn.relu(-term), shift)


def scale_and_shift(layer: Any) -> tuple[Any, Any]:
    """A batch normalisation, or a scaling of the input, as x * scale + shift."""
    if isinstance(layer, keras.layers.Rescaling):
        return tf.constant(layer.scale, tf.float32), tf.constant(layer.offset, tf.float32)
    if isinstance(layer, keras.layers.Normalization):
        deviation = tf.maximum(tf.sqrt(tf.cast(layer.variance, tf.float32)), keras.config.epsilon())
        if layer.invert:
            return deviation, tf.cast(layer.mean, tf.float32)
        return 1 / deviation, -tf.cast(layer.mean, tf.float32) / deviation
    scale = tf.math.rsqrt(tf.convert_to_tensor(layer.moving_variance) + layer.epsilon)
    if layer.scale:
        scale *= tf.convert_to_tensor(layer.gamma)
    shift = -tf.convert_to_tensor(layer.moving_mean) * scale
    return scale, shift + tf.convert_to_tensor(layer.beta) if layer.center else shift


def folded(kernel: Any, bias: Any, after: Any, layer: Any) -> tuple[Any, Any]:
    """Kernel and bias of a layer and the batch normalisation behind it as one."""
    if after is None:
        return kernel, bias
    scale, shift = scale_and_shift(after)
    spread = scale
    if isinstance(layer, keras.layers.DepthwiseConv1D | keras.layers.DepthwiseConv2D):
        spread = tf.reshape(scale, tf.shape(kernel)[-2:])
    elif "Transpose" in type(layer).__name__:
        spread = tf.reshape(scale, (-1, 1))
    return kernel * spread, shift if bias is None else shift + tf.convert_to_tensor(bias) * scale
