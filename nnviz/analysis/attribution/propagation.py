"""Which rule of layer-wise relevance propagation each kind of layer has."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from nnviz.analysis.attribution.attention import attended
from nnviz.analysis.attribution.relevance import (
    Call,
    Linear,
    Rule,
    affine,
    averaged,
    gated,
    joined,
    multiplied,
    padded,
    sums,
    through,
)
from nnviz.analysis.network.folding import KERNELS, SEPARABLE, folded, scale_and_shift, with_kernel
from nnviz.analysis.network.output_head import linear_twin
from nnviz.analysis.network.pointwise import elementwise
from nnviz.analysis.network.step import Step
from nnviz.analysis.network.weights import kernel_of, quantised

AVERAGES = (
    *("AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "UpSampling1D", "UpSampling2D", "UpSampling3D"),
    *("AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D", "Mean", "Sum", "Resize"),
    *("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D", "Resizing"),
    *("CenterCrop", "AveragePool", "RepeatVector", "BroadcastTo", "Repeat", "Tile"),
)
"""Sums of one input, with weights of 0 and up."""
ROUTES = (
    *("Flatten", "Reshape", "Permute", "InputLayer", "Concatenate", "Transpose", "Squeeze", "ExpandDims", "GetItem"),
    *("Cropping1D", "Cropping2D", "Cropping3D", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "Maximum", "Minimum"),
    *("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "Max", "Min", "Pad", "Cast", "MaxPool"),
    *("AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D", "Flip", "Roll", "Stack"),
)
"""Each output is one of the inputs, or 0: the winner of a maximum takes all."""
PADDINGS = ("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
NORMALISATIONS = ("LayerNormalization", "GroupNormalization", "UnitNormalization", "RMSNormalization")
"""x * scale + shift, with the picture's own mean and deviation held still: the one term takes all (Ali et al. 2022,
XAI for Transformers, arXiv:2202.07304)."""
MERGES = ("Add", "Average", "Subtract")
_ACROSS = ("softmax", "log_softmax", "sparsemax", "glu")


def computed(step: Step, rule: Rule, after: Any = None, inside: Any = None) -> Call | None:
    """What computes a step with the rule's backward pass; None where its own gradient hands relevance on already.

    Args:
        step: of the graph.
        rule: for its sums.
        after: a batch normalisation that reads nothing but this step: it is folded into its weights.
        inside: the layer that padded what it reads.
    """
    layer, kind, plain = step.layer, type(step.layer).__name__, in_float32(step)
    if step.idle or kind == "Cast":
        return lambda x, *_, **__: tf.cast(x, tf.float32)
    if isinstance(layer, (*KERNELS, keras.layers.EinsumDense)):
        return _summing(step, rule, after, inside)
    if isinstance(layer, SEPARABLE):
        return _in_two(step, rule, after, inside)
    if isinstance(layer, keras.layers.MultiHeadAttention):
        return attended(layer, rule)
    if kind == "BatchNormalization":
        return lambda x, **_: affine(x, *_along(layer, x, *scale_and_shift(layer)), rule)
    if kind in MERGES and len(step.inputs) > 1:
        return lambda *tensors, **_: joined(tf.nest.flatten(tensors), kind, rule)
    if kind == "Multiply" and len(step.inputs) > 1:
        return _product(step)
    if kind in PADDINGS:
        return lambda x, **_: padded(x, plain, _edges(layer))
    if kind in AVERAGES:
        return lambda x, *more, **named: averaged(x, lambda each: plain(each, *more, **named), rule, _mask(inside, x))
    if step.reads == "number" or kind in NORMALISATIONS:
        return through(plain)
    return None if plain is step.call else plain


def unruled(step: Step) -> str:
    """What there is no rule for in a step, in words; "" where there is one."""
    layer, kind = step.layer, type(step.layer).__name__
    if step.idle:
        return ""
    activation = getattr(step.call, "activation", None)
    if len(step.outputs) != 1 or getattr(layer, "data_format", None) == "channels_first":
        return kind
    if isinstance(layer, SEPARABLE) and layer.padding == "causal":
        return f"{kind} with causal padding"
    if isinstance(layer, (*KERNELS, *SEPARABLE, keras.layers.EinsumDense)):
        alone = activation is None or elementwise(activation)
        return "" if alone else f"{kind} with {getattr(activation, '__name__', 'its activation')}"
    if isinstance(layer, keras.layers.MultiHeadAttention):
        alike = len({id(tensor) for tensor in step.inputs}) == 1 and set(step.kwargs) <= {"training", "key"}
        return "" if alike else f"{kind} of several inputs"
    if kind == "Multiply" and len(step.inputs) > 2:
        return "Multiply of more than two"
    known = kind in (*AVERAGES, *ROUTES, *PADDINGS, *NORMALISATIONS, "BatchNormalization")
    merges = (
        kind in (*MERGES, "Multiply") and len(step.inputs) > 1 and not (kind == "Subtract" and len(step.inputs) > 2)
    )
    return "" if known or merges or step.reads == "number" else kind


def in_float32(step: Step) -> Call:
    """What computes a step that has no weights, in float32 also where its layer would compute in half precision."""
    layer = step.call
    if not isinstance(layer, keras.Layer) or layer.compute_dtype == "float32":
        return layer
    return lambda *args, **named: tf.cast(layer.call(*args, **named), tf.float32)


def _activation(step: Step) -> Any:
    activation = getattr(step.call, "activation", None)
    return None if activation is keras.activations.linear else activation


def _along(layer: Any, x: Any, scale: Any, shift: Any) -> tuple[Any, Any]:
    """Scale and shift of a normalisation, along its own axis."""
    shape = [1] * x.shape.rank
    shape[layer.axis] = -1
    return tf.reshape(scale, shape), tf.reshape(shift, shape)


def _edges(layer: Any) -> list[tuple[int, int]]:
    """Cells that a padding puts before and behind, axis by axis."""
    edges = layer.padding
    return [edges] if isinstance(edges[0], int) else list(edges)


def _product(step: Step) -> Call:
    """A signal times a gate of one number a channel, or of what an activation between 0 and 1 made; else both alike."""
    narrow = [set(tensor.shape[1:-1]) <= {1} for tensor in step.inputs]

    def call(*tensors: Any, **_: Any) -> Any:
        one, other = tf.nest.flatten(tensors)
        if narrow[0] == narrow[1]:
            return multiplied(one, other)
        return gated(other, one) if narrow[0] else gated(one, other)

    return call


def _own(layer: Any, after: Any) -> Call | None:
    """What a quantised layer itself makes: it rounds what it reads, too."""
    if not quantised(layer):
        return None
    twin = linear_twin(layer)

    def call(x: Any) -> Any:
        z = tf.cast(twin(x, training=False), x.dtype)
        return z if after is None else tf.cast(after(z, training=False), x.dtype)

    return call


def _mask(inside: Any, a: Any) -> Any:
    """0 at the cells of `a` that the layer `inside` put around, 1 elsewhere; None without one."""
    if inside is None:
        return None
    sizes = tf.shape(a)[1:-1]
    within = sizes - tf.constant([before + behind for before, behind in _edges(inside)])
    return tf.pad(tf.ones((1, *tf.unstack(within), 1)), [(0, 0), *_edges(inside), (0, 0)])


def _linear(layer: Any) -> Linear:
    """The linear part of a layer with one kernel."""
    if isinstance(layer, keras.layers.EinsumDense):
        return Linear(lambda x, w: tf.einsum(layer.equation, x, w))
    if type(layer) is keras.layers.Conv2D and layer.groups == 1 and set(layer.dilation_rate) == {1}:
        return _sliding(layer)
    if type(layer) is keras.layers.DepthwiseConv2D:
        return _depthwise(layer)
    return Linear(lambda x, w: with_kernel(layer, w).call(x))


def _sliding(layer: Any) -> Linear:
    named = {"strides": layer.strides, "padding": layer.padding.upper()}
    return Linear(
        lambda x, w: tf.nn.conv2d(x, w, **named),
        lambda above, w, shape: tf.nn.conv2d_transpose(above, w, shape, **named),
    )


def _depthwise(layer: Any) -> Linear:
    """The depthwise part of a convolution of images; TensorFlow has its gradient for square strides only."""
    more = {"strides": layer.strides, "padding": layer.padding, "dilation_rate": layer.dilation_rate}
    if len(layer.strides) != 2 or set(layer.dilation_rate) != {1} or len(set(layer.strides)) > 1:
        return Linear(lambda x, w: keras.ops.depthwise_conv(x, w, data_format=layer.data_format, **more))
    named = {"strides": [1, *layer.strides, 1], "padding": layer.padding.upper()}
    return Linear(
        lambda x, w: tf.raw_ops.DepthwiseConv2dNative(input=x, filter=w, **named),
        lambda above, w, shape: tf.nn.depthwise_conv2d_backprop_input(shape, w, above, **named),
    )


def _pointwise() -> Linear:
    """A kernel of one cell over all places: a product of matrices."""
    return Linear(tf.matmul, lambda above, w, _: tf.matmul(above, w, transpose_b=True))


def _summing(step: Step, rule: Rule, after: Any, inside: Any) -> Call:
    """A layer with one kernel: dense or convolution of any kind."""
    layer, activation = step.layer, _activation(step)

    def call(a: Any, **_: Any) -> Any:
        a = tf.cast(a, tf.float32)
        kernel, bias = folded(tf.cast(kernel_of(layer), a.dtype), layer.bias, after, layer)
        apart = isinstance(layer, keras.layers.EinsumDense) or _apart(layer)
        z = sums(a, kernel, bias, _linear(layer), rule, apart, _mask(inside, a), _own(layer, after))
        return z if activation is None else through(activation)(z)

    return call


def _apart(layer: Any) -> bool:
    """Whether each output reads some of the channels only."""
    depthwise = isinstance(layer, keras.layers.DepthwiseConv1D | keras.layers.DepthwiseConv2D)
    return depthwise or getattr(layer, "groups", 1) != 1


def _in_two(step: Step, rule: Rule, after: Any, inside: Any) -> Call:
    """A separable convolution: each channel by itself, then all of them at each place."""
    layer, activation = step.layer, _activation(step)

    def call(a: Any, **_: Any) -> Any:
        a = tf.cast(a, tf.float32)
        middle = sums(
            a, tf.cast(layer.depthwise_kernel, a.dtype), None, _depthwise(layer), rule, True, _mask(inside, a)
        )
        kernel, bias = folded(tf.cast(layer.pointwise_kernel, a.dtype), layer.bias, after, layer)
        z = sums(middle, kernel, bias, _pointwise(), rule, False)
        return z if activation is None else through(activation)(z)

    return call
