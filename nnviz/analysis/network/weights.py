"""What the weights of a layer really are: the numbers that it multiplies by, whatever it keeps them as.

A quantised layer keeps whole numbers, packed and scaled in a way of its own for each mode. It is asked what it does
with them instead: an embedding is looked up, and the kernel of a linear layer is the derivative of what it makes by
what it reads, which Keras has for every mode, in the dequantised numbers.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nnviz.analysis.network.output_head import linear_twin

Tensor = Any


def quantised(layer: Any) -> str:
    """The mode in which a layer keeps its weights as other numbers ("int8", "float8", ...), or ""."""
    return getattr(layer, "quantization_mode", None) or ""


def kernel_of(layer: Any, name: str = "kernel") -> Tensor:
    """The weights of that name that a layer computes with: its own variable, or, quantised, what that stands for.

    Args:
        layer: a Keras layer with weights of that name.
        name: "kernel", "depthwise_kernel", "pointwise_kernel" or "embeddings".

    Returns:
        A variable, or a float32 tensor of the shape that it had before it was quantised.
    """
    if not quantised(layer):
        return getattr(layer, name)
    if quantised(layer) == "float8":
        found = keras.quantizers.quantize_and_dequantize(
            tf.convert_to_tensor(layer.kernel), layer.kernel_scale, "float8_e4m3fn", "float32"
        )
    elif isinstance(layer, keras.layers.Embedding):
        found = layer(tf.range(layer.input_dim))
    elif isinstance(layer, keras.layers.EinsumDense):
        found = _einsum_kernel(layer)
    else:
        found = _derivative(layer, tf.zeros((layer.units, layer.input_spec.axes[-1])), tf.eye(layer.units))
        found = tf.transpose(found)
    return tf.cast(found, tf.float32)


def _derivative(layer: Any, at: Tensor, above: Tensor) -> Tensor:
    """What the linear part of a layer hands back of `above`, the shape of what it makes of `at`."""
    twin = linear_twin(layer)
    at = tf.cast(at, layer.compute_dtype)
    with tf.GradientTape() as tape:
        tape.watch(at)
        made = twin(at, training=False)
    return tape.gradient(made, at, output_gradients=tf.cast(above, made.dtype))


def _einsum_kernel(layer: Any) -> Tensor:
    """Each picture of one batch asks for the weights of one output."""
    reads, rest = layer.equation.replace("...", "").split(",")
    kernel, makes = rest.split("->")
    sizes = dict(zip(kernel, getattr(layer, "original_kernel_shape", None) or layer.kernel.shape, strict=True))
    own = [letter for letter in kernel if letter in makes and letter not in reads]
    count = math.prod(sizes[letter] for letter in own)
    batch = next(letter for letter in reads if letter not in kernel)
    given = {batch: count, **sizes}
    above = np.eye(count, dtype=np.float32).reshape(count, *(sizes[letter] for letter in own))
    shared = [letter for letter in makes if letter not in (batch, *own)]
    above = np.broadcast_to(above[(..., *[None] * len(shared))], (*above.shape, *(given.get(x, 1) for x in shared)))
    above = np.transpose(above, [[batch, *own, *shared].index(letter) for letter in makes])
    back = _derivative(layer, tf.zeros([given.get(letter, 1) for letter in reads]), tf.constant(above))
    # The picture says which output; axes that the kernel does not have are one long.
    kept = [letter for letter in reads if letter == batch or letter in kernel]
    others = [letter for letter in kept if letter != batch]
    back = tf.reshape(back, [given[letter] for letter in kept])
    back = tf.transpose(back, [kept.index(letter) for letter in (batch, *others)])
    back = tf.reshape(back, [sizes[letter] for letter in (*own, *others)])
    return tf.transpose(back, [(*own, *others).index(letter) for letter in kernel])
